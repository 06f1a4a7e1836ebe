package filestore_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

var cleanNames = []struct {
	name, in, want string
	directory, bad bool
}{
	{name: "empty is the root", in: "", want: ".", directory: true},
	{name: "slash is the root", in: "/", want: ".", directory: true},
	{name: "file", in: "a.html", want: "a.html"},
	{name: "file in a directory", in: "a/b/c.html", want: "a/b/c.html"},
	{name: "final slash", in: "a/b/", want: "a/b", directory: true},
	{name: "blanks stay", in: " a / b ", want: " a / b "},
	{name: "percent signs stay", in: "%2e%2e%2fx", want: "%2e%2e%2fx"},
	{name: "three dots are a name", in: ".../x", want: ".../x"},
	{name: "composed and decomposed stay apart", in: "e\u0301/\u00e9", want: "e\u0301/\u00e9"},
	{name: "division slash is no separator", in: "a\u2215b", want: "a\u2215b"},
	{name: "255 bytes", in: strings.Repeat("x", 255), want: strings.Repeat("x", 255)},
	{name: "100 segments", in: strings.Repeat("x/", 99) + "x", want: strings.Repeat("x/", 99) + "x"},

	{name: "dot", in: ".", bad: true},
	{name: "dot and slash", in: "./", bad: true},
	{name: "dot dot", in: "..", bad: true},
	{name: "dot dot first", in: "../x", bad: true},
	{name: "dot dot inside", in: "a/../../x", bad: true},
	{name: "dot inside", in: "a/./b", bad: true},
	{name: "dot last", in: "a/.", bad: true},
	{name: "leading slash", in: "/etc/passwd", bad: true},
	{name: "two leading slashes", in: "//x", bad: true},
	{name: "only slashes", in: "//", bad: true},
	{name: "empty segment", in: "a//b", bad: true},
	{name: "two final slashes", in: "a//", bad: true},
	{name: "backslash", in: `..\x`, bad: true},
	{name: "NUL", in: "a\x00b", bad: true},
	{name: "LF", in: "a\nb", bad: true},
	{name: "DEL", in: "a\x7f", bad: true},
	{name: "overlong slash", in: "a\xc0\xafb", bad: true},
	{name: "lone continuation byte", in: "a\x80", bad: true},
	{name: "surrogate", in: "a\xed\xa0\x80", bad: true},
	{name: "256 bytes", in: strings.Repeat("x", 256), bad: true},
	{name: "4097 bytes", in: strings.Repeat(strings.Repeat("x", 240)+"/", 17) + "x", bad: true},
	{name: "101 segments", in: strings.Repeat("x/", 100) + "x", bad: true},
}

func TestCleanName(t *testing.T) {
	t.Parallel()
	for _, tt := range cleanNames {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, directory, err := filestore.CleanName(tt.in)
			if tt.bad {
				require.ErrorIs(t, err, fs.ErrInvalid)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.directory, directory)
			require.NoError(t, filestore.CheckName(got))
		})
	}
}

// What is clean stays as it is, is valid for io/fs, and cannot leave its root.
func FuzzCleanName(f *testing.F) {
	for _, tt := range cleanNames {
		f.Add(tt.in)
	}
	f.Fuzz(func(t *testing.T, name string) {
		clean, directory, err := filestore.CleanName(name)
		if err != nil {
			require.ErrorIs(t, err, fs.ErrInvalid)
			return
		}
		require.True(t, fs.ValidPath(clean))
		require.NoError(t, filestore.CheckName(clean))
		require.NotContains(t, strings.Split(clean, "/"), "..")
		switch {
		case clean == filestore.Root:
			require.Contains(t, []string{"", "/"}, name)
		case directory:
			require.Equal(t, name, clean+"/")
		default:
			require.Equal(t, name, clean)
		}
		if sidecar, ok := filestore.SidecarName(clean); ok {
			require.True(t, filestore.IsSidecar(sidecar))
			_, more := filestore.SidecarName(sidecar)
			require.False(t, more, "a sidecar has no sidecar")
		}
	})
}

func TestSidecarName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, in, want string
	}{
		{name: "file", in: "a.jpg", want: "a.jpg.meta"},
		{name: "below a directory", in: "b.meta/a", want: "b.meta/a.meta"},
		{name: "root", in: "."},
		{name: "sidecar", in: "a.meta"},
		{name: "only the suffix is an ordinary name", in: "x/.meta", want: "x/.meta.meta"},
		{name: "250 bytes", in: strings.Repeat("x", 250), want: strings.Repeat("x", 250) + ".meta"},
		{name: "251 bytes", in: strings.Repeat("x", 251)},
		{name: "4,091 bytes in all", in: strings.Repeat("1234567/", 511) + "xyz", want: strings.Repeat("1234567/", 511) + "xyz.meta"},
		{name: "4,092 bytes in all", in: strings.Repeat("1234567/", 511) + "wxyz"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := filestore.SidecarName(tt.in)
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.want != "", ok)
		})
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	require.True(t, filestore.Within("a", "a"))
	require.True(t, filestore.Within("a/b", "a"))
	require.True(t, filestore.Within("a", filestore.Root))
	require.False(t, filestore.Within("ab", "a"), "a prefix is not a directory")
	require.False(t, filestore.Within("private2/x", "private"))
	require.False(t, filestore.Within("a", "a/b"))
}

func TestRedact(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"protected/pwd/s3cret":                    "protected/pwd/*",
		"protected/pwd/s3cret/a/b":                "protected/pwd/*/a/b",
		"protected/dir/pwd/s3cret/pwd/other/b":    "protected/dir/pwd/*/pwd/*/b",
		"/protected/dir/pwd/s3cret/":              "/protected/dir/pwd/*/",
		"protected/dir/pwd":                       "protected/dir/pwd",
		"protected/dir/pwd/":                      "protected/dir/pwd/",
		"protected/pwdx/a":                        "protected/pwdx/a",
		"Protected/PWD/s3cret":                    "Protected/PWD/*",
		"dir/pwd/s3cret/x":                        "dir/pwd/*/x",
		"./protected/../x/pwd/s3cret\x00/unclean": "./protected/../x/pwd/*/unclean",
		"protected/pwd/pwd/s3cret":                "protected/pwd/*/s3cret",
		"open Protected/pwd/s3cret/f: not there":  "open Protected/pwd/*/f: not there",
		"open pwd/s3cret/f: not there":            "open pwd/*/f: not there",
		"protected/pwd//s3cret":                   "protected/pwd//*",
		"protected/pwd/./s3cret/x":                "protected/pwd/./*/x",
		"protected/pwd\x00/s3cret":                "protected/pwd\x00/*",
		"protected/pwd \x7f/s3cret":               "protected/pwd \x7f/*",
		`protected\pwd\s3cret\x`:                  `protected\pwd\*\x`,
		"":                                        "",
	} {
		require.Equal(t, want, filestore.Redact(in), in)
	}
}
