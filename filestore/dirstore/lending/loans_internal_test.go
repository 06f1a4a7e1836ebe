package lending

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/locktable"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// disks opens stores that keep what they hold when they are closed, and tells
// when one is used wrongly.
type disks struct {
	t      *testing.T
	mu     sync.Mutex
	disk   map[string]filestore.Store
	open   map[string]bool
	opened int
}

func newDisks(t *testing.T) *disks {
	return &disks{t: t, disk: map[string]filestore.Store{}, open: map[string]bool{}}
}

func (d *disks) loans(room int) *loans {
	return &loans{open: d.openStore, room: room, log: slog.New(slog.DiscardHandler), byRoot: map[string]*storage{}}
}

func (d *disks) openStore(root string, _ bool) (filestore.Store, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	assert.False(d.t, d.open[root], "%s has two stores at a time", root)
	d.open[root] = true
	d.opened++
	if d.disk[root] == nil {
		d.disk[root] = memstore.New()
	}
	return &diskStore{Store: d.disk[root], disks: d, root: root}, nil
}

func (d *disks) nowOpen() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.open)
}

type diskStore struct {
	filestore.Store
	disks  *disks
	root   string
	closed atomic.Bool
}

func (s *diskStore) Close() error {
	assert.False(s.disks.t, s.closed.Swap(true), "%s is closed twice", s.root)
	s.disks.mu.Lock()
	defer s.disks.mu.Unlock()
	delete(s.disks.open, s.root)
	return nil
}

func (s *diskStore) Usage(ctx context.Context, dir string) (filestore.Usage, error) {
	u, err := s.Store.Usage(ctx, dir)
	assert.False(s.disks.t, s.closed.Load(), "%s is used while it is closed", s.root)
	return u, err
}

var roomy = filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited, FileSize: filestore.Unlimited}

func at(t *testing.T, s *loans, root string) filestore.Store {
	t.Helper()
	store, err := s.storeAt(root, true, "")
	require.NoError(t, err)
	return store
}

// Stores that were used longest ago are closed, and opened again when somebody
// wants them.
func TestIdleStoresAreClosed(t *testing.T) {
	t.Parallel()
	d := newDisks(t)
	s := d.loans(2)
	a, b, c := at(t, s, "a"), at(t, s, "b"), at(t, s, "c")
	require.Equal(t, map[string]bool{"b": true, "c": true}, d.open)
	require.NoError(t, a.Mkdir(t.Context(), "kept", filestore.MkdirOptions{}, roomy))
	require.Equal(t, map[string]bool{"a": true, "c": true}, d.open)
	_, err := c.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	_, err = b.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	require.Equal(t, map[string]bool{"b": true, "c": true}, d.open, "a was used longest ago")
	_, err = a.Stat(t.Context(), "kept")
	require.NoError(t, err)
	require.Equal(t, 6, d.opened)
	require.Len(t, s.byRoot, 2, "no place is kept for what is closed")
}

// A store with an upload is in use, until that ends.
func TestStoreOfAnUploadStaysOpen(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(filestore.Upload) error{
		"commit": func(u filestore.Upload) error { _, err := u.Commit(); return err },
		"abort":  filestore.Upload.Abort,
		"both": func(u filestore.Upload) error {
			_, err := u.Commit()
			return errors.Join(err, u.Abort())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDisks(t)
			s := d.loans(1)
			u, err := at(t, s, "a").Create(t.Context(), "f", filestore.CreateOptions{}, roomy)
			require.NoError(t, err)
			for i := range 5 {
				at(t, s, fmt.Sprint(i))
			}
			require.Equal(t, map[string]bool{"a": true, "4": true}, d.open)
			require.NoError(t, end(u))
			at(t, s, "z")
			require.Equal(t, map[string]bool{"z": true}, d.open)
			require.Len(t, s.byRoot, 1)
		})
	}
}

// lockable is a store whose locks end with it.
type lockable struct {
	*diskStore
	locktable.Table
}

