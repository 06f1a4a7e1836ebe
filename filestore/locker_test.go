package filestore_test

import (
	"errors"
	"io/fs"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// lockable returns storages where mary may write below dir of john's storage.
func lockable(t *testing.T) *filestore.Views {
	t.Helper()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	for _, name := range []string{"dir/x", "dir/sub/y", "top"} {
		d.Write(t, owner, name, "old")
	}
	d.Write(t, owner, "dir.meta", list("mary=rw"))
	d.Write(t, owner, "dir/sub.meta", list("mary=rw"))
	return fixture.Views(d)
}

// Whoever may write under a name may lock it, in their own name.
func TestViewLockNeedsTheRightToWrite(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		caller, name string
		want         string
	}{
		{"owner", "dir/x", "ok"},
		{"owner", "new", "ok"},
		{"owner", "top", "ok"},
		{"admin", "dir/x", "ok"},
		{"other", "dir/x", "ok"},
		{"other", "dir/new", "ok"},
		{"other", "top", "refused"},
		{"other", "new", "refused"},
		{"other domain", "dir/x", "refused"},
		{"foreign admin", "dir/x", "refused"},
		{"stranger", "dir/x", "refused"},
		{"stranger", "nowhere", "refused"},
		{"limited", "dir/x", "ok"},
	} {
		views := lockable(t)
		v := views.View(callers[row.caller], owner)
		l, err := v.Lock(t.Context(), row.name, filestore.Lock{Owner: owner, Text: "text", Token: "urn:uuid:mine"}, time.Hour)
		require.Equal(t, row.want, outcome(err), row)
		everything, listErr := views.View(callers["admin"], owner).Locks(t.Context(), ".", true)
		require.NoError(t, listErr)
		if err != nil {
			require.Zero(t, l)
			require.Empty(t, everything, "nothing is locked")
			for _, err := range []error{
				v.Unlock(t.Context(), row.name, "urn:uuid:mine"),
				func() error { _, err := v.RefreshLock(t.Context(), row.name, "urn:uuid:mine", 0); return err }(),
				func() error { _, err := v.Locks(t.Context(), row.name, false); return err }(),
			} {
				require.Equal(t, "refused", outcome(err), row)
			}
			continue
		}
		require.Equal(t, []filestore.Lock{l}, everything)
		require.Equal(t, row.name, l.Name)
		require.Equal(t, callers[row.caller].Account, l.Owner, "nobody locks in the name of others")
		require.NotEqual(t, "urn:uuid:mine", l.Token, "nobody chooses a token")
		require.Equal(t, "text", l.Text)
	}
}

// A lock is of the account that made it: others can neither use its token, nor refresh
// it, nor end it, whatever they may do otherwise.
func TestViewLockIsOfOneAccount(t *testing.T) {
	t.Parallel()
	views := lockable(t)
	john, mary, admin := views.View(callers["owner"], owner), views.View(callers["other"], owner), views.View(callers["admin"], owner)
	write := func(v filestore.FS) error {
		u, err := v.Create(t.Context(), "dir/x", filestore.CreateOptions{})
		if err != nil {
			return err
		}
		defer u.Abort()
		_, err = u.Commit()
		return err
	}
	l, err := mary.Lock(t.Context(), "dir/x", filestore.Lock{}, time.Minute)
	require.NoError(t, err)
	for _, v := range []*filestore.View{john, admin} {
		require.ErrorIs(t, write(v), filestore.ErrLocked)
		require.ErrorIs(t, write(v.WithTokens(l.Token)), filestore.ErrLocked, "it is mary's")
		_, err := v.Lock(t.Context(), "dir/x", filestore.Lock{}, 0)
		require.ErrorIs(t, err, filestore.ErrLocked)
		_, err = v.RefreshLock(t.Context(), "dir/x", l.Token, time.Hour)
		require.ErrorIs(t, err, fs.ErrNotExist)
		require.ErrorIs(t, v.Unlock(t.Context(), "dir/x", l.Token), fs.ErrNotExist)
	}
	require.ErrorIs(t, write(mary), filestore.ErrLocked, "a token has to be submitted")
	require.ErrorIs(t, write(mary.WithTokens("urn:uuid:other")), filestore.ErrLocked)
	require.NoError(t, write(mary.WithTokens("urn:uuid:other", l.Token)))

	_, err = mary.RefreshLock(t.Context(), "dir/sub/y", l.Token, time.Hour)
	require.ErrorIs(t, err, fs.ErrNotExist, "it does not cover that")
	_, err = mary.RefreshLock(t.Context(), "dir/x", "urn:uuid:other", time.Hour)
	require.ErrorIs(t, err, fs.ErrNotExist)
	longer, err := mary.RefreshLock(t.Context(), "dir/x", l.Token, time.Hour)
	require.NoError(t, err)
	require.True(t, longer.Expires.After(l.Expires))
	longer.Expires = l.Expires
	require.Equal(t, l, longer, "nothing else has changed")

	require.ErrorIs(t, mary.Unlock(t.Context(), "dir/sub/y", l.Token), fs.ErrNotExist, "it does not cover that")
	require.NoError(t, mary.Unlock(t.Context(), "dir/x", l.Token))
	require.ErrorIs(t, mary.Unlock(t.Context(), "dir/x", l.Token), fs.ErrNotExist)
	require.NoError(t, write(john))
}

