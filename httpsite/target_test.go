package httpsite

import (
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite/internal/fields"
	"github.com/cgpkit/cgpkit/httpsite/pages"
)

var sites = []filestore.Site{
	{Domain: "client1.com"},
	{Domain: "client1.com", Prefix: "-", BareNames: true},
	{Domain: "client1.com", Account: "john@client1.com"},
	{Domain: "client1.com", Prefix: "people/at "},
}

// TestPrefixOfSeveralSegments compares a prefix with the path, not with one
// segment of it.
func TestPrefixOfSeveralSegments(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		prefix, path            string
		bare                    bool
		account, name, location string // no account: fs.ErrNotExist, or wantErr
		directory               bool
		wantErr                 error
	}{
		{prefix: "people/", path: "/people/john", account: "john@client1.com", location: "/people/john"},
		{prefix: "people/", path: "/people/john/", account: "john@client1.com", location: "/people/john", directory: true},
		{prefix: "people/", path: "/people/john/a/b.txt", account: "john@client1.com", name: "a/b.txt", location: "/people/john/a/b.txt"},
		{prefix: "people/", path: "/people/john@client2.com/a", account: "john@client2.com", name: "a", location: "/people/john@client2.com/a"},
		{prefix: "people/", path: "/%70eople/%6aohn/a", account: "john@client1.com", name: "a", location: "/people/john/a"},
		{prefix: "people/", path: "/~john/a", account: "john@client1.com", name: "a", location: "/~john/a"},
		{prefix: "people/", path: "/~people/john", account: "people@client1.com", name: "john", location: "/~people/john"},
		{prefix: "people/", path: "/people/~john/a", account: "~john@client1.com", name: "a", location: "/people/~john/a"},
		{prefix: "people/", path: "/people"},
		{prefix: "people/", path: "/people/"},
		{prefix: "people/", path: "/people//john"},
		{prefix: "people/", path: "//people/john"},
		{prefix: "people/", path: "/People/john"},
		{prefix: "people/", path: "/peoplejohn/a"},
		{prefix: "people/", path: "/john/a"},
		{prefix: "people/", path: "/"},
		{prefix: "people/", path: "/people%2fjohn/a", wantErr: fs.ErrInvalid},
		{prefix: "people/", path: "/people/../john", wantErr: fs.ErrInvalid},
		{prefix: "people/", path: "/./people/john", wantErr: fs.ErrInvalid},
		{prefix: "people/", path: "/people/john/../x", wantErr: fs.ErrInvalid},
		{prefix: "people", path: "/peoplejohn/a", account: "john@client1.com", name: "a", location: "/peoplejohn/a"},
		{prefix: "people", path: "/people/john"},
		{prefix: "a/b/u-", path: "/a/b/u-john/c", account: "john@client1.com", name: "c", location: "/a/b/u-john/c"},
		{prefix: "a/b/u-", path: "/a/b/john/c"},
		{prefix: "a/b/u-", path: "/a/b"},
		{prefix: "ü x/", path: "/%C3%BC%20x/john/", account: "john@client1.com", location: "/%C3%BC%20x/john", directory: true},
		{prefix: "people/", bare: true, path: "/people/john/a", account: "john@client1.com", name: "a", location: "/people/john/a"},
		{prefix: "people/", bare: true, path: "/john/a", account: "john@client1.com", name: "a", location: "/john/a"},
		{prefix: "people/", bare: true, path: "/cli/john"},
		{bare: true, path: "/cli/john"},
		{bare: true, path: "/john/a", account: "john@client1.com", name: "a", location: "/john/a"},
		{prefix: "~", path: "/~john/a", account: "john@client1.com", name: "a", location: "/~john/a"},
	} {
		got, err := parsePath(tt.path, filestore.Site{Domain: "client1.com", Prefix: tt.prefix, BareNames: tt.bare})
		if tt.account == "" {
			if tt.wantErr == nil {
				tt.wantErr = fs.ErrNotExist
			}
			require.Equal(t, tt.wantErr, err, "%q %s", tt.prefix, tt.path)
			continue
		}
		require.NoError(t, err, "%q %s", tt.prefix, tt.path)
		root := tt.location
		if tt.name == "" {
			tt.name = filestore.Root
		} else {
			root = strings.TrimSuffix(root, "/"+tt.name)
		}
		require.Equal(t, target{account: tt.account, name: tt.name, location: tt.location, root: root, directory: tt.directory}, got, "%q %s", tt.prefix, tt.path)
	}
}

