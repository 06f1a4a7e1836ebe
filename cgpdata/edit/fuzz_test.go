package edit_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/edit"
	"github.com/cgpkit/cgpkit/cgpdata/internal/corpus"
)

// pathsIn returns the paths of up to 100 values inside v, and of v.
func pathsIn(v cgpdata.Value) []cgpdata.Path {
	paths := []cgpdata.Path{nil}
	for i := 0; i < len(paths) && len(paths) < 100; i++ {
		inner, _ := v.Lookup(paths[i])
		if inner.Kind() == cgpdata.KindArray {
			for n := range inner.Len() {
				paths = append(paths, append(slices.Clip(paths[i]), cgpdata.Index(n)))
			}
		}
		for key := range inner.Pairs() {
			paths = append(paths, append(slices.Clip(paths[i]), cgpdata.Key(key)))
		}
	}
	return paths
}

// rebuilt returns v with change applied to the pairs or elements of the value at path;
// pairs have the empty key in an array.
func rebuilt(v cgpdata.Value, path cgpdata.Path, change func([]cgpdata.Pair) []cgpdata.Pair) cgpdata.Value {
	var pairs []cgpdata.Pair
	if v.Kind() == cgpdata.KindArray {
		for e := range v.Elements() {
			pairs = append(pairs, cgpdata.Pair{Value: e})
		}
	}
	for key, e := range v.Pairs() {
		pairs = append(pairs, cgpdata.Pair{Key: key, Value: e})
	}
	if len(path) == 0 {
		pairs = change(pairs)
	} else {
		n := numberOf(pairs, path[0])
		pairs[n].Value = rebuilt(pairs[n].Value, path[1:], change)
	}
	if v.Kind() == cgpdata.KindDictionary {
		return cgpdata.Dictionary(pairs...)
	}
	elems := make([]cgpdata.Value, len(pairs))
	for i, p := range pairs {
		elems[i] = p.Value
	}
	return cgpdata.Array(elems...)
}

func numberOf(pairs []cgpdata.Pair, s cgpdata.Step) int {
	if i, ok := s.Index(); ok {
		return i
	}
	key, _ := s.Key()
	return slices.IndexFunc(pairs, func(p cgpdata.Pair) bool { return p.Key == key })
}

// isSubsequence reports whether part, white space aside, is left of whole when bytes
// are taken out.
func isSubsequence(part, whole []byte) bool {
	part = slices.DeleteFunc(slices.Clone(part), func(c byte) bool { return c <= ' ' })
	for _, c := range whole {
		if len(part) > 0 && part[0] == c {
			part = part[1:]
		}
	}
	return len(part) == 0
}

// Parsing and printing is the identity; each edit does what it says and nothing else,
// or nothing at all.
func FuzzDocument(f *testing.F) {
	cases := corpus.Cases(f, "../testdata")
	for i, c := range cases {
		f.Add(c.Text, cases[(i+7)%len(cases)].Text, "a", uint(i))
	}
	for i, row := range edits {
		for _, key := range []string{"a", "b", "", "c d"} {
			f.Add([]byte(row.in), []byte("{x=(y);}"), key, uint(i))
		}
	}
	f.Fuzz(func(t *testing.T, src, value []byte, key string, n uint) {
		v, err := cgpdata.Parse(value, lenient)
		if err != nil {
			v = cgpdata.String(string(value))
		}
		for _, o := range []cgpdata.Options{{}, {Allow: cgpdata.Lenient}, {Allow: cgpdata.Lenient &^ cgpdata.EmptyText}, {SingleLine: true, Allow: cgpdata.Lenient}} {
			// fresh returns the document before the edit, and check looks at it
			// afterwards: want is what its value should be.
			fresh := func() *edit.Document {
				d, err := edit.ParseDocument(src, &o)
				if err != nil {
					require.Nil(t, d)
					return nil
				}
				require.Equal(t, string(src), string(d.Bytes()))
				return d
			}
			d := fresh()
			if d == nil {
				continue
			}
			before := d.Value()
			check := func(d *edit.Document, err error, want func() cgpdata.Value) bool {
				got, parseErr := cgpdata.Parse(d.Bytes(), &o)
				require.NoError(t, parseErr)
				require.True(t, got.Equal(d.Value()))
				if err != nil {
					require.Equal(t, string(src), string(d.Bytes()))
					return false
				}
				require.True(t, got.Equal(want()), "%s\nbecame\n%s\nwant\n%v", src, d.Bytes(), want())
				return true
			}
			paths := pathsIn(before)
			path := paths[n%uint(len(paths))]
			old, ok := before.Lookup(path)
			require.True(t, ok)

			err := d.Set(path, v)
			replaced := func() cgpdata.Value {
				if len(path) == 0 {
					return v
				}
				last := path[len(path)-1]
				return rebuilt(before, path[:len(path)-1], func(pairs []cgpdata.Pair) []cgpdata.Pair {
					pairs[numberOf(pairs, last)].Value = v
					return pairs
				})
			}
			if check(d, err, replaced) {
				got, ok := d.Get(path)
				require.True(t, ok)
				require.True(t, got.Equal(v))
			}

			d = fresh()
			err = d.Set(append(slices.Clip(path), cgpdata.Key(key)), v)
			_, exists := old.Get(key)
			added := func() cgpdata.Value {
				return rebuilt(before, path, func(pairs []cgpdata.Pair) []cgpdata.Pair {
					return append(pairs, cgpdata.Pair{Key: key, Value: v})
				})
			}
			if check(d, err, added) && !exists {
				require.True(t, isSubsequence(src, d.Bytes()), "%s\nbecame\n%s", src, d.Bytes())
			}

			d = fresh()
			appended := func() cgpdata.Value {
				return rebuilt(before, path, func(pairs []cgpdata.Pair) []cgpdata.Pair {
					return append(pairs, cgpdata.Pair{Value: v})
				})
			}
			if check(d, d.Append(path, v), appended) {
				require.True(t, isSubsequence(src, d.Bytes()), "%s\nbecame\n%s", src, d.Bytes())
			}
			if len(path) == 0 {
				continue
			}
			last := path[len(path)-1]

			d = fresh()
			err = d.Delete(path)
			require.NoError(t, err)
			check(d, err, func() cgpdata.Value {
				return rebuilt(before, path[:len(path)-1], func(pairs []cgpdata.Pair) []cgpdata.Pair {
					i := numberOf(pairs, last)
					return slices.Delete(pairs, i, i+1)
				})
			})
			if !bytes.Contains(d.Bytes(), []byte("{}")) { // which takes the place of the only pair without braces
				require.True(t, isSubsequence(d.Bytes(), src), "%s\nbecame\n%s", src, d.Bytes())
			}

			d = fresh()
			check(d, d.Rename(path, key), func() cgpdata.Value {
				return rebuilt(before, path[:len(path)-1], func(pairs []cgpdata.Pair) []cgpdata.Pair {
					pairs[numberOf(pairs, last)].Key = key
					return pairs
				})
			})
		}
	})
}
