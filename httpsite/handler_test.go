package httpsite_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

const john = "john@client1.com"

// server is a site with files in it.
type server struct {
	*httptest.Server
	*fixture.Directory
	handler *httpsite.Handler
}

func newServer(t *testing.T, change ...func(*httpsite.Handler)) *server {
	t.Helper()
	return newServerOn(t, func() filestore.Store { return memstore.New() }, change...)
}

// stores are the stores that must not make a difference.
func stores(t *testing.T) map[string]func() filestore.Store {
	return map[string]func() filestore.Store{
		"memstore": func() filestore.Store { return memstore.New() },
		"dirstore": func() filestore.Store {
			s, err := dirstore.Open(filepath.Join(t.TempDir(), "account.web"), &dirstore.Options{Sync: dirstore.SyncLater})
			require.NoError(t, err)
			return s
		},
	}
}

func newServerOn(t *testing.T, open func() filestore.Store, change ...func(*httpsite.Handler)) *server {
	t.Helper()
	d := fixture.New(open)
	for name, content := range map[string]string{
		"default.html":        "<h1>home of john</h1>",
		"page.html":           "<p>page</p>",
		"folder/default.html": "<h1>folder</h1>",
		"empty/x.txt":         "x",
		"cat.png":             "\x89PNG",
		"data.bin":            "0123456789",
		"page.html.meta":      "<meta/>",
		"private/secret.txt":  "secret",
		"private.meta":        "<meta><accessPwd><key>s3cretkey</key></accessPwd></meta>",
	} {
		d.Write(t, john, name, content)
	}
	d.Write(t, "ann@client2.com", "default.html", "home of ann")
	d.Write(t, "off@client1.com", "default.html", "off")
	h := &httpsite.Handler{Views: fixture.Views(d)}
	for _, c := range change {
		c(h)
	}
	s := &server{Server: httptest.NewServer(h), Directory: d, handler: h}
	t.Cleanup(s.Close)
	return s
}

// call is one request; Path is sent as it is.
type call struct {
	method, path, user, body string
	header                   map[string]string
	host                     string
}

type answer struct {
	code   int
	body   string
	header http.Header
}

// do sends a request as it stands, so that nothing of it is mended on the way.
// The password is the one of the fixture.
func (s *server) do(t *testing.T, c call) answer {
	t.Helper()
	if c.host == "" {
		c.host = fixture.MainDomain
	}
	var r strings.Builder
	fmt.Fprintf(&r, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: %d\r\n", c.method, c.path, c.host, len(c.body))
	if c.user != "" {
		name, _, _ := strings.Cut(c.user, "@")
		fmt.Fprintf(&r, "Authorization: Basic %s\r\n", base64.StdEncoding.EncodeToString([]byte(c.user+":"+name+"-pw")))
	}
	for k, v := range c.header {
		fmt.Fprintf(&r, "%s: %s\r\n", k, v)
	}
	return s.raw(t, c.method, r.String()+"\r\n"+c.body)
}

// converse sends a head, and what next makes of the line that comes back. It
// returns the first line of the answer to that.
func (s *server) converse(t *testing.T, head string, next func(line string) string) (line string) {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, head)
	require.NoError(t, err)
	lines := bufio.NewReader(conn)
	line, err = lines.ReadString('\n')
	require.NoError(t, err)
	_, err = io.WriteString(conn, next(line))
	require.NoError(t, err)
	_, err = lines.ReadString('\n')
	require.NoError(t, err)
	line, err = lines.ReadString('\n')
	require.NoError(t, err)
	return line
}

// raw sends bytes and reads one answer.
func (s *server) raw(t *testing.T, method, request string) answer {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response.StatusCode, string(body), response.Header}
}

