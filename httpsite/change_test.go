package httpsite_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

func TestChange(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		call call
		code int
		want map[string]string // stored content afterwards; "-" for none
	}{
		{name: "PUT new", call: call{method: "PUT", path: "/~john/new.txt", user: "john", body: "new"}, code: 201, want: map[string]string{"new.txt": "new"}},
		{name: "PUT replaces", call: call{method: "PUT", path: "/~john/page.html", user: "john", body: "new"}, code: 204, want: map[string]string{"page.html": "new", "page.html.meta": "<meta/>"}},
		{name: "PUT empty", call: call{method: "PUT", path: "/~john/empty.txt", user: "john"}, code: 201, want: map[string]string{"empty.txt": ""}},
		{name: "PUT by administrator", call: call{method: "PUT", path: "/~john/private/new.txt", user: "admin", body: "new"}, code: 201, want: map[string]string{"private/new.txt": "new"}},
		{name: "PUT by stranger", call: call{method: "PUT", path: "/~john/page.html", body: "new"}, code: 401, want: map[string]string{"page.html": "<p>page</p>"}},
		{name: "PUT with a wrong password", call: call{method: "PUT", path: "/~john/page.html", user: "nobody", body: "new"}, code: 401, want: map[string]string{"page.html": "<p>page</p>"}},
		{name: "PUT by other", call: call{method: "PUT", path: "/~john/page.html", user: "mary", body: "new"}, code: 403, want: map[string]string{"page.html": "<p>page</p>"}},
		{name: "PUT by other, missing account", call: call{method: "PUT", path: "/~nobody/page.html", user: "mary", body: "new"}, code: 403},
		{name: "PUT by administrator, missing account", call: call{method: "PUT", path: "/~nobody/page.html", user: "admin", body: "new"}, code: 404},
		{name: "PUT onto a directory", call: call{method: "PUT", path: "/~john/folder", user: "john", body: "new"}, code: 405},
		{name: "PUT with a final slash", call: call{method: "PUT", path: "/~john/new/", user: "john", body: "new"}, code: 405},
		{name: "PUT onto the root", call: call{method: "PUT", path: "/~john/", user: "john", body: "new"}, code: 405},
		{name: "PUT without parent", call: call{method: "PUT", path: "/~john/missing/x", user: "john", body: "new"}, code: 409},
		{name: "PUT below a file", call: call{method: "PUT", path: "/~john/page.html/x", user: "john", body: "new"}, code: 409},
		{name: "PUT reserved", call: call{method: "PUT", path: "/~john/Index.wssp", user: "john", body: "new"}, code: 403},
		{name: "PUT private as a file", call: call{method: "PUT", path: "/~john/Private", user: "john", body: "new"}, code: 403},
		{name: "PUT by share path", call: call{method: "PUT", path: "/~john/protected/pwd/s3cretkey/secret.txt", user: "john", body: "new"}, code: 403, want: map[string]string{"private/secret.txt": "secret"}},
		{name: "PUT a sidecar", call: call{method: "PUT", path: "/~john/page.html.meta", user: "john", body: "<meta>x</meta>"}, code: 204, want: map[string]string{"page.html.meta": "<meta>x</meta>"}},
		{name: "PUT a part", call: call{method: "PUT", path: "/~john/page.html", user: "john", body: "new", header: map[string]string{"Content-Range": "bytes 0-2/10"}}, code: 400, want: map[string]string{"page.html": "<p>page</p>"}},
		{name: "PUT a part that is not said to be one", call: call{method: "PUT", path: "/~john/page.html", user: "john", body: "new", header: map[string]string{"Content-Range": ""}}, code: 400, want: map[string]string{"page.html": "<p>page</p>"}},
		{name: "PUT in a coding", call: call{method: "PUT", path: "/~john/page.html", user: "john", body: "new", header: map[string]string{"Content-Encoding": "GZip"}}, code: 415, want: map[string]string{"page.html": "<p>page</p>"}},
		{name: "PUT in two codings", call: call{method: "PUT", path: "/~john/new.txt", user: "john", body: "new", header: map[string]string{"Content-Encoding": "identity, br"}}, code: 415, want: map[string]string{"new.txt": "-"}},
		{name: "PUT in no coding", call: call{method: "PUT", path: "/~john/new.txt", user: "john", body: "new", header: map[string]string{"Content-Encoding": "utf-8, identity"}}, code: 201, want: map[string]string{"new.txt": "new"}},
		{name: "PUT only if new", call: call{method: "PUT", path: "/~john/page.html", user: "john", body: "new", header: map[string]string{"If-None-Match": "*"}}, code: 412, want: map[string]string{"page.html": "<p>page</p>"}},
		{name: "PUT only if new, and it is", call: call{method: "PUT", path: "/~john/new.txt", user: "john", body: "new", header: map[string]string{"If-None-Match": "*"}}, code: 201, want: map[string]string{"new.txt": "new"}},
		{name: "PUT if unchanged, but it is another", call: call{method: "PUT", path: "/~john/page.html", user: "john", body: "new", header: map[string]string{"If-Match": `"other", W/"weak"`}}, code: 412, want: map[string]string{"page.html": "<p>page</p>"}},
		{name: "PUT if there is any", call: call{method: "PUT", path: "/~john/page.html", user: "john", body: "new", header: map[string]string{"If-Match": "*"}}, code: 204, want: map[string]string{"page.html": "new"}},
		{name: "PUT if there is any, and there is none", call: call{method: "PUT", path: "/~john/new.txt", user: "john", body: "new", header: map[string]string{"If-Match": "*"}}, code: 412, want: map[string]string{"new.txt": "-"}},
		{name: "PUT if unmodified since long ago", call: call{method: "PUT", path: "/~john/page.html", user: "john", body: "new", header: map[string]string{"If-Unmodified-Since": "Mon, 02 Jan 2006 15:04:05 GMT"}}, code: 412, want: map[string]string{"page.html": "<p>page</p>"}},

		{name: "DELETE file", call: call{method: "DELETE", path: "/~john/page.html", user: "john"}, code: 204, want: map[string]string{"page.html": "-", "page.html.meta": "-"}},
		{name: "DELETE directory", call: call{method: "DELETE", path: "/~john/folder/", user: "john"}, code: 204, want: map[string]string{"folder/default.html": "-"}},
		{name: "DELETE file named as a directory", call: call{method: "DELETE", path: "/~john/page.html/", user: "john"}, code: 404, want: map[string]string{"page.html": "<p>page</p>"}},
		{name: "DELETE missing", call: call{method: "DELETE", path: "/~john/missing", user: "john"}, code: 404},
		{name: "DELETE root", call: call{method: "DELETE", path: "/~john/", user: "john"}, code: 403, want: map[string]string{"page.html": "<p>page</p>"}},
		{name: "DELETE by stranger", call: call{method: "DELETE", path: "/~john/missing"}, code: 401},
		{name: "DELETE by other", call: call{method: "DELETE", path: "/~john/page.html", user: "mary"}, code: 403, want: map[string]string{"page.html": "<p>page</p>"}},
		{name: "DELETE another version", call: call{method: "DELETE", path: "/~john/page.html", user: "john", header: map[string]string{"If-Match": `"x"`}}, code: 412, want: map[string]string{"page.html": "<p>page</p>"}},

		{name: "DELETE directory with depth infinity", call: call{method: "DELETE", path: "/~john/folder", user: "john", header: map[string]string{"Depth": "Infinity"}}, code: 204, want: map[string]string{"folder/default.html": "-"}},
		{name: "DELETE a link of a chain of depths", call: call{method: "DELETE", path: "/~john/folder", user: "john", header: map[string]string{"Depth": "infinity\r\nDepth: 0"}}, code: 400, want: map[string]string{"folder/default.html": "<h1>folder</h1>"}},
		{name: "DELETE missing with depth", call: call{method: "DELETE", path: "/~john/missing", user: "john", header: map[string]string{"Depth": "0"}}, code: 404},
		{name: "DELETE directory with depth by other", call: call{method: "DELETE", path: "/~john/folder", user: "mary", header: map[string]string{"Depth": "0"}}, code: 403},

		{name: "MKCOL", call: call{method: "MKCOL", path: "/~john/new/", user: "john"}, code: 201},
		{name: "MKCOL exists", call: call{method: "MKCOL", path: "/~john/folder/", user: "john"}, code: 405},
		{name: "MKCOL without parent", call: call{method: "MKCOL", path: "/~john/missing/new", user: "john"}, code: 409},
		{name: "MKCOL with a body", call: call{method: "MKCOL", path: "/~john/new", user: "john", body: "x"}, code: 415},
		{name: "MKCOL reserved", call: call{method: "MKCOL", path: "/~john/x.meta", user: "john"}, code: 403},
		{name: "MKCOL by other", call: call{method: "MKCOL", path: "/~john/new", user: "mary", body: "x"}, code: 403},

		{name: "MOVE", call: call{method: "MOVE", path: "/~john/page.html", user: "john", header: map[string]string{"Destination": "/~john/folder/moved.html"}}, code: 201, want: map[string]string{"page.html": "-", "page.html.meta": "-", "folder/moved.html": "<p>page</p>", "folder/moved.html.meta": "<meta/>"}},
		{name: "MOVE to a full URL of another host", call: call{method: "MOVE", path: "/~john/page.html", user: "john", header: map[string]string{"Destination": "https://proxy.example/~john/m%C3%B6ved.html"}}, code: 201, want: map[string]string{"möved.html": "<p>page</p>"}},
		{name: "MOVE, old header", call: call{method: "MOVE", path: "/~john/page.html", user: "john", header: map[string]string{"New-URI": "/~john/moved.html"}}, code: 201, want: map[string]string{"moved.html": "<p>page</p>"}},
		{name: "MOVE replaces", call: call{method: "MOVE", path: "/~john/data.bin", user: "john", header: map[string]string{"Destination": "/~john/page.html"}}, code: 204, want: map[string]string{"data.bin": "-", "page.html": "0123456789", "page.html.meta": "-"}},
		{name: "MOVE does not replace", call: call{method: "MOVE", path: "/~john/data.bin", user: "john", header: map[string]string{"Destination": "/~john/page.html", "Overwrite": "F"}}, code: 412, want: map[string]string{"data.bin": "0123456789", "page.html": "<p>page</p>"}},
		{name: "MOVE directory", call: call{method: "MOVE", path: "/~john/folder/", user: "john", header: map[string]string{"Destination": "/~john/other/"}}, code: 201, want: map[string]string{"other/default.html": "<h1>folder</h1>"}},
		{name: "MOVE missing", call: call{method: "MOVE", path: "/~john/missing", user: "john", header: map[string]string{"Destination": "/~john/x"}}, code: 404},
		{name: "MOVE without Destination", call: call{method: "MOVE", path: "/~john/page.html", user: "john"}, code: 400},
		{name: "MOVE to nonsense", call: call{method: "MOVE", path: "/~john/page.html", user: "john", header: map[string]string{"Destination": "%zz"}}, code: 400},
		{name: "MOVE to dot dot", call: call{method: "MOVE", path: "/~john/page.html", user: "john", header: map[string]string{"Destination": "/~john/../x"}}, code: 400},
		{name: "MOVE to an escaped slash", call: call{method: "MOVE", path: "/~john/page.html", user: "john", header: map[string]string{"Destination": `/~john/folder%2f"x`}}, code: 400, want: map[string]string{"page.html": "<p>page</p>", `folder/"x`: "-"}},
		{name: "MOVE to an escaped slash, old header", call: call{method: "MOVE", path: "/~john/page.html", user: "john", header: map[string]string{"New-URI": `http://client1.com/~john/folder%2F{x`}}, code: 400, want: map[string]string{"page.html": "<p>page</p>", "folder/{x": "-"}},
		{name: "PUT to an escaped slash", call: call{method: "PUT", path: `/~john/folder%2f"x`, user: "john", body: "new"}, code: 400, want: map[string]string{`folder/"x`: "-"}},
		{name: "MOVE with bad Overwrite", call: call{method: "MOVE", path: "/~john/page.html", user: "john", header: map[string]string{"Destination": "/~john/x", "Overwrite": "maybe"}}, code: 400},
		{name: "MOVE to a missing parent", call: call{method: "MOVE", path: "/~john/page.html", user: "john", header: map[string]string{"Destination": "/~john/missing/x"}}, code: 409},
		{name: "MOVE below a file", call: call{method: "MOVE", path: "/~john/page.html", user: "john", header: map[string]string{"Destination": "/~john/data.bin/x"}}, code: 409},
		{name: "MOVE to another account", call: call{method: "MOVE", path: "/~john/page.html", user: "admin", header: map[string]string{"Destination": "/~mary/x"}}, code: 403, want: map[string]string{"page.html": "<p>page</p>"}},
		{name: "MOVE to a missing account", call: call{method: "MOVE", path: "/~john/page.html", user: "admin", header: map[string]string{"Destination": "/~nobody/x"}}, code: 403},
		{name: "MOVE to an alias of the account", call: call{method: "MOVE", path: "/~john/page.html", user: "john", header: map[string]string{"Destination": "/~johnny/x"}}, code: 201, want: map[string]string{"x": "<p>page</p>"}},
		{name: "MOVE onto itself", call: call{method: "MOVE", path: "/~john/page.html", user: "john", header: map[string]string{"Destination": "/~john/page.html"}}, code: 403, want: map[string]string{"page.html": "<p>page</p>"}},
		{name: "MOVE into its own tree", call: call{method: "MOVE", path: "/~john/folder", user: "john", header: map[string]string{"Destination": "/~john/folder/x"}}, code: 403, want: map[string]string{"folder/default.html": "<h1>folder</h1>"}},
		{name: "MOVE private", call: call{method: "MOVE", path: "/~john/private", user: "john", header: map[string]string{"Destination": "/~john/x"}}, code: 403},
		{name: "MOVE onto private", call: call{method: "MOVE", path: "/~john/folder", user: "john", header: map[string]string{"Destination": "/~john/private"}}, code: 403},
		{name: "MOVE to a reserved name", call: call{method: "MOVE", path: "/~john/page.html", user: "john", header: map[string]string{"Destination": "/~john/index.wssp"}}, code: 403},
		{name: "MOVE with a sidecar to the name of one", call: call{method: "MOVE", path: "/~john/page.html", user: "john", header: map[string]string{"Destination": "/~john/x.meta"}}, code: 409},
		{name: "MOVE by other", call: call{method: "MOVE", path: "/~john/page.html", user: "mary", header: map[string]string{"Destination": "/~mary/x"}}, code: 403},
		{name: "MOVE by stranger", call: call{method: "MOVE", path: "/~john/page.html"}, code: 401},

		{name: "COPY", call: call{method: "COPY", path: "/~john/page.html", user: "john", header: map[string]string{"Destination": "/~john/copy.html"}}, code: 201, want: map[string]string{"page.html": "<p>page</p>", "copy.html": "<p>page</p>"}},
		{name: "COPY a directory alone", call: call{method: "COPY", path: "/~john/folder", user: "john", header: map[string]string{"Destination": "/~john/copy", "Depth": "0"}}, code: 201, want: map[string]string{"copy/default.html": "-"}},
		{name: "COPY a tree", call: call{method: "COPY", path: "/~john/folder", user: "john", header: map[string]string{"Destination": "/~john/copy"}}, code: 201, want: map[string]string{"copy/default.html": "<h1>folder</h1>"}},
		{name: "COPY with depth 1", call: call{method: "COPY", path: "/~john/folder", user: "john", header: map[string]string{"Destination": "/~john/copy", "Depth": "1"}}, code: 400},

		{name: "PUT a sidecar of a sidecar", call: call{method: "PUT", path: "/~john/page.html.meta.meta", user: "john", body: "x"}, code: 403},
		{name: "MKCOL a sidecar of a sidecar", call: call{method: "MKCOL", path: "/~john/page.html.meta.meta", user: "john"}, code: 403},
		{name: "MOVE to a sidecar of a sidecar", call: call{method: "MOVE", path: "/~john/data.bin", user: "john", header: map[string]string{"Destination": "/~john/x.META.meta"}}, code: 403, want: map[string]string{"data.bin": "0123456789"}},
		{name: "COPY to a sidecar of a sidecar", call: call{method: "COPY", path: "/~john/data.bin", user: "admin", header: map[string]string{"Destination": "/~john/page.html.meta.meta"}}, code: 403, want: map[string]string{"page.html.meta.meta": "-"}},
		{name: "PUT onto the root without its slash", call: call{method: "PUT", path: "/~john", user: "john", body: "new"}, code: 405},
		{name: "DELETE of a file as a directory by other", call: call{method: "DELETE", path: "/~john/page.html/", user: "mary"}, code: 403},
		{name: "DELETE with a condition by other", call: call{method: "DELETE", path: "/~john/missing", user: "mary", header: map[string]string{"If-Match": `"x"`}}, code: 403},
		{name: "DELETE by share path", call: call{method: "DELETE", path: "/~john/protected/pwd/s3cretkey/secret.txt/", user: "john"}, code: 403, want: map[string]string{"private/secret.txt": "secret"}},
		{name: "COPY from a share path", call: call{method: "COPY", path: "/~john/protected/pwd/wrong/secret.txt", user: "john", header: map[string]string{"Destination": "/~john/x"}}, code: 403},
		{name: "POST to a page below a share path", call: call{method: "POST", path: "/~john/protected/pwd/s3cretkey/index.wssp", user: "john"}, code: 403},
		{name: "malformed form", call: call{method: "POST", path: "/~john/index.wssp", user: "john", body: "--B\r\nnonsense\r\n\r\nx\r\n--B--\r\n", header: map[string]string{"Content-Type": "multipart/form-data; boundary=B"}}, code: 400},
		{name: "NUL in the name of an upload", call: call{method: "POST", path: "/~john/index.wssp", user: "john", body: "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\x00b\"\r\n\r\nx\r\n--B--\r\n", header: map[string]string{"Content-Type": "multipart/form-data; boundary=B"}}, code: 400},
		{name: "unknown method, stranger", call: call{method: "REPORT", path: "/~john/"}, code: 401},
		{name: "unknown method, other", call: call{method: "REPORT", path: "/~john/", user: "mary"}, code: 403},
		{name: "unknown method, owner", call: call{method: "REPORT", path: "/~john/", user: "john"}, code: 405},
		{name: "POST to a file", call: call{method: "POST", path: "/~john/page.html", user: "john"}, code: 405},
		{name: "impossible name comes first", call: call{method: "PUT", path: "/~john/../x", body: "x"}, code: 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for store, open := range stores(t) {
				s := newServerOn(t, open)
				got := s.do(t, tt.call)
				require.Equal(t, tt.code, got.code, "%s: %s", store, got.body)
				for name, want := range tt.want {
					content, ok := s.Read(t, john, name)
					require.Equal(t, want != "-", ok, name)
					if ok {
						require.Equal(t, want, content, name)
					}
				}
			}
		})
	}
}

