package httpsite_test

import (
	"context"
	"crypto/tls"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// program runs a client and returns what it printed.
func program(t *testing.T, stdin, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, fixture.Program(t, name), args...)
	command.Stdin = strings.NewReader(stdin)
	command.Dir = t.TempDir()
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

// serveBoth serves a handler by one Server, in clear and within TLS.
func serveBoth(t *testing.T, h *httpsite.Handler) (plain, secure string) {
	t.Helper()
	with := httptest.NewUnstartedServer(nil)
	with.StartTLS() // for its certificate alone
	t.Cleanup(with.Close)
	s := &httpsite.Server{Handler: h, TLSConfig: &tls.Config{Certificates: with.TLS.Certificates}}
	return listen(t, s, s.Serve), listen(t, s, s.ServeTLS)
}

// curl gets the same by every version of HTTP.
func TestCurl(t *testing.T) {
	t.Parallel()
	s := newCompressedServer(t)
	plain, secure := serveBoth(t, s.handler)
	for _, version := range []struct{ flag, url, number string }{
		{"--http1.0", "http://" + plain, "1.0"},
		{"--http1.1", "http://" + plain, "1.1"},
		{"--http1.1", "https://" + secure, "1.1"},
		{"--http2", "https://" + secure, "2"},
	} {
		for _, tt := range []struct {
			name, path, stdin string
			args              []string
			want              string
		}{
			{name: "page", path: "page.html", want: "<p>page</p> 200"},
			{name: "compressed", path: "real.txt", args: []string{"--compressed"}, want: "Ünicode 200"},
			{name: "range", path: "data.bin", args: []string{"-r", "2-4"}, want: "234 206"},
			{name: "ranges", path: "data.bin", args: []string{"-r", "2-4,7-", "-o", "-"}, want: "206"},
			{name: "not modified", path: "fresh.txt", args: []string{"-z", "2 Mar 2026"}, want: " 304"},
			{name: "any tag", path: "page.html", args: []string{"-H", "If-None-Match: *"}, want: " 304"},
			{name: "head", path: "data.bin", args: []string{"-I"}, want: "200"},
			{name: "missing", path: "missing", want: "Not Found\n 404"},
			{name: "stranger", path: "private/secret.txt", want: "Unauthorized\n 401"},
			{name: "owner", path: "private/secret.txt", args: []string{"-u", "john:john-pw"}, want: "secret 200"},
			{name: "upload", path: "привет%20мир.txt", stdin: "здравствуй", args: []string{"-u", "john:john-pw", "-T", "-"}, want: " 20"},
			{name: "download", path: "привет%20мир.txt", want: "здравствуй 200"},
			{name: "refused upload", path: "%24DomainSkins/x", stdin: "x", args: []string{"-u", "john:john-pw", "-T", "-"}, want: "Forbidden\n 403"},
		} {
			if version.number == "1.0" && strings.Contains(tt.name, "load") {
				continue // curl cannot, and so there is nothing to download
			}
			args := append([]string{"-sS", "-k", version.flag, "-w", " %{http_code} %{http_version}", version.url + "/~john/" + tt.path}, tt.args...)
			got := program(t, tt.stdin, "curl", args...)
			require.Contains(t, got, tt.want, "%s, HTTP/%s", tt.name, version.number)
			if version.number != "1.0" {
				require.True(t, strings.HasSuffix(got, " "+version.number), "%s: %q", tt.name, got)
			}
		}
	}
}
