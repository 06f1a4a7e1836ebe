package memstore

import (
	"context"
	"io/fs"

	"github.com/cgpkit/cgpkit/filestore"
)

// Remove implements [filestore.Store].
func (s *Store) Remove(ctx context.Context, name string, o filestore.RemoveOptions) error {
	if err := checkChange(ctx, name); err != nil {
		return fail("remove", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.lookup(name)
	if err != nil {
		return fail("remove", name, err)
	}
	if o.IfMatch != "" && o.IfMatch != n.info(name).ETag() {
		return fail("remove", name, filestore.ErrChanged)
	}
	if len(n.entries) > 0 && !o.Recursive {
		return fail("remove", name, filestore.ErrNotEmpty)
	}
	s.drop(name)
	return nil
}

// drop takes name and its sidecar, if they exist, out of the tree. Callers
// hold s.mu.
func (s *Store) drop(name string) {
	parent, last, err := s.place(name)
	if err != nil {
		return
	}
	s.used = sub(s.used, parent.entries[last].usage())
	delete(parent.entries, last)
	if side := s.sidecar(name); side != nil {
		s.used = sub(s.used, side.usage())
		delete(parent.entries, last+".meta")
	}
}

// Rename implements [filestore.Store].
func (s *Store) Rename(ctx context.Context, from, to string, o filestore.RenameOptions) error {
	if err := checkPair(ctx, "rename", from, to); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.lookup(from)
	if err != nil {
		return fail("rename", from, err)
	}
	if o.IfMatch != "" && o.IfMatch != n.info(from).ETag() {
		return fail("rename", from, filestore.ErrChanged)
	}
	side := s.sidecar(from)
	if err := s.checkTarget(n, to, s.mayReplace(n, to, o), side != nil); err != nil {
		return fail("rename", to, err)
	}
	if !n.fits(to) {
		return fail("rename", to, fs.ErrInvalid)
	}
	s.drop(from)
	s.drop(to)
	s.put(to, n, side)
	return nil
}

// mayReplace reports whether o lets n take the place of what is under to. Callers
// hold s.mu.
func (s *Store) mayReplace(n *node, to string, o filestore.RenameOptions) bool {
	if o.Replace || !o.ReplaceFile || n.dir() {
		return o.Replace
	}
	old, err := s.lookup(to)
	return err == nil && !old.dir()
}

// Copy implements [filestore.Store]. A nil function leaves all sidecars out,
// and so does a size above 1 MiB. A sidecar that is copied by its own name is
// copied as it stands. The function must not call the store.
func (s *Store) Copy(ctx context.Context, from, to string, o filestore.CopyOptions, attributes filestore.SidecarFunc, l filestore.Limits) error {
	if err := checkPair(ctx, "copy", from, to); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.lookup(from)
	if err != nil {
		return fail("copy", from, err)
	}
	if o.IfMatch != "" && o.IfMatch != n.info(from).ETag() {
		return fail("copy", from, filestore.ErrChanged)
	}
	side := s.cloneSidecar(s.sidecar(from), n.dir(), attributes)
	if err := s.checkTarget(n, to, o.Replace, side != nil); err != nil {
		return fail("copy", to, err)
	}
	if toSide, ok := filestore.SidecarName(to); ok && toSide == from {
		return fail("copy", to, filestore.ErrConflict) // the source would go
	}
	n = s.clone(n, from, o, attributes)
	if !n.fits(to) {
		return fail("copy", to, fs.ErrInvalid)
	}
	if err := s.checkCopy(n, side, to, l); err != nil {
		return fail("copy", to, err)
	}
	s.drop(to)
	s.put(to, n, side)
	return nil
}

// checkCopy checks the limits for n with side in the place of what stands
// under to. A copy is new: no file in it may be above the limit of a file,
// whatever stood there before. Callers hold s.mu.
func (s *Store) checkCopy(n, side *node, to string, l filestore.Limits) error {
	old, _ := s.lookup(to)
	if err := s.checkSize(n, side, l); err != nil {
		return err
	}
	removed := add(old.usage(), s.sidecar(to).usage())
	delta := sub(add(n.usage(), side.usage()), removed)
	var held filestore.Usage
	if err := s.hold(&held, growth(delta), l); err != nil {
		return err
	}
	s.settle(&held, filestore.Usage{})
	return nil
}

// checkSize checks the limit of a file for n and its sidecar.
func (s *Store) checkSize(n, side *node, l filestore.Limits) error {
	largest := n.largest()
	if side != nil {
		largest = max(largest, side.size())
	}
	if largest > l.FileSize {
		return &filestore.LimitError{Kind: filestore.LimitFileSize, Limit: l.FileSize}
	}
	return nil
}

// put stores n, and its sidecar if it has one, under a free name. Callers
// hold s.mu.
func (s *Store) put(name string, n, side *node) {
	parent, last, err := s.place(name)
	if err != nil {
		return
	}
	parent.entries[last] = n
	s.used = add(s.used, n.usage())
	if side != nil {
		parent.entries[last+".meta"] = side
		s.used = add(s.used, side.usage())
	}
}

// checkPair checks the names of a rename or copy.
func checkPair(ctx context.Context, op, from, to string) error {
	if err := checkChange(ctx, from); err != nil {
		return fail(op, from, err)
	}
	if err := checkChange(ctx, to); err != nil {
		return fail(op, to, err)
	}
	if filestore.Within(to, from) || filestore.Within(from, to) {
		return fail(op, to, fs.ErrInvalid)
	}
	return nil
}

// checkTarget checks that n, with a sidecar or without, may be put under to.
// Callers hold s.mu.
func (s *Store) checkTarget(n *node, to string, replace, withSidecar bool) error {
	parent, last, err := s.place(to)
	if err != nil {
		return err
	}
	if parent.entries[last] != nil && !replace {
		return fs.ErrExist
	}
	if n.dir() && filestore.IsSidecar(to) {
		return filestore.ErrConflict
	}
	if _, ok := filestore.SidecarName(to); withSidecar && !ok {
		return filestore.ErrConflict
	}
	return nil
}
