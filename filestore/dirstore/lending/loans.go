package lending

import (
	"container/list"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/hostfile"
)

// loans has the one Store of each root. Whoever uses a Store borrows it. What
// nobody has borrowed stays open as long as there is room; then those are closed
// that were used longest ago, and opened again when somebody wants them.
type loans struct {
	open  func(root string, create bool) (filestore.Store, error)
	claim func(dir string) error // before open; nil: nothing is claimed
	room  int                    // how many are kept open, those in use included
	log   *slog.Logger

	incidents incidents

	mu     sync.Mutex // guards all below
	closed bool
	byRoot map[string]*storage
	// recent has all *storage that may be closed, the one used last at the back. A
	// lru.Map would drop one that is in use, or has locks, and close none.
	recent list.List
}

// storage is the place of the Store of one root. While its mutex is held, no
// one else opens or closes it. That of loans is taken inside of it, never
// around it.
type storage struct {
	in    *loans
	root  string
	users int           // guarded by in.mu
	used  *list.Element // guarded by in.mu; where it is in in.recent, or nil
	until time.Time     // guarded by in.mu; the last of its locks ends then
	locks int           // guarded by in.mu; how often keepUntil was called

	mu    sync.Mutex
	store filestore.Store // guarded by mu; nil: not open
}

// loan is a Store that stays open until end is called.
type loan struct {
	filestore.Store
	of *storage
}

// borrow opens the Store of a root, unless it is open. One that is nil, without
// an error, is no storage.
func (s *loans) borrow(root string, create bool, claim string) (l loan, err error) {
	at, err := s.use(root)
	if err != nil {
		return loan{}, err
	}
	defer func() { // after a panic as well
		if l.of == nil {
			at.leave()
		}
	}()
	store, opened, err := at.get(create, claim)
	if err != nil || store == nil {
		return loan{}, err
	}
	if opened {
		s.shrink()
	}
	return loan{store, at}, nil
}

// end gives the Store back.
func (l loan) end() { l.of.leave() }

// use adds a user to the place of a root.
func (s *loans) use(root string) (*storage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fs.ErrClosed
	}
	at, ok := s.byRoot[root]
	if !ok {
		at = &storage{in: s, root: root}
		s.byRoot[root] = at
	}
	at.users++
	if at.used != nil {
		s.recent.MoveToBack(at.used)
	}
	return at, nil
}

// get returns the Store, and whether it had to be opened.
func (at *storage) get(create bool, claim string) (store filestore.Store, opened bool, err error) {
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.store != nil {
		return at.store, false, nil
	}
	if at.in.isClosed() {
		return nil, false, fs.ErrClosed
	}
	if real, err := hostfile.Resolve(at.root); err == nil && real != at.root {
		return nil, false, errMoved
	}
	if at.in.claim != nil && claim != "" {
		if err := at.in.claim(claim); err != nil {
			return nil, false, err
		}
	}
	if store, err = at.in.open(at.root, create); err != nil || store == nil {
		return nil, false, err
	}
	at.store = store
	if _, ok := store.(io.Closer); ok {
		at.in.mu.Lock()
		at.used = at.in.recent.PushBack(at)
		at.in.mu.Unlock()
	}
	return store, true, nil
}

func (s *loans) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// keepUntil keeps the Store open until then, though nobody uses it.
func (at *storage) keepUntil(then time.Time) {
	at.in.mu.Lock()
	defer at.in.mu.Unlock()
	at.locks++
	if then.After(at.until) {
		at.until = then
	}
}

// keepFor keeps the Store open only as long as the locks that left finds, unless others
// are made meanwhile.
func (at *storage) keepFor(left func() ([]filestore.Lock, error)) {
	at.in.mu.Lock()
	before := at.locks
	at.in.mu.Unlock()
	locks, err := left()
	if err != nil {
		return // it stays open for longer than it must
	}
	var until time.Time
	for _, l := range locks {
		if l.Expires.After(until) {
			until = l.Expires
		}
	}
	at.in.mu.Lock()
	defer at.in.mu.Unlock()
	if at.locks == before {
		at.until = until
	}
}

