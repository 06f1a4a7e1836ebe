package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/cgpkit/cgpkit/meta"
)

// Attributes implements [FS]. Protected attributes are left out for whoever
// may not change them.
func (v *View) Attributes(ctx context.Context, name string) ([]meta.Attribute, error) {
	a, err := v.enterAny(ctx, "read attributes", name, toDescribe, toSetGrants)
	if err != nil {
		return nil, err
	}
	attributes, err := a.attributes(ctx)
	if err != nil {
		return nil, pathError("read attributes", name, err)
	}
	return slices.DeleteFunc(attributes, func(attribute meta.Attribute) bool {
		if attribute.Protected() {
			return !a.rights.Has(meta.Administer)
		}
		return !a.rights.Has(meta.Read)
	}), nil
}

func (a access) attributes(ctx context.Context) ([]meta.Attribute, error) {
	if err := a.exists(ctx); err != nil {
		return nil, err
	}
	s, err := a.sidecar(ctx, a.name)
	if err != nil || s.document == nil {
		return nil, conflictIfBroken(err)
	}
	return s.document.Attributes(), nil
}

// exists looks for what attributes are asked of.
func (a access) exists(ctx context.Context) error {
	if a.virtual() {
		return fs.ErrNotExist
	}
	_, err := a.Store.Stat(ctx, a.name)
	return withoutPath(err)
}

// SetAttributes implements [FS]. The sidecar is changed as it stands: if
// somebody else changes it at the same time, the changes are made again on what
// he has left.
func (v *View) SetAttributes(ctx context.Context, name string, changes ...meta.Change) error {
	n := need{byShape: true}
	for _, change := range changes {
		if change.Protected() {
			n.on |= toSetGrants.on
		} else {
			n.on |= toSetPlain.on
		}
	}
	a, err := v.enter(ctx, "set attributes", name, n)
	if err != nil {
		return err
	}
	if name == Root || a.mount != "" {
		return pathError("set attributes", name, ErrReserved)
	}
	if err := v.setAttributes(ctx, a, changes); err != nil {
		return pathError("set attributes", name, err)
	}
	return nil
}

// maxAttempts bounds how often something may stand in the place of a sidecar
// that is none. Edits that meet another edit do not count: one of the two has
// been made.
const maxAttempts = 100

func (v *View) setAttributes(ctx context.Context, a access, changes []meta.Change) error {
	for attempt := 0; attempt < maxAttempts; {
		if err := a.exists(ctx); err != nil {
			return err
		}
		s, err := a.sidecar(ctx, a.name)
		if err != nil {
			return conflictIfBroken(err)
		}
		err = v.replaceSidecar(ctx, a, s, changes)
		switch {
		case errors.Is(err, fs.ErrExist):
			attempt++
		case !errors.Is(err, ErrChanged):
			return err
		}
	}
	return ErrConflict
}

// replaceSidecar stores a sidecar with changes in the place of the one that
// was read, as long as that is still there.
func (v *View) replaceSidecar(ctx context.Context, a access, old sidecar, changes []meta.Change) error {
	name, ok := SidecarName(a.name)
	if !ok {
		return ErrConflict // there is no room for one
	}
	document := old.document
	if document == nil {
		var err error
		if document, err = meta.New(a.memory.namespace()); err != nil {
			return err
		}
	}
	changed, err := document.Apply(changes...)
	switch {
	case errors.Is(err, meta.ErrLimit):
		return &LimitError{LimitFileSize, MaxSidecarBytes}
	case err != nil:
		return fmt.Errorf("%w: %v", fs.ErrInvalid, err)
	case changed == document:
		return nil
	}
	if err := v.mayShare(ctx, a, document, changed); err != nil {
		return err
	}
	content := changed.Bytes()
	o := CreateOptions{Size: int64(len(content)), Paired: true, IfMatch: old.tag, Exclusive: old.tag == ""}
	upload, err := a.Store.Create(ctx, name, o, a.Limits)
	if err != nil {
		return withoutPath(err)
	}
	defer upload.Abort()
	if _, err := upload.Write(content); err != nil {
		return withoutPath(err)
	}
	_, err = upload.Commit()
	return withoutPath(err)
}

// mayShare demands of somebody with a list who adds a share key the right to do
// so on all that it opens: a list counts where it stands, and a key also below.
// Where he has that right he can give himself any other. Revoking closes, and
// needs no more than the list itself.
func (v *View) mayShare(ctx context.Context, a access, before, after *meta.Document) error {
	old := make(map[string]bool)
	for _, key := range before.Keys() {
		old[key] = true
	}
	if a.privileged || !slices.ContainsFunc(after.Keys(), func(key string) bool { return !old[key] }) {
		return nil
	}
	info, err := a.Store.Stat(ctx, a.name)
	if err != nil {
		return withoutPath(err)
	}
	if !info.IsDir() {
		return nil
	}
	return v.throughout(ctx, a, a.name, toSetGrants)
}

// inherited returns the first sidecar of a new directory, which takes over the
// list of the one it is in (CommuniGate Pro Guide 5.4 and later, File Storage,
// "File Access Rights"); nil for none.
func (a access) inherited(ctx context.Context) ([]byte, error) {
	dir, _ := Split(a.name)
	parent, err := a.inheritable(ctx, dir)
	if _, ok := SidecarName(a.name); err != nil || parent == nil || !ok {
		return nil, err
	}
	return meta.Inherit(nil, parent, a.memory.namespace())
}

// inheritable returns the sidecar of a directory in which something is made;
// nil for none. One that cannot be understood grants nothing, to nobody.
func (a access) inheritable(ctx context.Context, dir string) ([]byte, error) {
	s, err := a.sidecar(ctx, dir)
	var broken brokenError
	if errors.As(err, &broken) {
		err = nil
	}
	if err != nil || s.document == nil {
		return nil, err
	}
	return s.document.Bytes(), nil
}

// conflictIfBroken: what stands in the place of a sidecar cannot be understood,
// and has to be replaced or removed first.
func conflictIfBroken(err error) error {
	var broken brokenError
	if errors.As(err, &broken) {
		return fmt.Errorf("%w: %v", ErrConflict, err)
	}
	return err
}

// withoutPath keeps the name of a sidecar out of an error about its file.
func withoutPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
