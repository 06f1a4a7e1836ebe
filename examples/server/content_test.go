package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Types of the settings go first, and what is none is left out and told of.
func TestFileExtensions(t *testing.T) {
	t.Parallel()
	d, err := newDemo("")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(d.dir) })
	require.NoError(t, d.file("Settings/HTTPU.settings", []byte(`{FileExtensions = {
 ".Ours" = "application/x-ours"; md = "Text/HTML; charset=KOI8-R"; txt = "text/html\r\nX-Injected: yes"; html = "image/png, text/html"; css = (text); ics = "";
};}
`)))
	r := start(t, "-base", d.dir, "-trust-pages", "client2.com")
	r.base = d.dir
	require.Equal(t, 4, strings.Count(r.log(t), "content type cannot be read"), r.log(t))
	const sandbox = "Content-Security-Policy: sandbox "
	for name, want := range map[string]struct {
		contentType string
		sandboxed   bool
	}{
		"x.ours": {"application/x-ours", true}, "x.md": {"text/html; charset=KOI8-R", true}, "x.txt": {"text/plain; charset=utf-8", false},
		"x.html": {"text/html", true}, "x.css": {"text/css; charset=utf-8", false}, "x.ics": {"text/calendar; charset=utf-8", false},
	} {
		require.NoError(t, os.WriteFile(r.storage("john@client1.com", name), []byte("x"), 0o600))
		require.NoError(t, os.WriteFile(r.storage("ann@client2.com", name), []byte("x"), 0o600))
		code, head := r.curl(t, "-I", r.url("/~john/"+name))
		require.Equal(t, "200", code)
		require.Contains(t, head, "Content-Type: "+want.contentType+"\r\n", name)
		require.Equal(t, want.sandboxed, strings.Contains(head, sandbox), name)
		require.NotContains(t, head, "X-Injected")
		code, head = r.curl(t, "-I", "-H", "Host: client2.com", r.url("/~ann/"+name))
		require.Equal(t, "200", code)
		require.NotContains(t, head, sandbox, "a domain that is trusted")
		_, head = r.curl(t, "-I", "-H", "Host: client2.com", r.url("/~john@client1.com/"+name))
		require.Equal(t, want.sandboxed, strings.Contains(head, sandbox), "on its host, an account that is not")
	}
}

// What curl says about conditions and ranges, the server understands.
func TestCurlConditions(t *testing.T) {
	t.Parallel()
	r := start(t)
	dir := t.TempDir()
	file, tag := filepath.Join(dir, "file"), filepath.Join(dir, "tag")
	require.NoError(t, os.WriteFile(file, []byte("0123456789"), 0o600))
	url, john := r.url("/~john/ten.txt"), r.auth("john")
	for _, step := range []struct {
		name string
		args []string
		code string
		body string
	}{
		{"create", []string{"-u", john, "-H", "If-None-Match: *", "-T", file, url}, "201", ""},
		{"create again", []string{"-u", john, "-H", "If-None-Match: *", "-T", file, url}, "412", "Precondition Failed\n"},
		{"save the tag", []string{"--etag-save", tag, url}, "200", "0123456789"},
		{"compare the tag", []string{"--etag-compare", tag, url}, "304", ""},
		{"newer than itself", []string{"-z", r.storage("john@client1.com", "ten.txt"), url}, "304", ""},
		{"older than long ago", []string{"-z", "-1 Jan 1990", url}, "412", "Precondition Failed\n"},
		{"range", []string{"-r", "2-4", url}, "206", "234"},
		{"last bytes", []string{"-r", "-2", url}, "206", "89"},
		{"beyond", []string{"-r", "50-", url}, "416", "Requested Range Not Satisfiable\n"},
		{"no bytes", []string{"-r", "-0", url}, "416", "Requested Range Not Satisfiable\n"},
		{"other unit", []string{"-H", "Range: lines=1-2", url}, "200", "0123456789"},
		{"unit in capitals", []string{"-H", "Range: Bytes=1-2", url}, "206", "12"},
		{"redirect with its query", []string{"-L", "-o", filepath.Join(dir, "page"), "-w", "%{url_effective}\n%{http_code}", r.url("/~john?a=1&b")}, "200", r.url("/~john/?a=1&b")},
		{"escaped slash", []string{r.url(`/~john/private%2f"diary.txt`)}, "400", "Bad Request\n"},
	} {
		code, body := r.curl(t, step.args...)
		require.Equal(t, step.code, code, step.name)
		require.Equal(t, step.body, body, step.name)
	}
	part := filepath.Join(dir, "part")
	require.NoError(t, os.WriteFile(part, []byte("0123"), 0o600))
	code, _ := r.curl(t, "-C", "-", "-o", part, url)
	require.Equal(t, "206", code)
	whole, err := os.ReadFile(part)
	require.NoError(t, err)
	require.Equal(t, "0123456789", string(whole), "a download goes on")
}
