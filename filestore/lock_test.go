package filestore_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// contents returns what a directory holds, by its names as the caller sees them.
func contents(t *testing.T, v filestore.FS, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for info, err := range v.List(t.Context(), dir, "") {
		require.NoError(t, err)
		if info.IsDir() {
			all[info.Path()] = "directory"
			maps.Copy(all, contents(t, v, info.Path()))
			continue
		}
		f, err := v.Open(t.Context(), info.Path())
		require.NoError(t, err)
		text, err := io.ReadAll(f)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		all[info.Path()] = string(text)
	}
	return all
}

// A rename from or to the name of a sidecar takes several steps. What a lock refuses
// is refused before the first: the target keeps what it has.
func TestLockedMoveBySidecar(t *testing.T) {
	t.Parallel()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	for _, name := range []string{"dir/f", "dir/x.meta", "dir/x", "other/y.meta", "other/y", "other/g"} {
		d.Write(t, owner, name, "<meta>"+name+"</meta>")
	}
	views := fixture.Views(d)
	john, admin := views.View(callers["owner"], owner), views.View(callers["admin"], owner)
	for _, move := range [][2]string{
		{"dir/f", "other/y.meta"}, {"dir/f", "other/new.meta"},
		{"dir/x.meta", "other/y.meta"}, {"dir/x.meta", "other/new.meta"}, {"dir/x.meta", "other/g"}, {"dir/x.meta", "other/new"},
	} {
		from, to := move[0], move[1]
		locked := []string{from, "dir", to}
		if of, ok := filestore.SidecarOf(from); ok {
			locked = append(locked, of)
		} else {
			locked = append(locked, from+".meta", from+"/below")
		}
		for _, name := range locked {
			for _, shared := range []bool{false, true} {
				what := fmt.Sprintf("%s to %s, %s locked, shared %v", from, to, name, shared)
				deep := name == "dir"
				l, err := admin.Lock(t.Context(), name, filestore.Lock{Deep: deep, Shared: shared}, time.Hour)
				require.NoError(t, err, what)
				before := contents(t, john, ".")
				err = john.WithTokens(l.Token).Rename(t.Context(), from, to, filestore.RenameOptions{Replace: true})
				require.ErrorIs(t, err, filestore.ErrLocked, "%s: the token is another's", what)
				var refused *filestore.LockedError
				require.ErrorAs(t, err, &refused)
				require.Equal(t, name, refused.Name, what)
				require.Equal(t, before, contents(t, john, "."), what)

				require.NoError(t, admin.WithTokens(l.Token).Rename(t.Context(), from, to, filestore.RenameOptions{Replace: true}), what)
				after := contents(t, john, ".")
				require.Equal(t, before[from], after[to], what)
				require.NotContains(t, after, from, what)
				if err := admin.Unlock(t.Context(), name, l.Token); err != nil {
					require.ErrorIs(t, err, fs.ErrNotExist, "%s: it has ended with the source", what)
				}
				d.Write(t, owner, from, before[from])
				d.Write(t, owner, to, before[to])
				if _, there := before[to]; !there {
					require.NoError(t, john.Remove(t.Context(), to, filestore.RemoveOptions{}))
				}
			}
		}
	}
}

// An upload to the name of a sidecar is refused before the data comes.
func TestLockedSidecarUpload(t *testing.T) {
	t.Parallel()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	d.Write(t, owner, "dir/x", "")
	views := fixture.Views(d)
	john, admin := views.View(callers["owner"], owner), views.View(callers["admin"], owner)
	for _, name := range []string{"dir/x", "dir/x.meta", "dir"} {
		l, err := admin.Lock(t.Context(), name, filestore.Lock{Deep: true}, time.Hour)
		require.NoError(t, err)
		_, err = john.Create(t.Context(), "dir/x.meta", filestore.CreateOptions{})
		require.ErrorIs(t, err, filestore.ErrLocked, name)
		upload, err := admin.WithTokens(l.Token).Create(t.Context(), "dir/x.meta", filestore.CreateOptions{})
		require.NoError(t, err, name)
		require.NoError(t, upload.Abort())
		require.NoError(t, admin.Unlock(t.Context(), name, l.Token))
	}
}

