package httpsite_test

import (
	"io"
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/internal/fixture"
)

// bytesOf sends a request and returns all that comes back, but for the date.
func (s *server) bytesOf(t *testing.T, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	got, err := io.ReadAll(conn)
	require.NoError(t, err)
	return regexp.MustCompile(`Date: [^\r]*\r\n`).ReplaceAllString(string(got), "")
}

// What may not be seen looks to the byte like what does not exist.
func TestNotFoundIsTheSame(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Write(t, "off@client1.com", "page.html.gz", "x")
	for name, credentials := range map[string]string{
		"stranger": "", "other": "Authorization: Basic bWFyeTptYXJ5LXB3\r\n",
	} {
		for _, method := range []string{"GET", "HEAD"} {
			for kind, paths := range map[string][]string{
				"plain": {
					"/~nobody/", "/~nobody", "/~nobody/default.html", "/~nobody@client2.com/x", "/~john@nowhere.example/", // missing accounts
					"/~off/", "/~off", "/~off/default.html", "/~off/missing", "/~off/default.html/x", // service off
					"/~john/missing", "/~john/missing/", "/~john/missing/x?y", "/~john/empty/", "/~john/page.html/", "/~john/page.html/x", // missing files
					"/~john/page.html.meta", "/~john/private.meta", "/~off/page.html.meta", // sidecars of others
				},
				"no accounts": { // which their words tell
					"/", "/~", "/john/", "/~/", "/favicon.ico", "/Session/x",
				},
				"shares": {
					"/~john/protected/pwd/wrong/secret.txt", "/~john/protected/pwd/s3cretkey/missing", "/~john/protected/pwd",
					"/~off/protected/pwd/s3cretkey/x", "/~nobody/protected/pwd/s3cretkey/x", "/~john/protected/x/pwd/s3cretkey/x",
				},
			} {
				var first string
				for _, path := range paths {
					for _, header := range []string{"", "Accept-Encoding: gzip\r\nRange: bytes=0-1\r\nIf-None-Match: *\r\n"} {
						got := s.bytesOf(t, method+" "+path+" HTTP/1.1\r\nHost: client1.com\r\nConnection: close\r\n"+credentials+header+"\r\n")
						require.True(t, strings.HasPrefix(got, "HTTP/1.1 404 Not Found\r\n"), "%s: %s", path, got)
						if first == "" {
							first = got
						}
						require.Equal(t, first, got, "%s %s, %s, %s", method, path, kind, name)
					}
				}
			}
		}
	}
}

// DefaultWebPage is the account's, in each of its folders.
func TestDefaultPageOfTheAccount(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Write(t, john, "index.htm", "index")
	s.Write(t, john, "folder/index.htm", "index of the folder")
	s.Write(t, john, "a/b/Übersicht.html", "deep")
	get := func(host, path string) string {
		return strings.TrimSpace(s.do(t, call{method: "GET", host: host, path: path}).body)
	}
	for page, want := range map[string][4]string{
		"":               {"<h1>home of john</h1>", "<h1>folder</h1>", "Not Found", "Not Found"},
		"default.html":   {"<h1>home of john</h1>", "<h1>folder</h1>", "Not Found", "Not Found"},
		"index.htm":      {"index", "index of the folder", "Not Found", "Not Found"},
		"Übersicht.html": {"Not Found", "Not Found", "Not Found", "deep"},
		"INDEX.htm":      {"Not Found", "Not Found", "Not Found", "Not Found"},
		"folder/x":       {"<h1>home of john</h1>", "<h1>folder</h1>", "Not Found", "Not Found"}, // no segment
		"index.wssp":     {"<h1>home of john</h1>", "<h1>folder</h1>", "Not Found", "Not Found"}, // a special name
		"private":        {"<h1>home of john</h1>", "<h1>folder</h1>", "Not Found", "Not Found"},
		"..":             {"<h1>home of john</h1>", "<h1>folder</h1>", "Not Found", "Not Found"},
	} {
		s.Update(john, func(a *fixture.Account) { a.DefaultPage = page })
		for i, path := range []string{"", "folder/", "empty/", "a/b/"} {
			require.Equal(t, want[i], get("client1.com", "/~john/"+path), "%q in %q", page, path)
			require.Equal(t, want[i], get(fixture.LoginPage, "/"+path), "%q in %q", page, path)
		}
		require.Equal(t, "home of ann", get(fixture.OtherDomain, "/~ann/"), "others have their own")
	}
}

// Hosts, by all that a client may write there.
func TestHosts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for host, code := range map[string]int{
		"client1.com": 200, "CLIENT1.com": 200, "client1.com.": 200, "client1.com:80": 200, "client1.com:65535": 200, "client1.com.:8100": 200, "client1.com:": 200,
		"127.0.0.1": 200, "127.0.0.1:1": 200, "[::1]": 200, "[::1]:8100": 200, "[2001:db8::1]:443": 200, "[::ffff:127.0.0.1]": 200, // the Main Domain
		"proxy.example": 200, "xn--bcher-kva.example": 200, "a_b.example": 200, "localhost": 200,
		"client2.com": 404, "client2.com:8100": 404, // no john there
		"..": 400, "a..b": 400, ".": 400, "client1.com..": 400, "[::1": 400, "::1]": 400, "[]": 400, "[client1.com]": 400,
		"client1.com:x": 400, "client1.com:80:80": 400, "client1.com/x": 400, "a b": 400, "a%2e": 400, "a@b": 400, `a\b`: 400, "bücher.example": 400, "a\x00b": 400,
	} {
		got := s.do(t, call{method: "GET", host: host, path: "/~john/page.html"})
		require.Equal(t, code, got.code, "%q", host)
	}
	require.Equal(t, 400, s.raw(t, "GET", "GET /~john/ HTTP/1.1\r\nHost: client1.com\r\nHost: client1.com\r\n\r\n").code, "two hosts")
	require.Equal(t, 400, s.raw(t, "GET", "GET /~john/ HTTP/1.1\r\n\r\n").code, "none")
	require.Equal(t, 200, s.raw(t, "GET", "GET /~john/ HTTP/1.0\r\n\r\n").code, "the Main Domain")
}
