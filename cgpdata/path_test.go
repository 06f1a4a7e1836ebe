package cgpdata_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
)

func key(s string) cgpdata.Step { return cgpdata.Key(s) }
func index(i int) cgpdata.Step  { return cgpdata.Index(i) }

// paths are written as they are read, unless want says how.
var paths = []struct {
	name, text string
	path       cgpdata.Path
	want       string
}{
	{name: "the whole", text: ""},
	{name: "key", text: "Listener", path: cgpdata.Path{key("Listener")}},
	{name: "keys", text: "AccountDefaults.MaxWebSize", path: cgpdata.Path{key("AccountDefaults"), key("MaxWebSize")}},
	{name: "index", text: "Listener.Ports[1].PortNumber", path: cgpdata.Path{key("Listener"), key("Ports"), index(1), key("PortNumber")}},
	{name: "index first", text: "[0][12].a", path: cgpdata.Path{index(0), index(12), key("a")}},
	{name: "greatest index", text: "[2147483647]", path: cgpdata.Path{index(2147483647)}},
	{name: "index with zeros", text: "[007]", path: cgpdata.Path{index(7)}, want: "[7]"},
	{name: "wide atom", text: "utf-8.cp@nel.9", path: cgpdata.Path{key("utf-8"), key("cp@nel"), key("9")}},
	{name: "atom that is quoted when written", text: "_x.a:b", path: cgpdata.Path{key("_x"), key("a:b")}, want: `"_x"."a:b"`},
	{name: "atom beyond ASCII", text: "Größe", path: cgpdata.Path{key("Größe")}, want: `"Größe"`},
	{name: "key with a point", text: `"default.html".a`, path: cgpdata.Path{key("default.html"), key("a")}},
	{name: "key with anything", text: `"a \"b\"\\\e[1]\255"[1]`, path: cgpdata.Path{key("a \"b\"\\\n[1]\xFF"), index(1)}},
	{name: "empty key", text: `"".""`, path: cgpdata.Path{key(""), key("")}},
	{name: "byte 0", text: `"\000"`, path: cgpdata.Path{key("\x00")}},
	{name: "quoted atom", text: `"a"`, path: cgpdata.Path{key("a")}, want: "a"},
}

func TestPath(t *testing.T) {
	t.Parallel()
	for _, row := range paths {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			path, err := cgpdata.ParsePath(row.text)
			require.NoError(t, err)
			require.Equal(t, row.path, path)
			if row.want == "" {
				row.want = row.text
			}
			require.Equal(t, row.want, path.String())
		})
	}
}

func TestPathRefused(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, text, want string }{
		{"point alone", ".", `column 1: want a key, not "."`},
		{"point first", ".a", `column 1: want a key, not "."`},
		{"point last", "a.", `column 3: want a key: unexpected EOF`},
		{"two points", "a..b", `column 3: want a key, not "."`},
		{"point before an index", "a.[1]", `column 3: want a key, not "["`},
		{"key behind an index", "[1]a", `column 4: want '.' or '[', not "a"`},
		{"key behind a quoted one", `"a"b`, `column 4: want '.' or '[', not "b"`},
		{"blank", "a b", `column 2: want '.' or '[', not " "`},
		{"hash", "#a", `column 1: want a key, not "#"`},
		{"adjacent strings", `"a""b"`, `column 4: want '.' or '[', not "\""`},
		{"index that is not closed", "a[1", `column 4: unterminated index`},
		{"index without a number", "a[]", `column 3: want an index from 0 to 2147483647`},
		{"index below 0", "a[-1]", `column 3: want a digit or ']', not "-"`},
		{"index far above", "a[2147483648]", `column 3: want an index from 0 to 2147483647`},
		{"quote that is not closed", `"a`, `column 3: unterminated string`},
		{"unknown escape", `"\x"`, `column 2: unknown escape`},
		{"no UTF-8", "a\xFF", `column 2: invalid UTF-8`},
		{"no UTF-8 in quotes", "\"a\xFF\"", `column 3: invalid UTF-8`},
		{"million brackets", strings.Repeat("[", 1_000_000), `column 2: want a digit or ']', not "["`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			path, err := cgpdata.ParsePath(row.text)
			require.EqualError(t, err, "cgpdata: line 1, "+row.want)
			require.Nil(t, path)
		})
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	v, err := cgpdata.Parse([]byte(`{a=(x,{"b.c"=y;});d={};}`), nil)
	require.NoError(t, err)
	for text, want := range map[string]string{
		"": v.String(), "a": `(x,{b.c=y;})`, "a[0]": "x", `a[1]."b.c"`: "y", "d": "{}",
		"x": "", "a.x": "", "[0]": "", "d[0]": "", "a[2]": "", "a[0].x": "", "a[1].b.c": "",
	} {
		path, err := cgpdata.ParsePath(text)
		require.NoError(t, err)
		got, ok := v.Lookup(path)
		require.Equal(t, want != "", ok, text)
		if ok {
			require.Equal(t, want, got.String())
		}
	}
	_, ok := v.Lookup(cgpdata.Path{key("a"), index(-1)})
	require.False(t, ok)
}

func TestStep(t *testing.T) {
	t.Parallel()
	name, ok := key("a").Key()
	require.True(t, ok)
	require.Equal(t, "a", name)
	_, ok = key("a").Index()
	require.False(t, ok)
	i, ok := index(3).Index()
	require.True(t, ok)
	require.Equal(t, 3, i)
	_, ok = index(3).Key()
	require.False(t, ok)
	require.Equal(t, cgpdata.Step{}, key(""))
	require.NotEqual(t, index(0), key(""))
}

// The place of a syntax error is a path that ParsePath reads.
func TestErrorPathIsAPath(t *testing.T) {
	t.Parallel()
	err := cgpdata.Valid([]byte(`{"default.html"={a=(x,$);};}`), nil)
	var at *cgpdata.SyntaxError
	require.ErrorAs(t, err, &at)
	path, err := cgpdata.ParsePath(at.Path)
	require.NoError(t, err)
	require.Equal(t, cgpdata.Path{key("default.html"), key("a"), index(1)}, path)
}

// A path survives its text, and a text that is a path is one that String writes in
// its own way.
func FuzzPath(f *testing.F) {
	for _, row := range paths {
		f.Add(row.text, row.text, 1)
	}
	f.Fuzz(func(t *testing.T, text, key string, index int) {
		path := cgpdata.Path{cgpdata.Key(key), cgpdata.Index(index & 0x7FFFFFFF), cgpdata.Key(text), cgpdata.Key(key)}
		for _, p := range []cgpdata.Path{path, path[1:], path[1:2], path[2:]} {
			back, err := cgpdata.ParsePath(p.String())
			require.NoError(t, err)
			require.Equal(t, p, back)
		}
		p, err := cgpdata.ParsePath(text)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		back, err := cgpdata.ParsePath(p.String())
		require.NoError(t, err)
		require.Equal(t, p, back)
	})
}