// Errors and locks name what the caller knows, in mounts and in the skin without a name.
func TestLockNamesInMounts(t *testing.T) {
	t.Parallel()
	d, skins := withMounts(t)
	views := fixture.Views(d)
	admin := views.View(callers["admin"], owner)
	locks := skins.(filestore.Locks)
	for name, want := range map[string]string{
		"$DomainSkins/$unnamed$/style.css":      "$DomainSkins/$unnamed$/style.css",
		"$DomainSkins/$unnamed$/style.css.meta": "$DomainSkins/$unnamed$/style.css.meta",
		"$DomainSkins/$unnamed$/new":            "$DomainSkins/$unnamed$/new",
		"$DomainSkins/gold/style.css":           "$DomainSkins/gold/style.css",
		"$DomainSkins/gold/img/a.gif":           "$DomainSkins/gold/img/a.gif",
		"$DomainPBXApp/start.sppr":              "$DomainPBXApp/start.sppr",
	} {
		l, err := admin.Lock(t.Context(), name, filestore.Lock{}, time.Hour)
		require.NoError(t, err, name)
		require.Equal(t, want, l.Name)
		all, err := admin.Locks(t.Context(), name, false)
		require.NoError(t, err, name)
		require.Len(t, all, 1)
		require.Equal(t, want, all[0].Name)

		_, err = admin.Lock(t.Context(), name, filestore.Lock{}, time.Hour)
		requireLockedAt(t, err, name, want)
		_, err = admin.Create(t.Context(), name, filestore.CreateOptions{})
		requireLockedAt(t, err, name, want)
		upload, err := admin.WithTokens(l.Token).Create(t.Context(), name, filestore.CreateOptions{})
		require.NoError(t, err, name)
		require.NoError(t, admin.Unlock(t.Context(), name, l.Token))
		l, err = admin.Lock(t.Context(), name, filestore.Lock{}, time.Hour)
		require.NoError(t, err, name)
		_, err = upload.Commit()
		requireLockedAt(t, err, name, want)
		require.NoError(t, admin.Unlock(t.Context(), name, l.Token))
	}
	l, err := admin.Lock(t.Context(), "$DomainSkins/silver", filestore.Lock{}, time.Hour)
	require.NoError(t, err)
	require.Equal(t, "$DomainSkins/silver", l.Name, "a skin to come")
	upload, err := admin.Create(t.Context(), "$DomainSkins/$unnamed$/page", filestore.CreateOptions{})
	require.NoError(t, err)
	info, err := upload.Commit()
	require.NoError(t, err)
	require.Equal(t, "$DomainSkins/$unnamed$/page", info.Path())

	_, err = locks.Lock(t.Context(), ".", filestore.Lock{Owner: "somebody"}, time.Hour)
	require.NoError(t, err)
	err = admin.Remove(t.Context(), "$DomainSkins/$unnamed$/page", filestore.RemoveOptions{})
	requireLockedAt(t, err, "$DomainSkins/$unnamed$/page", "$DomainSkins")
}

func requireLockedAt(t *testing.T, err error, name, root string) {
	t.Helper()
	var about *fs.PathError
	require.ErrorAs(t, err, &about)
	require.Equal(t, name, about.Path)
	var locked *filestore.LockedError
	require.ErrorAs(t, err, &locked, name)
	require.Equal(t, root, locked.Name, name)
	require.False(t, errors.Is(err, fs.ErrPermission))
}

// Whoever sees no sidecars does not learn from a refusal that one is locked.
func TestLockOfSidecarIsHidden(t *testing.T) {
	t.Parallel()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	d.Write(t, owner, "dir/x", "")
	d.Write(t, owner, "dir.meta", list("mary=rwd"))
	views := fixture.Views(d)
	john, mary := views.View(callers["owner"], owner), views.View(callers["other"], owner)
	_, err := john.Lock(t.Context(), "dir/x.meta", filestore.Lock{}, time.Hour)
	require.NoError(t, err)
	requireLockedAt(t, mary.SetAttributes(t.Context(), "dir/x", changeTo(t, "<y/>")), "dir/x", "dir/x")
	requireLockedAt(t, mary.Remove(t.Context(), "dir/x", filestore.RemoveOptions{}), "dir/x", "dir/x")
	requireLockedAt(t, mary.Rename(t.Context(), "dir/x", "dir/y", filestore.RenameOptions{}), "dir/x", "dir/x")
}

// A deep lock keeps nobody from what its owner may not write himself.
func TestDeepLockNeedsRightsBelow(t *testing.T) {
	t.Parallel()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	d.Write(t, owner, "dir/sub/x", "")
	d.Write(t, owner, "dir.meta", list("mary=w"))
	views := fixture.Views(d)
	john, mary := views.View(callers["owner"], owner), views.View(callers["other"], owner)
	deep := filestore.Lock{Deep: true}
	_, err := mary.Lock(t.Context(), "dir", deep, time.Hour)
	require.Equal(t, "refused", outcome(err), "sub has no list")
	l, err := mary.Lock(t.Context(), "dir", filestore.Lock{}, time.Hour)
	require.NoError(t, err)
	require.NoError(t, mary.Unlock(t.Context(), "dir", l.Token))
	_, err = mary.Lock(t.Context(), "dir/new", deep, time.Hour)
	require.NoError(t, err, "nothing is there")
	_, err = john.Lock(t.Context(), "dir/sub", deep, time.Hour)
	require.NoError(t, err)
	d.Write(t, owner, "dir2/sub/x", "")
	d.Write(t, owner, "dir2.meta", list("mary=w"))
	d.Write(t, owner, "dir2/sub.meta", list("mary=w"))
	_, err = mary.Lock(t.Context(), "dir2", deep, time.Hour)
	require.NoError(t, err)
	d.Write(t, owner, "dir3/x", "")
	d.Write(t, owner, "dir3.meta", list("mary=w"))
	d.Write(t, owner, "dir3/x.meta", list("mary=r"))
	_, err = mary.Lock(t.Context(), "dir3", deep, time.Hour)
	require.Equal(t, "refused", outcome(err), "x has a list of its own")
}
