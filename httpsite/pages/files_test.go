package pages_test

import (
	"archive/zip"
	"context"
	"fmt"
	"html"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// asProgram are the headers of a program that logs in with each request.
var asProgram = map[string]string{"Authorization": "Basic am9objpqb2huLXB3", "Sec-Fetch-Site": "", "Sec-Fetch-Mode": "", "Origin": ""}

// post sends a form to a page of john's, as a program.
func (s *site) post(t *testing.T, page string, form url.Values) answer {
	t.Helper()
	return s.browser(t).do(t, "POST", "/~john/"+page, form, asProgram)
}

// seen is what a reader sees of a page.
func seen(page string) string { return html.UnescapeString(page) }

func TestMoveAndCopy(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		action  string
		marks   []string
		to      string
		code    int
		message string
		want    map[string]string // "-": not there
	}{
		{name: "move", action: "move", marks: []string{"a", "b", "sub"}, to: "/other", code: 303, want: map[string]string{"box/a": "-", "other/a": "a", "other/b": "b", "other/sub/c": "c"}},
		{name: "copy", action: "copy", marks: []string{"a", "sub"}, to: "other/", code: 303, want: map[string]string{"box/a": "a", "other/a": "a", "box/sub/c": "c", "other/sub/c": "c"}},
		{name: "to the top", action: "move", marks: []string{"a"}, to: "/", code: 303, want: map[string]string{"a": "a", "box/a": "-"}},
		{name: "with its attributes", action: "move", marks: []string{"b"}, to: "/other", code: 303, want: map[string]string{"other/b.meta": "<meta><note>n</note></meta>", "box/b.meta": "-"}},
		{name: "its attributes marked, too", action: "move", marks: []string{"b", "b.meta"}, to: "/other", code: 303, want: map[string]string{"other/b": "b", "other/b.meta": "<meta><note>n</note></meta>", "box/b": "-", "box/b.meta": "-"}},
		{name: "its attributes marked first", action: "move", marks: []string{"b.meta", "b"}, to: "/other", code: 303, want: map[string]string{"other/b": "b", "other/b.meta": "<meta><note>n</note></meta>", "box/b": "-", "box/b.meta": "-"}},
		{name: "a copy of both", action: "copy", marks: []string{"b.meta", "b"}, to: "/other", code: 303, want: map[string]string{"other/b": "b", "other/b.meta": "<meta><note>n</note></meta>", "box/b.meta": "<meta><note>n</note></meta>"}},
		{name: "its attributes alone", action: "copy", marks: []string{"b.meta"}, to: "/other", code: 303, want: map[string]string{"other/b.meta": "<meta><note>n</note></meta>", "box/b.meta": "<meta><note>n</note></meta>"}},
		{name: "into a folder here", action: "move", marks: []string{"a"}, to: "/box/sub", code: 303, want: map[string]string{"box/sub/a": "a"}},
		{name: "nothing", action: "move", to: "/other", code: 400, message: "Mark the entries to move or copy."},
		{name: "nowhere", action: "move", marks: []string{"a"}, code: 400, message: "Choose the folder"},
		{name: "to what is not there", action: "copy", marks: []string{"a"}, to: "/none", code: 409, message: "There is no folder “/none”."},
		{name: "to a file", action: "copy", marks: []string{"a"}, to: "/notes.txt", code: 409, message: "There is no folder “/notes.txt”."},
		{name: "to a bad name", action: "move", marks: []string{"a"}, to: "/x/../other", code: 400, message: "“/x/../other”: This name cannot be used."},
		{name: "into itself", action: "move", marks: []string{"sub"}, to: "/box/sub", code: 409, message: "“sub” cannot go into itself."},
		{name: "a copy into itself", action: "copy", marks: []string{"sub"}, to: "/box/sub", code: 409, message: "“sub” cannot go into itself."},
		{name: "to where it is", action: "move", marks: []string{"a"}, to: "/box", code: 409, message: "“a”: An entry with this name exists already."},
		{name: "onto another", action: "move", marks: []string{"b", "taken"}, to: "/other", code: 409, message: "“taken”: An entry with this name exists already.", want: map[string]string{"box/b": "b", "other/b": "-", "other/taken": "old"}},
		{name: "what has gone", action: "move", marks: []string{"a", "gone"}, to: "/other", code: 404, message: "“gone”: The entry is no longer there.", want: map[string]string{"box/a": "a", "other/a": "-"}},
		{name: "to a share", action: "copy", marks: []string{"a"}, to: "/protected/pwd/x", code: 409, message: "There is no folder"},
		{name: "to a mount", action: "move", marks: []string{"a"}, to: "/$DomainSkins", code: 403, message: "“/$DomainSkins”: You may not do that there."},
		{name: "private itself", action: "move", marks: []string{"../private"}, to: "/other", code: 400, message: "This name cannot be used."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			for name, content := range map[string]string{"box/a": "a", "box/b": "b", "box/b.meta": "<meta><note>n</note></meta>", "box/sub/c": "c", "box/taken": "new", "other/taken": "old"} {
				s.Write(t, john, name, content)
			}
			got := s.post(t, "box/index.wssp", url.Values{"action": {tt.action}, "mark": tt.marks, "to": {tt.to}})
			require.Equal(t, tt.code, got.code, got.body)
			require.Contains(t, seen(got.body), tt.message)
			for name, want := range tt.want {
				content, ok := s.Read(t, john, name)
				require.Equal(t, want != "-", ok, name)
				if ok {
					require.Equal(t, want, content, name)
				}
			}
		})
	}
}