// A client that means a file, or less than a tree, says so by Depth: lftp's plain
// rm does. Nothing is removed or moved then.
func TestDepth(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, depth := range []string{"0", "1", "", "infinite", "infinity, infinity", "infinity\r\nDepth: infinity", "0\r\nDepth: infinity", "noroot", "-1", "1,noroot"} {
		for _, method := range []string{"DELETE", "MOVE", "COPY"} {
			header := map[string]string{"Depth": depth, "Destination": "/~john/target"}
			for _, path := range []string{"/~john/folder", "/~john/folder/", "/~john/empty"} {
				code := 400
				if method == "COPY" && depth == "0" {
					code = 201
				}
				got := s.do(t, call{method: method, path: path, user: "john", header: header})
				require.Equal(t, code, got.code, "%s %s, Depth: %q", method, path, depth)
				if code == 201 {
					_, ok := s.Read(t, john, "target/default.html")
					require.False(t, ok)
					require.Equal(t, 204, s.do(t, call{method: "DELETE", path: "/~john/target/", user: "john"}).code)
				}
			}
			s.Write(t, john, "file", "x")
			got := s.do(t, call{method: method, path: "/~john/file", user: "john", header: header})
			require.Less(t, got.code, 300, "%s of a file, Depth: %q", method, depth)
			_ = s.do(t, call{method: "DELETE", path: "/~john/target", user: "john"})
		}
		for _, name := range []string{"folder/default.html", "empty/x.txt"} {
			_, ok := s.Read(t, john, name)
			require.True(t, ok, "%s, Depth: %q", name, depth)
		}
	}
}

