package filestore_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/cgpkit/cgpkit/meta"
)

// changeTo reads a change as clients send it.
func changeTo(t testing.TB, xml string) meta.Change {
	t.Helper()
	c, err := meta.ParseChange(xml)
	require.NoError(t, err)
	return c
}

func attributes(t testing.TB, v *filestore.View, name string) string {
	t.Helper()
	all, err := v.Attributes(t.Context(), name)
	if err != nil {
		return outcomeOfAttributes(err)
	}
	var b strings.Builder
	for _, a := range all {
		b.WriteString(a.XML())
	}
	return b.String()
}

func outcomeOfAttributes(err error) string {
	for _, known := range []error{filestore.ErrConflict, filestore.ErrLimit, fs.ErrInvalid} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return outcome(err)
}

// Who may read and set which attributes, by the letters of a list.
func TestViewAttributesByLetters(t *testing.T) {
	t.Parallel()
	const plain, grants = "<title>Beach</title>", "<accessPwd><key>k</key></accessPwd>"
	for bits := range 1 << 5 {
		given := ""
		for i, letter := range "lrwda" {
			if bits&(1<<i) != 0 {
				given += string(letter)
			}
		}
		has := func(letter string) bool { return strings.Contains(given, letter) }
		acl := `<ACL><subKey key="mary">` + given + "</subKey></ACL>"
		d := shared(t, map[string]string{"f": "", "f.meta": "<meta>" + plain + grants + acl + "</meta>"})
		mary := fixture.Views(d).View(callers["other"], owner)
		want := ""
		switch {
		case has("r") && has("a"):
			want = plain + grants + acl
		case has("r"):
			want = plain
		case has("a"):
			want = grants + acl
		default:
			want = "refused"
		}
		require.Equal(t, want, attributes(t, mary, "f"), "with %q", given)
		for xml, letters := range map[string]string{"<x>1</x>": "w", `<accessPwd mode="add"><key>new</key></accessPwd>`: "a", `<ACL xmlns="urn:other"/>`: "a"} {
			want := "refused"
			if has(letters) {
				want = "ok"
			}
			require.Equal(t, want, outcomeOfAttributes(mary.SetAttributes(t.Context(), "f", changeTo(t, xml))), "%s with %q", xml, given)
		}
		want = "refused"
		if has("w") && has("a") {
			want = "ok"
		}
		require.Equal(t, want, outcomeOfAttributes(mary.SetAttributes(t.Context(), "f", changeTo(t, "<y/>"), changeTo(t, `<accessPwd><key>z</key></accessPwd>`))), "both with %q", given)
	}
}

// A key opens all that is below it, and nobody adds one who could not do so
// everywhere there. They may revoke one.
func TestViewAddedKeyNeedsTheRightThroughout(t *testing.T) {
	t.Parallel()
	add, revoke := meta.AddKey(meta.Share{Key: "new"}), meta.RevokeKey("old")
	box := `<meta><accessPwd><key>old</key></accessPwd><ACL><subKey key="mary">lrwda</subKey></ACL></meta>`
	for _, tt := range []struct{ name, extra, content, want string }{
		{"all of it", "private/box/d/x", "", "ok"},
		{"a directory without a list", "private/box/d/e/x", "", "refused"},
		{"a directory with a list of its own", "private/box/d.meta", list("mary=lrwd"), "refused"},
		{"a file with a list of its own", "private/box/f.meta", list("mary=lrwd"), "refused"},
		{"a broken list", "private/box/f.meta", "<meta", "refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := shared(t, map[string]string{"private/box.meta": box, "private/box/f": "", "private/box/d.meta": list("mary=a"), "private/box/d/y": ""})
			d.Write(t, owner, tt.extra, tt.content)
			mary, stranger := fixture.Views(d).View(callers["other"], owner), fixture.Views(d).View(callers["stranger"], owner)
			require.Equal(t, tt.want, outcomeOfAttributes(mary.SetAttributes(t.Context(), "private/box", add)))
			require.Equal(t, tt.want == "ok", outcome(operations["read"](t.Context(), stranger, "protected/box/pwd/new/d/y")) == "ok")
			require.Equal(t, tt.want, outcomeOfAttributes(mary.SetAttributes(t.Context(), "private/box", changeTo(t, "<accessPwd><key>new</key><key>old</key></accessPwd>"))))
			require.NoError(t, mary.SetAttributes(t.Context(), "private/box", meta.SetACL(meta.ACL{{Subject: "mary", Rights: meta.Administer}})))
			require.NoError(t, mary.SetAttributes(t.Context(), "private/box", revoke))
			require.Equal(t, "not there", outcome(operations["read"](t.Context(), stranger, "protected/box/pwd/old/f")))
			require.NoError(t, fixture.Views(d).View(callers["owner"], owner).SetAttributes(t.Context(), "private/box", meta.AddKey(meta.Share{Key: "owners"})))
		})
	}
}

func TestViewAttributesOfNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 251)
	d := shared(t, map[string]string{
		"f": "", "f.meta": "<meta><a/></meta>", "plain": "", "broken": "", "broken.meta": "<meta>", "orphan.meta": "<meta><a/></meta>",
		long: "", "full": "", "full.meta": "<meta><a>" + strings.Repeat("x", filestore.MaxSidecarBytes-30) + "</a></meta>",
		"private/f": "", "private.meta": "<meta><accessPwd><key>key</key></accessPwd></meta>",
	})
	john := fixture.Views(d).View(callers["owner"], owner)
	for _, tt := range []struct{ name, read, set string }{
		{"f", "<a/>", "ok"},
		{"plain", "", "ok"},
		{".", "", "reserved"},
		{"missing", "not there", "not there"},
		{"orphan", "not there", "not there"},
		{"orphan.meta", "", "conflict with a sidecar"},
		{long, "", "conflict with a sidecar"},
		{"broken", "conflict with a sidecar", "conflict with a sidecar"},
		{"index.wssp", "not there", "not there"},
		{"$DomainSkins/x", "refused", "refused"},
		{"private", "<accessPwd><key>key</key></accessPwd>", "ok"},
		{"protected/pwd/key/f", "refused", "refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.read, attributes(t, john, tt.name))
			require.Equal(t, tt.set, outcomeOfAttributes(john.SetAttributes(t.Context(), tt.name, changeTo(t, "<b>2</b>"))))
			if tt.set == "ok" {
				require.Equal(t, tt.read+"<b>2</b>", attributes(t, john, tt.name))
			}
		})
	}
	require.Equal(t, "over the limit", outcomeOfAttributes(john.SetAttributes(t.Context(), "full", changeTo(t, "<b>"+strings.Repeat("y", 40)+"</b>"))))
	require.Equal(t, "invalid argument", outcomeOfAttributes(john.SetAttributes(t.Context(), "f", meta.AddKey(meta.Share{Key: "a/b"}))))
	_, stays := d.Read(t, owner, "orphan.meta")
	require.True(t, stays)
	for _, who := range []string{"stranger", "other", "foreign admin", "limited"} {
		v := fixture.Views(d).View(callers[who], owner)
		for _, name := range []string{"f", "missing", "private/f", "f.meta"} {
			require.Equal(t, "refused", attributes(t, v, name), "%s %s", who, name)
			require.Equal(t, "refused", outcomeOfAttributes(v.SetAttributes(t.Context(), name, changeTo(t, "<b/>"))), "%s %s", who, name)
		}
	}
}

