package tbd

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/stretchr/testify/require"
)

// FuzzChanges changes a table of any text, and looks whether anything else than
// the record in question is another one after it.
func FuzzChanges(f *testing.F) {
	f.Add("k\ta\tb\nx\t1\t2\r\n\n1\t2\t3\t4\nx\n", "x", "b", "v", false)
	f.Add("\uFEFFk\ta\r\nM\xfc\t\xfc\r", "Mü", "a", "(1,2)", true)
	f.Add("k\ta\ta\t\n\"q\\t\"\t#5\tmore", "q\t", "a", "\t\n", false)
	f.Add("\xfc\n"+strings.Repeat("x", 200)+"\nx\t", "x", "new", "\xff", true)
	f.Add("k\ta\t\nx\t1\t2\r\x88", "x", "a", "v", true)
	f.Fuzz(func(t *testing.T, text, key, name, value string, lenient bool) {
		o := (&Options{Lenient: lenient, MaxLine: 100}).orDefaults()
		c, err := parse(text, o)
		if err != nil || name == c.names[0] {
			return
		}
		old, oldErr := c.get(key)

		record := cgpdata.Dictionary(cgpdata.Pair{Key: c.names[0], Value: cgpdata.String(key)}, cgpdata.Pair{Key: name, Value: cgpdata.String(value)})
		if next, err := c.put(record); err == nil {
			after, err := parse(next, o)
			require.NoError(t, err)
			require.Equal(t, othersOf(t, c, key), othersOf(t, after, key))
			got, err := after.get(key)
			require.NoError(t, err)
			want := old.Value()
			if oldErr != nil {
				want = Record{names: c.names}.Value()
			}
			for field, old := range want.Pairs() {
				if put, ok := record.Get(field); ok {
					old = put
				}
				is, _ := got.Value().Get(field)
				require.True(t, is.Equal(old), "%s: %v, not %v", field, is, old)
			}
		}

		switch next, err := c.delete(key); {
		case err == nil:
			after, err := parse(next, o)
			require.NoError(t, err)
			require.Equal(t, othersOf(t, c, key), othersOf(t, after, key))
			_, err = after.get(key)
			require.Error(t, err)
		case oldErr == nil:
			t.Fatal(err)
		case errors.Is(oldErr, fs.ErrNotExist):
			require.ErrorIs(t, err, fs.ErrNotExist)
		}

		if next, err := c.addField(name); err == nil {
			after, err := parse(next, o)
			require.NoError(t, err)
			require.Equal(t, append(c.names[:len(c.names):len(c.names)], name), after.names)
			require.Equal(t, withoutFirst(text), withoutFirst(next))
		}
	})
}

// othersOf returns the bytes of all lines that are no records of a key, without
// the end of the last one, which an addition completes.
func othersOf(t *testing.T, c *content, key string) string {
	t.Helper()
	var others strings.Builder
	from := 0
	for _, line := range c.lines[key] {
		others.WriteString(c.text[from:line.start])
		rest := strings.TrimPrefix(c.text[line.end:], "\r") // a line may end by it alone
		from = len(c.text) - len(strings.TrimPrefix(rest, "\n"))
	}
	others.WriteString(c.text[from:])
	return strings.TrimRight(others.String(), "\r\n")
}

func withoutFirst(text string) string {
	_, rest, _ := strings.Cut(text, "\n")
	return rest
}