// The host of a destination counts as that of the request does. What names
// nothing here may be a proxy's.
func TestDestinationHost(t *testing.T) {
	t.Parallel()
	const path, copied = "/~john/data.bin", "copied"
	for destination, want := range map[string]int{
		"http://client1.com/~john/copied":               201,
		"http://CLIENT1.com.:8100/~john/copied":         201,
		"http://client1.com/~johnny/copied":             201,
		"//client1.com/~john/copied":                    201,
		"http://www.john.example/copied":                201,
		"http://client2.com/~john@client1.com/copied":   201,
		"http://client2.com/-john@client1.com/copied":   201,
		"https://proxy.example/~john/copied":            201,
		"https://127.0.0.9:8443/~john/copied":           201,
		"https://[::1]/~john/copied":                    201,
		"http:/~john/copied":                            201,
		"/~john/copied":                                 201,
		"http://client2.com/~john/copied":               403, // nobody
		"http://client2.com/john/copied":                403,
		"http://client2.com/~ann/copied":                403,
		"http://client1.com/~mary/copied":               403,
		"http://client1.com/~john@client2.com/copied":   403,
		"http://www.john.example/~john/copied":          403, // no name there
		"https://proxy.example/~ann@client2.com/copied": 403,
		"https://proxy.example/copied":                  403,
		"http://client2.com/":                           403,
		"http://../~john/copied":                        400,
		"http://a..b/~john/copied":                      400,
		"http://client1.com:x/~john/copied":             400,
		"http://client%31.com/~john/copied":             400,
		"/~john/copied\r\nDestination: /~john/copied":   400,
		"/~john/copied\r\nDestination: /~john/other":    400,
		"": 400,
		// A question mark or a number sign that a client has not escaped: its name
		// would lose them, and what stands behind.
		"/~john/copied?":                   400,
		"/~john/copied#":                   400,
		"/~john/copied?x":                  400,
		"/~john/copied#x":                  400,
		"http://client1.com/~john/copied?": 400,
		"http://client1.com/~john/copied#": 400,
	} {
		for _, method := range []string{"COPY", "MOVE"} {
			s := newServer(t)
			got := s.do(t, call{method: method, path: path, user: "john", header: map[string]string{"Destination": destination}})
			require.Equal(t, want, got.code, "%s to %q", method, destination)
			content, ok := s.Read(t, john, copied)
			require.Equal(t, want == 201, ok, "%s to %q", method, destination)
			if ok {
				require.Equal(t, "0123456789", content)
			}
		}
	}
	s := newServer(t)
	for i, tt := range []struct {
		host, path, destination string
		code                    int
	}{
		{"client2.com", "/~ann/default.html", "https://proxy.example/~ann/a", 201},
		{"client2.com", "/~ann/default.html", "https://proxy.example/ann/b", 201},
		{"client2.com", "/~ann/default.html", "http://client1.com/~ann/c", 403},
		{"client2.com", "/~ann/default.html", "http://client1.com/~ann@client2.com/d", 201},
		{"proxy.example", "/~ann@client2.com/default.html", "http://client2.com/ann/e", 201},
	} {
		got := s.do(t, call{method: "COPY", host: tt.host, path: tt.path, user: "ann@client2.com", header: map[string]string{"Destination": tt.destination}})
		require.Equal(t, tt.code, got.code, i)
	}
	for destination, want := range map[string]int{"/a": 201, "http://www.john.example/b": 201, "http://client1.com/~john/c": 201, "https://proxy.example/d": 201, "http://client2.com/e": 403} {
		got := s.do(t, call{method: "COPY", host: fixture.LoginPage, path: "/data.bin", user: "john", header: map[string]string{"Destination": destination}})
		require.Equal(t, want, got.code, destination)
	}
}