func TestGet(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, tt := range []struct {
		name, path, user, host string
		code                   int
		body                   string
	}{
		{name: "home page", path: "/~john/", code: 200, body: "<h1>home of john</h1>"},
		{name: "any letter case", path: "/~JOHN/", code: 200, body: "<h1>home of john</h1>"},
		{name: "alias", path: "/~johnny/", code: 200, body: "<h1>home of john</h1>"},
		{name: "explicit domain", path: "/~john@client1.com/page.html", host: "client2.com", code: 200, body: "<p>page</p>"},
		{name: "domain of the host", path: "/~ann/", host: "client2.com", code: 200, body: "home of ann"},
		{name: "not in the other domain", path: "/~john/", host: "client2.com", code: 404},
		{name: "alternative prefix", path: "/-ann/", host: "client2.com", code: 200, body: "home of ann"},
		{name: "no prefix", path: "/ann/", host: "client2.com", code: 200, body: "home of ann"},
		{name: "no prefix here", path: "/john/", code: 404},
		{name: "realm", path: "/Session/", host: "client2.com", code: 404},
		{name: "LoginPage host", path: "/page.html", host: "www.john.example", code: 200, body: "<p>page</p>"},
		{name: "LoginPage host, home", path: "/", host: "www.john.example", code: 200, body: "<h1>home of john</h1>"},
		{name: "LoginPage host has no accounts", path: "/~john/page.html", host: "www.john.example", code: 404},
		{name: "host with port and dot", path: "/~ann/", host: "Client2.COM.:8100", code: 200, body: "home of ann"},
		{name: "IP address", path: "/~john/", host: "127.0.0.1:8100", code: 200, body: "<h1>home of john</h1>"},
		{name: "IPv6 address", path: "/~john/", host: "[::1]:8100", code: 200, body: "<h1>home of john</h1>"},
		{name: "host ..", path: "/~john/", host: "..", code: 400},
		{name: "host with an empty label", path: "/~john/", host: "a..b", code: 400},
		{name: "folder page", path: "/~john/folder/", code: 200, body: "<h1>folder</h1>"},
		{name: "folder without page", path: "/~john/empty/", code: 404},
		{name: "missing", path: "/~john/missing.html", code: 404},
		{name: "file as a folder", path: "/~john/page.html/", code: 404},
		{name: "below a file", path: "/~john/page.html/x", code: 404},
		{name: "root of the server", path: "/", code: 404},
		{name: "no account", path: "/~", code: 404},
		{name: "missing account", path: "/~nobody/", code: 404},
		{name: "service off", path: "/~off/", code: 404},
		{name: "service off, owner", path: "/~off/", user: "off", code: 200, body: "off"},
		{name: "dot dot", path: "/~john/folder/../page.html", code: 400},
		{name: "escaped dot dot", path: "/~john/%2e%2e/%2e%2e/etc/passwd", code: 400},
		{name: "escaped slash", path: "/~john/private%2fsecret.txt", code: 400},
		{name: "escaped slash beside what should be escaped", path: `/~john/folder%2fdefault.html"`, code: 400},
		{name: "escaped slash and a quotation mark", path: `/~john/private%2f"secret.txt`, code: 400},
		{name: "escaped slash and a brace", path: "/~john/{x}%2Fpage.html", code: 400},
		{name: "escaped slash and a letter in UTF-8", path: "/~john/ü%2fpage.html", code: 400},
		{name: "escaped slash in the account", path: `/~john%2fprivate^/secret.txt`, code: 400},
		{name: "escaped slash in a share path", path: `/~john/protected/pwd%2fs3cretkey/secret.txt|`, code: 400},
		{name: "escaped slash, LoginPage host", path: `/private%2f|`, host: "www.john.example", code: 400},
		{name: "escaped slash, other prefix", path: `/-ann%2f|`, host: "client2.com", code: 400},
		{name: "escaped slash, no prefix", path: `/ann%2fdefault.html|`, host: "client2.com", code: 400},
		{name: "escaped slash in a full URL", path: `http://client1.com/~john/private%2f|`, code: 400},
		{name: "escaped slash twice", path: `/~john/a%252fb|`, code: 404},
		{name: "no path at all", path: "foo:bar", host: "www.john.example", code: 400},
		{name: "two slashes at the end", path: "/~john//", code: 400},
		{name: "two slashes, LoginPage host", path: "//", host: "www.john.example", code: 400},
		{name: "backslash beside what should be escaped", path: `/~john/a%5c|`, code: 400},
		{name: "NUL beside what should be escaped", path: `/~john/a%00|`, code: 400},
		{name: "escaped twice", path: "/~john/%252e%252e", code: 404},
		{name: "backslash", path: "/~john/..%5cx", code: 400},
		{name: "NUL", path: "/~john/a%00", code: 400},
		{name: "empty segment", path: "/~john//page.html", code: 400},
		{name: "bad UTF-8", path: "/~john/%c0%af", code: 400},
		{name: "private, stranger", path: "/~john/private/secret.txt", code: 401},
		{name: "private, missing, stranger", path: "/~john/private/missing", code: 401},
		{name: "private of a missing account", path: "/~nobody/private/x", code: 401},
		{name: "private, other", path: "/~john/private/secret.txt", user: "mary", code: 403},
		{name: "private, missing, other", path: "/~john/private/missing", user: "mary", code: 403},
		{name: "private, other domain's administrator", path: "/~john/private/secret.txt", user: "boss@client2.com", code: 403},
		{name: "private, owner", path: "/~john/private/secret.txt", user: "john", code: 200, body: "secret"},
		{name: "private, administrator", path: "/~john/private/secret.txt", user: "admin", code: 200, body: "secret"},
		{name: "private in other letters", path: "/~john/PRIVATE/secret.txt", code: 401},
		{name: "sidecar, stranger", path: "/~john/page.html.meta", code: 404},
		{name: "sidecar, other", path: "/~john/page.html.meta", user: "mary", code: 404},
		{name: "sidecar, owner", path: "/~john/page.html.meta", user: "john", code: 200, body: "<meta/>"},
		{name: "wrong credentials on a public page are not looked at", path: "/~john/page.html", user: "wrong", code: 200, body: "<p>page</p>"},
		{name: "wrong credentials on a missing page", path: "/~john/missing", user: "wrong", code: 401},
		{name: "management page, stranger", path: "/~john/index.wssp", code: 401},
		{name: "management page, other", path: "/~john/index.wssp", user: "mary", code: 403},
		{name: "management page, missing folder", path: "/~john/missing/index.wssp", user: "john", code: 404},
		{name: "share", path: "/~john/protected/pwd/s3cretkey/secret.txt", code: 200, body: "secret"},
		{name: "management page below a share path", path: "/~john/protected/pwd/s3cretkey/index.wssp", code: 404},
		{name: "management page below a share path, owner", path: "/~john/protected/pwd/s3cretkey/index.wssp", user: "john", code: 404},
		{name: "share, wrong key", path: "/~john/protected/pwd/wrong/secret.txt", code: 404},
		{name: "mount", path: "/~john/$DomainSkins/", code: 401},
		{name: "mount, owner", path: "/~john/$DomainSkins/", user: "john", code: 403},
		{name: "mount, administrator", path: "/~john/$DomainSkins/", user: "admin", code: 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			get := s.do(t, call{method: "GET", path: tt.path, user: tt.user, host: tt.host})
			require.Equal(t, tt.code, get.code, get.body)
			if tt.code == 200 {
				require.Equal(t, tt.body, get.body)
			} else {
				require.Equal(t, http.StatusText(tt.code)+"\n", get.body, "texts are constant")
			}
			require.Equal(t, "nosniff", get.header.Get("X-Content-Type-Options"))
			require.Equal(t, tt.code == 401, get.header.Get("WWW-Authenticate") != "")
			head := s.do(t, call{method: "HEAD", path: tt.path, user: tt.user, host: tt.host})
			require.Equal(t, tt.code, head.code)
			require.Empty(t, head.body)
		})
	}
}

