package pages_test

import (
	"archive/zip"
	"bytes"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	xhtml "golang.org/x/net/html"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// signedIn is a browser in which an account has signed in.
func (s *site) signedIn(t *testing.T, name string) *browser {
	t.Helper()
	b := s.browser(t)
	b.signIn(t, name)
	return b
}

// post sends a form of a page, with the token that stands on it.
func (b *browser) post(t *testing.T, path string, form url.Values) answer {
	t.Helper()
	page := b.get(t, path)
	require.Equal(t, 200, page.code, page.body)
	form.Set("token", token(page.body))
	return b.do(t, "POST", path, form, nil)
}

// links are the addresses of links on a share page, below the server.
func links(page string) (all []string) {
	for _, found := range regexp.MustCompile(`readonly value="http://[^/]*([^"]*)"`).FindAllStringSubmatch(page, -1) {
		all = append(all, html.UnescapeString(found[1]))
	}
	return all
}

// The owner and an administrator share a folder, visitors read it and take it along, and
// when the link is revoked they do not.
func TestShareAndRevoke(t *testing.T) {
	t.Parallel()
	for _, who := range []string{"john", "admin"} {
		s := newSite(t)
		s.Write(t, john, "private/box/deep/b c.txt", "deep down")
		b := s.signedIn(t, who)
		const page = "/~john/private/index.wssp/share?name=box"
		got := b.post(t, page, url.Values{"action": {"share"}, "recipients": {"Mary <M.> <mary@client1.com>\nann@client2.com"}})
		require.Equal(t, 400, got.code, "what is no address is told, and stays in the form")
		require.Contains(t, got.body, "One of the addresses cannot be read.")
		require.Contains(t, got.body, "Mary &lt;M.&gt; &lt;mary@client1.com&gt;\nann@client2.com</textarea>")
		require.Empty(t, links(got.body))
		got = b.post(t, page, url.Values{"action": {"share"}, "recipients": {"\"Mary <M.>\" <mary@client1.com>\r\nann@client2.com"}})
		require.Equal(t, 303, got.code, got.body)
		require.Equal(t, "../../private/index.wssp/share?name=box", got.header.Get("Location"))
		got = b.get(t, page)
		require.Len(t, links(got.body), 1)
		link := links(got.body)[0]
		require.Regexp(t, `^/~john/protected/box/pwd/[A-Z2-7]{26}/$`, link)
		require.Contains(t, got.body, "<bdi>Mary &lt;M.&gt; &lt;mary@client1.com&gt;</bdi>")
		require.Contains(t, got.body, `href="mailto:mary@client1.com,ann@client2.com?subject=`)
		require.Contains(t, got.body, `<svg class="qr"`)
		overview := b.get(t, "/~john/index.wssp/shares")
		require.Contains(t, overview.body, `href="../private/index.wssp/share?name=box"`)

		visitor := s.browser(t)
		shown := visitor.get(t, link)
		require.Equal(t, 200, shown.code)
		require.Equal(t, "no-referrer", shown.header.Get("Referrer-Policy"))
		require.Equal(t, "noindex", shown.header.Get("X-Robots-Tag"))
		require.Contains(t, shown.header.Get("Cache-Control"), "private")
		require.Contains(t, shown.body, "<h1><bdi>box</bdi></h1>")
		require.Contains(t, shown.body, `href="./deep/"`)
		require.NotContains(t, shown.body, "index.wssp\"", "no way to pages that need a login")
		deep := visitor.get(t, link+"deep/")
		require.Contains(t, deep.body, `<a href=".././"><bdi>box</bdi></a>`)
		require.Contains(t, deep.body, `href="?view=b&#43;c.txt"`)
		text := visitor.get(t, link+"deep/?view=b+c.txt")
		require.Contains(t, text.body, "<pre tabindex=\"0\">deep down</pre>")
		require.Equal(t, "deep down", visitor.get(t, link+"deep/b%20c.txt").body)
		packed := visitor.get(t, link+"?zip")
		require.Equal(t, `attachment; filename=box.zip`, packed.header.Get("Content-Disposition"))
		require.Equal(t, map[string]string{"deep/": "", "deep/b c.txt": "deep down", "x": "x"}, unpack(t, packed.body))

		key := strings.Split(link, "/")[5]
		got = b.post(t, page, url.Values{"action": {"revoke"}, "key": {key}})
		require.Equal(t, 303, got.code)
		for _, path := range []string{"", "?zip", "?view=x", "x", "deep/"} {
			gone := visitor.get(t, link+path)
			require.Equal(t, 404, gone.code, path)
			require.Equal(t, visitor.get(t, "/~john/protected/none/pwd/WRONG/").body, gone.body)
		}
		require.Empty(t, links(b.get(t, page).body))
	}
}

func unpack(t *testing.T, body string) map[string]string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader([]byte(body)), int64(len(body)))
	require.NoError(t, err)
	files := map[string]string{}
	for _, f := range r.File {
		opened, err := f.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(opened)
		require.NoError(t, err)
		files[f.Name] = string(content)
	}
	return files
}

