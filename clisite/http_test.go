package clisite_test

import (
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// ask sends a request, and returns the status and the body.
func ask(t *testing.T, r *http.Request) (status int, body string, header http.Header) {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(text), answer.Header
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(&clisite.Handler{Views: fixture.Views(openTestBase(t))})
	t.Cleanup(s.Close)
	const form = "application/x-www-form-urlencoded"
	for _, row := range []struct {
		name         string
		method, user string
		command      string
		header       map[string]string
		status       int
		body         string
	}{
		{name: "by GET", method: "GET", user: "admin", command: "listdomains", status: 200, body: "(client1.com,client2.com,client3.com)\r\n"},
		{name: "by POST", method: "POST", user: "admin@client1.com", command: "ListAccounts client2.com", status: 200, body: "{ann=macnt;boss=macnt;helper=macnt;}\r\n"},
		{name: "no data", method: "POST", user: "admin", command: `WriteStorageFile ann@client2.com FILE "private/" DATA []`, status: 200},
		{name: "over lines", method: "POST", user: "admin", command: "ReadStorageFile ann@client2.com \n FILE\tpublic\r\n", status: 200, body: `\(\[cHVibGlj\],#T[-0-9_:]+,#6\)` + "\r\n"},
		{name: "one command is one", method: "POST", user: "admin", command: "NOOP\nDeleteStorageFile ann@client2.com FILE public", status: 200},
		{name: "and the file is still there", method: "GET", user: "admin", command: "ReadStorageFile ann@client2.com FILE public SIZE 1", status: 200, body: `\(\[cA==\],#T[-0-9_:]+,#6\)` + "\r\n"},
		{name: "listing", method: "GET", user: "admin", command: "ListStorageFiles john", status: 200, body: `{public={STFileSize=#6;STModified=#T[-0-9_:]+;};}` + "\r\n"},
		{name: "HEAD", method: "HEAD", user: "admin", command: "listdomains", status: 200},
		{name: "change by GET", method: "GET", user: "admin", command: "DeleteStorageFile john FILE public", status: 405, body: "method not allowed\r\n"},
		{name: "guess by GET", method: "GET", user: "admin", command: "VerifyAccountPassword john PASSWORD x", status: 405, body: "method not allowed\r\n"},
		{name: "guess by POST", method: "POST", user: "admin", command: "VerifyAccountPassword john PASSWORD x", status: 409, body: "501 wrong password\r\n"},
		{name: "another method", method: "PUT", user: "admin", command: "listdomains", status: 405, body: "method not allowed\r\n"},
		{name: "unknown", method: "POST", user: "admin", command: "CreateAccount x", status: 400, body: "500 unknown command\r\n"},
		{name: "of the dialogue", method: "POST", user: "admin", command: "USER x", status: 400, body: "500 unknown command\r\n"},
		{name: "syntax", method: "POST", user: "admin", command: "ReadStorageFile john", status: 400, body: "500 syntax error\r\n"},
		{name: "open bracket", method: "POST", user: "admin", command: "ReadStorageFile (john", status: 400, body: "500 syntax error\r\n"},
		{name: "missing", method: "GET", user: "admin", command: "ReadStorageFile john FILE none", status: 404, body: "501 no such file or folder\r\n"},
		{name: "missing account", method: "GET", user: "admin", command: "GetAccountSettings none", status: 404, body: "501 no such account\r\n"},
		{name: "in the way", method: "POST", user: "admin", command: `WriteStorageFile john FILE public NEW DATA []`, status: 409, body: "501 already exists\r\n"},
		{name: "no command", method: "POST", user: "admin", status: 400, body: "500 unknown command\r\n"},
		{name: "no login", method: "GET", command: "listdomains", status: 401, body: "unauthorized\r\n"},
		{name: "wrong password", method: "GET", user: "nobody", command: "listdomains", status: 401, body: "unauthorized\r\n"},
		{name: "administrator of a domain", method: "GET", user: "boss@client2.com", command: "listdomains", status: 403, body: "501 access denied\r\n"},
		{name: "user", method: "POST", user: "john", command: "ListStorageFiles \\*", status: 403, body: "501 access denied\r\n"},
		{name: "from a foreign page", method: "POST", user: "admin", command: "listdomains", header: map[string]string{"Sec-Fetch-Site": "cross-site"}, status: 403, body: "forbidden\r\n"},
		{name: "from a page in a sandbox", method: "POST", user: "admin", command: "listdomains", header: map[string]string{"Origin": "null"}, status: 403, body: "forbidden\r\n"},
		{name: "another form", method: "POST", user: "admin", command: "listdomains", header: map[string]string{"Content-Type": "text/plain"}, status: 400, body: "bad request\r\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			fields := url.Values{"command": {row.command}}.Encode()
			r := httptest.NewRequest(row.method, s.URL+"/cli/?"+fields, nil)
			if row.method == "POST" {
				r = httptest.NewRequest(row.method, s.URL+"/cli/", strings.NewReader(fields))
				r.Header.Set("Content-Type", form)
			}
			r.RequestURI = ""
			if row.user != "" {
				name, _, _ := strings.Cut(row.user, "@")
				r.SetBasicAuth(row.user, name+"-pw")
			}
			for key, value := range row.header {
				r.Header.Set(key, value)
			}
			status, body, header := ask(t, r)
			require.Equal(t, row.status, status, body)
			want := row.body
			if row.status != 200 || !strings.Contains(want, "#T") {
				want = regexp.QuoteMeta(want)
			}
			require.Regexp(t, "^"+want+"$", body)
			require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"))
			require.Equal(t, "private, no-store", header.Get("Cache-Control"))
			require.Equal(t, status == 401, strings.HasPrefix(header.Get("WWW-Authenticate"), `Basic realm="client1.com"`))
			require.Equal(t, status == 405, header.Get("Allow") == "GET, HEAD, POST")
		})
	}
}

