package filestore

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/cgpkit/cgpkit/meta"
)

// Target returns what a change of name would meet; nil if nothing is there. A
// way in that must know that before it changes something asks here, and not
// with Stat: whoever may not change name in any way is refused before anything
// is looked at, and whoever may needs no right to read it.
func (v *View) Target(ctx context.Context, name string) (_ FileInfo, err error) {
	defer v.begin(ctx, "Target", name, "").end(&err)
	a, err := v.enterAny(ctx, "change", name, toWrite, toRemove, toMake)
	if err != nil {
		return nil, err
	}
	if a.virtual() {
		return nil, nil
	}
	info, err := a.stat(ctx)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrNotDirectory) {
		return nil, nil
	}
	if err != nil {
		return nil, a.hide(name, err)
	}
	return a.show(name, info), nil
}

// enterAny enters name if one of the needs is met.
func (v *View) enterAny(ctx context.Context, op, name string, needs ...need) (a access, err error) {
	for _, n := range needs {
		if a, err = v.enter(ctx, op, name, n); !errors.Is(err, fs.ErrPermission) {
			return a, err
		}
	}
	return a, err
}

// Create implements [FS].
func (v *View) Create(ctx context.Context, name string, o CreateOptions) (_ Upload, err error) {
	watched := v.begin(ctx, "Create", name, "")
	defer watched.end(&err)
	a, err := v.target(ctx, "create", name, false)
	if err != nil {
		return nil, err
	}
	o.If = v.submit(o.If)
	upload, err := a.create(ctx, o)
	if err != nil {
		return nil, a.hide(name, err)
	}
	if a.mount != "" {
		upload = newMountedUpload(upload, a, name)
	}
	return watched.upload(upload), nil
}

// Mkdir implements [FS].
func (v *View) Mkdir(ctx context.Context, name string) (err error) {
	defer v.begin(ctx, "Mkdir", name, "").end(&err)
	a, err := v.target(ctx, "mkdir", name, true)
	if err != nil {
		return err
	}
	sidecar, err := a.inherited(ctx)
	if err != nil {
		return pathError("mkdir", name, err)
	}
	o := MkdirOptions{Sidecar: sidecar, If: v.submit(Precondition{})}
	return a.hide(name, a.Store.Mkdir(ctx, a.name, o, a.Limits))
}

// target enters a name that is to be made or replaced.
func (v *View) target(ctx context.Context, op, name string, directory bool) (access, error) {
	n := toWrite
	if directory {
		n = toMake
	}
	a, err := v.enter(ctx, op, name, n)
	if err == nil && a.reserved(directory) {
		return access{}, pathError(op, name, ErrReserved)
	}
	return a, err
}

// Remove implements [FS].
func (v *View) Remove(ctx context.Context, name string, o RemoveOptions) (err error) {
	defer v.begin(ctx, "Remove", name, "").end(&err)
	a, err := v.enter(ctx, "remove", name, toRemove)
	if err != nil {
		return err
	}
	if a.name == Root {
		return pathError("remove", name, ErrReserved)
	}
	if a.virtual() {
		return pathError("remove", name, fs.ErrNotExist)
	}
	if !a.privileged {
		if err := v.mayRemove(ctx, a, o.Recursive); err != nil {
			return pathError("remove", name, err)
		}
	}
	o.If = v.submit(o.If)
	return a.hide(name, a.remove(ctx, o))
}

// mayRemove demands of somebody with a list the right on all that goes.
// Top-level private is not for them, whatever its list says.
func (v *View) mayRemove(ctx context.Context, a access, recursive bool) error {
	if strings.EqualFold(a.name, privateName) {
		return fs.ErrPermission
	}
	if !recursive {
		return nil
	}
	info, err := a.Store.Stat(ctx, a.name)
	if err != nil || !info.IsDir() {
		return nil // the store tells
	}
	return v.throughout(ctx, a, a.name, toRemove, nil)
}

