package httpsite

import (
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

var sites = []filestore.Site{
	{Domain: "client1.com"},
	{Domain: "client1.com", Prefix: "-", BareNames: true},
	{Domain: "client1.com", Account: "john@client1.com"},
}

// Whatever a path is, it leads to a clean name or nowhere; the location that
// would be sent is a path that leads to the same place.
func FuzzParsePath(f *testing.F) {
	for _, path := range []string{
		"/", "", "/~john", "/~john/", "/~john/a/b", "/~john@client1.com/x", "/-john/x", "/john/x", "/Session/x", "//evil.example", "/~john//x",
		"/~john/%2e%2e/x", "/~john/a%2fb", "/~john/a%00", "/~john/%zz", "/~john/..%5cx", "/~%2e%2e/x", "/~john/private%2fx", "/~", "/~/x", "*", "/%7ejohn/x",
	} {
		for i := range sites {
			f.Add(path, i)
		}
	}
	f.Fuzz(func(t *testing.T, path string, i int) {
		site := sites[uint(i)%uint(len(sites))]
		got, err := parsePath(path, site)
		if err != nil {
			require.True(t, err == fs.ErrInvalid || err == fs.ErrNotExist, "%v", err)
			return
		}
		require.NoError(t, filestore.CheckName(got.name))
		require.NotEmpty(t, got.account)
		if site.Account != "" {
			require.Equal(t, site.Account, got.account)
		}
		if got.location == "" {
			require.Equal(t, filestore.Root, got.name)
			return
		}
		require.False(t, strings.HasPrefix(got.location, "//"), "another host: %q", got.location)
		u, err := url.Parse(got.location + "/")
		require.NoError(t, err)
		require.Empty(t, u.Host)
		again, err := parsePath(u.EscapedPath(), site)
		require.NoError(t, err)
		require.Equal(t, got.account, again.account)
		require.Equal(t, got.name, again.name)
		require.True(t, again.directory)
	})
}

func FuzzMatches(f *testing.F) {
	for _, list := range []string{`*`, `"a"`, `"a","b"`, `W/"a"`, `"`, `,,"a" ,`, ``, `W/`, `"a"x`} {
		f.Add(list)
	}
	f.Fuzz(func(t *testing.T, list string) {
		if matches([]string{list}, `"tag"`) && strings.TrimSpace(list) != "*" {
			require.Contains(t, list, `"tag"`)
		}
	})
}

func TestScriptable(t *testing.T) {
	t.Parallel()
	for contentType, want := range map[string]bool{
		"text/html": true, "Text/HTML; charset=x": true, "application/xhtml+xml": true, "image/svg+xml": true, "text/xml": true,
		"application/xml": true, "multipart/related": true, "message/rfc822": true, "nonsense": true,
		"text/plain": false, "image/png": false, "application/pdf": false, "text/css": false, "application/octet-stream": false,
	} {
		require.Equal(t, want, scriptable(contentType), contentType)
	}
}

func TestStatusTableIsComplete(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]int{
		errLoginNeeded: 401, filestore.ErrLogin: 401, fs.ErrPermission: 403, filestore.ErrReserved: 403, errForeignPage: 403,
		fs.ErrNotExist: 404, fs.ErrInvalid: 400, errPartialPut: 400, errMethod: 405, filestore.ErrIsDirectory: 405, filestore.ErrNotDirectory: 405,
		fs.ErrExist: 405, filestore.ErrConflict: 409, filestore.ErrNotEmpty: 409, filestore.ErrChanged: 412, errBodyNotUnderstood: 415,
		&filestore.LimitError{Kind: filestore.LimitFileSize}: 413, &filestore.LimitError{Kind: filestore.LimitBytes}: 507,
		&filestore.LimitError{Kind: filestore.LimitFiles}: 507, &http.MaxBytesError{}: 413, fs.ErrClosed: 500,
	} {
		require.Equal(t, want, status(&fs.PathError{Op: "op", Path: "name", Err: err}), "%v", err)
	}
}
