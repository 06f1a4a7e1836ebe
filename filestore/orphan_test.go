package filestore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// A sidecar that waits for its entry is the owner's: whoever may write in a directory
// makes what it waits for, but puts nothing else in that place, which would remove it.
func TestViewKeepsWaitingSidecars(t *testing.T) {
	t.Parallel()
	d := house(t)
	d.Write(t, owner, "box/f", "x")
	d.Write(t, owner, "box.meta", list("mary=lrwda"))
	d.Write(t, owner, "box/waits.meta", "<meta><note>mine</note></meta>")
	views := fixture.Views(d)
	mary, john := views.View(callers["other"], owner), views.View(callers["owner"], owner)
	for _, replace := range []bool{false, true} {
		err := mary.Rename(t.Context(), "box/f", "box/waits", filestore.RenameOptions{Replace: replace})
		require.Equal(t, "refused", outcome(err))
		err = mary.Copy(t.Context(), "box/f", "box/waits", filestore.CopyOptions{Replace: replace})
		require.Equal(t, "refused", outcome(err))
	}
	kept, ok := d.Read(t, owner, "box/waits.meta")
	require.True(t, ok)
	require.Contains(t, kept, "mine")
	require.NoError(t, mary.Copy(t.Context(), "box/f", "box/free", filestore.CopyOptions{}))
	require.NoError(t, operations["create"](t.Context(), mary, "box/waits"))
	require.ErrorContains(t, mary.Rename(t.Context(), "box/f", "box/waits", filestore.RenameOptions{}), "exist")
	require.NoError(t, john.Remove(t.Context(), "box/waits", filestore.RemoveOptions{}))

	d.Write(t, owner, "box/again.meta", "<meta><note>mine</note></meta>")
	require.NoError(t, john.Rename(t.Context(), "box/f", "box/again", filestore.RenameOptions{}))
	_, ok = d.Read(t, owner, "box/again.meta")
	require.False(t, ok, "the owner may")
}

// Whoever may read a tree copies what is in it, and no attributes that wait for something.
func TestViewCopyLeavesWaitingSidecars(t *testing.T) {
	t.Parallel()
	d := house(t)
	for _, dir := range []string{"box", "box/tree", "box/tree/sub"} {
		d.Write(t, owner, dir+"/f", "x")
		d.Write(t, owner, dir+".meta", list("mary=lrwd"))
		d.Write(t, owner, dir+"/f.meta", list("mary=r"))
		d.Write(t, owner, dir+"/waits.meta", "<meta><note>mine</note></meta>")
	}
	views := fixture.Views(d)
	for who, takes := range map[string]bool{"other": false, "owner": true} {
		require.NoError(t, views.View(callers[who], owner).Copy(t.Context(), "box/tree", "box/"+who, filestore.CopyOptions{}))
		for _, name := range []string{"", "/sub"} {
			_, ok := d.Read(t, owner, "box/"+who+name+"/f")
			require.True(t, ok)
			_, ok = d.Read(t, owner, "box/"+who+name+"/waits.meta")
			require.Equal(t, takes, ok, who+name)
		}
	}
}

// The sidecar of private has share keys, under the name of a client's upload as well.
func TestViewHidesUploadsOfThePrivateSidecar(t *testing.T) {
	t.Parallel()
	d := house(t)
	views := fixture.Views(d)
	for _, name := range []string{"private.meta.partial", ".private.meta.Ab12", "Private.META.filepart", "x-private.meta~"} {
		d.Write(t, owner, name, "<meta><accessPwd><key>k</key></accessPwd></meta>")
		for who, want := range map[string]string{"stranger": "not there", "other": "not there", "limited": "not there", "owner": "ok", "admin": "ok"} {
			v := views.View(callers[who], owner)
			require.Equal(t, want, outcome(operations["read"](t.Context(), v, name)), "%s by %s", name, who)
			if want == "ok" {
				require.Contains(t, names(t, v, filestore.Root), name)
			} else {
				require.NotContains(t, names(t, v, filestore.Root), name)
			}
		}
	}
	d.Write(t, owner, "dir/private.meta.partial", "x")
	require.Equal(t, "ok", outcome(operations["read"](t.Context(), views.View(callers["stranger"], owner), "dir/private.meta.partial")))
}

// A listing can be resumed behind any text, and goes on with what comes behind it; a
// sidecar whose entry comes before that is not passed over.
func TestViewListResumesWithOrphans(t *testing.T) {
	t.Parallel()
	d := house(t)
	for _, name := range []string{"box/a", "box/a.meta", "box/a-1", "box/ab.meta", "box/b/c", "box/b.meta", "box/b/c.meta", "box/b-", "box/z.meta"} {
		d.Write(t, owner, name, "<meta/>")
	}
	john := fixture.Views(d).View(callers["owner"], owner)
	all := []string{"a", "a-1", "a.meta", "ab.meta", "b", "b-", "b.meta", "z.meta"}
	for _, after := range []string{"", "a", "a-1", "a-2", "a.", "a.meta", "ab", "ab.meta", "b", "b-", "b/c", "b/", "b.", "a/b", "z", "z.meta", "zz", "/"} {
		var want, got []string
		for _, name := range all {
			if name > after {
				want = append(want, name)
			}
		}
		for info, err := range john.List(t.Context(), "box", after) {
			require.NoError(t, err)
			got = append(got, info.Name())
		}
		require.Equal(t, want, got, after)
	}
}

// The mounts of a domain are there without an account, and nothing else is.
func TestViewsMounts(t *testing.T) {
	t.Parallel()
	d := house(t)
	views := fixture.Views(d)
	v := views.Mounts(callers["admin"], "client1.com")
	require.Empty(t, v.Mounts(t.Context()), "this mail server has none")
	for _, name := range []string{"public.txt", "$DomainSkins/x"} {
		require.Equal(t, "not there", outcome(operations["read"](t.Context(), v, name)), name)
	}
	require.Equal(t, "refused", outcome(operations["read"](t.Context(), views.Mounts(callers["other"], "client1.com"), "$DomainSkins/x")))
}