// Rename implements [FS].
func (v *View) Rename(ctx context.Context, from, to string, o RenameOptions) (err error) {
	defer v.begin(ctx, "Rename", from, to).end(&err)
	t := transfer{op: "rename", from: from, to: to, move: true, replace: o.Replace || o.ReplaceFile}
	a, err := v.pair(ctx, &t)
	if err != nil {
		return err
	}
	o.From, o.To = v.submit(o.From), v.submit(o.To)
	if t.bySidecar {
		err = a.carry(ctx, &t, o.From, o.To)
	} else {
		err = a.Store.Rename(ctx, t.source, a.name, o)
	}
	return a.hideEither(&t, err)
}

// Copy implements [FS].
func (v *View) Copy(ctx context.Context, from, to string, o CopyOptions) (err error) {
	defer v.begin(ctx, "Copy", from, to).end(&err)
	t := transfer{op: "copy", from: from, to: to, replace: o.Replace, shallow: o.Shallow}
	a, err := v.pair(ctx, &t)
	if err != nil {
		return err
	}
	o.From, o.To = v.submit(o.From), v.submit(o.To)
	if t.bySidecar {
		return a.hideEither(&t, a.carry(ctx, &t, o.From, o.To))
	}
	if o.Sidecar, err = v.copiedAttributes(ctx, a, t); err != nil {
		return pathError("copy", to, err)
	}
	skip := o.Skip
	o.Skip = func(name string, directory bool) bool {
		_, last := Split(name)
		return reservedSegment(last, directory) || t.orphans[name] || skip != nil && skip(name, directory)
	}
	return a.hideEither(&t, a.Store.Copy(ctx, t.source, a.name, o, a.Limits))
}

// transfer is a rename or a copy.
type transfer struct {
	op       string
	from, to string
	source   string // from, in the store
	move     bool
	replace  bool
	shallow  bool
	readable bool            // the attributes of all that is copied
	orphans  map[string]bool // in the tree that is copied: they are nobody's to copy
	// bySidecar tells that one of the two is the name of a sidecar: then it is no
	// single step of the store.
	bySidecar bool
}

// pair enters both ends of a rename or a copy.
func (v *View) pair(ctx context.Context, t *transfer) (access, error) {
	from, to := t.from, t.to
	if err := CheckName(from); err != nil {
		return access{}, pathError(t.op, from, err)
	}
	if IsShare(from) {
		return access{}, pathError(t.op, Redact(from), fs.ErrPermission)
	}
	a, err := v.enter(ctx, t.op, to, toMake)
	if err != nil {
		return access{}, err
	}
	n := toRead
	if t.move {
		n = toRemove
	}
	source, err := v.enter(ctx, t.op, from, n)
	if err != nil {
		return access{}, err
	}
	switch {
	case source.fixed():
		return access{}, pathError(t.op, from, ErrReserved)
	case a.fixed(), a.mount != source.mount, Within(to, from), Within(from, to):
		return access{}, pathError(t.op, to, ErrReserved)
	case source.virtual():
		return access{}, pathError(t.op, from, fs.ErrNotExist)
	}
	t.source = source.name
	t.bySidecar = IsSidecar(t.source) || IsSidecar(a.name)
	t.readable = a.privileged
	forFile, forDirectory := a.reserved(false), a.reserved(true)
	if a.privileged && forFile == forDirectory {
		if !forFile {
			return a, nil // whatever the source is, the store tells if it is not there
		}
	}
	info, err := source.stat(ctx)
	if err != nil {
		return access{}, a.hide(from, err)
	}
	if info.IsDir() && forDirectory || !info.IsDir() && forFile {
		return access{}, pathError(t.op, to, ErrReserved)
	}
	if !a.privileged {
		if err := v.mayCopy(ctx, source, t, info); err != nil {
			return access{}, pathError(t.op, from, err)
		}
		if err := v.mayReplace(ctx, a, t, info); err != nil {
			return access{}, pathError(t.op, to, err)
		}
	}
	return a, nil
}

