package httpsite_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/httpsite"
)

func zipped(t *testing.T, content string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, content)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

// newCompressedServer has files with compressed ones beside them.
func newCompressedServer(t *testing.T, change ...func(*httpsite.Handler)) *server {
	s := newServer(t, append(change, func(h *httpsite.Handler) { h.Now = func() time.Time { return clock } })...)
	for name, content := range map[string]string{
		"all.html": "plain", "all.html.gz": "gzip", "all.html.br": "br", "all.html.zst": "zstd",
		"real.txt": "Ünicode", "real.txt.gz": zipped(t, "Ünicode"),
		"latin.txt": "\xdcnicode", "latin.txt.gz": "gzip",
		"stale.txt": "plain", "fresh.txt": "plain", "fresh.txt.gz": "gzip",
		"cat.jpg": "plain", "cat.jpg.gz": "gzip",
		"only.txt.gz":    "gzip",
		"dir.txt":        "plain",
		"dir.txt.gz/x":   "x",
		"dir.txt.br":     "br",
		"private/x.html": "plain", "private/x.html.gz": "gzip",
		"$x.html": "plain", "$x.html.gz": "gzip",
		"folder/default.html": "plain", "folder/default.html.gz": "gzip",
	} {
		s.Write(t, john, name, content)
	}
	s.writeAt(t, "stale.txt", "plain", modified)
	s.writeAt(t, "stale.txt.gz", "gzip", modified.Add(-time.Second))
	s.writeAt(t, "fresh.txt", "plain", modified)
	s.writeAt(t, "fresh.txt.gz", "gzip", modified.Truncate(time.Second)) // some clients set whole seconds
	return s
}

func TestPrecompressed(t *testing.T) {
	t.Parallel()
	s := newCompressedServer(t)
	const share = "/~john/protected/pwd/s3cretkey/"
	for _, tt := range []struct {
		name, path, accept, user string
		coding                   string // "": the file itself
		body, contentType        string // "": plain, text/plain or text/html
		varies                   bool
	}{
		{name: "not asked for", path: "/~john/all.html", varies: true},
		{name: "the best", path: "/~john/all.html", accept: "gzip, deflate, br, zstd", coding: "br", varies: true},
		{name: "what there is", path: "/~john/fresh.txt", accept: "gzip, deflate, br, zstd", coding: "gzip", varies: true},
		{name: "what the client likes best", path: "/~john/all.html", accept: "br;q=0.2, zstd;q=0.9, gzip;q=0.8", coding: "zstd", varies: true},
		{name: "excluded", path: "/~john/all.html", accept: "br;q=0, *;q=0", varies: true},
		{name: "page of a folder", path: "/~john/folder/", accept: "gzip", coding: "gzip", varies: true},
		{name: "charset of the content", path: "/~john/real.txt", accept: "gzip", coding: "gzip", body: zipped(t, "Ünicode"), contentType: "text/plain; charset=utf-8", varies: true},
		{name: "charset that is not known", path: "/~john/latin.txt", accept: "gzip", coding: "gzip", contentType: "text/plain", varies: true},
		{name: "older than the file", path: "/~john/stale.txt", accept: "gzip", varies: true},
		{name: "none", path: "/~john/data.bin", accept: "gzip", body: "0123456789", contentType: "application/octet-stream"},
		{name: "not worth it", path: "/~john/cat.jpg", accept: "gzip", contentType: "image/jpeg"},
		{name: "a folder of that name", path: "/~john/dir.txt", accept: "gzip, br;q=0.5", coding: "br", varies: true},
		{name: "the compressed file itself", path: "/~john/all.html.gz", accept: "gzip", body: "gzip", contentType: "application/gzip"},
		{name: "private", path: "/~john/private/x.html", accept: "gzip", user: "john"},
		{name: "credentials", path: "/~john/all.html", accept: "gzip", user: "john"},
		{name: "share", path: share + "x.html", accept: "gzip"},
		{name: "LoginPage host", path: "/all.html", accept: "br", coding: "br", varies: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := call{method: "GET", path: tt.path, user: tt.user, header: map[string]string{}}
			if tt.path == "/all.html" {
				c.host = "www.john.example"
			}
			if tt.accept != "" {
				c.header["Accept-Encoding"] = tt.accept
			}
			got := s.do(t, c)
			require.Equal(t, 200, got.code)
			require.Equal(t, tt.coding, got.header.Get("Content-Encoding"))
			body := tt.body
			if body == "" {
				if body = "plain"; tt.coding != "" {
					body = tt.coding
				}
			}
			require.Equal(t, body, got.body)
			require.Empty(t, got.header["Transfer-Encoding"])
			require.NotEmpty(t, got.header.Get("Content-Length"))
			if tt.contentType != "" {
				require.Equal(t, tt.contentType, got.header.Get("Content-Type"))
			}
			require.Equal(t, tt.varies, got.header.Get("Vary") == "Accept-Encoding")
			c.method = "HEAD"
			head := s.do(t, c)
			got.header.Del("Date")
			head.header.Del("Date")
			require.Equal(t, got.header, head.header)

			c.method, c.header["If-None-Match"] = "GET", got.header.Get("ETag")
			same := s.do(t, c)
			require.Equal(t, 304, same.code)
			require.Equal(t, got.header.Get("ETag"), same.header.Get("ETag"))
			require.Equal(t, got.header.Get("Vary"), same.header.Get("Vary"))
			require.Empty(t, same.header.Get("Content-Encoding"))
		})
	}
	missing := s.do(t, call{method: "GET", path: "/~john/only.txt", header: map[string]string{"Accept-Encoding": "gzip"}})
	require.Equal(t, 404, missing.code, "a compressed file stands for nothing without the file")
	off := newCompressedServer(t, func(h *httpsite.Handler) { h.NoPrecompressed = true })
	got := off.do(t, call{method: "GET", path: "/~john/all.html", header: map[string]string{"Accept-Encoding": "gzip"}})
	require.Equal(t, "plain", got.body)
	require.Empty(t, got.header.Get("Vary"))
}