// A refusal does not wait for a body that the client may not even begin to send.
func TestRefusalComesBeforeTheBody(t *testing.T) {
	t.Parallel()
	const owner, other, wrong = "Authorization: Basic am9objpqb2huLXB3\r\n", "Authorization: Basic bWFyeTptYXJ5LXB3\r\n", "Authorization: Basic am9objp4\r\n"
	for name, tt := range map[string]struct{ method, path, headers, want string }{
		"stranger":                      {"PUT", "new.txt", "", "401"},
		"wrong password":                {"PUT", "new.txt", wrong, "401"},
		"other":                         {"PUT", "new.txt", other, "403"},
		"reserved name":                 {"PUT", "index.wssp", owner, "403"},
		"impossible name":               {"PUT", "a%00", owner, "400"},
		"over the limit":                {"PUT", "new.txt", owner, "507"},
		"larger than a file may be":     {"PUT", "new.txt", owner + "X-Limit: file\r\n", "413"},
		"larger than a request may be":  {"PUT", "new.txt", owner + "X-Limit: request\r\n", "413"},
		"no folder":                     {"PUT", "missing/new.txt", owner, "409"},
		"a folder":                      {"PUT", "folder", owner, "405"},
		"a part":                        {"PUT", "new.txt", owner + "Content-Range: bytes 0-1/2\r\n", "400"},
		"in a coding":                   {"PUT", "new.txt", owner + "Content-Encoding: gzip\r\n", "415"},
		"another version":               {"PUT", "page.html", owner + "If-Match: \"x\"\r\n", "412"},
		"is there":                      {"PUT", "page.html", owner + "If-None-Match: *\r\n", "412"},
		"locked":                        {"PUT", "locked.txt", owner, "423"},
		"form of a stranger":            {"POST", "index.wssp", "", "401"},
		"form of another":               {"POST", "index.wssp", other, "403"},
		"form of a foreign page":        {"POST", "index.wssp", owner + "Sec-Fetch-Site: cross-site\r\n", "403"},
		"form of an unknown type":       {"POST", "index.wssp", owner, "415"},
		"properties of a stranger":      {"PROPPATCH", "page.html", "", "401"},
		"properties of what is missing": {"PROPPATCH", "missing", owner, "404"},
		"lock of another":               {"LOCK", "page.html", other, "403"},
		"folder that is there":          {"MKCOL", "folder", owner, "415"},
		"unknown method":                {"REPORT", "page.html", owner, "405"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, func(h *httpsite.Handler) {
				if strings.Contains(tt.headers, "X-Limit: request") {
					h.MaxBody = 1000
				}
			})
			lock := `<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>`
			require.Equal(t, 201, s.do(t, call{method: "LOCK", path: "/~john/locked.txt", user: "john", body: lock}).code)
			s.Update(john, func(a *fixture.Account) {
				if a.Limits.Bytes = 1000; strings.Contains(tt.headers, "X-Limit: file") {
					a.Limits = filestore.Limits{Files: 1000, Bytes: filestore.Unlimited, FileSize: 100}
				}
			})
			for _, expect := range []string{"", "Expect: 100-continue\r\n"} {
				conn, err := net.Dial("tcp", s.Listener.Addr().String())
				require.NoError(t, err)
				defer conn.Close()
				_, err = fmt.Fprintf(conn, "%s /~john/%s HTTP/1.1\r\nHost: client1.com\r\nContent-Length: 99999999\r\n%s%s\r\n", tt.method, tt.path, tt.headers, expect)
				require.NoError(t, err)
				require.NoError(t, conn.SetReadDeadline(time.Now().Add(30*time.Second))) // half of the time for a stall
				line, err := bufio.NewReader(conn).ReadString('\n')
				require.NoError(t, err)
				require.Contains(t, line, tt.want)
			}
		})
	}
}