func TestGetRedirectsToFolder(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Write(t, john, "evil.example/x", "x")
	s.Write(t, john, "a b?#ü/x", "x")
	for path, want := range map[string]string{
		"/~john":                   "/~john/",
		"/~%6aohn":                 "/~john/",
		"/~john/folder":            "/~john/folder/",
		"/~john?x":                 "/~john/?x",
		"/~john?":                  "/~john/?",
		"/~john/folder?a=b":        "/~john/folder/?a=b",
		"/~john/folder?a=%2f?&//":  "/~john/folder/?a=%2f?&//",
		"/~john/folder?//evil":     "/~john/folder/?//evil",
		"/~john/a%20b%3F%23%C3%BC": "/~john/a%20b%3F%23%C3%BC/",
		"/~john/evil.example":      "/~john/evil.example/",
		"/~john?a#b":               "/~john/?a%23b",
		"/~john?\xfc\"<>\\^{}":     "/~john/?%FC%22%3C%3E%5C%5E%7B%7D",
		"/~john?%0d%0aX:y%zz":      "/~john/?%0d%0aX:y%zz",
	} {
		got := s.do(t, call{method: "GET", path: path})
		require.Equal(t, 301, got.code, path)
		require.Equal(t, want, got.header.Get("Location"))
	}
	got := s.do(t, call{method: "GET", path: "//evil.example", host: fixture.LoginPage})
	require.Equal(t, 400, got.code, "no open redirect")
	require.Equal(t, 404, s.do(t, call{method: "GET", path: "/~nobody"}).code, "rights come first")
	require.Equal(t, 404, s.do(t, call{method: "GET", path: "/~off"}).code)
	require.Equal(t, 401, s.do(t, call{method: "GET", path: "/~john/private"}).code)
}