// A store that has locks stays open until the last of them ends or is given back.
func TestStoreWithLocksStaysOpen(t *testing.T) {
	t.Parallel()
	const forever, gone = time.Hour, 1 // a nanosecond, which has passed when it is looked at
	type locks = []struct {
		name    string
		timeout time.Duration
	}
	for name, tt := range map[string]struct {
		locks           locks
		refresh, unlock string
		open            bool
	}{
		"locked":             {locks: locks{{"f", forever}}, open: true},
		"expired":            {locks: locks{{"f", gone}}},
		"one expired":        {locks: locks{{"f", forever}, {"g", gone}}, open: true},
		"unlocked":           {locks: locks{{"f", forever}}, unlock: "f"},
		"one unlocked":       {locks: locks{{"f", forever}, {"g", forever}}, unlock: "f", open: true},
		"the other expired":  {locks: locks{{"f", forever}, {"g", gone}}, unlock: "f"},
		"refreshed":          {locks: locks{{"f", time.Minute}}, refresh: "f", open: true},
		"refreshed and gone": {locks: locks{{"f", time.Minute}}, refresh: "f", unlock: "f"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDisks(t)
			s := d.loans(1)
			s.open = func(root string, create bool) (filestore.Store, error) {
				store, err := d.openStore(root, create)
				return &lockable{diskStore: store.(*diskStore)}, err
			}
			a := at(t, s, "a").(filestore.Locks)
			tokens := map[string]string{}
			for _, l := range tt.locks {
				made, err := a.Lock(t.Context(), l.name, filestore.Lock{Owner: "john"}, l.timeout)
				require.NoError(t, err)
				tokens[l.name] = made.Token
			}
			if tt.refresh != "" {
				_, err := a.RefreshLock(t.Context(), tt.refresh, tokens[tt.refresh], "john", forever)
				require.NoError(t, err)
			}
			if tt.unlock != "" {
				require.NoError(t, a.Unlock(t.Context(), tt.unlock, tokens[tt.unlock], "john"))
			}
			for i := range 3 {
				at(t, s, fmt.Sprint(i))
			}
			require.Equal(t, tt.open, d.open["a"])
			require.Len(t, d.open, map[bool]int{true: 2, false: 1}[tt.open])
			found, err := a.Locks(t.Context(), filestore.Root, true)
			require.NoError(t, err)
			require.Equal(t, tt.open, len(found) > 0)
		})
	}

	t.Run("locked while another is given back", func(t *testing.T) {
		t.Parallel()
		s := newDisks(t).loans(1)
		place := &storage{in: s}
		then := time.Now().Add(forever)
		place.keepUntil(then)
		place.keepFor(func() ([]filestore.Lock, error) {
			place.keepUntil(then)
			return nil, nil // as it was before that
		})
		require.Equal(t, then, place.until)
		place.keepFor(func() ([]filestore.Lock, error) { return nil, context.Canceled })
		require.Equal(t, then, place.until)
		place.keepFor(func() ([]filestore.Lock, error) { return nil, nil })
		require.Zero(t, place.until)
	})
}

// A list that is not read to its end gives its store back too.
func TestStoreOfAListStaysOpen(t *testing.T) {
	t.Parallel()
	d := newDisks(t)
	s := d.loans(1)
	a := at(t, s, "a")
	require.NoError(t, a.Mkdir(t.Context(), "one", filestore.MkdirOptions{}, roomy))
	require.NoError(t, a.Mkdir(t.Context(), "two", filestore.MkdirOptions{}, roomy))
	for _, err := range a.List(t.Context(), filestore.Root, filestore.ListOptions{}) {
		require.NoError(t, err)
		at(t, s, "b")
		require.True(t, d.open["a"])
		break
	}
	at(t, s, "c")
	require.Equal(t, map[string]bool{"c": true}, d.open)
}

// What cannot be closed cannot be opened again as it was, and stays.
func TestStoreWithoutCloseStays(t *testing.T) {
	t.Parallel()
	s := newDisks(t).loans(1)
	s.open = func(string, bool) (filestore.Store, error) { return memstore.New(), nil }
	a := at(t, s, "a")
	require.NoError(t, a.Mkdir(t.Context(), "kept", filestore.MkdirOptions{}, roomy))
	for i := range 5 {
		at(t, s, fmt.Sprint(i))
	}
	_, err := a.Stat(t.Context(), "kept")
	require.NoError(t, err)
}

// A storage that cannot be opened again is a fault in each call: its files must
// not look like files that are gone. No place is kept for it.
func TestStoreCannotBeOpenedAgain(t *testing.T) {
	t.Parallel()
	d := newDisks(t)
	s := d.loans(1)
	a := at(t, s, "a")
	at(t, s, "b")
	for name, open := range map[string]func(string, bool) (filestore.Store, error){
		"error":      func(string, bool) (filestore.Store, error) { return nil, fs.ErrNotExist },
		"no storage": func(string, bool) (filestore.Store, error) { return nil, nil },
	} {
		s.open = open
		check := func(err error) {
			t.Helper()
			require.Error(t, err, name)
			require.NotErrorIs(t, err, fs.ErrNotExist, name)
		}
		_, err := a.Stat(t.Context(), "f")
		check(err)
		_, err = a.Open(t.Context(), "f")
		check(err)
		for _, err := range a.List(t.Context(), filestore.Root, filestore.ListOptions{}) {
			check(err)
		}
		_, err = a.Create(t.Context(), "f", filestore.CreateOptions{}, roomy)
		check(err)
		check(a.Mkdir(t.Context(), "f", filestore.MkdirOptions{}, roomy))
		check(a.Remove(t.Context(), "f", filestore.RemoveOptions{}))
		check(a.Rename(t.Context(), "f", "g", filestore.RenameOptions{}))
		check(a.Copy(t.Context(), "f", "g", filestore.CopyOptions{}, roomy))
		_, err = a.Usage(t.Context(), filestore.Root)
		check(err)
		_, err = a.Sidecar(t.Context(), "f", "")
		check(err)
		_, err = a.SetSidecar(t.Context(), "f", []byte("x"), filestore.SidecarOptions{}, roomy)
		check(err)
		locks := a.(filestore.Locks)
		_, err = locks.Lock(t.Context(), "f", filestore.Lock{}, 0)
		check(err)
		_, err = locks.RefreshLock(t.Context(), "f", "", "", 0)
		check(err)
		_, err = locks.Locks(t.Context(), "f", true)
		check(err)
		check(locks.Unlock(t.Context(), "f", "", ""))
		require.NotContains(t, s.byRoot, "a")
	}
}