// Nobody else comes to the pages of shares, and no form without its token does anything.
func TestSharesAreOfTheOwner(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	stranger, other, owner := s.browser(t), s.signedIn(t, "mary"), s.signedIn(t, "john")
	form := url.Values{"action": {"share"}}
	for _, path := range []string{"/~john/private/index.wssp/share?name=box", "/~john/index.wssp/shares", "/~john/private/index.wssp/attributes?name=box", "/~john/index.wssp/calls"} {
		require.Equal(t, 403, stranger.get(t, path).code, path)
		require.Equal(t, 403, other.get(t, path).code, path)
		require.NotContains(t, other.get(t, path).body, "box<")
		require.Equal(t, 403, other.do(t, "POST", path, form, nil).code, path)
		require.Equal(t, 403, stranger.do(t, "POST", path, form, nil).code, path)
	}
	const page = "/~john/private/index.wssp/share?name=box"
	require.Equal(t, 403, owner.do(t, "POST", page, form, nil).code, "no token")
	form.Set("token", token(owner.get(t, page).body))
	require.Equal(t, 403, owner.do(t, "POST", page, form, map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}).code)
	require.Equal(t, 403, owner.do(t, "POST", page, form, map[string]string{"Origin": "null", "Sec-Fetch-Site": "cross-site"}).code, "a page in a sandbox")
	require.Empty(t, links(owner.get(t, page).body))
	for _, path := range []string{
		"/~john/index.wssp/share?name=notes.txt", "/~john/index.wssp/share", "/~john/private/index.wssp/share?name=none", "/~john/private/index.wssp/share?name=..",
		"/~john/private/index.wssp/share?name=a/b", "/~john/private/index.wssp/share?name=box.meta", "/~john/private/index.wssp/shares",
	} {
		require.Equal(t, 404, owner.get(t, path).code, path)
	}
	require.Contains(t, owner.get(t, "/~john/index.wssp/share?name=private").body, "opens call logs")
}

// Names and texts of all kinds stay text on every page.
func TestHostileNamesOfShares(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	names := []string{`<img src=x onerror=alert(1)>`, `"><script>alert(1)<`, `javascript:alert(1)`, `' onmouseover='alert(1)`, "{{.Token}}", "\u202Etxt.exe", "a?b#c%20&d;e", "&lt;b&gt;"}
	for _, name := range names {
		s.Write(t, john, "private/box/"+name+"/file.txt", "x")
		s.Write(t, john, "private/box/"+name+"/"+name+".txt", "</pre><script>alert(1)</script>")
	}
	owner, visitor := s.signedIn(t, "john"), s.browser(t)
	for _, name := range names {
		folder := "/~john/private/box/index.wssp/"
		query := "?name=" + url.QueryEscape(name)
		got := owner.post(t, folder+"share"+query, url.Values{"action": {"share"}, "recipients": {`"<script>alert(1)</script>" <a@b.c>`}})
		require.Equal(t, 303, got.code, name)
		got = owner.post(t, folder+"attributes"+query, url.Values{"action": {"describe"}, "field.title": {name}, "newName": {"x"}, "newValue": {`"><script>`}, "tag": {tag(owner.get(t, folder+"attributes"+query).body)}})
		require.Equal(t, 303, got.code, got.body)
		share := owner.get(t, folder+"share"+query)
		require.Len(t, links(share.body), 1, name)
		link := links(share.body)[0]
		pages := []answer{
			share, owner.get(t, folder+"attributes"+query), owner.get(t, "/~john/index.wssp/shares"),
			visitor.get(t, link), visitor.get(t, link+"?view="+url.QueryEscape(name+".txt")),
		}
		for i, page := range pages {
			require.Equal(t, 200, page.code, "%s, page %d", name, i)
			text := inspect(t, page.body)
			require.True(t, strings.Contains(text, name), "%s is shown as it is, page %d", name, i)
		}
		require.Equal(t, "x", visitor.get(t, link+"file.txt").body, "the link leads there")
		require.Contains(t, unpack(t, visitor.get(t, link+"?zip").body), name+".txt")
	}
}