// A limit that is reached keeps nobody from revoking a key.
func TestViewAttributesCount(t *testing.T) {
	t.Parallel()
	d := shared(t, map[string]string{"f": "", "f.meta": "<meta><accessPwd><key>k</key></accessPwd></meta>", "g": ""})
	d.Update(owner, func(a *fixture.Account) { a.Limits = filestore.Limits{} })
	john := fixture.Views(d).View(callers["owner"], owner)
	require.ErrorIs(t, john.SetAttributes(t.Context(), "g", changeTo(t, "<b/>")), filestore.ErrLimit)
	require.ErrorIs(t, john.SetAttributes(t.Context(), "f", changeTo(t, "<b/>")), filestore.ErrLimit)
	require.NoError(t, john.SetAttributes(t.Context(), "f", meta.RevokeKey("k")))
	require.Empty(t, attributes(t, john, "f"))
}

// New sidecars are in the namespace of others, and kept ones in their own.
func TestViewAttributesNamespace(t *testing.T) {
	t.Parallel()
	d := shared(t, map[string]string{"f": "", "f.meta": `<meta xmlns="urn:cg"><a/></meta>`, "g": "", "h": ""})
	john := fixture.Views(d).View(callers["owner"], owner)
	set := func(name string) string {
		require.NoError(t, john.SetAttributes(t.Context(), name, changeTo(t, "<b/>")))
		content, _ := d.Read(t, owner, name+".meta")
		return content
	}
	require.NotContains(t, set("g"), "xmlns")
	require.Contains(t, set("f"), `<meta xmlns="urn:cg">`)
	require.Contains(t, set("h"), `<meta xmlns="urn:cg">`)
}

// No edit is lost, however many come at once, and none outlives its file.
func TestViewAttributesConcurrent(t *testing.T) {
	t.Parallel()
	d := shared(t, map[string]string{"f": "", "g": ""})
	john := fixture.Views(d).View(callers["owner"], owner)
	const writers = 40
	var wg sync.WaitGroup
	errs := make([]error, writers)
	changes := make([]meta.Change, writers)
	for i := range writers {
		changes[i] = changeTo(t, fmt.Sprintf("<a%d/>", i))
	}
	for i := range writers {
		wg.Go(func() { errs[i] = john.SetAttributes(t.Context(), "f", changes[i]) })
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	all, err := john.Attributes(t.Context(), "f")
	require.NoError(t, err)
	require.Len(t, all, writers)

	wg.Go(func() { errs[0] = john.Remove(t.Context(), "g", filestore.RemoveOptions{}) })
	wg.Go(func() { errs[1] = john.SetAttributes(t.Context(), "g", changes[0]) })
	wg.Wait()
	require.NoError(t, errs[0])
	require.Contains(t, []string{"ok", "not there"}, outcome(errs[1]))
	_, left := d.Read(t, owner, "g.meta")
	require.False(t, left)
}

// A new directory takes the list of the one it is in; deeper ones are not
// looked for, and what waits for it counts more.
func TestViewInheritedLists(t *testing.T) {
	t.Parallel()
	acl := `<ACL><subKey key="mary">lrwd</subKey></ACL>`
	d := shared(t, map[string]string{
		"box.meta": "<meta><title/><accessPwd><key>k</key></accessPwd>" + acl + "</meta>", "box/x": "", "box/waiting.meta": "<meta/>",
		"tree/sub/f": "", "tree/sub/f.meta": list("ann=r"), "tree/sub.meta": "<meta><a/>" + list("ann=r")[len("<meta>"):], "broken/x": "", "broken.meta": "<meta>",
	})
	sidecar := func(name string) string {
		content, ok := d.Read(t, owner, name+".meta")
		if !ok {
			return "none"
		}
		return strings.NewReplacer("\n", "", "  ", "", `<?xml version="1.0" encoding="UTF-8"?>`, "").Replace(content)
	}
	john := fixture.Views(d).View(callers["owner"], owner)
	mary := fixture.Views(d).View(callers["other"], owner)
	require.NoError(t, mary.Mkdir(t.Context(), "box/hers"))
	require.NoError(t, mary.Mkdir(t.Context(), "box/hers/deep"))
	require.NoError(t, john.Mkdir(t.Context(), "box/waiting"))
	require.NoError(t, john.Mkdir(t.Context(), "top"))
	require.NoError(t, john.Mkdir(t.Context(), "broken/dir"))
	require.NoError(t, john.Mkdir(t.Context(), "box/"+strings.Repeat("n", 251)))
	require.NoError(t, john.Copy(t.Context(), "tree", "box/copy", filestore.CopyOptions{}))
	require.NoError(t, john.Copy(t.Context(), "box", "top/copy", filestore.CopyOptions{}))
	require.NoError(t, john.Rename(t.Context(), "top", "box/renamed", filestore.RenameOptions{}))
	for name, want := range map[string]string{
		"box/hers": "<meta>" + acl + "</meta>", "box/hers/deep": "<meta>" + acl + "</meta>", "box/waiting": "<meta/>", "top": "none", "broken/dir": "none",
		"box/copy": "<meta>" + acl + "</meta>", "box/copy/sub": "<meta><a/>" + acl + "</meta>", "box/copy/sub/f": "<meta></meta>",
		"box/renamed": "none", "box/renamed/copy": "<meta><title/></meta>",
	} {
		require.Equal(t, want, sidecar(name), name)
	}
	d.Update(owner, func(a *fixture.Account) {
		u, err := a.Store.Usage(t.Context(), filestore.Root)
		require.NoError(t, err)
		a.Limits.Files = u.Files + 1
	})
	john = fixture.Views(d).View(callers["owner"], owner)
	require.ErrorIs(t, john.Mkdir(t.Context(), "box/full"), filestore.ErrLimit)
	require.NoError(t, john.Mkdir(t.Context(), "fits"))
}

// countedStore counts the bytes of sidecars that are read.
type countedStore struct {
	filestore.Store
	bytes *int
}

func (c countedStore) Sidecar(ctx context.Context, name, known string) (filestore.Sidecar, error) {
	side, err := c.Store.Sidecar(ctx, name, known)
	*c.bytes += len(side.Content)
	return side, err
}

func (c countedStore) List(ctx context.Context, dir string, o filestore.ListOptions) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) {
		for info, err := range c.Store.List(ctx, dir, o) {
			if err == nil && info.Sidecar() != nil {
				*c.bytes += len(info.Sidecar().Content)
			}
			if !yield(info, err) {
				return
			}
		}
	}
}