// Each form has its own tag, and parts of one are never joined to the other.
func TestPrecompressedAndConditions(t *testing.T) {
	t.Parallel()
	s := newCompressedServer(t)
	get := func(accept string, header map[string]string) answer {
		all := map[string]string{"Accept-Encoding": accept}
		for k, v := range header {
			all[k] = v
		}
		return s.do(t, call{method: "GET", path: "/~john/fresh.txt", header: all})
	}
	plain, encoded := get("identity", nil), get("gzip", nil)
	tag, gzipTag := plain.header.Get("ETag"), encoded.header.Get("ETag")
	require.NotEqual(t, tag, gzipTag)
	for _, tt := range []struct {
		name, accept string
		header       map[string]string
		code         int
		body         string
	}{
		{"the other's tag", "gzip", map[string]string{"If-None-Match": tag}, 200, "gzip"},
		{"both", "gzip", map[string]string{"If-None-Match": tag + ", " + gzipTag}, 304, ""},
		{"If-Match, the other's", "gzip", map[string]string{"If-Match": tag}, 412, "Precondition Failed\n"},
		{"If-Match", "gzip", map[string]string{"If-Match": gzipTag}, 200, "gzip"},
		{"a range is one of the file", "gzip", map[string]string{"Range": "bytes=0-1"}, 206, "pl"},
		{"a range of the file goes on", "gzip", map[string]string{"Range": "bytes=2-", "If-Range": tag}, 206, "ain"},
		{"a range of the other does not", "gzip", map[string]string{"Range": "bytes=2-", "If-Range": gzipTag}, 200, "plain"},
		{"other units too", "gzip", map[string]string{"Range": "lines=1-2"}, 200, "plain"},
	} {
		got := get(tt.accept, tt.header)
		require.Equal(t, tt.code, got.code, tt.name)
		require.Equal(t, tt.body, got.body, tt.name)
		if tt.header["Range"] != "" {
			require.Equal(t, tag, got.header.Get("ETag"), tt.name)
			require.Empty(t, got.header.Get("Content-Encoding"), tt.name)
			require.Equal(t, "Accept-Encoding", got.header.Get("Vary"), tt.name)
		}
	}
}