// A body that is not well-formed is the client's fault.
func TestBadChunk(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	got := s.raw(t, "PUT", "PUT /~john/new.txt HTTP/1.1\r\nHost: client1.com\r\nAuthorization: Basic am9objpqb2huLXB3\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n")
	require.Equal(t, 400, got.code)
	_, ok := s.Read(t, john, "new.txt")
	require.False(t, ok)
}

func TestPutReturnsETag(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	put := s.do(t, call{method: "PUT", path: "/~john/new.txt", user: "john", body: "new"})
	get := s.do(t, call{method: "GET", path: "/~john/new.txt"})
	require.NotEmpty(t, put.header.Get("ETag"))
	require.Equal(t, put.header.Get("ETag"), get.header.Get("ETag"))
	again := s.do(t, call{method: "PUT", path: "/~john/new.txt", user: "john", body: "newer", header: map[string]string{"If-Match": `"x", ` + put.header.Get("ETag")}})
	require.Equal(t, 204, again.code)
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		limits filestore.Limits // above what is stored
		code   int
	}{
		{name: "bytes", limits: filestore.Limits{Files: 10, Bytes: 99, FileSize: filestore.Unlimited}, code: 507},
		{name: "files", limits: filestore.Limits{Files: 0, Bytes: 1000, FileSize: filestore.Unlimited}, code: 507},
		{name: "one file", limits: filestore.Limits{Files: 10, Bytes: 1000, FileSize: 99}, code: 413},
		{name: "enough", limits: filestore.Limits{Files: 1, Bytes: 100, FileSize: 100}, code: 201},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			before := s.usage(t)
			s.Update(john, func(a *fixture.Account) {
				a.Limits = filestore.Limits{Files: before.Files + tt.limits.Files, Bytes: before.Bytes + tt.limits.Bytes, FileSize: tt.limits.FileSize}
			})
			body := strings.Repeat("x", 100)
			got := s.do(t, call{method: "PUT", path: "/~john/new.txt", user: "john", body: body})
			require.Equal(t, tt.code, got.code)
			if tt.code == 201 {
				return
			}
			require.Equal(t, before, s.usage(t), "nothing stays behind")
			_, ok := s.Read(t, john, "new.txt")
			require.False(t, ok)
			chunked := s.raw(t, "PUT", "PUT /~john/new.txt HTTP/1.1\r\nHost: client1.com\r\nAuthorization: Basic am9objpqb2huLXB3\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n"+body+"\r\n0\r\n\r\n")
			require.Equal(t, tt.code, chunked.code, "a body of unknown size")
			require.Equal(t, before, s.usage(t))
		})
	}
}

