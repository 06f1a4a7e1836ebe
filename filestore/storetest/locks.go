package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

// lockable is a store that has locks.
type lockable interface {
	filestore.Store
	filestore.Locks
}

// withLocks opens a store for a test of locks, which is skipped if it has none.
func withLocks(t *testing.T, open func(t *testing.T) filestore.Store, entries string) lockable {
	t.Helper()
	s, ok := open(t).(lockable)
	if !ok {
		t.Skip("the store has no locks")
	}
	fill(t, s, entries)
	return s
}

const john = "john@example.com"

// lock makes a lock of john's.
func lock(t *testing.T, s filestore.Locks, name string, l filestore.Lock) filestore.Lock {
	t.Helper()
	l.Owner = john
	made, err := s.Lock(t.Context(), name, l, time.Hour)
	require.NoError(t, err)
	return made
}

// submit is a precondition of john's with the tokens of locks.
func submit(locks ...filestore.Lock) filestore.Precondition {
	p := filestore.Precondition{Owner: john}
	for _, l := range locks {
		p.Tokens = append(p.Tokens, l.Token)
	}
	return p
}

// lockedAt demands that a lock with this root was in the way.
func lockedAt(t *testing.T, root string, err error) {
	t.Helper()
	refused(t, filestore.ErrLocked, err)
	var locked *filestore.LockedError
	require.ErrorAs(t, err, &locked)
	require.Equal(t, root, locked.Name)
}