func TestGetHeaders(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(h *httpsite.Handler) { h.Types = map[string]string{"bin": "application/x-ours"} })
	page := s.do(t, call{method: "GET", path: "/~john/page.html"})
	require.Equal(t, "text/html", page.header.Get("Content-Type"))
	require.Equal(t, "sandbox allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads allow-modals", page.header.Get("Content-Security-Policy"))
	require.NotEmpty(t, page.header.Get("Last-Modified"))
	require.Empty(t, page.header.Get("Cache-Control"))

	trusted := s.do(t, call{method: "GET", path: "/page.html", host: fixture.LoginPage})
	require.Empty(t, trusted.header.Get("Content-Security-Policy"), "a host of one account is an origin of its own")

	data := s.do(t, call{method: "GET", path: "/~john/data.bin"})
	require.Equal(t, "application/x-ours", data.header.Get("Content-Type"))
	require.NotEmpty(t, data.header.Get("Content-Security-Policy"), "not known to be harmless")
	picture := s.do(t, call{method: "GET", path: "/~john/cat.png"})
	require.Equal(t, "image/png", picture.header.Get("Content-Type"))
	require.Empty(t, picture.header.Get("Content-Security-Policy"))

	secret := s.do(t, call{method: "GET", path: "/~john/private/secret.txt", user: "john"})
	require.Equal(t, "private, no-store", secret.header.Get("Cache-Control"))

	share := s.do(t, call{method: "GET", path: "/~john/protected/pwd/s3cretkey/secret.txt"})
	require.Equal(t, "private", share.header.Get("Cache-Control"))
	require.Equal(t, "no-referrer", share.header.Get("Referrer-Policy"))
	require.Equal(t, "noindex", share.header.Get("X-Robots-Tag"))

	s.Write(t, john, "private/dir/x", "x")
	for path, want := range map[string]string{
		"/~john/protected/pwd/s3cretkey/dir":    "private",
		"/~john/protected/pwd/s3cretkey/gone":   "private",
		"/~john/protected/pwd/wrong/secret.txt": "private",
		"/~john/private/dir":                    "private, no-store",
		"/~john/private/gone":                   "private, no-store",
	} {
		got := s.do(t, call{method: "GET", path: path, user: "john"})
		require.Equal(t, want, got.header.Get("Cache-Control"), path)
		require.Equal(t, want == "private", got.header.Get("Referrer-Policy") == "no-referrer", path)
	}

	etag := data.header.Get("ETag")
	require.NotEmpty(t, etag)
	same := s.do(t, call{method: "GET", path: "/~john/data.bin", header: map[string]string{"If-None-Match": etag}})
	require.Equal(t, 304, same.code)
	part := s.do(t, call{method: "GET", path: "/~john/data.bin", header: map[string]string{"Range": "bytes=2-4"}})
	require.Equal(t, 206, part.code)
	require.Equal(t, "234", part.body)
	beyond := s.do(t, call{method: "GET", path: "/~john/data.bin", header: map[string]string{"Range": "bytes=50-"}})
	require.Equal(t, 416, beyond.code)
	since := s.do(t, call{method: "GET", path: "/~john/data.bin", header: map[string]string{"If-Modified-Since": data.header.Get("Last-Modified")}})
	require.Equal(t, 304, since.code)
}

// trusting trusts the domains of all hosts with pages.
type trusting struct{ fixture.Server }

func (d trusting) Site(ctx context.Context, host string, local netip.Addr) (filestore.Site, error) {
	site, err := d.Server.Site(ctx, host, local)
	site.TrustPages = true
	return site, err
}

// A domain is trusted with the pages of its own accounts.
func TestTrustedPages(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(h *httpsite.Handler) { h.Views = fixture.Views(trusting{h.Views.Directory().(fixture.Server)}) })
	for _, tt := range []struct {
		host, path string
		trusted    bool
	}{
		{fixture.MainDomain, "/~john/", true},
		{fixture.MainDomain, "/~john@client1.com/", true},
		{fixture.MainDomain, "/~john@CLIENT1.com/", true},
		{fixture.MainDomain, "/~ann@client2.com/", false},
		{fixture.OtherDomain, "/~ann/", true},
		{fixture.OtherDomain, "/ann/", true},
		{fixture.OtherDomain, "/-john@client1.com/", false},
		{fixture.LoginPage, "/", true},
	} {
		got := s.do(t, call{method: "GET", path: tt.path, host: tt.host})
		require.Equal(t, 200, got.code, tt.path)
		require.Equal(t, tt.trusted, got.header.Get("Content-Security-Policy") == "", "%s%s", tt.host, tt.path)
	}
}

func TestOptionsIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, path := range []string{"/~john/page.html", "/~john/private/x", "/~nobody/", "/~john/%00", "/"} {
		got := s.do(t, call{method: "OPTIONS", path: path})
		require.Equal(t, 200, got.code, path)
		require.Contains(t, got.header.Get("Allow"), "MOVE")
		require.Equal(t, "1, 2, 3, extended-mkcol", got.header.Get("DAV"))
	}
}

// A request line with an absolute target overrules the Host header.
func TestAbsoluteTarget(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	got := s.raw(t, "GET", "GET http://client2.com/~ann/ HTTP/1.1\r\nHost: client1.com\r\nConnection: close\r\n\r\n")
	require.Equal(t, "home of ann", got.body)
}

// panicking stands for a host program with a fault.
type panicking struct{ fixture.Server }

func (panicking) Account(_ context.Context, address string) (filestore.Account, error) {
	panic("fault")
}

func TestPanicEndsOneRequest(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(h *httpsite.Handler) { h.Views = fixture.Views(panicking{h.Views.Directory().(fixture.Server)}) })
	for range 2 {
		got := s.do(t, call{method: "GET", path: "/~john/"})
		require.Equal(t, 500, got.code)
		require.Equal(t, "Internal Server Error\n", got.body)
	}
}

// A body whose end another on the way may have seen elsewhere ends the connection,
// and HTTP/1.0 with a Transfer-Encoding stores nothing.
func TestDoubtfulFraming(t *testing.T) {
	t.Parallel()
	const credentials = "Host: client1.com\r\nAuthorization: Basic am9objpqb2huLXB3\r\n"
	const chunked = "3\r\nnew\r\n0\r\n\r\n"
	const smuggled = "DELETE /~john/page.html HTTP/1.1\r\n" + credentials + "Connection: close\r\n\r\n"
	for _, tt := range []struct {
		name, request, want, content string
		ends                         bool
	}{
		{"length", "PUT /~john/x HTTP/1.1\r\n" + credentials + "Content-Length: 3\r\n\r\nnew", "201", "new", false},
		{"both", "PUT /~john/x HTTP/1.1\r\n" + credentials + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked, "201", "new", true},
		{"both, in the other order", "PUT /~john/x HTTP/1.1\r\n" + credentials + "Transfer-Encoding: Chunked\r\nContent-Length: 13\r\n\r\n" + chunked, "201", "new", true},
		{"both, and refused", "PUT /~john/x HTTP/1.1\r\nHost: client1.com\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n" + chunked, "401", "", true},
		{"both, for what has no body", "MKCOL /~john/x HTTP/1.1\r\n" + credentials + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n", "415", "", true},
		{"two lengths", "PUT /~john/x HTTP/1.1\r\n" + credentials + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nnew", "400", "", true},
		{"two encodings", "PUT /~john/x HTTP/1.1\r\n" + credentials + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked, "501", "", true},
		{"unknown encoding", "PUT /~john/x HTTP/1.1\r\n" + credentials + "Transfer-Encoding: gzip, chunked\r\n\r\n" + chunked, "501", "", true},
		{"HTTP/1.0", "PUT /~john/x HTTP/1.0\r\n" + credentials + "Connection: keep-alive\r\nContent-Length: 3\r\n\r\nnew", "201", "new", true},
		{"HTTP/1.0, encoded", "PUT /~john/x HTTP/1.0\r\n" + credentials + "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked, "411", "", true},
		{"HTTP/1.0, reading", "GET /~john/x HTTP/1.0\r\n" + credentials + "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n", "404", "", true},
		{"HTTP/1.0, neither", "PUT /~john/x HTTP/1.0\r\n" + credentials + "\r\n", "411", "", true},
		{"HTTP/1.0, encoded form", "POST /~john/index.wssp HTTP/1.0\r\n" + credentials + "Connection: keep-alive\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n16\r\naction=folder&folder=x\r\n0\r\n\r\n", "411", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			require.NoError(t, err)
			defer conn.Close()
			_, err = io.WriteString(conn, tt.request+smuggled)
			require.NoError(t, err)
			answers := bufio.NewReader(conn)
			first, err := http.ReadResponse(answers, nil)
			require.NoError(t, err)
			_, err = io.Copy(io.Discard, first.Body)
			require.NoError(t, err)
			require.Equal(t, tt.want, first.Status[:3])
			_, err = http.ReadResponse(answers, nil)
			require.Equal(t, tt.ends, err != nil, "whether the connection ends")
			content, _ := s.Read(t, john, "x")
			require.Equal(t, tt.content, content)
			_, there := s.Read(t, john, "page.html")
			require.Equal(t, tt.ends, there, "whether what follows was taken for a request")
		})
	}
}