func (s *server) usage(t *testing.T) filestore.Usage {
	t.Helper()
	u, err := fixture.Views(s.Directory).View(filestore.Caller{Account: john}, john).Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	return u
}

func TestBodyBound(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(h *httpsite.Handler) { h.MaxBody = 10 })
	require.Equal(t, 201, s.do(t, call{method: "PUT", path: "/~john/new.txt", user: "john", body: "0123456789"}).code)
	require.Equal(t, 413, s.do(t, call{method: "PUT", path: "/~john/new.txt", user: "john", body: "0123456789x"}).code)
	chunked := s.raw(t, "PUT", "PUT /~john/new.txt HTTP/1.1\r\nHost: client1.com\r\nAuthorization: Basic am9objpqb2huLXB3\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n0123456789x\r\n0\r\n\r\n")
	require.Equal(t, 413, chunked.code)
	content, _ := s.Read(t, john, "new.txt")
	require.Equal(t, "0123456789", content)
}

// An upload that the client does not finish changes nothing.
func TestCutUpload(t *testing.T) {
	t.Parallel()
	for name, framing := range map[string]string{
		"declared size": "Content-Length: 1000\r\n\r\nonly a part",
		"chunked":       "Transfer-Encoding: chunked\r\n\r\n5\r\nchunk\r\n5\r\nch",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			before := s.usage(t)
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			require.NoError(t, err)
			defer conn.Close()
			_, err = fmt.Fprintf(conn, "PUT /~john/page.html HTTP/1.1\r\nHost: client1.com\r\nAuthorization: Basic am9objpqb2huLXB3\r\n%s", framing)
			require.NoError(t, err)
			require.NoError(t, conn.(*net.TCPConn).CloseWrite())
			answer, err := io.ReadAll(conn)
			require.NoError(t, err)
			require.NotContains(t, string(answer), "HTTP/1.1 2")
			content, ok := s.Read(t, john, "page.html")
			require.True(t, ok)
			require.Equal(t, "<p>page</p>", content)
			require.Equal(t, before, s.usage(t))
		})
	}
}
