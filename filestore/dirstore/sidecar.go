package dirstore

import (
	"context"
	"io/fs"
	"path"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/locktable"
)

// sidecarSuffix makes the name of a sidecar: see [filestore.SidecarName].
const sidecarSuffix = ".meta"

// sideName returns the name of the file that is the sidecar of name, which somebody
// else may have made where [filestore.SidecarName] has none: X.meta.meta.
func sideName(name string) (side string, ok bool) {
	side = name + sidecarSuffix
	return side, name != filestore.Root && filestore.CheckName(side) == nil
}

// Sidecar implements [filestore.Store].
func (s *Store) Sidecar(ctx context.Context, name, known string) (filestore.Sidecar, error) {
	sidecar, err := s.sidecar(ctx, name, known)
	if err != nil {
		return filestore.Sidecar{}, fail("read sidecar", name, err)
	}
	return *sidecar, nil
}

func (s *Store) sidecar(ctx context.Context, name, known string) (*filestore.Sidecar, error) {
	if err := check(ctx, name); err != nil {
		return nil, err
	}
	side, ok := sideName(name)
	if !ok {
		return nil, fs.ErrNotExist
	}
	t, err := s.open(s.base)
	if err != nil {
		return nil, err
	}
	defer t.close()
	s.names.RLock()
	content, st, err := t.read(s.at(side), func(st stat) bool {
		return wantContent(st) && st.etag() != known
	})
	s.names.RUnlock()
	if err != nil {
		return nil, err
	}
	s.noticeOutsideChange(st)
	if st.kind != kindFile {
		return nil, fs.ErrNotExist
	}
	return newSidecar(st, content), nil
}

// SetSidecar implements [filestore.Store].
func (s *Store) SetSidecar(ctx context.Context, name string, content []byte, o filestore.SidecarOptions, l filestore.Limits) (filestore.Sidecar, error) {
	var sidecar filestore.Sidecar
	err := check(ctx, name)
	switch {
	case err != nil:
	case content == nil:
		err = s.changing(ctx, func(t tree) ([]string, error) { return nil, s.removeSidecar(t, name, o) })
	default:
		sidecar, err = s.storeSidecar(ctx, name, content, o, l)
	}
	if err != nil {
		return filestore.Sidecar{}, fail("set sidecar", name, err)
	}
	return sidecar, nil
}

// checkSidecar checks what is demanded of a sidecar that is changed, but for locks.
func (f found) checkSidecar(o filestore.SidecarOptions) error {
	if o.Paired && !f.exists() {
		return fs.ErrNotExist
	}
	if o.EntryETag != "" && o.EntryETag != f.entry.etag() {
		return filestore.ErrChanged
	}
	return o.If.Check(f.sidecar.kind == kindFile, f.sidecar.etag())
}

// checkRoom demands that name has room for a sidecar, and that nothing else stands
// in its place.
func (f found) checkRoom(name string) error {
	if _, ok := filestore.SidecarName(name); !ok || f.sidecar.kind == kindDir || f.sidecar.kind == kindForeign {
		return filestore.ErrConflict
	}
	return nil
}

// storeSidecar uploads a sidecar.
func (s *Store) storeSidecar(ctx context.Context, name string, content []byte, o filestore.SidecarOptions, l filestore.Limits) (filestore.Sidecar, error) {
	u := &upload{s: s, ctx: ctx, name: name, sidecar: &o, o: filestore.CreateOptions{Size: int64(len(content)), ModTime: o.ModTime}, limits: l}
	defer u.release()
	if name == filestore.Root {
		return filestore.Sidecar{}, filestore.ErrConflict
	}
	if err := u.create(); err != nil {
		return filestore.Sidecar{}, err
	}
	if _, err := u.write(content); err != nil {
		return filestore.Sidecar{}, err
	}
	f, err := u.commit()
	if err != nil {
		return filestore.Sidecar{}, err
	}
	return *newSidecar(f.sidecar, nil), nil
}

// removeSidecar removes the sidecar of name alone. That takes no room.
func (s *Store) removeSidecar(t tree, name string, o filestore.SidecarOptions) error {
	side, ok := sideName(name)
	if !ok {
		return fs.ErrNotExist
	}
	f, err := s.look(t, name, true)
	if err == nil && f.sidecar.kind != kindFile {
		err = fs.ErrNotExist
	}
	if err == nil {
		err = f.checkSidecar(o)
	}
	if err == nil {
		err = s.locks.Check(locktable.Sidecar, name, o.If)
	}
	if err != nil {
		return err
	}
	if err := t.remove(s.at(side)); err != nil {
		return err
	}
	var held filestore.Usage
	s.ledger.Settle(&held, filestore.Usage{Files: -1, Bytes: -f.sidecar.size})
	s.locks.DropSidecar(name)
	return s.sync(t, path.Dir(s.at(side)))
}
