package memstore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io/fs"
	"iter"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
	"github.com/cgpkit/cgpkit/filestore/locktable"
)

// Store is a [filestore.Store] in memory, with [filestore.Locks]. It is safe for
// concurrent use. Make one with [New].
type Store struct {
	mu     sync.Mutex // guards everything below, and all nodes
	root   *node
	last   uint64 // the newest entity tag
	ledger ledger.Ledger
	locks  locktable.Table

	notes map[string][]byte
}

var (
	_ filestore.Store = (*Store)(nil)
	_ filestore.Locks = (*Store)(nil)
)

// New returns an empty storage. Its entity tags are not those of another one,
// which may have stood in its place before.
func New() *Store {
	return &Store{root: newDir(), last: rand.Uint64()}
}

// NewWithClock is New with a clock for the locks.
func NewWithClock(now func() time.Time) *Store {
	s := New()
	s.locks.Now = now
	return s
}

// Stat implements [filestore.Store].
func (s *Store) Stat(ctx context.Context, name string) (filestore.FileInfo, error) {
	if err := check(ctx, name); err != nil {
		return nil, fail("stat", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.lookup(name)
	if err != nil {
		return nil, fail("stat", name, err)
	}
	return n.info(name, s.sidecar(name).about(false)), nil
}

// Open implements [filestore.Store].
func (s *Store) Open(ctx context.Context, name string) (filestore.File, error) {
	if err := check(ctx, name); err != nil {
		return nil, fail("open", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.lookup(name)
	if err != nil {
		return nil, fail("open", name, err)
	}
	if n.dir() {
		return nil, fail("open", name, filestore.ErrIsDirectory)
	}
	return n.entry(name, nil).Open(n.content), nil
}

// List implements [filestore.Store]. It shows the directory as it was when
// the walk began.
func (s *Store) List(ctx context.Context, dir string, o filestore.ListOptions) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) {
		entries, err := s.entries(ctx, dir, o)
		if err != nil {
			yield(nil, fail("list", dir, err))
			return
		}
		for _, e := range entries {
			if err := ctx.Err(); err != nil {
				yield(nil, fail("list", dir, err))
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (s *Store) entries(ctx context.Context, dir string, o filestore.ListOptions) ([]filestore.FileInfo, error) {
	if err := check(ctx, dir); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.lookupDir(dir)
	if err != nil {
		return nil, err
	}
	var infos []filestore.FileInfo
	for _, last := range n.names(o.After) {
		infos = append(infos, n.entries[last].info(filestore.Join(dir, last), n.sidecars[last].about(o.Sidecars)))
	}
	return infos, nil
}

// Mkdir implements [filestore.Store].
func (s *Store) Mkdir(ctx context.Context, name string, o filestore.MkdirOptions, l filestore.Limits) error {
	if err := checkMade(ctx, name); err != nil {
		return fail("mkdir", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.mkdir(name, o, l); err != nil {
		return fail("mkdir", name, err)
	}
	return nil
}

func (s *Store) mkdir(name string, o filestore.MkdirOptions, l filestore.Limits) error {
	if err := s.checkTarget(name, false, o.If, o.Sidecar != nil); err != nil {
		return err
	}
	if err := s.locks.Check(locktable.Entry, name, o.If); err != nil {
		return err
	}
	dir := newDir()
	var side *node
	if o.Sidecar != nil && s.sidecar(name) == nil {
		if err := ledger.CheckSidecar(ledger.None, int64(len(o.Sidecar)), l); err != nil {
			return err
		}
		side = s.newFile(bytes.Clone(o.Sidecar))
	}
	if err := s.account(ledger.Add(dir.usage(), side.usage()), l); err != nil {
		return err
	}
	s.put(name, dir, cmp.Or(side, s.sidecar(name)))
	return nil
}

// Usage implements [filestore.Store].
func (s *Store) Usage(ctx context.Context, dir string) (filestore.Usage, error) {
	if err := check(ctx, dir); err != nil {
		return filestore.Usage{}, fail("usage", dir, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.lookupDir(dir)
	if err != nil {
		return filestore.Usage{}, fail("usage", dir, err)
	}
	if dir == filestore.Root {
		return s.ledger.Stored(), nil
	}
	return n.below(), nil
}

// account counts a change at once, if limits allow it.
func (s *Store) account(delta filestore.Usage, l filestore.Limits) error {
	var held filestore.Usage
	if err := s.ledger.Hold(&held, delta, l); err != nil {
		return err
	}
	s.ledger.Settle(&held, delta)
	return nil
}

// Sidecar implements [filestore.Store].
func (s *Store) Sidecar(ctx context.Context, name, known string) (filestore.Sidecar, error) {
	if err := check(ctx, name); err != nil {
		return filestore.Sidecar{}, fail("read sidecar", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	side := s.sidecar(name)
	if side == nil {
		return filestore.Sidecar{}, fail("read sidecar", name, fs.ErrNotExist)
	}
	return *side.about(side.tag() != known), nil
}

// SetSidecar implements [filestore.Store].
func (s *Store) SetSidecar(ctx context.Context, name string, content []byte, o filestore.SidecarOptions, l filestore.Limits) (filestore.Sidecar, error) {
	if err := check(ctx, name); err != nil {
		return filestore.Sidecar{}, fail("set sidecar", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	side, err := s.setSidecar(name, content, o, l)
	if err != nil {
		return filestore.Sidecar{}, fail("set sidecar", name, err)
	}
	if side == nil {
		return filestore.Sidecar{}, nil
	}
	return *side.about(false), nil
}

func (s *Store) setSidecar(name string, content []byte, o filestore.SidecarOptions, l filestore.Limits) (*node, error) {
	parent, last, err := s.place(name)
	if content == nil && errors.Is(err, filestore.ErrNotDirectory) {
		err = fs.ErrNotExist // nothing is made there
	}
	if err != nil {
		return nil, err
	}
	if o.Paired {
		if _, err := s.lookup(name); err != nil {
			return nil, err
		}
	}
	old := parent.sidecars[last]
	if content == nil && old == nil {
		return nil, fs.ErrNotExist
	}
	if err := o.If.Check(old != nil, old.tag()); err != nil {
		return nil, err
	}
	if _, ok := filestore.SidecarName(name); !ok {
		return nil, filestore.ErrConflict
	}
	if err := s.locks.Check(locktable.Sidecar, name, o.If); err != nil {
		return nil, err
	}
	if content == nil {
		delete(parent.sidecars, last)
		s.locks.DropSidecar(name)
		return nil, s.account(ledger.Sub(filestore.Usage{}, old.usage()), l)
	}
	if err := ledger.CheckSidecar(old.oldSize(), int64(len(content)), l); err != nil {
		return nil, err
	}
	side := s.newFile(append([]byte{}, content...)) // never nil
	if !o.ModTime.IsZero() {
		side.modTime = o.ModTime
	}
	if err := s.account(ledger.Sub(side.usage(), old.usage()), l); err != nil {
		return nil, err
	}
	parent.sidecars[last] = side
	return side, nil
}

// Lock implements [filestore.Locks].
func (s *Store) Lock(ctx context.Context, name string, l filestore.Lock, timeout time.Duration) (filestore.Lock, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
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

// checkMade is check for a name that is to be made, moved or copied.
func checkMade(ctx context.Context, name string) error {
	if name == filestore.Root || filestore.IsSidecar(name) {
		return fs.ErrInvalid
	}
	return check(ctx, name)
}

func fail(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: name, Err: err}
}
