package httpsite_test

import (
	"context"
	"html"
	"io/fs"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

const formType = "application/x-www-form-urlencoded"

// post sends a form of the management page, as a program does.
func (s *server) post(t *testing.T, path string, form url.Values, header map[string]string) answer {
	t.Helper()
	h := map[string]string{"Content-Type": formType}
	for k, v := range header {
		h[k] = v
	}
	return s.do(t, call{method: "POST", path: path, user: "john", body: form.Encode(), header: h})
}

func TestPageShowsFolder(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Write(t, john, `folder/<b>&".txt`, "12345")
	s.Write(t, john, "folder/javascript:alert(1)", "x")
	s.Write(t, john, "folder/sub/x", "123")
	s.Update(john, func(a *fixture.Account) { a.Limits.Bytes = filestore.Unlimited; a.Limits.Files = 77 })
	got := s.do(t, call{method: "GET", path: "/~john/folder/Index.wssp", user: "john"})
	require.Equal(t, 200, got.code)
	require.Equal(t, "text/html; charset=utf-8", got.header.Get("Content-Type"))
	require.Contains(t, got.header.Get("Content-Security-Policy"), "frame-ancestors 'none'")
	require.Equal(t, "private, no-store", got.header.Get("Cache-Control"))
	for _, want := range []string{
		`<h1><bdi>folder</bdi></h1>`,
		`<a class="button" href="../index.wssp">`,
		`<a href="./sub/index.wssp"><bdi>sub</bdi></a></td><td class="number">==&gt;</td>`,
		`<a href="./default.html"><bdi>default.html</bdi></a></td><td class="number"><data value="15" title="15 bytes">15 B</data></td>`,
		`&lt;b&gt;&amp;&#34;.txt`,
		`href="./javascript:alert%281%29"`,
		`This Folder: 4</td><td class="number"><span title="21 bytes">21 B</span></td>`,
		`Limits: 77</td><td class="number">unlimited</td>`,
	} {
		require.Contains(t, oneLine(got.body), want)
	}
	require.NotContains(t, got.body, "<b>&")
	root := s.do(t, call{method: "GET", path: "/~john/index.wssp", user: "john"})
	require.NotContains(t, root.body, "../index.wssp")
	require.Contains(t, root.body, "private.meta")
	require.Contains(t, root.body, `Totals: 16</td>`)
	administrator := s.do(t, call{method: "GET", path: "/~john/index.wssp", user: "admin"})
	require.Equal(t, 200, administrator.code)
}

// oneLine is a page without its line breaks, and with plain blanks.
func oneLine(page string) string { return strings.NewReplacer("\n", "", "\u00A0", " ").Replace(page) }

// mounted is a directory with skins.
type mounted struct {
	*fixture.Directory
	skins filestore.Store
}

func (m mounted) Stores() filestore.Stores { return m }

func (m mounted) Mount(_ context.Context, _, name string) (filestore.Store, error) {
	if name != "$ServerSkins" {
		return nil, fs.ErrNotExist
	}
	return m.skins, nil
}

// The page links to mounts for those who may see them. They are no entries, and
// count on pages of their own.
func TestPageMounts(t *testing.T) {
	t.Parallel()
	ann := "ann@client2.com"
	skins := memstore.New()
	unlimited := filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited, FileSize: filestore.Unlimited}
	for _, name := range []string{"gold", "silver"} {
		require.NoError(t, skins.Mkdir(t.Context(), name, filestore.MkdirOptions{}, unlimited))
	}
	s := newServer(t, func(h *httpsite.Handler) {
		h.Views = fixture.Views(mounted{h.Views.Directory().(*fixture.Directory), skins})
	})
	s.Write(t, ann, "file", "12345")
	const link = `<a href="./$ServerSkins/index.wssp">$ServerSkins</a>`
	get := func(user, path string) string {
		got := s.do(t, call{method: "GET", path: path, user: user})
		require.Equal(t, 200, got.code)
		return got.body
	}
	page := get("admin", "/~"+ann+"/index.wssp")
	require.Contains(t, page, link)
	require.NotContains(t, page, `value="$`)
	require.Contains(t, page, `This Folder: 2</td><td class="number"><span title="16 bytes">`)
	require.Regexp(t, `Totals: 2<meter[^>]*></meter></td><td class="number"><span title="16 bytes">`, page)
	require.NotContains(t, get(ann, "/~"+ann+"/index.wssp"), "$ServerSkins")
	page = get("admin", "/~"+ann+"/$ServerSkins/index.wssp")
	require.Contains(t, page, `<a href="./gold/index.wssp">`)
	require.NotContains(t, page, link)
	require.Contains(t, page, `This Folder: 3</td><td class="number"><span title="0 bytes">`, "with the skin without a name")
	require.Contains(t, page, `Totals: 3</td><td class="number"><span title="0 bytes">`)
	require.Contains(t, page, `Limits: unlimited</td><td class="number">unlimited</td>`)
}

