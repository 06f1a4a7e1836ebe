package memstore

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/treestore"
)

// Store is a [filestore.Store] in memory, with [filestore.Locks] and
// [filestore.Notebook]. It is safe for concurrent use. Make one with [New].
type Store struct {
	*treestore.Store
	mu    sync.Mutex // guards notes
	notes map[string][]byte
}

var (
	_ filestore.Store    = (*Store)(nil)
	_ filestore.Locks    = (*Store)(nil)
	_ filestore.Notebook = (*Store)(nil)
)

// New returns an empty storage. Its entity tags are not those of another one,
// which may have stood in its place before.
func New() *Store { return NewWithClock(nil) }

// NewWithClock is New with a clock for the locks. nil: time.Now.
func NewWithClock(now func() time.Time) *Store {
	t := &tree{dirs: map[string]map[string]treestore.Node{}}
	s, _ := treestore.New(context.Background(), t, &treestore.Options{Now: now}) // which finds nothing that could fail
	return &Store{Store: s}
}

// tree is a [treestore.Tree] in a map.
type tree struct {
	mu   sync.RWMutex                         // guards dirs
	dirs map[string]map[string]treestore.Node // by directory and last segment
}

func (t *tree) Node(_ context.Context, name string) (treestore.Node, error) {
	dir, last := filestore.Split(name)
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.dirs[dir][last], nil
}

// List returns the whole rest of a directory, as it is at that moment.
func (t *tree) List(_ context.Context, dir, after string) ([]treestore.Node, error) {
	nodes := t.behind(dir, after)
	slices.SortFunc(nodes, func(a, b treestore.Node) int { return strings.Compare(a.Path, b.Path) })
	return nodes, nil
}

func (t *tree) behind(dir, after string) (nodes []treestore.Node) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for last, n := range t.dirs[dir] {
		if last > after {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

func (t *tree) Change(_ context.Context, gone []string, put []treestore.Node) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range gone {
		dir, last := filestore.Split(name)
		if delete(t.dirs[dir], last); len(t.dirs[dir]) == 0 {
			delete(t.dirs, dir)
		}
	}
	for _, n := range put {
		dir, last := filestore.Split(n.Path)
		if t.dirs[dir] == nil {
			t.dirs[dir] = map[string]treestore.Node{}
		}
		t.dirs[dir][last] = n
	}
	return nil
}
