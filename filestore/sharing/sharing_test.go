package sharing_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/filestore/sharing"
	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/cgpkit/cgpkit/meta"
)

const john = "john@client1.com"

// newViews makes a storage of John with private files.
func newViews(t testing.TB, names ...string) *filestore.Views {
	t.Helper()
	server := fixture.New(func() filestore.Store { return memstore.New() })
	server.Update(john, func(a *fixture.Account) { a.Limits.Files = filestore.Unlimited })
	views := fixture.Views(server)
	owner := views.View(filestore.Caller{Account: john}, john)
	for _, name := range names {
		if dir, ok := strings.CutSuffix(name, "/"); ok {
			require.NoError(t, owner.Mkdir(t.Context(), dir))
			continue
		}
		store(t, owner, name, "content of "+name)
	}
	return views
}

func store(t testing.TB, files filestore.FS, name, content string) {
	t.Helper()
	upload, err := files.Create(t.Context(), name, filestore.CreateOptions{})
	require.NoError(t, err)
	_, err = io.WriteString(upload, content)
	require.NoError(t, err)
	_, err = upload.Commit()
	require.NoError(t, err)
}

// read returns what a stranger gets under a path.
func read(t testing.TB, views *filestore.Views, path string) (string, error) {
	t.Helper()
	file, err := views.View(filestore.Caller{}, john).Open(t.Context(), strings.TrimSuffix(path, "/"))
	if err != nil {
		return "", err
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	return string(content), err
}

// A key opens what it stands at, by the path that is made for it, and nothing else; once
// it is revoked it opens nothing.
func TestKeyOpens(t *testing.T) {
	t.Parallel()
	tree := []string{"private/", "private/a.txt", "private/a/", "private/a/b.txt", "private/a/pwd/", "private/a/pwd/c/", "private/a/pwd/c/d.txt", "private/pwd/", "private/pwd/e.txt",
		"private/protected/", "private/protected/f.txt", "private/~x/", "private/~x/g h%.txt"}
	views := newViews(t, tree...)
	owner := views.View(filestore.Caller{Account: john}, john)
	for _, name := range tree {
		name, directory := strings.CutSuffix(name, "/")
		key, err := sharing.Add(t.Context(), owner, name, nil)
		require.NoError(t, err, name)
		path, err := sharing.Path(name, key, directory)
		require.NoError(t, err, name)
		require.Equal(t, directory, strings.HasSuffix(path, "/"))
		for _, file := range tree {
			if strings.HasSuffix(file, "/") || !filestore.Within(file, name) {
				continue
			}
			content, err := read(t, views, path+strings.TrimPrefix(strings.TrimPrefix(file, name), "/"))
			require.NoError(t, err, "%s by %s", file, path)
			require.Equal(t, "content of "+file, content)
		}
		if name != "private" && name != "private/a.txt" {
			_, err = read(t, views, "protected/pwd/"+key+"/a.txt")
			require.ErrorIs(t, err, fs.ErrNotExist, "what is beside %s", name)
		}
		require.NoError(t, sharing.Revoke(t.Context(), owner, name, key))
		_, err = read(t, views, path)
		require.ErrorIs(t, err, fs.ErrNotExist)
		require.NoError(t, sharing.Revoke(t.Context(), owner, name, key), "again")
	}
	for _, shared := range slices.Collect(all(t, owner, "private")) {
		t.Errorf("%s has still keys", shared.Name)
	}
}

func all(t testing.TB, files filestore.FS, dir string) func(func(sharing.Shared) bool) {
	return func(yield func(sharing.Shared) bool) {
		for shared, err := range sharing.List(t.Context(), files, dir) {
			require.NoError(t, err)
			if !yield(shared) {
				return
			}
		}
	}
}

func TestNamesThatCannotBeShared(t *testing.T) {
	t.Parallel()
	views := newViews(t, "private/", "public.txt", "private2/")
	owner := views.View(filestore.Caller{Account: john}, john)
	for _, name := range []string{"public.txt", "private2", ".", "", "Private", "private/x.meta", "private/../x", "$DomainSkins/private", "private/" + strings.Repeat("x", 251), "~mary/private"} {
		require.False(t, sharing.Allowed(name), name)
		_, err := sharing.Add(t.Context(), owner, name, nil)
		require.ErrorIs(t, err, fs.ErrInvalid, name)
		require.ErrorIs(t, sharing.Revoke(t.Context(), owner, name, "k"), fs.ErrInvalid, name)
		_, err = sharing.Path(name, "k", false)
		require.ErrorIs(t, err, fs.ErrInvalid, name)
	}
	_, err := sharing.Path("private/x", "a/b", false)
	require.ErrorIs(t, err, fs.ErrInvalid)
	_, err = sharing.Add(t.Context(), owner, "private/missing", nil)
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = sharing.Add(t.Context(), owner, "private", []meta.Recipient{{Address: "a\x00b"}})
	require.ErrorIs(t, err, fs.ErrInvalid)
	_, err = sharing.Add(t.Context(), owner, "private", make([]meta.Recipient, sharing.MaxRecipients+1))
	require.ErrorIs(t, err, fs.ErrInvalid)
	require.Empty(t, slices.Collect(all(t, owner, "private")))
}

// Strangers and others neither make nor see keys.
func TestOnlyOwnersShare(t *testing.T) {
	t.Parallel()
	views := newViews(t, "private/", "private/a.txt")
	owner := views.View(filestore.Caller{Account: john}, john)
	key, err := sharing.Add(t.Context(), owner, "private/a.txt", nil)
	require.NoError(t, err)
	for _, caller := range []filestore.Caller{{}, {Account: "mary@client1.com"}} {
		files := views.View(caller, john)
		_, err := sharing.Add(t.Context(), files, "private/a.txt", nil)
		require.ErrorIs(t, err, fs.ErrPermission)
		require.ErrorIs(t, sharing.Revoke(t.Context(), files, "private/a.txt", key), fs.ErrPermission)
		_, err = sharing.Of(t.Context(), files, "private/a.txt")
		require.ErrorIs(t, err, fs.ErrPermission)
		for shared, err := range sharing.List(t.Context(), files, "private") {
			require.ErrorIs(t, err, fs.ErrPermission, shared)
		}
	}
	admin := views.View(filestore.Caller{Account: "admin@client1.com"}, john)
	shared, err := sharing.Of(t.Context(), admin, "private/a.txt")
	require.NoError(t, err)
	require.Equal(t, []meta.Share{{Key: key}}, shared.Shares)
}

func TestListing(t *testing.T) {
	t.Parallel()
	views := newViews(t, "private/", "private/a/", "private/a/b/", "private/a/b/c.txt", "private/d.txt", "private/e.txt")
	owner := views.View(filestore.Caller{Account: john}, john)
	recipients := []meta.Recipient{{Address: "mary@client1.com", Name: "Mary \"M\" <Major>"}, {Address: "ann@client2.com"}}
	for _, name := range []string{"private", "private/a", "private/a/b/c.txt", "private/d.txt", "private/d.txt"} {
		_, err := sharing.Add(t.Context(), owner, name, recipients)
		require.NoError(t, err)
	}
	store(t, owner, "private/e.txt.meta", "<meta><accessPwd><key>k</key></accessPwd>") // is not well-formed
	var listed []string
	for shared, err := range sharing.List(t.Context(), owner, "private") {
		if err != nil {
			require.ErrorIs(t, err, filestore.ErrConflict)
			listed = append(listed, "error")
			continue
		}
		listed = append(listed, fmt.Sprintf("%s %v %d", shared.Name, shared.Directory, len(shared.Shares)))
		require.Equal(t, recipients, shared.Shares[0].Recipients)
	}
	require.Equal(t, []string{"private/a true 1", "private/a/b/c.txt false 1", "private/d.txt false 2", "error"}, listed)
	var above []string
	for shared, err := range sharing.Above(t.Context(), owner, "private/a/b/c.txt") {
		require.NoError(t, err)
		above = append(above, shared.Name)
	}
	require.Equal(t, []string{"private", "private/a"}, above)
	for range sharing.List(t.Context(), owner, "private") {
		break // frees what it holds
	}
}

func TestListingIsBounded(t *testing.T) {
	t.Parallel()
	views := newViews(t, "private/", "private/a/")
	owner := views.View(filestore.Caller{Account: john}, john)
	for i := range sharing.MaxEntries + 1 {
		require.NoError(t, owner.Mkdir(t.Context(), fmt.Sprintf("private/a/%d", i)))
	}
	var last error
	for _, err := range sharing.List(t.Context(), owner, "private") {
		require.NoError(t, last)
		last = err
	}
	require.ErrorIs(t, last, sharing.ErrIncomplete)
}

// Keys that are made and revoked at the same time, and attributes that are set, all count.
func TestChangesAtTheSameTime(t *testing.T) {
	t.Parallel()
	views := newViews(t, "private/", "private/a.txt")
	owner := views.View(filestore.Caller{Account: john}, john)
	old, err := sharing.Add(t.Context(), owner, "private/a.txt", nil)
	require.NoError(t, err)
	var all sync.WaitGroup
	keys := make([]string, 20)
	failures := make([]error, len(keys)+2)
	for i := range keys {
		all.Go(func() { keys[i], failures[i] = sharing.Add(t.Context(), owner, "private/a.txt", nil) })
	}
	title, err := meta.ParseChange("<title>A</title>")
	require.NoError(t, err)
	all.Go(func() { failures[len(keys)] = sharing.Revoke(t.Context(), owner, "private/a.txt", old) })
	all.Go(func() { failures[len(keys)+1] = owner.SetAttributes(t.Context(), "private/a.txt", title) })
	all.Wait()
	require.NoError(t, errors.Join(failures...))
	shared, err := sharing.Of(t.Context(), owner, "private/a.txt")
	require.NoError(t, err)
	var kept []string
	for _, share := range shared.Shares {
		kept = append(kept, share.Key)
	}
	require.ElementsMatch(t, keys, kept)
	metadata, err := filestore.ReadMetadata(t.Context(), owner, "private/a.txt")
	require.NoError(t, err)
	require.Contains(t, string(metadata.Text), "<title>A</title>")
}

func TestParseRecipients(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]meta.Recipient{
		"":                                  nil,
		" \n,\r\n;":                         nil,
		"a@b.c":                             {{Address: "a@b.c"}},
		"a@b.c, d@e.f;g@h.i\nj@k.l,":        {{Address: "a@b.c"}, {Address: "d@e.f"}, {Address: "g@h.i"}, {Address: "j@k.l"}},
		"Mary Major <mary@x.y>\r\n<b@x.y>":  {{Address: "mary@x.y", Name: "Mary Major"}, {Address: "b@x.y"}},
		`"Major, Mary" <m@x.y>, Анна <a@я>`: {{Address: "m@x.y", Name: "Major, Mary"}, {Address: "a@я", Name: "Анна"}},
	} {
		got, err := sharing.ParseRecipients(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"mary", "a@b.c d@e.f", "<script>", strings.Repeat("a@b.c\n", sharing.MaxRecipients+1), "a@b.c\x00"} {
		_, err := sharing.ParseRecipients(text)
		require.ErrorIs(t, err, fs.ErrInvalid, text)
	}
}

func TestMailto(t *testing.T) {
	t.Parallel()
	got := sharing.Mailto([]meta.Recipient{{Address: "a+b@x.y", Name: "ignored"}, {Address: "c&d?@x.y"}}, "Two words: ü", "one\ntwo & http://h/?a=b#c")
	require.Equal(t, "mailto:a%2Bb@x.y,c%26d%3F@x.y?subject=Two%20words%3A%20%C3%BC&body=one%0D%0Atwo%20%26%20http%3A%2F%2Fh%2F%3Fa%3Db%23c", got)
	u, err := url.Parse(got)
	require.NoError(t, err)
	require.Equal(t, "one\r\ntwo & http://h/?a=b#c", u.Query().Get("body"))
	require.Equal(t, "mailto:?subject=&body=", sharing.Mailto(nil, "", ""))
}

// Whatever is typed is read or refused, and what is read can be written.
func FuzzParseRecipients(f *testing.F) {
	for _, seed := range []string{"", "a@b.c", "Mary <m@x.y>;b@c.d\n\"a, b\" <c@d>", "<", "a@b.c,,", "=?utf-8?q?=00?= <a@b>"} {
		f.Add(seed)
	}
	views := newViews(f, "private/")
	owner := views.View(filestore.Caller{Account: john}, john)
	f.Fuzz(func(t *testing.T, text string) {
		recipients, err := sharing.ParseRecipients(text)
		if err != nil {
			require.ErrorIs(t, err, fs.ErrInvalid)
			return
		}
		key, err := sharing.Add(t.Context(), owner, "private", recipients)
		if err != nil {
			require.ErrorIs(t, err, fs.ErrInvalid) // such as control characters in an encoded word
			return
		}
		_, err = url.Parse(sharing.Mailto(recipients, text, text))
		require.NoError(t, err)
		require.NoError(t, sharing.Revoke(t.Context(), owner, "private", key))
	})
}