func TestHTTPBounds(t *testing.T) {
	t.Parallel()
	views := fixture.Views(openTestBase(t))
	post := func(h *clisite.Handler, body io.Reader) (int, string) {
		s := httptest.NewServer(h)
		defer s.Close()
		r, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/cli/", body)
		require.NoError(t, err)
		r.SetBasicAuth("admin", "admin-pw")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		status, text, _ := ask(t, r)
		return status, text
	}
	long := "command=x" + strings.Repeat("+", 200_000)
	status, text := post(&clisite.Handler{Views: views}, strings.NewReader(long))
	require.Equal(t, 400, status)
	require.Equal(t, "500 unknown command\r\n", text)
	status, _ = post(&clisite.Handler{Views: views, MaxBody: 100_000}, strings.NewReader(long))
	require.Equal(t, 413, status)
	status, _ = post(&clisite.Handler{Views: views, MaxBody: 100_000}, io.MultiReader(strings.NewReader(long))) // of unknown length
	require.Equal(t, 413, status)
	status, text = post(&clisite.Handler{Views: views, MaxMemory: 100_000}, strings.NewReader(long))
	require.Equal(t, 503, status)
	require.Equal(t, "501 server is busy, try again later\r\n", text)
	status, _ = post(&clisite.Handler{Views: views, MaxBody: math.MaxInt64}, io.MultiReader(strings.NewReader(long))) // may take any memory
	require.Equal(t, 503, status)
	status, _ = post(&clisite.Handler{Views: views, NoBasicAuth: true}, strings.NewReader(long))
	require.Equal(t, 403, status)
	reader, writer := io.Pipe() // nothing comes
	defer writer.Close()
	status, _ = post(&clisite.Handler{Views: views, StallTimeout: 20 * time.Millisecond}, reader)
	require.Equal(t, 408, status)
	for _, body := range []string{"", "command=a&command=b", "other=x", "command=%zz"} {
		status, text = post(&clisite.Handler{Views: views}, strings.NewReader(body))
		require.Equal(t, 400, status)
		require.Equal(t, "bad request\r\n", text)
	}
	require.Equal(t, 500, first(post(&clisite.Handler{Views: fixture.Views(failing{Server: accounts(t), login: func() error { panic("/var/secret") }})}, strings.NewReader(long))))
}

func first(status int, _ string) int { return status }