// failing is a store that refuses to rename or copy one entry, after it was asked whether
// all is well.
type failing struct{ filestore.Store }

func (f failing) Rename(ctx context.Context, from, to string, o filestore.RenameOptions) error {
	if from == "box/b" {
		return &fs.PathError{Op: "rename", Path: from, Err: filestore.ErrLocked}
	}
	return f.Store.Rename(ctx, from, to, o)
}

func (f failing) Copy(ctx context.Context, from, to string, o filestore.CopyOptions, l filestore.Limits) error {
	if from == "box/b" {
		return &fs.PathError{Op: "copy", Path: from, Err: &filestore.LimitError{Kind: filestore.LimitBytes, Limit: 1}}
	}
	return f.Store.Copy(ctx, from, to, o, l)
}

// What fails amid several entries leaves all as it was.
func TestNothingIsHalfCarried(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"move", "copy"} {
		d := fixture.New(func() filestore.Store { return failing{memstore.New()} })
		s := newSite(t, func(h *httpsite.Handler) { h.Views = fixture.Views(d) })
		for _, name := range []string{"box/a", "box/b", "box/c", "other/x"} {
			d.Write(t, john, name, name)
		}
		got := s.post(t, "box/index.wssp", url.Values{"action": {action}, "mark": {"a", "b", "c"}, "to": {"/other"}})
		require.Equal(t, map[string]int{"move": 423, "copy": 507}[action], got.code)
		require.Contains(t, seen(got.body), map[string]string{"move": "“b”: It is locked", "copy": "“b”: There is not enough room"}[action])
		require.NotContains(t, got.body, "before it")
		for name, want := range map[string]bool{"box/a": true, "box/b": true, "box/c": true, "other/a": false, "other/b": false, "other/c": false} {
			_, ok := d.Read(t, john, name)
			require.Equal(t, want, ok, "%s %s", action, name)
		}
	}
}

func unzip(t *testing.T, content string) map[string]string {
	t.Helper()
	r, err := zip.NewReader(strings.NewReader(content), int64(len(content)))
	require.NoError(t, err)
	all := map[string]string{}
	for _, f := range r.File {
		file, err := f.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(file)
		require.NoError(t, err)
		all[f.Name] = string(text)
	}
	return all
}

// Sidecars stay out of archives: they may hold keys.
func TestZip(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, content := range map[string]string{"box/ä <b>.txt": "text", "box/cat.png": "png", "box/sub/deep/x": "x", "box/sub/y.txt": "y", "box/sub/y.txt.meta": "<meta><accessPwd><key>K</key></accessPwd></meta>", "box/cat.png.meta": "<meta/>"} {
		s.Write(t, john, name, content)
	}
	b := s.browser(t)
	b.signIn(t, "john")
	got := b.get(t, "/~john/box/index.wssp/zip")
	require.Equal(t, 200, got.code)
	require.Equal(t, "application/zip", got.header.Get("Content-Type"))
	require.Equal(t, "attachment; filename=box.zip", got.header.Get("Content-Disposition"))
	require.Equal(t, map[string]string{"ä <b>.txt": "text", "cat.png": "png", "sub/": "", "sub/deep/": "", "sub/deep/x": "x", "sub/y.txt": "y"}, unzip(t, got.body))
	require.Empty(t, b.do(t, "HEAD", "/~john/box/index.wssp/zip", nil, nil).body)

	got = s.post(t, "box/index.wssp", url.Values{"action": {"zip"}, "mark": {"sub", "cat.png"}})
	require.Equal(t, 200, got.code)
	require.Equal(t, map[string]string{"cat.png": "png", "sub/": "", "sub/deep/": "", "sub/deep/x": "x", "sub/y.txt": "y"}, unzip(t, got.body))
	got = s.post(t, "index.wssp", url.Values{"action": {"zip"}, "mark": {"box"}})
	require.Contains(t, unzip(t, got.body), "box/sub/y.txt")
	require.Equal(t, "attachment; filename=box.zip", got.header.Get("Content-Disposition"))

	require.Equal(t, 400, s.post(t, "box/index.wssp", url.Values{"action": {"zip"}}).code)
	require.Equal(t, 404, s.post(t, "box/index.wssp", url.Values{"action": {"zip"}, "mark": {"gone", "sub"}}).code)
	require.Equal(t, 404, b.get(t, "/~john/none/index.wssp/zip").code)
	require.Equal(t, 404, b.get(t, "/~john/box/cat.png/index.wssp/zip").code)
	require.Equal(t, 403, b.get(t, "/~mary/index.wssp/zip").code)
}

