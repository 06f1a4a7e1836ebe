package filestore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/cgpkit/cgpkit/meta"
)

// Attributes implements [FS]. Protected attributes are left out for whoever
// may not change them.
func (v *View) Attributes(ctx context.Context, name string) (_ []meta.Attribute, err error) {
	defer v.begin(ctx, "Attributes", name, "").end(&err)
	a, err := v.enterAny(ctx, "read attributes", name, toDescribe, toSetGrants)
	if err != nil {
		return nil, err
	}
	attributes, err := a.attributes(ctx)
	if err != nil {
		return nil, pathError("read attributes", name, err)
	}
	return known(attributes, a.rights), nil
}

// known returns those of the attributes that these rights let somebody know of.
func known(attributes []meta.Attribute, rights meta.Rights) []meta.Attribute {
	return slices.DeleteFunc(attributes, func(attribute meta.Attribute) bool {
		if attribute.Protected() {
			return !rights.Has(meta.Administer)
		}
		return !rights.Has(meta.Read)
	})
}

func (a access) attributes(ctx context.Context) ([]meta.Attribute, error) {
	info, err := a.exists(ctx)
	if err != nil || info.Sidecar() == nil {
		return nil, err
	}
	d, err := a.document(ctx, a.name)
	if err != nil || d.Document == nil {
		return nil, conflictIfBroken(err)
	}
	return d.Attributes(), nil
}

// exists looks for what attributes are asked of.
func (a access) exists(ctx context.Context) (FileInfo, error) {
	if a.virtual() {
		return nil, fs.ErrNotExist
	}
	info, err := a.stat(ctx)
	return info, withoutPath(err)
}

// SetAttributes implements [FS]. The sidecar is changed as it stands: if
// somebody else changes it at the same time, the changes are made again on what
// they have left.
func (v *View) SetAttributes(ctx context.Context, name string, changes ...meta.Change) (err error) {
	defer v.begin(ctx, "SetAttributes", name, "").end(&err)
	return v.changeAttributes(ctx, name, AttributesIf{}, changes)
}

// AttributesIf is what must hold when attributes are set, else ErrChanged. The zero value
// demands nothing. Use field names.
type AttributesIf struct {
	// ETag, if not empty, is the entity tag of the file.
	ETag string
	// Seen, if not nil, is the entity tag of the sidecar that the author of the changes has
	// seen; "" if there was none.
	Seen *string
}

// SetAttributesIf is SetAttributes on a condition, which is checked in the step of the change.
func (v *View) SetAttributesIf(ctx context.Context, name string, o AttributesIf, changes ...meta.Change) (err error) {
	defer v.begin(ctx, "SetAttributesIf", name, "").end(&err)
	return v.changeAttributes(ctx, name, o, changes)
}

func (v *View) changeAttributes(ctx context.Context, name string, o AttributesIf, changes []meta.Change) error {
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
	if err := v.setAttributes(ctx, a, o, changes); err != nil {
		return a.hide(name, pathError("set attributes", name, err))
	}
	return nil
}

// setAttributes makes the changes. Edits that meet another edit begin anew: one of
// the two has been made.
func (v *View) setAttributes(ctx context.Context, a access, o AttributesIf, changes []meta.Change) error {
	for {
		if o.ETag != "" {
			if info, err := a.exists(ctx); err != nil || info.ETag() != o.ETag {
				return cmp.Or(err, ErrChanged)
			}
		}
		d, err := a.document(ctx, a.name)
		if err == nil && o.Seen != nil && d.tag != *o.Seen {
			return ErrChanged
		}
		if err == nil {
			err = v.replaceDocument(ctx, a, o.ETag, d, changes)
		} else if _, missing := a.exists(ctx); missing != nil {
			return missing
		}
		if !errors.Is(err, ErrChanged) && !errors.Is(err, fs.ErrExist) {
			return conflictIfBroken(err)
		}
	}
}

// replaceDocument stores a sidecar with changes in the place of the one that was
// read, as long as that is still there.
func (v *View) replaceDocument(ctx context.Context, a access, tag string, old document, changes []meta.Change) error {
	before := old.Document
	if before == nil {
		var err error
		if before, err = meta.New(a.memory.namespace()); err != nil {
			return err
		}
	}
	after, err := before.Apply(changes...)
	switch {
	case !hasRoom(a.name):
		err = ErrConflict
	case errors.Is(err, meta.ErrLimit):
		err = &LimitError{LimitFileSize, MaxSidecarBytes}
	case err != nil:
		err = fmt.Errorf("%w: %v", fs.ErrInvalid, err)
	case after == before:
	default:
		if err := v.mayShare(ctx, a, before, after); err != nil {
			return err
		}
		o := SidecarOptions{If: v.submit(Precondition{ETag: old.tag, Absent: old.tag == ""}), Paired: true, EntryETag: tag}
		_, err = a.Store.SetSidecar(ctx, a.name, after.Bytes(), o, a.Limits)
		return withoutPath(err)
	}
	if _, missing := a.exists(ctx); missing != nil {
		return missing
	}
	if err == nil { // the store hears of no change, and a lock keeps that from being told
		err = withoutPath(a.unlocked(ctx, a.name, v.submit(Precondition{})))
	}
	return err
}

// mayShare demands of somebody with a list who adds a share key the right to do
// so on all that it opens: a list counts where it stands, and a key also below.
// Where they have that right they can give themselves any other. Revoking closes, and
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
	return v.throughout(ctx, a, a.name, toSetGrants, nil)
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
	d, err := a.document(ctx, dir)
	var broken brokenError
	if errors.As(err, &broken) {
		err = nil
	}
	if err != nil || d.Document == nil {
		return nil, err
	}
	return d.Bytes(), nil
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
