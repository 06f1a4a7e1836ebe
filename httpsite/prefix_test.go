package httpsite_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// newServerBelow is a server whose handler is mounted below a path.
func newServerBelow(t *testing.T, prefix, mount string) *server {
	t.Helper()
	s := newServer(t, func(h *httpsite.Handler) { h.Prefix = prefix })
	s.Config.Handler = http.StripPrefix(mount, s.handler)
	return s
}

func TestPrefixInRedirects(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, prefix, mount, host, path, want string }{
		{name: "account", prefix: "/files", mount: "/files", path: "/files/~john", want: "/files/~john/"},
		{name: "folder", prefix: "/files", mount: "/files", path: "/files/~john/folder", want: "/files/~john/folder/"},
		{name: "slashes do not count", prefix: "files/", mount: "/files", path: "/files/~john/folder", want: "/files/~john/folder/"},
		{name: "no name of a host", prefix: "//evil.example/", mount: "//evil.example", path: "//evil.example/~john/folder", want: "/evil.example/~john/folder/"},
		{name: "deeper", prefix: "/a/b", mount: "/a/b", path: "/a/b/~john", want: "/a/b/~john/"},
		{name: "escaped", prefix: "/ü %", mount: "/ü %", path: "/%C3%BC%20%25/~john", want: "/%C3%BC%20%25/~john/"},
		{name: "LoginPage host", prefix: "/files", mount: "/files", host: fixture.LoginPage, path: "/files/folder", want: "/files/folder/"},
		{name: "its top without the slash", prefix: "/files", mount: "/files", host: fixture.LoginPage, path: "/files", want: "/files/"},
		{name: "a folder of that name", prefix: "/files", mount: "/files", host: fixture.LoginPage, path: "/files/files", want: "/files/files/"},
		{name: "none", path: "/~john/folder", want: "/~john/folder/"},
		{name: "the top", prefix: "/", path: "/~john/folder", want: "/~john/folder/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServerBelow(t, tt.prefix, tt.mount)
			s.Write(t, john, "files/x", "x")
			got := s.do(t, call{method: "GET", path: tt.path, host: tt.host})
			require.Equal(t, 301, got.code, got.body)
			require.Equal(t, tt.want, got.header.Get("Location"))
		})
	}
}

func TestPrefixInDestination(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, destination, host string
		code                    int
		stored                  string
	}{
		{name: "path", destination: "/files/~john/new", code: 201, stored: "new"},
		{name: "full URL from outside", destination: "https://outside.example/files/~john/new", code: 201, stored: "new"},
		{name: "escaped in another way", destination: "/%66iles/%7Ejohn/new", code: 201, stored: "new"},
		{name: "full URL without the prefix", destination: "http://client1.com/~john/new", code: 403},
		{name: "path without the prefix", destination: "/~john/new", code: 403},
		{name: "longer word", destination: "/filesystem/~john/new", code: 403},
		{name: "other letters", destination: "/Files/~john/new", code: 403},
		{name: "the prefix alone", destination: "/files", code: 403},
		{name: "escaped slash behind it", destination: "/files%2f~john/new", code: 403},
		{name: "dot dot", destination: "/x/../files/~john/new", code: 403},
		{name: "prefix twice", destination: "/files/files/~john/new", code: 403},
		{name: "LoginPage host", destination: "/files/new", host: fixture.LoginPage, code: 201, stored: "new"},
		{name: "LoginPage host, a folder of that name", destination: "/files/files/new", host: fixture.LoginPage, code: 201, stored: "files/new"},
		{name: "LoginPage host without the prefix", destination: "/folder/new", host: fixture.LoginPage, code: 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for method, stays := range map[string]bool{"MOVE": false, "COPY": true} {
				s := newServerBelow(t, "/files", "/files")
				s.Write(t, john, "files/x", "x")
				path := "/files/~john/data.bin"
				if tt.host != "" {
					path = "/files/data.bin"
				}
				got := s.do(t, call{method: method, path: path, user: "john", host: tt.host, header: map[string]string{"Destination": tt.destination}})
				require.Equal(t, tt.code, got.code, got.body)
				_, there := s.Read(t, john, "data.bin")
				require.Equal(t, stays || tt.code != 201, there)
				if tt.stored != "" {
					content, _ := s.Read(t, john, tt.stored)
					require.Equal(t, "0123456789", content)
				}
			}
		})
	}
}

// All links and forms of the page are relative, and so right below any path.
func TestPageBelowPrefix(t *testing.T) {
	t.Parallel()
	s := newServerBelow(t, "/files", "/files")
	s.Write(t, john, "folder/sub/x", "x")
	at := "/files/~john/folder/index.wssp"
	page := s.do(t, call{method: "GET", path: at, user: "john"})
	require.Equal(t, 200, page.code)
	base := &url.URL{Path: at}
	seen := 0
	for _, link := range links(page.body) {
		u, err := base.Parse(link)
		require.NoError(t, err)
		require.Regexp(t, `^/files/~john/`, u.Path, link)
		got := s.do(t, call{method: "GET", path: u.RequestURI(), user: "john"})
		if u.Query().Has("language") {
			require.Equal(t, 303, got.code, link)
			require.Equal(t, "index.wssp", got.header.Get("Location"))
			continue
		}
		require.Equal(t, 200, got.code, link)
		seen++
	}
	require.GreaterOrEqual(t, seen, 6, "the folder above, two entries, three forms")
	got := s.post(t, at, url.Values{"action": {"folder"}, "folder": {"new"}}, nil)
	require.Equal(t, 303, got.code)
	u, err := base.Parse(got.header.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, at, u.Path)
}