// After close nothing is opened.
func TestClosedStores(t *testing.T) {
	t.Parallel()
	d := newDisks(t)
	s := d.loans(2)
	a, b := at(t, s, "a"), at(t, s, "b")
	require.NoError(t, s.close())
	require.NoError(t, s.close())
	require.Zero(t, d.nowOpen())
	for _, store := range []filestore.Store{a, b} {
		_, err := store.Stat(t.Context(), "f")
		require.ErrorIs(t, err, fs.ErrClosed)
	}
	_, err := s.storeAt("c", true, "")
	require.ErrorIs(t, err, fs.ErrClosed)
	require.Equal(t, 2, d.opened)
}

// Many at once, with more storages than there is room for: never two stores for
// one root, none used while it is closed, nothing lost.
func TestStoresUnderLoad(t *testing.T) {
	t.Parallel()
	const workers, rounds, roots = 8, 300, 12
	d := newDisks(t)
	s := d.loans(3)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(w)))
			for i := range rounds {
				store := borrower{s, fmt.Sprint(random.IntN(roots)), true, ""}
				switch random.IntN(2) {
				case 0:
					_, err := store.Usage(t.Context(), filestore.Root)
					assert.NoError(t, err)
				case 1:
					u, err := store.Create(t.Context(), fmt.Sprintf("%d-%d", w, i), filestore.CreateOptions{}, roomy)
					if !assert.NoError(t, err) {
						return
					}
					_, err = u.Commit()
					assert.NoError(t, err)
				}
			}
		})
	}
	group.Wait()
	s.shrink()
	require.LessOrEqual(t, d.nowOpen(), 3)
	require.LessOrEqual(t, len(s.byRoot), 3)
	require.Greater(t, d.opened, roots)
	require.NoError(t, s.close())
	require.Zero(t, d.nowOpen())
}

// panicking is a store that panics at its weakest moments.
type panicking struct{ filestore.Store }

func (panicking) Create(context.Context, string, filestore.CreateOptions, filestore.Limits) (filestore.Upload, error) {
	panic("create")
}

func (panicking) Close() error { panic("close") }

// A panic in a store does not leave it lent out for ever.
func TestPanicGivesTheStoreBack(t *testing.T) {
	t.Parallel()
	s := newDisks(t).loans(1)
	open := s.open
	s.open = func(string, bool) (filestore.Store, error) { panic("open") }
	require.PanicsWithValue(t, "open", func() { _, _ = s.storeAt("a", true, "") })
	require.Empty(t, s.byRoot)

	s.open = func(string, bool) (filestore.Store, error) { return panicking{memstore.New()}, nil }
	a := at(t, s, "a")
	require.PanicsWithValue(t, "create", func() {
		_, _ = a.Create(t.Context(), "f", filestore.CreateOptions{}, roomy)
	})
	require.Zero(t, s.byRoot["a"].users)

	s.open = open
	require.PanicsWithValue(t, "close", func() { _, _ = s.storeAt("b", true, "") })
	require.NotContains(t, s.byRoot, "a")
	require.Zero(t, s.byRoot["b"].users)
}

// A link that has come into the place of a storage leads to another one, which
// may be open: the old name opens nothing any more.
func TestStoreThatHasBecomeALink(t *testing.T) {
	t.Parallel()
	base, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	for what, tt := range map[string]struct{ root, link string }{
		"itself":              {"there", "there"},
		"the directory above": {filepath.Join("above", "not there yet"), "above"},
	} {
		link, other := filepath.Join(base, tt.link), filepath.Join(base, "other")
		require.NoError(t, os.MkdirAll(link, 0o755))
		require.NoError(t, os.MkdirAll(other, 0o755))
		s := newDisks(t).loans(1)
		a := at(t, s, filepath.Join(base, tt.root))
		at(t, s, "b") // which closes a
		require.NoError(t, os.Remove(link))
		if err := os.Symlink(other, link); err != nil {
			fixture.Lacking(t, "no symbolic links here")
		}
		_, err := a.Usage(t.Context(), filestore.Root)
		require.ErrorContains(t, err, errMoved.Error(), what)
		require.NotContains(t, s.byRoot, filepath.Join(base, tt.root))
	}
}