// An archive that cannot be finished is cut, and looks so.
func TestZipThatFails(t *testing.T) {
	t.Parallel()
	d := fixture.New(func() filestore.Store { return unreadable{memstore.New()} })
	s := newSite(t, func(h *httpsite.Handler) { h.Views = fixture.Views(d) })
	d.Write(t, john, "box/a", "a")
	d.Write(t, john, "box/bad", "b")
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/~john/box/index.wssp/zip", nil)
	require.NoError(t, err)
	r.SetBasicAuth("john", "john-pw")
	response, err := s.Client().Do(r)
	if err == nil {
		_, err = io.ReadAll(response.Body)
		response.Body.Close()
	}
	require.Error(t, err)
}

type unreadable struct{ filestore.Store }

func (u unreadable) Open(ctx context.Context, name string) (filestore.File, error) {
	if name == "box/bad" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrClosed}
	}
	return u.Store.Open(ctx, name)
}

func field(page, name string) string {
	found := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(page)
	if found == nil {
		return ""
	}
	return html.UnescapeString(found[1])
}

func TestEditor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Write(t, john, "a & <b>.txt", "\n</textarea><script>alert(1)</script>\nüber")
	s.Write(t, john, "dos.txt", "one\r\ntwo\r\n")
	s.Write(t, john, "latin", "\xfc")
	s.Write(t, john, "long.txt", strings.Repeat("x", 1<<20+1))
	b := s.browser(t)
	b.signIn(t, "john")
	at := "/~john/index.wssp/edit?name=" + url.QueryEscape("a & <b>.txt")
	got := b.get(t, at)
	require.Equal(t, 200, got.code)
	require.Contains(t, got.body, "\n\n&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;\nüber</textarea>")
	save := func(at, text, etag string) answer {
		return b.do(t, "POST", at, url.Values{"text": {text}, "etag": {etag}, "token": {token(got.body)}, "breaks": {field(got.body, "breaks")}}, nil)
	}
	tag := field(got.body, "etag")
	saved := save(at, "first\r\nsecond", tag)
	require.Equal(t, 303, saved.code, saved.body)
	require.Equal(t, "edit?name=a+%26+%3Cb%3E.txt", saved.header.Get("Location"))
	content, _ := s.Read(t, john, "a & <b>.txt")
	require.Equal(t, "first\nsecond", content)

	conflict := save(at, "mine", tag)
	require.Equal(t, 412, conflict.code)
	require.Contains(t, conflict.body, "has changed since")
	require.Contains(t, conflict.body, "\nmine</textarea>")
	content, _ = s.Read(t, john, "a & <b>.txt")
	require.Equal(t, "first\nsecond", content)
	require.Equal(t, 412, save(at, "mine", "").code, "not without a tag")
	require.Equal(t, 303, save(at, "mine", field(conflict.body, "etag")).code)
	content, _ = s.Read(t, john, "a & <b>.txt")
	require.Equal(t, "mine", content)

	dos := "/~john/index.wssp/edit?name=dos.txt"
	got = b.get(t, dos)
	require.Equal(t, 303, save(dos, "one\r\nthree\r\n", field(got.body, "etag")).code)
	content, _ = s.Read(t, john, "dos.txt")
	require.Equal(t, "one\r\nthree\r\n", content)

	for name, want := range map[string]int{"latin": 415, "long.txt": 413, "none": 404, "private": 404, "": 400, "a/b": 400, "..": 400, "index.wssp": 404} {
		got := b.get(t, "/~john/index.wssp/edit?name="+url.QueryEscape(name))
		require.Equal(t, want, got.code, name)
	}
	full := int64(0)
	s.Update(john, func(a *fixture.Account) { full = a.Limits.Bytes; a.Limits.Bytes = 10 })
	got = b.get(t, dos)
	over := save(dos, strings.Repeat("long ", 1000), field(got.body, "etag"))
	require.Equal(t, 507, over.code)
	require.Contains(t, over.body, "not enough room")
	require.Contains(t, over.body, "long long", "what was written is not lost")
	s.Update(john, func(a *fixture.Account) { a.Limits.Bytes = full })
	wrong := b.do(t, "POST", dos, url.Values{"text": {"x"}, "etag": {field(got.body, "etag")}, "token": {"wrong"}}, nil)
	require.Equal(t, 403, wrong.code)
	require.Contains(t, wrong.body, "\nx</textarea>", "what was written is not lost")

	require.Equal(t, "index.wssp/edit?name=dos.txt", s.post(t, "index.wssp", url.Values{"action": {"edit"}, "mark": {"dos.txt"}}).header.Get("Location"))
	require.Equal(t, 400, s.post(t, "index.wssp", url.Values{"action": {"edit"}, "mark": {"a", "b"}}).code)
}