// hideEither is hide for an error that may be about the target.
func (a access) hideEither(t *transfer, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) && p.Path == a.name {
		return a.hide(t.to, err)
	}
	return a.hide(t.from, err)
}

// mayMove demands of somebody with a list that they may remove and read all that
// they move: elsewhere they, or everybody, may be able to read it.
func (v *View) mayMove(ctx context.Context, source access, from string, info FileInfo) error {
	n := need{on: meta.Read | meta.Delete}
	f, err := v.find(ctx, source, from, n)
	switch {
	case !f.meets(n):
		return refuse(fs.ErrPermission, err)
	case info.IsDir():
		return v.throughout(ctx, source, from, n, nil)
	}
	return nil
}

// mayCopy demands of somebody with a list the right on all that is copied.
// What is public may be copied by whoever can write, but its attributes stay
// behind unless a list lets them read these.
func (v *View) mayCopy(ctx context.Context, source access, t *transfer, info FileInfo) error {
	if t.move {
		return v.mayMove(ctx, source, t.from, info)
	}
	err := fs.ErrPermission
	if v.mayRead(ctx, source, t.from) {
		err = nil
	}
	if err == nil && info.IsDir() && !t.shallow {
		t.orphans = map[string]bool{}
		err = v.throughout(ctx, source, t.from, toRead, t.orphans)
	}
	t.readable = err == nil
	if source.rights == 0 { // public
		return nil
	}
	return err
}

// mayReplace demands of somebody with a list the right to remove what a rename
// or a copy takes the place of. A file that is copied over a file overwrites
// it, and removes the attributes that stood beside it.
func (v *View) mayReplace(ctx context.Context, a access, t *transfer, info FileInfo) error {
	old, err := v.find(ctx, a, t.to, toRemove)
	if old.info == nil {
		return a.noOrphan(ctx, t.to) // what failed fails in the store again
	}
	if !t.replace {
		return nil // the store refuses
	}
	n := toRemove
	if !t.move && !info.IsDir() && !old.info.IsDir() {
		n = toWrite
		if old.info.Sidecar() != nil {
			n.on |= meta.Delete
		}
	}
	if !old.meets(n) {
		return refuse(fs.ErrPermission, err)
	}
	if old.info.IsDir() {
		return v.throughout(ctx, a, t.to, toRemove, nil)
	}
	return nil
}

// noOrphan refuses a name for which a sidecar waits: a rename or a copy would remove it,
// and it is the owner's alone.
func (a access) noOrphan(ctx context.Context, name string) error {
	if !hasRoom(name) {
		return nil
	}
	_, err := a.Store.Sidecar(ctx, name, "")
	switch {
	case err == nil:
		return fs.ErrPermission
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return withoutPath(err)
}

// copiedAttributes returns what becomes of the sidecars of a copy. Nobody may
// read a copy because they could read the original, so what they grant is left
// out; every directory then takes the list of the one it is in, as a new one
// does. A sidecar that cannot be understood is not copied.
func (v *View) copiedAttributes(ctx context.Context, a access, t transfer) (SidecarFunc, error) {
	if a.mount != "" { // they grant nothing there
		return func(_ bool, sidecar []byte) []byte { return sidecar }, nil
	}
	dir, _ := Split(a.name)
	parent, err := a.inheritable(ctx, dir)
	if err != nil {
		return nil, err
	}
	var heritage *meta.Heritage
	if parent != nil {
		if heritage, err = meta.NewHeritage(parent, a.memory.namespace()); err != nil {
			return nil, err
		}
	}
	return func(directory bool, sidecar []byte) []byte {
		var plain []byte
		if sidecar != nil && t.readable {
			plain, _ = meta.WithoutGrants(sidecar) // nil, if it is broken
		}
		if !directory || heritage == nil {
			return plain
		}
		inherited, err := heritage.Inherit(plain)
		if err != nil {
			return nil // too large: without a list nobody gets in
		}
		return inherited
	}, nil
}