// Whoever may write sees the locks that are in the way there; those below, that others
// have, are for owners and administrators.
func TestViewLocksThatAreSeen(t *testing.T) {
	t.Parallel()
	views := lockable(t)
	john, mary, admin := views.View(callers["owner"], owner), views.View(callers["other"], owner), views.View(callers["admin"], owner)
	of := func(v *filestore.View, name string, below bool) (names []string) {
		locks, err := v.Locks(t.Context(), name, below)
		require.NoError(t, err)
		for _, l := range locks {
			names = append(names, l.Name)
		}
		return names
	}
	_, err := john.Lock(t.Context(), "dir/sub", filestore.Lock{Deep: true}, 0)
	require.NoError(t, err)
	_, err = mary.Lock(t.Context(), "dir/x", filestore.Lock{}, 0)
	require.NoError(t, err)
	require.Equal(t, []string{"dir/sub"}, of(mary, "dir/sub/y", false), "it covers that")
	require.Equal(t, []string{"dir/sub"}, of(mary, "dir/sub/new", false))
	require.Equal(t, []string{"dir/x"}, of(mary, "dir", true))
	require.Empty(t, of(mary, "dir", false))
	for _, v := range []*filestore.View{john, admin} {
		require.Equal(t, []string{"dir/sub", "dir/x"}, of(v, "dir", true))
		require.Equal(t, []string{"dir/sub", "dir/x"}, of(v, ".", true))
		require.Empty(t, of(v, ".", false))
	}
}

// Names are checked first, and those that nothing can have are locked by nobody.
func TestViewLockNames(t *testing.T) {
	t.Parallel()
	views := lockable(t)
	john := views.View(callers["owner"], owner)
	for name, want := range map[string]error{
		"../x": fs.ErrInvalid, "a//b": fs.ErrInvalid, "": fs.ErrInvalid, "index.wssp": filestore.ErrReserved, "~x": filestore.ErrReserved, "private": filestore.ErrReserved,
	} {
		_, err := john.Lock(t.Context(), name, filestore.Lock{}, 0)
		require.ErrorIs(t, err, want, name)
	}
	require.NoError(t, john.Mkdir(t.Context(), "private"))
	_, err := john.Lock(t.Context(), "private", filestore.Lock{}, 0)
	require.NoError(t, err, "now it is there")
}

// A storage without locks says so, and everything else works.
func TestViewWithoutLocks(t *testing.T) {
	t.Parallel()
	d := fixture.New(func() filestore.Store { return struct{ filestore.Store }{memstore.New()} })
	d.Write(t, owner, "x", "old")
	john := fixture.Views(d).View(callers["owner"], owner)
	_, err := john.Lock(t.Context(), "x", filestore.Lock{}, 0)
	_, refreshErr := john.RefreshLock(t.Context(), "x", "urn:uuid:1", 0)
	_, locksErr := john.Locks(t.Context(), "x", true)
	for _, err := range []error{err, refreshErr, locksErr, john.Unlock(t.Context(), "x", "urn:uuid:1")} {
		require.ErrorIs(t, err, errors.ErrUnsupported)
	}
	require.NoError(t, john.WithTokens("urn:uuid:1").Rename(t.Context(), "x", "y", filestore.RenameOptions{}))
	require.NoError(t, john.Remove(t.Context(), "y", filestore.RemoveOptions{}))
}