var rowName = regexp.MustCompile(`name="mark" value="([^"]*)"`)

func rows(page string) (names []string) {
	for _, found := range rowName.FindAllStringSubmatch(page, -1) {
		names = append(names, html.UnescapeString(found[1]))
	}
	return names
}

func TestSorting(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i, name := range []string{"b", "C", "a"} {
		s.Write(t, john, "box/"+name, strings.Repeat("x", 10-i))
		s.Write(t, john, "box/folder "+name+"/x", "x")
	}
	folders := []string{"folder C", "folder a", "folder b"}
	back := slices.Clone(folders)
	slices.Reverse(back)
	for query, want := range map[string][]string{
		"":                      append(slices.Clone(folders), "C", "a", "b"),
		"?order=down":           append(slices.Clone(back), "b", "a", "C"),
		"?sort=size":            append(slices.Clone(folders), "a", "C", "b"),
		"?sort=size&order=down": append(slices.Clone(back), "b", "C", "a"),
		"?sort=x&order=x":       append(slices.Clone(folders), "C", "a", "b"),
		"?find=FOLDER":          folders,
		"?find=C&order=down":    {"folder C", "C"},
		"?find=none":            nil,
		"?after=folder+a/":      {"folder b", "C", "a", "b"},
		"?after=a":              {"b"},
		"?before=a":             append(slices.Clone(folders), "C"),
		"?sort=size&after=8/a":  {"C", "b"},
	} {
		got := s.browser(t).do(t, "GET", "/~john/box/index.wssp"+query, nil, asProgram)
		require.Equal(t, 200, got.code, query)
		require.Equal(t, want, rows(got.body), query)
	}
	for _, query := range []string{"?sort=size&after=x/y/z/", "?sort=modified&before=-1/x", "?sort=size&before=99999999999999999999999999/x", "?after=/"} {
		require.Equal(t, 200, s.browser(t).do(t, "GET", "/~john/box/index.wssp"+query, nil, asProgram).code, "any place is one")
	}
	got := s.browser(t).do(t, "GET", "/~john/box/index.wssp?sort=size&order=down&find=o", nil, asProgram).body
	require.Contains(t, got, `aria-sort="descending"><a href="index.wssp?find=o&amp;sort=size">`)
	require.Contains(t, got, `<a href="index.wssp?find=o">Name</a>`)
}

// Whatever a folder is sorted by, the links lead through all of it, both ways.
func TestSortedParts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Update(john, func(a *fixture.Account) { a.Limits.Files = filestore.Unlimited })
	const all = 3333
	for i := range all {
		s.Write(t, john, fmt.Sprintf("many/%04d", i*7919%all), strings.Repeat("x", i%5))
	}
	for i := range 7 {
		s.Write(t, john, fmt.Sprintf("many/folder%d/x", i), "x")
	}
	b := s.browser(t)
	b.signIn(t, "john")
	next := regexp.MustCompile(`rel="next" href="([^"]*)"`)
	previous := regexp.MustCompile(`rel="prev" href="([^"]*)"`)
	walk := func(at string, more *regexp.Regexp) (pages [][]string) {
		for range 10 {
			got := b.get(t, "/~john/many/"+at)
			require.Equal(t, 200, got.code)
			pages = append(pages, rows(got.body))
			found := more.FindStringSubmatch(got.body)
			if found == nil {
				return pages
			}
			at = html.UnescapeString(found[1])
		}
		t.Fatal("it does not end")
		return nil
	}
	for _, query := range []string{"?", "?order=down", "?sort=size", "?sort=size&order=down", "?sort=modified", "?find=1"} {
		forwards := slices.Concat(walk("index.wssp"+query, next)...)
		pages := walk("index.wssp"+query+"&before=", previous)
		slices.Reverse(pages)
		require.Equal(t, forwards, slices.Concat(pages...), query)
		if !strings.Contains(query, "find") {
			require.Len(t, forwards, all+7)
		}
		require.Contains(t, forwards[:7], "folder1")
		slices.Sort(forwards)
		require.Equal(t, len(forwards), len(slices.Compact(forwards)), query)
	}
}

