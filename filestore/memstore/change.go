package memstore

import (
	"context"
	"errors"
	"io/fs"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
	"github.com/cgpkit/cgpkit/filestore/locktable"
)

// Remove implements [filestore.Store].
func (s *Store) Remove(ctx context.Context, name string, o filestore.RemoveOptions) error {
	err := check(ctx, name)
	if err == nil && name == filestore.Root {
		err = fs.ErrInvalid
	}
	if err != nil {
		return fail("remove", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.remove(name, o); err != nil {
		return fail("remove", name, err)
	}
	return nil
}

func (s *Store) remove(name string, o filestore.RemoveOptions) error {
	n, err := s.lookup(name)
	if err != nil {
		return err
	}
	if err := o.If.Check(true, n.tag()); err != nil {
		return err
	}
	if len(n.entries)+len(n.sidecars) > 0 && !o.Recursive {
		return filestore.ErrNotEmpty
	}
	if err := s.locks.Check(locktable.Tree, name, o.If); err != nil {
		return err
	}
	s.locks.Drop(name)
	return s.account(ledger.Sub(filestore.Usage{}, s.drop(name)), filestore.Limits{})
}

// Rename implements [filestore.Store].
func (s *Store) Rename(ctx context.Context, from, to string, o filestore.RenameOptions) error {
	return s.transfer(ctx, "rename", from, to, o.From, func(n *node) error { return s.rename(n, from, to, o) })
}

// transfer does a rename or a copy of what is under from, if it is what from demands.
func (s *Store) transfer(ctx context.Context, op, from, to string, p filestore.Precondition, do func(*node) error) error {
	if err := checkMade(ctx, from); err != nil {
		return fail(op, from, err)
	}
	err := checkMade(ctx, to)
	if err == nil && (filestore.Within(to, from) || filestore.Within(from, to)) {
		err = fs.ErrInvalid
	}
	if err != nil {
		return fail(op, to, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.lookup(from)
	if err == nil {
		err = p.Check(true, n.tag())
	}
	if err != nil {
		return fail(op, from, err)
	}
	if err = do(n); err != nil && !errors.As(err, new(*fs.PathError)) {
		err = fail(op, to, err)
	}
	return err
}

func (s *Store) rename(n *node, from, to string, o filestore.RenameOptions) error {
	side := s.sidecar(from)
	if err := s.checkTarget(to, s.mayReplace(n, to, o), o.To, side != nil); err != nil {
		return err
	}
	if !n.fits(to) {
		return fs.ErrInvalid
	}
	if err := s.locks.Check(locktable.Tree, from, o.From); err != nil {
		return fail("rename", from, err)
	}
	if err := s.locks.Check(locktable.Tree, to, o.To); err != nil {
		return err
	}
	s.locks.Drop(from)
	s.locks.Drop(to)
	s.drop(from)
	less := s.drop(to)
	s.put(to, n, side)
	return s.account(ledger.Sub(filestore.Usage{}, less), filestore.Limits{})
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

// Copy implements [filestore.Store].
func (s *Store) Copy(ctx context.Context, from, to string, o filestore.CopyOptions, l filestore.Limits) error {
	return s.transfer(ctx, "copy", from, to, o.From, func(n *node) error { return s.copy(n, from, to, o, l) })
}

func (s *Store) copy(n *node, from, to string, o filestore.CopyOptions, l filestore.Limits) error {
	side := s.cloneSidecar(s.sidecar(from), n.dir(), to, o.Sidecar)
	if err := s.checkTarget(to, o.Replace, o.To, side != nil); err != nil {
		return err
	}
	n = s.clone(n, from, to, o)
	if !n.fits(to) {
		return fs.ErrInvalid
	}
	if err := s.locks.Check(locktable.Tree, to, o.To); err != nil {
		return err
	}
	if err := ledger.CheckFile(ledger.None, max(n.largest(), side.largest()), l); err != nil {
		return err
	}
	old, _ := s.lookup(to)
	less := ledger.Add(old.usage(), s.sidecar(to).usage())
	if err := s.account(ledger.Sub(ledger.Add(n.usage(), side.usage()), less), l); err != nil {
		return err
	}
	s.locks.Drop(to)
	s.put(to, n, side)
	return nil
}

// checkTarget checks that something, with a sidecar or without, may be put under to.
// Callers hold s.mu.
func (s *Store) checkTarget(to string, replace bool, p filestore.Precondition, withSidecar bool) error {
	parent, last, err := s.place(to)
	if err != nil {
		return err
	}
	old := parent.entries[last]
	if old != nil && !replace {
		return fs.ErrExist
	}
	if err := p.Check(old != nil, old.tag()); err != nil {
		return err
	}
	if _, ok := filestore.SidecarName(to); withSidecar && !ok {
		return filestore.ErrConflict
	}
	return nil
}
