package treestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
	"github.com/cgpkit/cgpkit/filestore/locktable"
	"github.com/cgpkit/cgpkit/internal/othername"
)

// Store is a [filestore.Store] on a [Tree], with [filestore.Locks], safe for concurrent
// use. Entity tags are random, a directory keeps the time of its making, Root that of
// New, and a copy has the time of copying. Make one with [New].
type Store struct {
	tree   Tree
	opened time.Time
	change sync.Mutex // held from the first look at the tree to its change
	ledger ledger.Ledger
	locks  locktable.Table
}

var (
	_ filestore.Store = (*Store)(nil)
	_ filestore.Locks = (*Store)(nil)
)

// Options say how a Store works. Use field names.
type Options struct {
	// Now tells the time by which locks end. nil: time.Now.
	Now func() time.Time
}

// New returns the Store on a tree, after it has counted what is in there. Options may be
// nil.
func New(ctx context.Context, t Tree, o *Options) (*Store, error) {
	s := &Store{tree: t, opened: time.Now()}
	if o != nil {
		s.locks.Now = o.Now
	}
	used, err := s.usage(ctx, newDir(filestore.Root))
	if err != nil {
		return nil, fmt.Errorf("count what is stored: %w", err)
	}
	s.ledger.Set(used)
	return s, nil
}

// node returns what the tree has under a name. Root is always there.
func (s *Store) node(ctx context.Context, name string) (Node, error) {
	if name != filestore.Root {
		return s.tree.Node(ctx, name)
	}
	root := newDir(filestore.Root)
	if root.ModTime = s.opened; s.ledger.Stored() == (filestore.Usage{}) {
		root.ModTime = time.Time{}
	}
	return root, nil
}

// find returns the file or directory with a name.
func (s *Store) find(ctx context.Context, name string) (Node, error) {
	n, err := s.node(ctx, name)
	if err == nil && !n.there() {
		err = fs.ErrNotExist
	}
	return n, err
}

func (s *Store) findDir(ctx context.Context, name string) (Node, error) {
	n, err := s.find(ctx, name)
	if err == nil && !n.dir() {
		err = filestore.ErrNotDirectory
	}
	return n, err
}

// below walks the nodes directly in a directory, behind a name.
func (s *Store) below(ctx context.Context, dir, after string) iter.Seq2[Node, error] {
	return func(yield func(Node, error) bool) {
		for {
			page, err := s.tree.List(ctx, dir, after)
			if err != nil {
				yield(Node{}, err)
				return
			}
			for _, n := range page {
				if err := ctx.Err(); err != nil {
					yield(Node{}, err)
					return
				}
				if !yield(n, nil) {
					return
				}
			}
			if len(page) == 0 {
				return
			}
			_, after = filestore.Split(page[len(page)-1].Path)
		}
	}
}

// all calls do for everything below n.
func (s *Store) all(ctx context.Context, n Node, do func(Node)) error {
	if !n.dir() {
		return nil
	}
	for e, err := range s.below(ctx, n.Path, "") {
		if err == nil {
			do(e)
			err = s.all(ctx, e, do)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// usage counts everything below n.
func (s *Store) usage(ctx context.Context, n Node) (u filestore.Usage, err error) {
	err = s.all(ctx, n, func(e Node) { u = ledger.Add(u, e.usage()) })
	return u, err
}

// Stat implements [filestore.Store].
func (s *Store) Stat(ctx context.Context, name string) (filestore.FileInfo, error) {
	err := check(ctx, name)
	var n Node
	if err == nil {
		n, err = s.find(ctx, name)
	}
	if err != nil {
		return nil, fail("stat", name, err)
	}
	return n.info(false), nil
}

// Open implements [filestore.Store].
func (s *Store) Open(ctx context.Context, name string) (filestore.File, error) {
	err := check(ctx, name)
	var n Node
	if err == nil {
		n, err = s.find(ctx, name)
	}
	if err == nil && n.dir() {
		err = filestore.ErrIsDirectory
	}
	if err != nil {
		return nil, fail("open", name, err)
	}
	n.Sidecar = nil
	return n.Entry.Open(n.Content), nil
}

// List implements [filestore.Store].
func (s *Store) List(ctx context.Context, dir string, o filestore.ListOptions) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) {
		err := check(ctx, dir)
		if err == nil {
			_, err = s.findDir(ctx, dir)
		}
		if err != nil {
			yield(nil, fail("list", dir, err))
			return
		}
		for n, err := range s.below(ctx, dir, o.After) {
			if err != nil {
				yield(nil, fail("list", dir, err))
				return
			}
			if !yield(n.info(o.Sidecars), nil) {
				return
			}
		}
	}
}

// Usage implements [filestore.Store].
func (s *Store) Usage(ctx context.Context, dir string) (filestore.Usage, error) {
	if dir == filestore.Root && ctx.Err() == nil {
		return s.ledger.Stored(), nil // waits for no change
	}
	s.change.Lock() // a walk takes several steps
	defer s.change.Unlock()
	err := check(ctx, dir)
	var n Node
	if err == nil {
		n, err = s.findDir(ctx, dir)
	}
	var u filestore.Usage
	if err == nil {
		u, err = s.usage(ctx, n)
	}
	if err != nil {
		return filestore.Usage{}, fail("usage", dir, err)
	}
	return u, nil
}

// Sidecar implements [filestore.Store].
func (s *Store) Sidecar(ctx context.Context, name, known string) (filestore.Sidecar, error) {
	err := check(ctx, name)
	var n Node
	if err == nil {
		n, err = s.node(ctx, name)
	}
	if err == nil && n.Sidecar == nil {
		err = fs.ErrNotExist
	}
	if err != nil {
		return filestore.Sidecar{}, fail("read sidecar", name, err)
	}
	return n.about(n.tag() != known), nil
}

// Lock implements [filestore.Locks]. It waits for a change that runs, so that nothing of
// what was decided before changes under the lock.
func (s *Store) Lock(ctx context.Context, name string, l filestore.Lock, timeout time.Duration) (filestore.Lock, error) {
	s.change.Lock()
	defer s.change.Unlock()
	return s.locks.Lock(ctx, name, l, timeout)
}

// RefreshLock implements [filestore.Locks].
func (s *Store) RefreshLock(ctx context.Context, name, token, owner string, timeout time.Duration) (filestore.Lock, error) {
	return s.locks.RefreshLock(ctx, name, token, owner, timeout)
}

// Unlock implements [filestore.Locks].
func (s *Store) Unlock(ctx context.Context, name, token, owner string) error {
	return s.locks.Unlock(ctx, name, token, owner)
}

// Locks implements [filestore.Locks].
func (s *Store) Locks(ctx context.Context, name string, below bool) ([]filestore.Lock, error) {
	return s.locks.Locks(ctx, name, below)
}

func check(ctx context.Context, name string) error {
	if err := filestore.CheckName(name); err != nil {
		return err
	}
	return ctx.Err()
}

// fail makes an error that shows the name as the caller knows it, and nothing of the
// host.
func fail(op, name string, err error) error {
	name, err = othername.Take(name, err)
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	if errors.As(err, &pathErr) || errors.As(err, &linkErr) {
		err = filestore.HostError(err)
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}