// A page costs two parts of memory at most, whatever it is sorted by; this one is 10,000
// entries.
func TestLargeFolder(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Update(john, func(a *fixture.Account) { a.Limits.Files = filestore.Unlimited })
	for i := range 10_000 {
		s.Write(t, john, fmt.Sprintf("many/%05d.txt", i), "x")
	}
	for _, query := range []string{"", "?sort=size&order=down", "?sort=modified", "?find=99"} {
		began := time.Now()
		got := s.browser(t).do(t, "GET", "/~john/many/index.wssp"+query, nil, asProgram)
		require.Equal(t, 200, got.code)
		t.Logf("%s: %d bytes in %v", query, len(got.body), time.Since(began))
	}
}

// Owners and administrators do everything, those of a domain in their domain. All others
// are refused, and nothing happens.
func TestWhoMayManage(t *testing.T) {
	t.Parallel()
	forms := map[string]url.Values{
		"delete": {"mark": {"a"}}, "rename": {"mark": {"a"}, "newName": {"b"}}, "move": {"mark": {"a"}, "to": {"/other"}}, "copy": {"mark": {"a"}, "to": {"/other"}},
		"folder": {"folder": {"new"}}, "zip": {"mark": {"a"}}, "edit": {"mark": {"a"}}, "check": {"path": {"a"}, "size": {"1"}},
	}
	for _, owner := range []string{john, "ann@client2.com"} {
		for user, may := range map[string]bool{"": false, "mary": false, "john": owner == john, "ann@client2.com": owner != john, "admin": true, "boss@client2.com": owner != john} {
			s := newSite(t)
			b := s.browser(t)
			if user != "" {
				name, _, _ := strings.Cut(user, "@")
				got := b.do(t, "POST", "/~john/index.wssp/signin", url.Values{"login": {user}, "password": {name + "-pw"}}, nil)
				require.Equal(t, 303, got.code)
			}
			at := "/~" + owner + "/box/index.wssp"
			s.Write(t, owner, "box/a", "a")
			s.Write(t, owner, "other/x", "x")
			page := b.get(t, at)
			require.Equal(t, may, page.code == 200, "%q at %s", user, owner)
			require.Equal(t, may, b.get(t, at+"/zip").code == 200, "%q at %s", user, owner)
			require.Equal(t, may, b.get(t, at+"/edit?name=a").code == 200, "%q at %s", user, owner)
			token := token(page.body)
			if !may && user != "" { // theirs would be the right one, as it belongs to the session
				own := map[string]string{"mary": "mary@client1.com", "john": john, "ann@client2.com": "ann@client2.com", "boss@client2.com": "ann@client2.com"}[user]
				token = field(b.get(t, "/~"+own+"/index.wssp").body, "token")
				require.NotEmpty(t, token, user)
			}
			for action, form := range forms {
				s.Write(t, owner, "box/a", "a")
				form := maps.Clone(form)
				form.Set("action", action)
				form.Set("confirmed", "yes")
				form.Set("token", token)
				got := b.do(t, "POST", at, form, nil)
				require.Equal(t, may, got.code != 403, "%q: %s at %s: %d", user, action, owner, got.code)
			}
			s.Write(t, owner, "box/a", "a")
			save := b.do(t, "POST", at+"/edit?name=a", url.Values{"text": {"x"}, "etag": {"x"}, "token": {token}}, nil)
			require.Equal(t, may, save.code == 412, "%q at %s: %d", user, owner, save.code)
			if !may {
				for name, want := range map[string]string{"box/a": "a", "other/x": "x"} {
					content, _ := s.Read(t, owner, name)
					require.Equal(t, want, content)
				}
				_, err := s.Files(t, owner).Stat(t.Context(), "box/new")
				require.Error(t, err)
			}
		}
	}
}