// inspect reads a page as browsers do, makes sure that nothing on it acts, and returns its
// text.
func inspect(t *testing.T, page string) string {
	t.Helper()
	var text strings.Builder
	tokens := xhtml.NewTokenizer(strings.NewReader(page))
	for {
		switch tokens.Next() {
		case xhtml.ErrorToken:
			require.ErrorIs(t, tokens.Err(), io.EOF)
			return text.String()
		case xhtml.TextToken:
			text.Write(tokens.Text())
		case xhtml.StartTagToken, xhtml.SelfClosingTagToken:
			token := tokens.Token()
			attributes := map[string]string{}
			for _, a := range token.Attr {
				attributes[a.Key] = a.Val
				require.False(t, strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc", "%v", token)
				if a.Key == "href" || a.Key == "src" || a.Key == "action" || a.Key == "formaction" {
					u, err := url.Parse(a.Val)
					require.NoError(t, err)
					require.True(t, u.Scheme == "" || u.Scheme == "mailto", "%v", token)
				}
			}
			require.False(t, token.Data == "script" && (attributes["src"] == "" || attributes["nonce"] == ""), "%v", token)
		}
	}
}

// The page of a shared folder shows nothing but what the key opens, changes nothing, and
// leaves a page that the owner has put there alone.
func TestSharedFolder(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Write(t, john, "private/box.meta", "<meta><accessPwd><key>k</key></accessPwd></meta>")
	s.Write(t, john, "private/box/x.meta", "<meta><title>not for visitors</title></meta>")
	s.Write(t, john, "private/box/page.html", "<script>alert(1)</script>")
	s.Write(t, john, "private/box/drawing.svg", "<svg/>")
	s.Write(t, john, "private/box/picture.PNG", "x")
	s.Write(t, john, "private/box/film.mp4", "x")
	s.Write(t, john, "private/box/long.txt", strings.Repeat("я", 40<<10))
	s.Write(t, john, "private/own/default.html", "<h1>own page</h1>")
	s.Write(t, john, "private/own.meta", "<meta><accessPwd><key>k</key></accessPwd></meta>")
	s.Write(t, john, "private/one.txt.meta", "<meta><accessPwd><key>one</key></accessPwd></meta>")
	s.Write(t, john, "private/one.txt", "one")
	visitor := s.browser(t)
	const link = "/~john/protected/box/pwd/k/"
	got := visitor.get(t, link)
	require.Equal(t, 200, got.code)
	require.NotContains(t, got.body, ".meta")
	require.Contains(t, got.body, `<img src="./picture.PNG" alt="" loading="lazy"`)
	for name, preview := range map[string]string{"picture.PNG": "<img src", "film.mp4": "<video controls", "long.txt": "<pre", "drawing.svg": "<img src", "page.html": "<pre tabindex=\"0\">&lt;script&gt;"} {
		got := visitor.get(t, link+"?view="+name)
		require.Equal(t, 200, got.code, name)
		require.Contains(t, got.body, preview)
	}
	long := visitor.get(t, link+"?view=long.txt").body
	require.Contains(t, long, "Only the beginning is shown.")
	require.NotContains(t, long, "\uFFFD", "cut between letters")
	for _, name := range []string{"none.txt", "..", "", "x.meta", "a/b", "../box/x"} {
		require.Equal(t, 404, visitor.get(t, link+"?view="+url.QueryEscape(name)).code, name)
	}
	require.Equal(t, "<h1>own page</h1>", visitor.get(t, "/~john/protected/own/pwd/k/").body)
	require.Equal(t, 301, visitor.get(t, "/~john/protected/box/pwd/k").code)
	require.Equal(t, 404, visitor.get(t, "/~john/protected/pwd/k/").code, "what is above")
	require.Equal(t, 404, visitor.get(t, "/~john/protected/pwd/one/").code, "the folder of one shared file")
	require.Equal(t, "one", visitor.get(t, "/~john/protected/pwd/one/one.txt").body)
	require.Equal(t, 404, visitor.get(t, link+"index.wssp").code)
	for _, method := range []string{"POST", "PUT", "DELETE"} {
		require.Equal(t, 401, visitor.do(t, method, link, nil, map[string]string{"Origin": ""}).code, method)
	}
	owner := s.signedIn(t, "john")
	require.Equal(t, 200, owner.get(t, link).code)
	head := visitor.do(t, "HEAD", link, nil, nil)
	require.Equal(t, 200, head.code)
	require.Empty(t, head.body)
	require.Equal(t, 200, visitor.do(t, "HEAD", link+"?zip", nil, nil).code)
	german := visitor.get(t, link+"?language=de")
	require.Equal(t, "./", german.header.Get("Location"))
	require.Contains(t, visitor.get(t, link).body, "Alles herunterladen")
}

// Folders with more than fits on a page are shown in parts.
func TestSharedFolderInParts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Write(t, john, "private/box.meta", "<meta><accessPwd><key>k</key></accessPwd></meta>")
	s.Write(t, "mary@client1.com", "x", "x")
	view := s.handler.Views.View(filestore.Caller{Account: john}, john)
	for _, name := range manyNames(501) {
		require.NoError(t, view.Mkdir(t.Context(), "private/box/"+name))
	}
	visitor := s.browser(t)
	const link = "/~john/protected/box/pwd/k/"
	first := visitor.get(t, link).body
	require.Equal(t, 500, strings.Count(first, `class="tile"`))
	next := regexp.MustCompile(`href="(\?after=[^"]*)"`).FindStringSubmatch(first)
	require.NotNil(t, next)
	second := visitor.get(t, link+html.UnescapeString(next[1])).body
	require.Equal(t, 2, strings.Count(second, `class="tile"`))
	require.NotContains(t, second, `rel="next"`)
	require.Contains(t, second, `href="./">First`)
}

