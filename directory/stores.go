package directory

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/cgpkit/cgpkit/filestore"
)

// stores has the one Store of each storage in use: two of them on one directory
// would not see each other's uploads and limits. They are kept as long as their
// accounts are seen to exist, used or not; an idle Store is small, holds no open
// file, and knows how much is stored.
type stores struct {
	open   func(root string, create bool) (filestore.Store, error)
	mu     sync.Mutex // guards byRoot, which is nil after close
	byRoot map[string]*storage
}

type storage struct {
	mu     sync.Mutex // guards all below, and is held while the store is opened
	store  filestore.Store
	closed bool
}

// close ends the store, if it was opened and can be closed.
func (s *storage) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if c, ok := s.store.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// opened is the Store of an account as it was found on disk.
type opened struct {
	store filestore.Store // nil: no storage
	root  string
	err   error
}

// find returns the Store of a place. Links are followed, so that two accounts
// whose storages are links to one directory have one Store.
func (s *stores) find(p *place) opened {
	root, err := filepath.EvalSymlinks(p.web)
	if errors.Is(err, fs.ErrNotExist) {
		if !p.create {
			return opened{}
		}
		root, err = filepath.EvalSymlinks(filepath.Dir(p.web))
		root = filepath.Join(root, filepath.Base(p.web))
	}
	if err != nil {
		return opened{err: withoutPath(err)}
	}
	if !p.create && !isDirectory(root) {
		return opened{}
	}
	store, err := s.get(root, p.create)
	return opened{store, root, withoutPath(err)}
}

func (s *stores) get(root string, create bool) (filestore.Store, error) {
	kept, err := s.at(root)
	if err != nil {
		return nil, err
	}
	kept.mu.Lock()
	defer kept.mu.Unlock()
	if kept.closed {
		return nil, fs.ErrClosed
	}
	if kept.store == nil {
		store, err := s.open(root, create)
		if err != nil {
			return nil, err
		}
		kept.store = store
	}
	return kept.store, nil
}

// at returns the place that is kept for the Store of a root.
func (s *stores) at(root string) (*storage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byRoot == nil {
		return nil, fs.ErrClosed
	}
	kept, ok := s.byRoot[root]
	if !ok {
		kept = &storage{}
		s.byRoot[root] = kept
	}
	return kept, nil
}

// forget closes the Store of an account that is gone, and lets go of it: one of
// the same name may come, and what is known of the old storage would be wrong. A
// storage that is still there belongs to another account as well.
func (s *stores) forget(root string) error {
	if root == "" {
		return nil
	}
	if _, err := os.Stat(root); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	s.mu.Lock()
	kept := s.byRoot[root]
	delete(s.byRoot, root)
	s.mu.Unlock()
	if kept == nil {
		return nil
	}
	return withoutPath(kept.close())
}

// close closes all Stores, and opens no others.
func (s *stores) close() error {
	s.mu.Lock()
	kept := s.byRoot
	s.byRoot = nil
	s.mu.Unlock()
	var failed error
	for root, k := range kept {
		if err := k.close(); err != nil {
			failed = errors.Join(failed, fmt.Errorf("close %s: %w", root, withoutPath(err)))
		}
	}
	return failed
}
