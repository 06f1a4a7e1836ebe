package client

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/meta"
)

// Copy implements [filestore.FS]. The protocol has no command for it: everything is
// read and sent again, into a file or directory aside, which takes the name when it
// is whole. What changes meanwhile may be in the copy or not. Preconditions give
// errors.ErrUnsupported. With Replace the target goes away a moment before the copy
// comes, as with Rename.
func (s *Storage) Copy(ctx context.Context, from, to string, o filestore.CopyOptions) error {
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
	case strings.EqualFold(from, "private"):
		err = filestore.ErrReserved // as for a server that copies
	}
	if err != nil {
		return pathError("copy", from, err)
	}
	if bySidecar(from, to) {
		return pathError("copy", from, s.carry(ctx, from, to, false, o.Replace))
	}
	source, err := s.stat(ctx, from)
	if err != nil {
		return pathError("copy", from, err)
	}
	if _, err := s.stat(ctx, to); err == nil && !o.Replace {
		return pathError("copy", to, fs.ErrExist)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return pathError("copy", to, err)
	}
	aside := asideOf(to, meta.NewKey())
	c := copying{s, o}
	if err := c.copy(ctx, source, aside, 0); err != nil {
		return errors.Join(err, s.giveUp(ctx, aside))
	}
	if err := s.Rename(ctx, aside, to, filestore.RenameOptions{Replace: o.Replace}); err != nil {
		return errors.Join(err, s.giveUp(ctx, aside))
	}
	return nil
}

// giveUp removes what stands aside.
func (s *Storage) giveUp(ctx context.Context, aside string) error {
	ctx, cancel := undoing(ctx)
	defer cancel()
	err := s.Remove(ctx, aside, filestore.RemoveOptions{Recursive: true})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

type copying struct {
	s *Storage
	o filestore.CopyOptions
}

// copy copies an entry with its attributes.
func (c copying) copy(ctx context.Context, source filestore.FileInfo, to string, depth int) error {
	var err error
	switch {
	case depth > maxDepth:
		err = pathError("copy", source.Path(), fs.ErrInvalid)
	case source.IsDir():
		err = c.directory(ctx, source.Path(), to, depth)
	default:
		err = c.file(ctx, source.Path(), to)
	}
	if err != nil {
		return err
	}
	return c.attributes(ctx, source.Path(), to)
}

func (c copying) directory(ctx context.Context, from, to string, depth int) error {
	if err := c.s.Mkdir(ctx, to); err != nil || c.o.Shallow {
		return err
	}
	for entry, err := range c.s.List(ctx, from, "") {
		if err != nil {
			return err
		}
		name := entry.Path()
		if !entry.IsDir() && filestore.IsSidecar(name) || c.o.Skip != nil && c.o.Skip(name, entry.IsDir()) {
			continue // sidecars come as attributes
		}
		_, last := filestore.Split(name)
		if err := c.copy(ctx, entry, filestore.Join(to, last), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (c copying) file(ctx context.Context, from, to string) error {
	file, err := c.s.Open(ctx, from)
	if err != nil {
		return err
	}
	defer file.Close()
	return c.s.put(ctx, to, file, filestore.CreateOptions{})
}

// attributes copies what does not grant anything.
func (c copying) attributes(ctx context.Context, from, to string) error {
	all, err := c.s.ReadStorageFileAttr(ctx, from)
	if errors.Is(err, filestore.ErrConflict) {
		return nil // nobody understands them
	}
	if err != nil {
		return pathError("copy", from, err)
	}
	var plain []string
	for _, a := range all {
		if !a.Protected() {
			plain = append(plain, a.XML())
		}
	}
	if len(plain) == 0 {
		return nil
	}
	return pathError("copy", to, c.s.UpdateStorageFileAttr(ctx, to, plain...))
}