// Behind a proxy, and on a host that shows one account, links are those that browsers see.
func TestShareLinks(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(h *httpsite.Handler) { h.Prefix = "/files" })
	s.Write(t, john, "private.meta", "<meta><accessPwd><key>whole</key></accessPwd></meta>")
	b := s.signedIn(t, "john")
	for _, header := range []map[string]string{nil, {"Referer": "https://127.0.0.1/"}} {
		got := b.do(t, "GET", "/~john/index.wssp/share?name=private", nil, header)
		require.Equal(t, []string{"/files/~john/protected/pwd/whole/"}, links(got.body))
		require.Contains(t, got.body, `href="../protected/pwd/whole/"`)
	}
	got := b.do(t, "GET", "/~john/index.wssp/share?name=private", nil, map[string]string{"Referer": "https://" + strings.TrimPrefix(s.URL, "http://") + "/files/~john/index.wssp"})
	require.Contains(t, got.body, `readonly value="https://127.0.0.1:`, "a proxy ends TLS")
	require.Contains(t, b.get(t, "/~john/index.wssp/shares").body, "All that is private")
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/index.wssp/share?name=private", nil)
	require.NoError(t, err)
	r.Host = fixture.LoginPage
	r.SetBasicAuth("john", "john-pw")
	response, err := s.Client().Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Contains(t, string(page), `value="http://`+fixture.LoginPage+`/files/protected/pwd/whole/"`)
}

func manyNames(n int) (names []string) {
	for i := range n {
		names = append(names, "f"+strings.Repeat("0", 4-len(itoa(i)))+itoa(i))
	}
	return names
}
