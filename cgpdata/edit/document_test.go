package edit_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/edit"
	"github.com/cgpkit/cgpkit/cgpdata/internal/corpus"
)

// changedLines returns the lines of a and of b between those that both begin and end
// with.
func changedLines(a, b string) (before, after []string) {
	x, y := strings.SplitAfter(a, "\n"), strings.SplitAfter(b, "\n")
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	return x, y
}

// In a real settings file, each value that stands on a line changes that line alone; a
// new key adds one, and without it the file is the old one again.
func TestDocumentOfRealFiles(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"HTTPU.settings", "Main.settings", "Indented.settings"} {
		for _, ends := range []string{"\n", "\r\n"} {
			t.Run(fmt.Sprintf("%s %q", file, ends), func(t *testing.T) {
				t.Parallel()
				text, err := os.ReadFile("../testdata/" + file)
				require.NoError(t, err)
				src := strings.ReplaceAll(string(text), "\n", ends)
				v, err := cgpdata.Parse([]byte(src), nil)
				require.NoError(t, err)
				fresh := func() *edit.Document {
					d, err := edit.ParseDocument([]byte(src), nil)
					require.NoError(t, err)
					require.Equal(t, src, string(d.Bytes()))
					return d
				}
				for _, path := range pathsIn(v) {
					old, _ := v.Lookup(path)
					if old.Len() == 0 {
						d := fresh()
						require.NoError(t, d.Set(path, cgpdata.String("changed value")))
						before, after := changedLines(src, string(d.Bytes()))
						require.Len(t, before, 1, "%v", path)
						require.Len(t, after, 1, "%v", path)
						require.Contains(t, after[0], `"changed value"`)
						require.NoError(t, d.Set(path, old))
						require.Equal(t, src, string(d.Bytes()))
						continue
					}
					d := fresh()
					added := append(path[:len(path):len(path)], cgpdata.Key("NewKey"))
					if old.Kind() == cgpdata.KindArray {
						added = append(path[:len(path):len(path)], cgpdata.Index(old.Len()))
						require.NoError(t, d.Append(path, cgpdata.String("new")))
					} else {
						require.NoError(t, d.Set(added, cgpdata.String("new")))
					}
					before, after := changedLines(src, string(d.Bytes()))
					require.LessOrEqual(t, len(before), 1, "%v", path) // the array's last line gets a comma
					require.LessOrEqual(t, len(after), 2, "%v", path)
					require.NoError(t, d.Delete(added))
					require.Equal(t, src, string(d.Bytes()), "%v", path)
				}
			})
		}
	}
}

// A value goes, and comes back as the layouts of Append have it.
func TestDocumentWritesTheLayoutOfItsFile(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"HTTPU.settings", "Main.settings", "Indented.settings"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile("../testdata/" + file)
			require.NoError(t, err)
			d, err := edit.ParseDocument(src, nil)
			require.NoError(t, err)
			v := d.Value()
			for key, old := range v.Pairs() {
				path := cgpdata.Path{cgpdata.Key(key)}
				require.NoError(t, d.Delete(path))
				before, after := changedLines(string(src), string(d.Bytes()))
				require.NotEmpty(t, before)
				require.Empty(t, after)
				require.NoError(t, d.Set(path, old))
				if file != "Indented.settings" {
					require.Equal(t, string(src), string(d.Bytes()), "keys ascend, so it comes back to its place")
				}
			}
			require.True(t, v.Equal(d.Value()))
			require.NoError(t, d.Set(nil, cgpdata.Dictionary()))
			require.NoError(t, d.Set(nil, v))
			require.True(t, v.Equal(d.Value()))
		})
	}
}

func TestZeroDocument(t *testing.T) {
	t.Parallel()
	var d edit.Document
	require.Empty(t, d.Bytes())
	require.Equal(t, "{}", d.Value().String())
	_, ok := d.Get(cgpdata.Path{cgpdata.Key("a")})
	require.False(t, ok)
	require.ErrorIs(t, d.Delete(cgpdata.Path{cgpdata.Key("a")}), edit.ErrNotFound)
	require.NoError(t, d.Set(cgpdata.Path{cgpdata.Key("b")}, cgpdata.String("c")))
	require.NoError(t, d.Set(cgpdata.Path{cgpdata.Key("a")}, cgpdata.Array(cgpdata.Dictionary(cgpdata.Pair{Key: "x", Value: cgpdata.Null()}))))
	require.Equal(t, "{\n b = c;\n a = ({x=#NULL#;});\n}\n", string(d.Bytes()))
}

func TestDocumentIsItsOwn(t *testing.T) {
	t.Parallel()
	src := []byte("{a=b;}")
	d, err := edit.ParseDocument(src, nil)
	require.NoError(t, err)
	clear(src)
	clear(d.Bytes())
	require.Equal(t, "{a=b;}", string(d.Bytes()))
	require.Equal(t, "{a=b;}", d.Value().String())
}

func TestDocumentWarnsOnce(t *testing.T) {
	t.Parallel()
	warned := 0
	d, err := edit.ParseDocument([]byte(`{a=(b,);}`), &cgpdata.Options{Allow: cgpdata.Lenient, Warn: func(*cgpdata.SyntaxError) { warned++ }})
	require.NoError(t, err)
	require.NoError(t, d.Append(cgpdata.Path{cgpdata.Key("a")}, cgpdata.String("c")))
	require.Equal(t, 1, warned)
}

func TestEditsOfDeepAndLongTexts(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("(", 10_000) + strings.Repeat(")", 10_000)
	d, err := edit.ParseDocument([]byte(deep), &cgpdata.Options{MaxDepth: 10_000})
	require.NoError(t, err)
	require.NoError(t, d.Append(nil, cgpdata.String("a")))
	require.NoError(t, d.Delete(cgpdata.Path{cgpdata.Index(0)}))
	require.Equal(t, "(a)", string(d.Bytes()))
	require.NoError(t, d.Set(nil, d.Value()))

	long := "{" + strings.Repeat("a=1;", 200_000) + "}"
	d, err = edit.ParseDocument([]byte(long), lenient)
	require.NoError(t, err)
	require.NoError(t, d.Rename(cgpdata.Path{cgpdata.Key("a")}, "b"))
	require.NoError(t, d.Delete(cgpdata.Path{cgpdata.Key("b")}))
	require.Equal(t, "{}", string(d.Bytes()))
}

// A Document accepts and refuses what Parse does.
func TestDocumentReadsAsParse(t *testing.T) {
	t.Parallel()
	for _, c := range corpus.Cases(t, "../testdata") {
		for _, allow := range []cgpdata.Tolerance{0, cgpdata.Lenient} {
			want, wantErr := cgpdata.Parse(c.Text, c.With(allow))
			d, err := edit.ParseDocument(c.Text, c.With(allow))
			require.Equal(t, wantErr, err, c.Name)
			if err == nil {
				require.Equal(t, string(c.Text), string(d.Bytes()), c.Name)
				require.True(t, want.Equal(d.Value()), c.Name)
			}
		}
	}
}