// leave takes a user away, and forgets a place that has none and no Store.
func (at *storage) leave() {
	at.in.mu.Lock()
	at.users--
	idle := at.users == 0 && at.used == nil
	at.in.mu.Unlock()
	if !idle {
		return
	}
	at.mu.Lock()
	defer at.mu.Unlock()
	at.in.mu.Lock()
	defer at.in.mu.Unlock()
	if at.users == 0 && at.store == nil && at.in.byRoot[at.root] == at {
		delete(at.in.byRoot, at.root)
	}
}

// close closes the Store, if it is open and can be closed.
func (at *storage) close() error {
	at.mu.Lock()
	defer at.mu.Unlock()
	return at.closeLocked()
}

// closeLocked needs mu.
func (at *storage) closeLocked() error {
	store := at.store
	at.store = nil
	at.in.mu.Lock()
	if at.used != nil {
		at.in.recent.Remove(at.used)
		at.used = nil
	}
	at.in.mu.Unlock()
	if c, ok := store.(io.Closer); ok {
		return hostfile.WithoutPath(c.Close())
	}
	return nil
}

// shrink closes Stores that nobody uses until there is room for those that are
// left. It is called when one more has been opened.
func (s *loans) shrink() {
	for at := s.oldest(); at != nil; at = s.oldest() {
		s.closeIdle(at)
	}
}

// oldest uses the place that nobody has used for the longest time; nil if there
// is room for all.
func (s *loans) oldest() *storage {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.recent.Len() <= s.room {
		return nil
	}
	for e := s.recent.Front(); e != nil; e = e.Next() { // past those in use
		if at := e.Value.(*storage); at.users == 0 && !time.Now().Before(at.until) {
			at.users++
			return at
		}
	}
	return nil
}

// closeIdle closes the Store of a place that oldest has used, unless somebody
// else uses it by now, and ends that use.
func (s *loans) closeIdle(at *storage) {
	defer at.leave()
	at.mu.Lock()
	defer at.mu.Unlock()
	s.mu.Lock()
	alone := at.users == 1
	s.mu.Unlock()
	if !alone {
		return
	}
	if err := at.closeLocked(); err != nil {
		s.log.Error("storage cannot be closed", "dir", at.root, "err", err)
	}
}

// forget closes the Store of an account that is gone: one of the same name may
// come, and what is known of the old storage would be wrong. Uploads into it end
// with an error. A storage that is still there belongs to another account as
// well.
func (s *loans) forget(root string) error {
	if root == "" {
		return nil
	}
	if _, err := os.Stat(root); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	s.mu.Lock()
	at := s.byRoot[root]
	if at != nil {
		at.users++
	}
	s.mu.Unlock()
	if at == nil {
		return nil
	}
	defer at.leave()
	return at.close()
}

// close closes all Stores, and opens no others.
func (s *loans) close() error {
	s.mu.Lock()
	s.closed = true
	all := slices.Collect(maps.Values(s.byRoot))
	s.mu.Unlock()
	var failed error
	for _, at := range all {
		if err := at.close(); err != nil {
			failed = errors.Join(failed, fmt.Errorf("close %s: %w", at.root, err))
		}
	}
	return failed
}

// storeAt returns a Store that borrows that of a root for each call, if it can
// be opened; nil if there is no storage.
func (s *loans) storeAt(root string, create bool, claim string) (filestore.Store, error) {
	l, err := s.borrow(root, create, claim)
	if err != nil || l.of == nil {
		return nil, hostfile.WithoutPath(err)
	}
	l.end()
	return borrower{s, root, create, claim}, nil
}

var errMoved = errors.New("the storage is somewhere else now")
