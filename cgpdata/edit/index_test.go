package edit_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/edit"
	"github.com/cgpkit/cgpkit/cgpdata/internal/corpus"
)

// randomEdits makes some edits in two documents of the same text, of which one has an index
// and the other none, and makes sure that they agree.
func randomEdits(t *testing.T, text []byte, o *cgpdata.Options, seed uint64) {
	t.Helper()
	indexed, err := edit.ParseDocument(text, o)
	if err != nil {
		return
	}
	plain, err := edit.ParseDocument(text, o)
	require.NoError(t, err)
	indexed.SetLong(1)
	plain.SetLong(math.MaxInt)
	random := rand.New(rand.NewPCG(seed, uint64(len(text))))
	pick := func(texts ...string) string { return texts[random.IntN(len(texts))] }
	for range 12 {
		paths := pathsIn(plain.Value())
		path := paths[random.IntN(len(paths))]
		key := pick("a", "b", "c", "zz", "", "x y")
		v, err := cgpdata.Parse([]byte(pick(`new`, `"x y"`, `{}`, `()`, `{k=x;}`, `(a,b)`, `{a={b=(c,{d=e;});};}`, `#5`)), nil)
		require.NoError(t, err)
		before := string(plain.Bytes())
		var what string
		var change func(d *edit.Document) error
		switch random.IntN(6) {
		case 0:
			what, change = "set", func(d *edit.Document) error { return d.Set(path, v) }
		case 1, 2:
			path = append(slices.Clip(path), cgpdata.Key(key))
			what, change = "add", func(d *edit.Document) error { return d.Set(path, v) }
		case 3:
			what, change = "append", func(d *edit.Document) error { return d.Append(path, v) }
		case 4:
			what, change = "delete", func(d *edit.Document) error { return d.Delete(path) }
		case 5:
			what, change = "rename to "+key, func(d *edit.Document) error { return d.Rename(path, key) }
		}
		wantErr, err := change(plain), change(indexed)
		require.Equal(t, fmt.Sprint(wantErr), fmt.Sprint(err), "%s %v %v in\n%s", what, path, v, before)
		require.Equal(t, string(plain.Bytes()), string(indexed.Bytes()), "%s %v %v in\n%s", what, path, v, before)
		got, ok := indexed.Get(path)
		want, wantOK := plain.Get(path)
		require.Equal(t, wantOK, ok)
		require.True(t, want.Equal(got))
	}
	require.True(t, plain.Value().Equal(indexed.Value()))
}

func TestIndexedEdits(t *testing.T) {
	t.Parallel()
	var texts [][]byte
	for _, c := range corpus.Cases(t, "../testdata") {
		texts = append(texts, c.Text)
	}
	for _, row := range edits {
		texts = append(texts, []byte(row.in))
	}
	for _, text := range texts {
		for seed := range uint64(3) {
			randomEdits(t, text, nil, seed)
			randomEdits(t, text, lenient, seed+100)
		}
	}
}

func FuzzIndexedEdits(f *testing.F) {
	for i, c := range corpus.Cases(f, "../testdata") {
		f.Add(c.Text, uint64(i))
	}
	for i, row := range edits {
		f.Add([]byte(row.in), uint64(i))
	}
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		for _, o := range []cgpdata.Options{{}, {Allow: cgpdata.Lenient}, {SingleLine: true}, {MaxItems: 8, MaxBytes: 200}} {
			randomEdits(t, text, &o, seed)
		}
	})
}

// manyAccounts returns a text of n accounts, of about 100 bytes each.
func manyAccounts(n int) []byte {
	var text strings.Builder
	text.WriteString("{\n Accounts = {\n")
	for i := range n {
		fmt.Fprintf(&text, "  account%06d = {\n   Limit = 100M; // at most\n   Name = \"Account %d\";\n   Tags = (a, b, c);\n  };\n", i, i)
	}
	text.WriteString(" };\n Last = x;\n}\n")
	return []byte(text.String())
}

// works are edits of manyAccounts, each of which can be made again and again.
var works = map[string]func(d *edit.Document, i int) error{
	"set": func(d *edit.Document, i int) error {
		return d.Set(limit(i), cgpdata.String(fmt.Sprintf("%dM", i)))
	},
	"add and delete": func(d *edit.Document, i int) error {
		path := cgpdata.Path{cgpdata.Key("Accounts"), cgpdata.Key(fmt.Sprintf("account%06dx", i/2))}
		if i%2 == 1 {
			return d.Delete(path)
		}
		return d.Set(path, cgpdata.Dictionary(cgpdata.Pair{Key: "Limit", Value: cgpdata.String("1M")}))
	},
	"append": func(d *edit.Document, i int) error {
		path := limit(i)
		path[2] = cgpdata.Key("Tags")
		return d.Append(path, cgpdata.String("d"))
	},
	"rename": func(d *edit.Document, i int) error {
		path, name := limit(i/2), "Size"
		if i%2 == 1 {
			path[2], name = cgpdata.Key(name), "Limit"
		}
		return d.Rename(path, name)
	},
}

// limit returns the path of the limit of some account, a different one each time.
func limit(i int) cgpdata.Path {
	return cgpdata.Path{cgpdata.Key("Accounts"), cgpdata.Key(fmt.Sprintf("account%06d", i*7919%8000)), cgpdata.Key("Limit")}
}

// An edit of a long text reads little of it.
func TestEditsReadLittle(t *testing.T) {
	t.Parallel()
	for name, work := range works {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := manyAccounts(8000)
			d, err := edit.ParseDocument(text, nil)
			require.NoError(t, err)
			require.NoError(t, work(d, 0))
			require.True(t, d.HasIndex())
			require.Less(t, d.BytesRead(), 4*len(text))
			first := d.BytesRead()
			const more = 999
			for i := range more {
				require.NoError(t, work(d, i+1))
			}
			require.Less(t, (d.BytesRead()-first)/more, 32<<10)
			v, err := cgpdata.Parse(d.Bytes(), nil)
			require.NoError(t, err)
			require.True(t, v.Equal(d.Value()))
		})
	}
}

func BenchmarkEdits(b *testing.B) {
	text := manyAccounts(100_000) // 10 MB
	b.Run("parse, write", func(b *testing.B) {
		for b.Loop() {
			d, err := edit.ParseDocument(text, nil)
			require.NoError(b, err)
			require.NotEmpty(b, d.Bytes())
		}
	})
	for name, work := range works {
		b.Run("10,000 "+name, func(b *testing.B) {
			for b.Loop() {
				d, err := edit.ParseDocument(text, nil)
				require.NoError(b, err)
				for i := range 10_000 {
					require.NoError(b, work(d, i))
				}
				require.NotEmpty(b, d.Bytes())
			}
		})
	}
}
