package client

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/meta"
)

// undoTime is how long it may take to undo something; undoTries how often it is tried,
// each time over another connection if the one before has broken.
const (
	undoTime  = 30 * time.Second
	undoTries = 4
)

// undoing returns a context for what has to be undone after the end of another.
func undoing(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), undoTime)
}

// Rename implements [filestore.FS]. Without Replace it is one command. A target that is
// replaced goes away a moment before the source comes; if that fails the target comes
// back, or else the error tells under which name it is. From or to the name of a sidecar
// a file is written and the source removed then. Preconditions give errors.ErrUnsupported.
func (s *Storage) Rename(ctx context.Context, from, to string, o filestore.RenameOptions) error {
	err := check(ctx, from)
	if err == nil {
		err = filestore.CheckName(to)
	}
	switch {
	case err != nil:
	case from == filestore.Root, filestore.Within(to, from), filestore.Within(from, to):
		err = fs.ErrInvalid
	case demands(o.From), demands(o.To):
		err = errors.ErrUnsupported
	}
	if err != nil {
		return pathError("rename", from, err)
	}
	if !o.Replace && !o.ReplaceFile {
		return pathError("rename", from, s.RenameStorageFile(ctx, from, to))
	}
	if bySidecar(from, to) {
		return pathError("rename", from, s.carry(ctx, from, to, true, true))
	}
	source, err := s.stat(ctx, from)
	if err != nil {
		return pathError("rename", from, err)
	}
	target, err := s.stat(ctx, to)
	if errors.Is(err, fs.ErrNotExist) {
		return pathError("rename", from, s.RenameStorageFile(ctx, from, to))
	}
	if err == nil && !o.Replace && (source.IsDir() || target.IsDir()) {
		err = fs.ErrExist
	}
	if err != nil {
		return pathError("rename", to, err)
	}
	old := asideOf(to, meta.NewKey())
	if err := s.move(ctx, to, old); err != nil {
		return pathError("rename", to, err)
	}
	if err := s.move(ctx, from, to); err != nil {
		return pathError("rename", from, s.bringBack(ctx, old, to, err))
	}
	return s.discard(ctx, old)
}

// place gives a file that stands aside its name. A file that has the name goes away for
// it, and its sidecar, or one that waits there for a file, stays with the name.
func (s *Storage) place(ctx context.Context, aside, name string, replace bool) error {
	sidecar := name
	there, err := s.stat(ctx, name)
	old := ""
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case there.IsDir():
		return filestore.ErrIsDirectory
	case !replace:
		return fs.ErrExist
	default:
		old = asideOf(name, meta.NewKey())
		if err := s.move(ctx, name, old); err != nil {
			return err
		}
		sidecar = old
	}
	moved, err := s.moveSidecar(ctx, sidecar, aside)
	if old == "" && errors.Is(err, fs.ErrPermission) {
		err = nil // whoever may not see sidecars may make files all the same
	}
	if err == nil {
		err = s.move(ctx, aside, name)
		if err != nil && moved {
			err = s.bringBackSidecar(ctx, aside, sidecar, err)
		}
	}
	switch {
	case err != nil && old != "":
		return s.bringBack(ctx, old, name, err)
	case err != nil:
		return err
	case old == "":
		return nil
	}
	return s.discard(ctx, old)
}

// lateTime is how long a server is given to finish a command that was cut off.
const lateTime = 200 * time.Millisecond

// move renames something to a name that is free. If the answer does not come, the
// server may have done it, or do it in a moment; so it is told again, until it says
// what has become of it.
func (s *Storage) move(ctx context.Context, from, to string) error {
	err := s.RenameStorageFile(ctx, from, to)
	var told *Error
	if err == nil || errors.As(err, &told) {
		return err
	}
	after, cancel := undoing(ctx)
	defer cancel()
	for range undoTries {
		select {
		case <-time.After(lateTime):
		case <-after.Done():
		}
		again := s.RenameStorageFile(after, from, to)
		switch {
		case again == nil:
			return nil
		case !errors.As(again, &told):
			continue
		}
		_, there := s.stat(after, to)
		_, here := s.stat(after, from)
		switch {
		case there == nil && errors.Is(here, fs.ErrNotExist):
			return nil
		case here == nil:
			return err
		}
	}
	return fmt.Errorf("%w; %s may be %s now", err, from, to)
}

// moveSidecar gives the sidecar of from, if there is one, to another file. Whoever may
// not is told so if there may be one.
func (s *Storage) moveSidecar(ctx context.Context, from, to string) (moved bool, err error) {
	source, ok := filestore.SidecarName(from)
	target, also := filestore.SidecarName(to)
	if !ok {
		return false, nil
	}
	if !also {
		return false, filestore.ErrConflict
	}
	err = s.move(ctx, source, target)
	var told *Error
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case !errors.As(err, &told):
		return false, err
	}
	if _, statErr := s.stat(ctx, source); errors.Is(statErr, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
		return false, nil
	}
	return false, err
}

// bringBack undoes the going away of what is to keep its name, since err has come in
// between.
func (s *Storage) bringBack(ctx context.Context, old, name string, err error) error {
	ctx, cancel := undoing(ctx)
	defer cancel()
	var failed error
	for range undoTries {
		if failed = s.move(ctx, old, name); failed == nil {
			return err
		}
	}
	s.Client.log().Error("a file stands under another name", "name", filestore.Redact(old), filestore.LogError(failed))
	return fmt.Errorf("%w; what was there is now %s, since it could not come back: %v", err, old, failed)
}

// bringBackSidecar does the same for a sidecar.
func (s *Storage) bringBackSidecar(ctx context.Context, from, to string, err error) error {
	source, _ := filestore.SidecarName(from)
	target, _ := filestore.SidecarName(to)
	return s.bringBack(ctx, source, target, err)
}

// discard removes what has been replaced. What cannot be removed stays under its name
// aside, which is logged: what was asked for is done.
func (s *Storage) discard(ctx context.Context, old string) error {
	ctx, cancel := undoing(ctx)
	defer cancel()
	var err error
	for range undoTries {
		err = s.Remove(ctx, old, filestore.RemoveOptions{Recursive: true})
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	s.Client.log().Error("what was replaced cannot be removed", "name", filestore.Redact(old), filestore.LogError(err))
	return nil
}
