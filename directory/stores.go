package directory

import (
	"errors"
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
	mu     sync.Mutex // guards byRoot
	byRoot map[string]*storage
}

type storage struct {
	mu    sync.Mutex // guards store, and is held while it is opened
	store filestore.Store
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
	s.mu.Lock()
	kept, ok := s.byRoot[root]
	if !ok {
		kept = &storage{}
		s.byRoot[root] = kept
	}
	s.mu.Unlock()

	kept.mu.Lock()
	defer kept.mu.Unlock()
	if kept.store == nil {
		store, err := s.open(root, create)
		if err != nil {
			return nil, err
		}
		kept.store = store
	}
	return kept.store, nil
}

// forget lets go of the Store of an account that is gone: one of the same name
// may come, and what is known of the old storage would be wrong. A storage that
// is still there belongs to another account as well.
func (s *stores) forget(root string) {
	if root == "" {
		return
	}
	if _, err := os.Stat(root); !errors.Is(err, fs.ErrNotExist) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byRoot, root)
}