// testLocks: how locks are made, found, refreshed and ended.
func testLocks(t *testing.T, open func(t *testing.T) filestore.Store) {
	t.Run("life", func(t *testing.T) {
		t.Parallel()
		s := withLocks(t, open, "d/ d/a=1")
		now := time.Now()
		made, err := s.Lock(t.Context(), "d", filestore.Lock{Deep: true, Owner: john, Text: "<D:href>john</D:href>"}, time.Minute)
		require.NoError(t, err)
		require.NotEmpty(t, made.Token)
		require.WithinRange(t, made.Expires, now.Add(time.Minute-time.Second), time.Now().Add(time.Minute+time.Second))
		found, err := s.Locks(t.Context(), "d/a", false)
		require.NoError(t, err)
		require.Equal(t, []filestore.Lock{made}, found)
		require.Equal(t, filestore.Lock{Token: made.Token, Name: "d", Deep: true, Owner: john, Text: "<D:href>john</D:href>", Expires: made.Expires}, made)
		again, err := s.RefreshLock(t.Context(), "d/a", made.Token, john, filestore.MaxLockTimeout)
		require.NoError(t, err)
		require.True(t, again.Expires.After(made.Expires))
		for _, wrong := range []struct{ name, token, owner string }{{"d", "x", john}, {"d", made.Token, "mary@example.com"}, {filestore.Root, made.Token, john}} {
			_, err = s.RefreshLock(t.Context(), wrong.name, wrong.token, wrong.owner, 0)
			refused(t, fs.ErrNotExist, err)
			refused(t, fs.ErrNotExist, s.Unlock(t.Context(), wrong.name, wrong.token, wrong.owner))
		}
		require.NoError(t, s.Unlock(t.Context(), "d/a", made.Token, john))
		found, err = s.Locks(t.Context(), filestore.Root, true)
		require.NoError(t, err)
		require.Empty(t, found)
	})
	t.Run("expiry", func(t *testing.T) {
		t.Parallel()
		s := withLocks(t, open, "a=1")
		l, err := s.Lock(t.Context(), "a", filestore.Lock{Owner: john}, 1) // a nanosecond
		require.NoError(t, err)
		for !time.Now().After(l.Expires) { // which has passed before the loop on most clocks
			time.Sleep(time.Microsecond)
		}
		require.NoError(t, put("a", "2")(t.Context(), s))
		refused(t, fs.ErrNotExist, s.Unlock(t.Context(), "a", l.Token, john))
		lock(t, s, "a", filestore.Lock{})
	})
	t.Run("in the way", func(t *testing.T) {
		t.Parallel()
		s := withLocks(t, open, "d/ d/a=1")
		first := lock(t, s, "d/a", filestore.Lock{})
		_, err := s.Lock(t.Context(), "d", filestore.Lock{Deep: true}, 0)
		lockedAt(t, "d/a", err)
		_, err = s.Lock(t.Context(), "d/a", filestore.Lock{Shared: true}, 0)
		lockedAt(t, "d/a", err)
		flat := lock(t, s, "d", filestore.Lock{})
		require.NoError(t, s.Unlock(t.Context(), "d/a", first.Token, john))
		require.NoError(t, s.Unlock(t.Context(), "d", flat.Token, john))
		lock(t, s, "d", filestore.Lock{Shared: true, Deep: true})
		lock(t, s, "d/a", filestore.Lock{Shared: true})
		_, err = s.Lock(t.Context(), "d/new", filestore.Lock{}, 0)
		lockedAt(t, "d", err)
	})
	t.Run("bounds", func(t *testing.T) {
		t.Parallel()
		s := withLocks(t, open, "")
		_, err := s.Lock(t.Context(), "a/../b", filestore.Lock{}, 0)
		refused(t, fs.ErrInvalid, err)
		_, err = s.Lock(t.Context(), "a", filestore.Lock{Text: strings.Repeat("x", filestore.MaxLockText+1)}, 0)
		refused(t, fs.ErrInvalid, err)
		for i := range 1_000_000 {
			if _, err = s.Lock(t.Context(), fmt.Sprint("f", i), filestore.Lock{Owner: john}, 0); err != nil {
				break
			}
		}
		refused(t, filestore.ErrLimit, err)
		var limit *filestore.LimitError
		require.ErrorAs(t, err, &limit)
		require.Equal(t, filestore.LimitLocks, limit.Kind)
		_, err = s.Lock(t.Context(), "g", filestore.Lock{Owner: "mary@example.com"}, 0)
		require.NoError(t, err, "one owner does not take all")
	})
	t.Run("context", func(t *testing.T) {
		t.Parallel()
		s := withLocks(t, open, "a=1")
		l := lock(t, s, "a", filestore.Lock{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.Lock(ctx, "b", filestore.Lock{}, 0)
		refused(t, context.Canceled, err)
		_, err = s.RefreshLock(ctx, "a", l.Token, john, 0)
		refused(t, context.Canceled, err)
		_, err = s.Locks(ctx, "a", false)
		refused(t, context.Canceled, err)
		refused(t, context.Canceled, s.Unlock(ctx, "a", l.Token, john))
	})
}

// testLockedChanges asks for changes in a tree with locks: without the tokens they are
// refused and change nothing, with them they are made. Then it looks which
// locks are left.
func testLockedChanges(t *testing.T, open func(t *testing.T) filestore.Store) {
	flat, deep := filestore.Lock{}, filestore.Lock{Deep: true}
	type doing func(filestore.Precondition) change
	put := func(name string) doing {
		return func(p filestore.Precondition) change { return putWith(name, "new", filestore.CreateOptions{If: p}) }
	}
	mkdir := func(name string) doing {
		return func(p filestore.Precondition) change { return mkdirWith(name, filestore.MkdirOptions{If: p}) }
	}
	remove := func(name string) doing {
		return func(p filestore.Precondition) change { return removeIf(name, true, p) }
	}
	move := func(from, to string) doing {
		return func(p filestore.Precondition) change {
			return renameIf(from, to, filestore.RenameOptions{Replace: true, From: p, To: p})
		}
	}
	copyTo := func(from, to string) doing {
		return func(p filestore.Precondition) change {
			return copyWith(from, to, filestore.CopyOptions{Replace: true, To: p})
		}
	}
	set := func(name, content string) doing {
		return func(p filestore.Precondition) change {
			return setWith(name, []byte(content), filestore.SidecarOptions{If: p})
		}
	}
	unset := func(name string) doing {
		return func(p filestore.Precondition) change {
			return setWith(name, nil, filestore.SidecarOptions{If: p})
		}
	}
	const before = "a=1 a.meta=m b=2 d/ d/x=3 d/e/ d/e/y=4 o.meta=n"
	tests := []struct {
		name  string
		locks map[string]filestore.Lock
		do    doing
		met   string // root of the lock in the way; "": none is
		after string // the names of the locks that are left
	}{
		{"put", map[string]filestore.Lock{"a": flat}, put("a"), "a", "a"},
		{"put beside", map[string]filestore.Lock{"a": deep}, put("b"), "", "a"},
		{"put below a flat one", map[string]filestore.Lock{"d": flat}, put("d/x"), "", "d"},
		{"put new below a flat one", map[string]filestore.Lock{"d": flat}, put("d/new"), "d", "d"},
		{"put new under its lock", map[string]filestore.Lock{"new": flat}, put("new"), "new", "new"},
		{"put deep below", map[string]filestore.Lock{"d": deep}, put("d/e/y"), "d", "d"},
		{"put under the root", map[string]filestore.Lock{filestore.Root: flat}, put("new"), filestore.Root, filestore.Root},
		{"put over a locked sidecar's file", map[string]filestore.Lock{"a.meta": flat}, put("a"), "", "a.meta"},
		{"mkdir", map[string]filestore.Lock{"d": flat}, mkdir("d/new"), "d", "d"},
		{"mkdir beside", map[string]filestore.Lock{"d": flat}, mkdir("new"), "", "d"},
		{"remove", map[string]filestore.Lock{"a": flat}, remove("a"), "a", ""},
		{"remove from a flat one", map[string]filestore.Lock{"d": flat}, remove("d/x"), "d", "d"},
		{"remove what has a lock below", map[string]filestore.Lock{"d/e/y": flat}, remove("d"), "d/e/y", ""},
		{"remove with a locked sidecar", map[string]filestore.Lock{"a.meta": flat}, remove("a"), "a.meta", ""},
		{"rename away", map[string]filestore.Lock{"a": flat}, move("a", "new"), "a", ""},
		{"rename a tree with a lock below", map[string]filestore.Lock{"d/e/y": flat}, move("d", "new"), "d/e/y", ""},
		{"rename onto", map[string]filestore.Lock{"b": flat}, move("a", "b"), "b", ""},
		{"rename onto a tree with a lock below", map[string]filestore.Lock{"d/e/y": flat}, move("a", "d"), "d/e/y", ""},
		{"rename into a flat one", map[string]filestore.Lock{"d": flat}, move("a", "d/new"), "d", "d"},
		{"rename out of a flat one", map[string]filestore.Lock{"d": flat}, move("d/x", "new"), "d", "d"},
		{"rename within a deep one", map[string]filestore.Lock{"d": deep}, move("d/x", "d/new"), "d", "d"},
		{"copy takes none", map[string]filestore.Lock{"a": flat}, copyTo("a", "new"), "", "a"},
		{"copy onto", map[string]filestore.Lock{"b": flat}, copyTo("a", "b"), "b", ""},
		{"copy into a deep one", map[string]filestore.Lock{"d": deep}, copyTo("a", "d/e/new"), "d", "d"},
		{"set a sidecar", map[string]filestore.Lock{"b": flat}, set("b", "n"), "b", "b"},
		{"set a sidecar in a flat one", map[string]filestore.Lock{"d": flat}, set("d/x", "n"), "", "d"},
		{"set a sidecar that is locked", map[string]filestore.Lock{"a.meta": flat}, set("a", "n"), "a.meta", "a.meta"},
		{"remove a sidecar", map[string]filestore.Lock{"a": flat}, unset("a"), "a", "a"},
		{"remove a sidecar that is locked", map[string]filestore.Lock{"a.meta": flat}, unset("a"), "a.meta", ""},
		{"remove a waiting sidecar", map[string]filestore.Lock{"o": flat}, unset("o"), "o", "o"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := withLocks(t, open, before)
			var locks []filestore.Lock
			for name, l := range tt.locks {
				locks = append(locks, lock(t, s, name, l))
			}
			tokens := submit(locks...)
			stranger := tokens
			stranger.Owner = "mary@example.com"
			if tt.met != "" {
				lockedAt(t, tt.met, tt.do(filestore.Precondition{Owner: john})(t.Context(), s))
				lockedAt(t, tt.met, tt.do(stranger)(t.Context(), s))
				holds(t, s, before)
			}
			require.NoError(t, tt.do(tokens)(t.Context(), s))
			counted(t, s)
			left, err := s.Locks(t.Context(), filestore.Root, true)
			require.NoError(t, err)
			var names []string
			for _, l := range left {
				names = append(names, l.Name)
			}
			require.Equal(t, tt.after, strings.Join(names, " "))
		})
	}

	t.Run("while an upload is on its way", func(t *testing.T) {
		t.Parallel()
		for name, locked := range map[string]string{"of a file": "a", "of a new one": "new"} {
			s := withLocks(t, open, "a=1")
			u, err := s.Create(t.Context(), locked, filestore.CreateOptions{}, boundless)
			require.NoError(t, err)
			_, err = io.WriteString(u, "2")
			require.NoError(t, err)
			lock(t, s, locked, flat)
			_, err = u.Commit()
			lockedAt(t, locked, err)
			_, err = s.Create(t.Context(), locked, filestore.CreateOptions{}, boundless)
			lockedAt(t, locked, err)
			holds(t, s, "a=1")
			counted(t, s)
			require.NotEmpty(t, name)
		}
	})
	t.Run("order", func(t *testing.T) {
		t.Parallel()
		s := withLocks(t, open, "a=1 a.meta=m d/ d/x=1")
		lock(t, s, "a", flat)
		lock(t, s, "d", deep)
		lock(t, s, "new", flat)
		for _, tt := range []struct {
			err error
			c   change
		}{
			{filestore.ErrChanged, putWith("a", "2", filestore.CreateOptions{If: other})},
			{fs.ErrInvalid, putWith("a", "2", filestore.CreateOptions{Offset: 9})},
			{fs.ErrExist, mkdirWith("d", filestore.MkdirOptions{})},
			{filestore.ErrNotEmpty, removeIf("d", false, filestore.Precondition{})},
			{filestore.ErrChanged, removeIf("d", true, other)},
			{fs.ErrExist, rename("a", "d")},
			{filestore.ErrConflict, rename("a", long)},
			{filestore.ErrChanged, setWith("a", []byte("n"), filestore.SidecarOptions{If: other})},
			{filestore.ErrLocked, func(ctx context.Context, s filestore.Store) error {
				return write(ctx, s, "new", "1", filestore.CreateOptions{Size: 1}, filestore.Limits{})
			}},
			{filestore.ErrLocked, func(ctx context.Context, s filestore.Store) error {
				return s.Copy(ctx, "a", "new", filestore.CopyOptions{}, filestore.Limits{})
			}},
		} {
			refused(t, tt.err, tt.c(t.Context(), s))
		}
		holds(t, s, "a=1 a.meta=m d/ d/x=1")
	})
	t.Run("the source is told by its path", func(t *testing.T) {
		t.Parallel()
		s := withLocks(t, open, "a=1")
		lock(t, s, "a", flat)
		var pathErr *fs.PathError
		require.ErrorAs(t, rename("a", "b")(t.Context(), s), &pathErr)
		require.Equal(t, "a", pathErr.Path)
		lock(t, s, "b", flat)
		require.ErrorAs(t, copyWith("a", "b", filestore.CopyOptions{})(t.Context(), s), &pathErr)
		require.Equal(t, "b", pathErr.Path)
	})
}

// testLockRace lets writers with and without a token change one file while locks come
// and go: nobody writes over a lock that somebody else holds.
func testLockRace(t *testing.T, open func(t *testing.T) filestore.Store) {
	s := withLocks(t, open, "a=0")
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			me := fmt.Sprint("worker", worker)
			for range 20 {
				l, err := s.Lock(t.Context(), "a", filestore.Lock{Owner: me}, 0)
				if errors.Is(err, filestore.ErrLocked) {
					continue
				}
				mine := filestore.CreateOptions{If: filestore.Precondition{Owner: me, Tokens: []string{l.Token}}}
				err = errors.Join(err, putWith("a", me, mine)(t.Context(), s))
				f, openErr := s.Open(t.Context(), "a")
				if err = errors.Join(err, openErr); err != nil {
					t.Errorf("unexpected: %v", err)
					return
				}
				content, err := io.ReadAll(f)
				f.Close()
				if string(content) != me || err != nil {
					t.Errorf("%s was written over: %q, %v", me, content, err)
				}
				if err := s.Unlock(t.Context(), "a", l.Token, me); err != nil {
					t.Errorf("unexpected: %v", err)
				}
			}
		})
		group.Go(func() {
			for range 20 {
				err := putWith("a", "nobody", filestore.CreateOptions{})(t.Context(), s)
				if err != nil && !errors.Is(err, filestore.ErrLocked) {
					t.Errorf("unexpected: %v", err)
				}
			}
		})
	}
	group.Wait()
	counted(t, s)
}