// A sidecar is read once for each version, broken ones too.
func TestMemoryOfSidecars(t *testing.T) {
	t.Parallel()
	const key = "<meta><accessPwd><key>key</key></accessPwd></meta>"
	d := fixture.New(func() filestore.Store { return memstore.New() })
	d.Write(t, owner, "private/f", "")
	d.Write(t, owner, "private.meta", key)
	d.Write(t, owner, "private/f.meta", "<meta>")
	read := 0
	d.Update(owner, func(a *fixture.Account) { a.Store = countedStore{a.Store, &read} })
	stranger := fixture.Views(d).View(filestore.Caller{}, owner)
	for range 3 {
		_, err := stranger.Stat(t.Context(), "protected/pwd/key/f")
		require.NoError(t, err)
	}
	require.Equal(t, len(key)+len("<meta>"), read)
	d.Write(t, owner, "private.meta", strings.Replace(key, "key</key", "yek</key", 1))
	_, err := stranger.Stat(t.Context(), "protected/pwd/key/f")
	require.ErrorIs(t, err, fs.ErrNotExist, "a revoked key opens nothing more, though size and name are the same")
}

// What is remembered is bounded.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	views := fixture.Views(d)
	stranger := views.View(filestore.Caller{}, owner)
	for i := range 3000 {
		name := fmt.Sprintf("f%d", i)
		d.Write(t, owner, "private/"+name, "")
		d.Write(t, owner, "private/"+name+".meta", "<meta><accessPwd><key>key</key></accessPwd></meta>")
		_, err := stranger.Stat(t.Context(), "protected/pwd/key/"+name)
		require.NoError(t, err)
	}
	require.LessOrEqual(t, views.Remembered(), 2048)
	require.Greater(t, views.Remembered(), 900)
}
