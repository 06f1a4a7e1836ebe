package sitelog_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/sitelog"
)

var date = regexp.MustCompile(`\[[^]]+\]`)

// visit returns the line that one request leaves.
func visit(t *testing.T, a *sitelog.Access, request *http.Request) string {
	t.Helper()
	var out bytes.Buffer
	a.W = &out
	handler := a.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, _, ok := r.BasicAuth(); ok {
			a.Observe(r.Context(), filestore.Event{Service: "HTTP", Account: name + "@client1.com"})
		}
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.Copy(w, io.MultiReader(strings.NewReader("con"), strings.NewReader("tent")))
	}))
	handler.ServeHTTP(httptest.NewRecorder(), request)
	return out.String()
}

func TestCombined(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		change func(*http.Request)
		want   string
	}{
		{"plain", func(*http.Request) {}, `192.0.2.1 - - [] "GET /~john/a.txt HTTP/1.1" 202 7 "-" "-"`},
		{"login", func(r *http.Request) { r.SetBasicAuth("john", "secret") }, `192.0.2.1 - john@client1.com [] "GET /~john/a.txt HTTP/1.1" 202 7 "-" "-"`},
		{"account of two words", func(r *http.Request) { r.SetBasicAuth("j \"n", "secret") }, `192.0.2.1 - j\x20\"n@client1.com [] "GET /~john/a.txt HTTP/1.1" 202 7 "-" "-"`},
		{"query", func(r *http.Request) { r.URL.RawQuery = "password=secret" }, `192.0.2.1 - - [] "GET /~john/a.txt?* HTTP/1.1" 202 7 "-" "-"`},
		{"user in the target", func(r *http.Request) { *r = *httptest.NewRequest("GET", "http://john:secret@host/x", nil) }, `192.0.2.1 - - [] "GET /x HTTP/1.1" 202 7 "-" "-"`},
		{"share", func(r *http.Request) { r.URL.Path = "/~john/protected/d/pwd/secret/f" }, `192.0.2.1 - - [] "GET /~john/protected/d/pwd/*/f HTTP/1.1" 202 7 "-" "-"`},
		{"share, escaped", func(r *http.Request) {
			r.URL.Path, r.URL.RawPath = "/~john/protected/pwd/secret", "/~john/protected/p%77d/secret"
		}, `192.0.2.1 - - [] "GET /~john/protected/pwd/* HTTP/1.1" 202 7 "-" "-"`},
		{"share, its slash escaped", func(r *http.Request) {
			r.URL.Path, r.URL.RawPath = "/~john/protected/pwd/secret", "/~john/protected/pwd%2Fsecret"
		}, `192.0.2.1 - - [] "GET /~john/protected/pwd/* HTTP/1.1" 202 7 "-" "-"`},
		{"share, all slashes escaped twice", func(r *http.Request) { r.URL.Path = "/~john/protected%2Fpwd%2Fsecret/f" }, `192.0.2.1 - - [] "GET /~john/protected/pwd/*/f HTTP/1.1" 202 7 "-" "-"`},
		{"share, a blank behind the mark", func(r *http.Request) { r.URL.Path = "/~john/protected/pwd /secret" }, `192.0.2.1 - - [] "GET /~john/protected/pwd\x20/* HTTP/1.1" 202 7 "-" "-"`},
		{"share, two slashes", func(r *http.Request) { r.URL.Path = "/~john/protected/pwd//secret" }, `192.0.2.1 - - [] "GET /~john/protected/pwd//* HTTP/1.1" 202 7 "-" "-"`},
		{"share, a backslash", func(r *http.Request) { r.URL.Path = "/~john/protected/pwd\\secret" }, `192.0.2.1 - - [] "GET /~john/protected/pwd\\* HTTP/1.1" 202 7 "-" "-"`},
		{"share in Referer", func(r *http.Request) {
			r.Header.Set("Referer", "https://u:secret@h/~j/protected/PWD/secret?secret#secret")
		}, `192.0.2.1 - - [] "GET /~john/a.txt HTTP/1.1" 202 7 "https://h/~j/protected/PWD/*" "-"`},
		{"escaped share in a relative Referer", func(r *http.Request) { r.Header.Set("Referer", "~j/protected/pwd%2fsecret") }, `192.0.2.1 - - [] "GET /~john/a.txt HTTP/1.1" 202 7 "~j/protected/pwd/*" "-"`},
		{"bad Referer", func(r *http.Request) { r.Header.Set("Referer", "http://h/%zz/pwd/secret") }, `192.0.2.1 - - [] "GET /~john/a.txt HTTP/1.1" 202 7 "*" "-"`},
		{"hostile agent", func(r *http.Request) { r.Header.Set("User-Agent", "a\"b\\c\r\n\x1b[31mé\xff") }, `192.0.2.1 - - [] "GET /~john/a.txt HTTP/1.1" 202 7 "-" "a\"b\\c\x0d\x0a\x1b[31m\xc3\xa9\xff"`},
		{"hostile method", func(r *http.Request) { r.Method = "A B\n" }, `192.0.2.1 - - [] "A\x20B\x0a /~john/a.txt HTTP/1.1" 202 7 "-" "-"`},
		{"no address", func(r *http.Request) { r.RemoteAddr = "" }, `- - - [] "GET /~john/a.txt HTTP/1.1" 202 7 "-" "-"`},
	} {
		request := httptest.NewRequest("GET", "/~john/a.txt", nil)
		row.change(request)
		require.Equal(t, row.want+"\n", date.ReplaceAllString(visit(t, &sitelog.Access{}, request), "[]"), row.name)
		line := visit(t, &sitelog.Access{JSON: true}, request)
		require.NotContains(t, line, "secret", row.name)
		require.Equal(t, 1, strings.Count(line, "\n"), row.name)
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &fields), row.name)
		require.EqualValues(t, 202, fields["code"])
		require.EqualValues(t, 7, fields["bytes"])
	}
	long := httptest.NewRequest("GET", "/"+strings.Repeat("x", 60_000), nil)
	long.Header.Set("User-Agent", strings.Repeat("\xff", 60_000))
	require.Less(t, len(visit(t, &sitelog.Access{}, long)), 2000)
}

func TestClientAddr(t *testing.T) {
	t.Parallel()
	a := &sitelog.Access{ClientAddr: func(*http.Request) netip.Addr { return netip.MustParseAddr("203.0.113.9") }}
	require.True(t, strings.HasPrefix(visit(t, a, httptest.NewRequest("GET", "/", nil)), "203.0.113.9 - "))
}

func TestObserve(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	a := &sitelog.Access{W: &out}
	e := filestore.Event{
		Service: "FTP", Remote: netip.MustParseAddr("::1"), Account: "john@client1.com", Op: "RETR", Storage: "mary@client1.com",
		Name: "protected/pwd/secret\n", Code: 226, Bytes: 5, Duration: time.Second,
	}
	a.Observe(t.Context(), e)
	a.Observe(t.Context(), filestore.Event{Service: "TFTP", Op: "RRQ", Code: 501})
	for _, kind := range []filestore.EventKind{filestore.EventOperation, filestore.EventLogin, filestore.EventSession} {
		e.Kind = kind
		a.Observe(t.Context(), e) // has no line
	}
	require.Equal(t, `::1 - john@client1.com [] "RETR /~mary@client1.com/protected/pwd/* FTP" 226 5 "-" "-"`+"\n"+
		`- - - [] "RRQ - TFTP" 501 0 "-" "-"`+"\n", date.ReplaceAllString(out.String(), "[]"))
}