func TestPageActions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		form    url.Values
		code    int
		message string
		want    map[string]string
	}{
		{name: "delete", form: url.Values{"action": {"delete"}, "mark": {"page.html", "cat.png"}}, code: 303, want: map[string]string{"page.html": "-", "cat.png": "-", "page.html.meta": "-", "data.bin": "0123456789"}},
		{name: "delete nothing", form: url.Values{"action": {"delete"}}, code: 400, message: "Mark the entries to delete."},
		{name: "delete a folder asks first", form: url.Values{"action": {"delete"}, "mark": {"folder", "cat.png"}}, code: 200, message: "and everything inside the folders", want: map[string]string{"folder/default.html": "<h1>folder</h1>", "cat.png": "\x89PNG"}},
		{name: "delete a folder", form: url.Values{"action": {"delete"}, "mark": {"folder", "cat.png"}, "confirmed": {"yes"}}, code: 303, want: map[string]string{"folder/default.html": "-", "cat.png": "-"}},
		{name: "delete above", form: url.Values{"action": {"delete"}, "mark": {"../x"}}, code: 400, message: "This name cannot be used."},
		{name: "delete dot", form: url.Values{"action": {"delete"}, "mark": {"."}, "confirmed": {"yes"}}, code: 400, message: "This name cannot be used."},
		{name: "delete deeper", form: url.Values{"action": {"delete"}, "mark": {"folder/default.html"}}, code: 400, message: "This name cannot be used.", want: map[string]string{"folder/default.html": "<h1>folder</h1>"}},
		{name: "rename", form: url.Values{"action": {"rename"}, "mark": {"page.html"}, "newName": {"new.html"}}, code: 303, want: map[string]string{"page.html": "-", "new.html": "<p>page</p>", "new.html.meta": "<meta/>"}},
		{name: "rename none", form: url.Values{"action": {"rename"}, "newName": {"x"}}, code: 400, message: "Mark exactly one entry"},
		{name: "rename two", form: url.Values{"action": {"rename"}, "mark": {"page.html", "cat.png"}, "newName": {"x"}}, code: 400, message: "Mark exactly one entry"},
		{name: "rename onto another", form: url.Values{"action": {"rename"}, "mark": {"page.html"}, "newName": {"cat.png"}}, code: 409, message: "exists already", want: map[string]string{"cat.png": "\x89PNG"}},
		{name: "rename into a folder", form: url.Values{"action": {"rename"}, "mark": {"page.html"}, "newName": {"folder/x"}}, code: 400, message: "This name cannot be used."},
		{name: "rename to a reserved name", form: url.Values{"action": {"rename"}, "mark": {"page.html"}, "newName": {"index.wssp"}}, code: 403, message: "This name is reserved."},
		{name: "rename what is gone", form: url.Values{"action": {"rename"}, "mark": {"gone"}, "newName": {"x"}}, code: 404, message: "no longer there"},
		{name: "create folder", form: url.Values{"action": {"folder"}, "folder": {"new"}}, code: 303},
		{name: "create folder that exists", form: url.Values{"action": {"folder"}, "folder": {"folder"}}, code: 409, message: "exists already"},
		{name: "create folder without a name", form: url.Values{"action": {"folder"}}, code: 400, message: "This name cannot be used."},
		{name: "unknown action", form: url.Values{"action": {"dance"}}, code: 415},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			got := s.post(t, "/~john/index.wssp", tt.form, nil)
			require.Equal(t, tt.code, got.code, got.body)
			if tt.code == 303 {
				require.Equal(t, "index.wssp", got.header.Get("Location"))
			}
			require.Contains(t, got.body, tt.message)
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

const multipartBody = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"one.txt\"\r\n\r\nfirst\r\n" +
	"--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"zwei \xc3\xbc.txt\"\r\n\r\nsecond\r\n--B--\r\n"

func (s *server) upload(t *testing.T, path, body string) answer {
	t.Helper()
	return s.do(t, call{method: "POST", path: path, user: "john", body: body, header: map[string]string{"Content-Type": "multipart/form-data; boundary=B"}})
}

func TestPageUpload(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	got := s.upload(t, "/~john/folder/index.wssp", multipartBody)
	require.Equal(t, 303, got.code, got.body)
	content, _ := s.Read(t, john, "folder/one.txt")
	require.Equal(t, "first", content)
	content, _ = s.Read(t, john, "folder/zwei ü.txt")
	require.Equal(t, "second", content)

	got = s.upload(t, "/~john/folder/index.wssp", strings.Replace(multipartBody, "one.txt", "a%22b%41.txt", 1))
	require.Equal(t, 303, got.code)
	content, _ = s.Read(t, john, `folder/a"b%41.txt`)
	require.Equal(t, "first", content, "browsers write a quotation mark as %22, and nothing else that way")

	got = s.upload(t, "/~john/index.wssp", strings.Replace(multipartBody, "--B--", "--C--", 1))
	require.Equal(t, 400, got.code)
	_, ok := s.Read(t, john, "zwei ü.txt")
	require.False(t, ok, "a part without its end is not stored")

	got = s.upload(t, "/~john/index.wssp", strings.Replace(multipartBody, "one.txt", "index.wssp", 1))
	require.Equal(t, 403, got.code)
	require.Contains(t, got.body, "This name is reserved.")

	got = s.upload(t, "/~john/index.wssp", "--B--\r\n")
	require.Equal(t, 400, got.code)
	require.Contains(t, got.body, "Choose a file")

	full := s.usage(t).Bytes + 4
	s.Update(john, func(a *fixture.Account) { a.Limits.Bytes = full })
	got = s.upload(t, "/~john/index.wssp", multipartBody)
	require.Equal(t, 507, got.code)
	require.Contains(t, got.body, "not enough room")
	_, ok = s.Read(t, john, "one.txt")
	require.True(t, ok, "stored by the cut request above: complete parts stay")
}

// A page of another site, or of a user, cannot act in the visitor's name.
func TestPageRefusesForeignForms(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	form := url.Values{"action": {"delete"}, "mark": {"page.html"}}
	for name, header := range map[string]map[string]string{
		"cross-site":        {"Sec-Fetch-Site": "cross-site"},
		"same-site":         {"Sec-Fetch-Site": "same-site"},
		"foreign origin":    {"Sec-Fetch-Site": "", "Origin": "http://evil.example"},
		"sandboxed origin":  {"Sec-Fetch-Site": "", "Origin": "null"},
		"sandbox and fetch": {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
	} {
		got := s.post(t, "/~john/index.wssp", form, header)
		require.Equal(t, 403, got.code, name)
		_, ok := s.Read(t, john, "page.html")
		require.True(t, ok, name)
	}
	got := s.do(t, call{method: "POST", path: "/~john/index.wssp", body: form.Encode(), header: map[string]string{"Content-Type": formType}})
	require.Equal(t, 401, got.code)
	got = s.do(t, call{method: "POST", path: "/~john/index.wssp", user: "mary", body: form.Encode(), header: map[string]string{"Content-Type": formType}})
	require.Equal(t, 403, got.code)
	got = s.post(t, "/~john/index.wssp", form, map[string]string{"Content-Type": "text/plain"})
	require.Equal(t, 415, got.code)
}

var linkAttribute = regexp.MustCompile(`(?:href|action)="([^"]*)"`)

// links returns where the links and forms of a page lead.
func links(page string) (all []string) {
	for _, found := range linkAttribute.FindAllStringSubmatch(page, -1) {
		all = append(all, html.UnescapeString(found[1]))
	}
	return all
}