// Whatever a path is, it leads to a clean name or nowhere; the location that
// would be sent is a path that leads to the same place.
func FuzzParsePath(f *testing.F) {
	for _, path := range []string{
		"/", "", "/~john", "/~john/", "/~john/a/b", "/~john@client1.com/x", "/-john/x", "/john/x", "/Session/x", "//evil.example", "/~john//x",
		"/~john/%2e%2e/x", "/~john/a%2fb", "/~john/a%00", "/~john/%zz", "/~john/..%5cx", "/~%2e%2e/x", "/~john/private%2fx", "/~", "/~/x", "*", "/%7ejohn/x", "/people/at john/x", "/people%2fat john", "/people/",
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

func FuzzLists(f *testing.F) {
	for _, list := range []string{`*`, `"a"`, `"a","tag"`, `W/"tag"`, `"`, `,,"a" ,`, ``, `W/`, `"tag"x`} {
		f.Add(list)
	}
	f.Fuzz(func(t *testing.T, list string) {
		strong, err := fields.Lists([]string{list}, `"tag"`, fields.Strongly)
		weak, errWeak := fields.Lists([]string{list}, `"tag"`, fields.Weakly)
		require.Equal(t, err, errWeak)
		require.True(t, weak || !strong)
		if err != nil {
			require.False(t, weak)
		} else if weak && strings.TrimSpace(list) != "*" {
			require.Contains(t, list, `"tag"`)
		}
	})
}

// What comes out of a Range field is ranges of the file, each with both ends.
func FuzzParseRanges(f *testing.F) {
	for _, field := range []string{"bytes=0-1", "bytes=-5,3-,2-2", "BYTES=99999999999999999999-", "bytes=-0", "bytes=4-2", "lines=1-2", "bytes", "bytes=,", "bytes=0-0,1 - 2"} {
		f.Add(field, int64(10))
	}
	f.Fuzz(func(t *testing.T, field string, size int64) {
		size &= 1<<62 - 1
		ranges, ok := parseRanges(field, size)
		if !ok {
			require.Empty(t, ranges)
		}
		require.LessOrEqual(t, len(ranges), maxRanges)
		for _, r := range ranges {
			require.True(t, 0 <= r.from && r.from <= r.to && r.to < size, r)
		}
	})
}

// Whatever stands in a path, an escaped slash does not separate.
func FuzzRawPath(f *testing.F) {
	for _, path := range []string{"/~john/a%2fb", `/~john/private%2fsecret"`, "/~john/a%2Fb|c", "/~john%2fx/{y}", "/~john/%252f^", "/~john/ü%2f", "http://client1.com/~john/a%2f<", "/~john/x%5c`", "foo:bar"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		u, err := url.ParseRequestURI(path)
		if err != nil {
			return
		}
		for _, site := range sites {
			got, err := parsePath(rawPath(u), site)
			if written, _, _ := strings.Cut(path, "?"); strings.Contains(strings.ToLower(written), "%2f") || strings.Contains(strings.ToLower(written), "%5c") || strings.Contains(written, "%00") {
				require.Error(t, err)
			}
			if err == nil && got.name != filestore.Root {
				require.LessOrEqual(t, strings.Count(got.name, "/"), strings.Count(path, "/"))
			}
		}
	})
}

func TestStatusTableIsComplete(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]int{
		errLoginNeeded: 401, filestore.ErrLogin: 401, fs.ErrPermission: 403, filestore.ErrReserved: 403, pages.StatusError(403): 403,
		fs.ErrNotExist: 404, fs.ErrInvalid: 400, errMethod: 405, filestore.ErrIsDirectory: 405, filestore.ErrNotDirectory: 405,
		fs.ErrExist: 405, filestore.ErrConflict: 409, filestore.ErrNotEmpty: 409, filestore.ErrChanged: 412, pages.StatusError(415): 415, errNoSuchRange: 416, errLengthRequired: 411,
		&filestore.LimitError{Kind: filestore.LimitFileSize}: 413, &filestore.LimitError{Kind: filestore.LimitBytes}: 507,
		&filestore.LimitError{Kind: filestore.LimitFiles}: 507, &http.MaxBytesError{}: 413, fs.ErrClosed: 500,
	} {
		require.Equal(t, want, status(&fs.PathError{Op: "op", Path: "name", Err: err}), "%v", err)
	}
}
