package tbd_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/tbd"
	"github.com/stretchr/testify/require"
)

// open writes a table into a file and opens it.
func open(t *testing.T, text string, o *tbd.Options) (table *tbd.Table, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "test.tbd")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o640))
	require.NoError(t, os.Chmod(path, 0o640)) // past any umask
	table, err := tbd.Open(path, o)
	require.NoError(t, err)
	t.Cleanup(func() { table.Close() })
	return table, path
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

// record makes a record of names and values, in turn.
func record(fields ...string) cgpdata.Value {
	var pairs []cgpdata.Pair
	for i := 0; i < len(fields); i += 2 {
		pairs = append(pairs, cgpdata.Pair{Key: fields[i], Value: cgpdata.String(fields[i+1])})
	}
	return cgpdata.Dictionary(pairs...)
}

func TestTableChangesOneLine(t *testing.T) {
	t.Parallel()
	put := func(fields ...string) func(context.Context, *tbd.Table) error {
		return func(ctx context.Context, table *tbd.Table) error { return table.Put(ctx, record(fields...)) }
	}
	remove := func(key string) func(context.Context, *tbd.Table) error {
		return func(ctx context.Context, table *tbd.Table) error { return table.Delete(ctx, key) }
	}
	addField := func(name string) func(context.Context, *tbd.Table) error {
		return func(ctx context.Context, table *tbd.Table) error { return table.AddField(ctx, name) }
	}
	for _, tt := range []struct {
		name   string
		in     string
		o      tbd.Options
		change func(context.Context, *tbd.Table) error
		want   string
	}{
		{"add", "k\ta\tb\nx\t1\t2\n", tbd.Options{}, put("k", "y", "a", "3"), "k\ta\tb\nx\t1\t2\ny\t3\n"},
		{"add to no records", "k\ta", tbd.Options{}, put("k", "y", "a", "3"), "k\ta\ny\t3\n"},
		{"add with CRLF", "k\ta\r\nx\t1", tbd.Options{}, put("a", "3", "k", "y"), "k\ta\r\nx\t1\r\ny\t3\r\n"},
		{"add what differs in case", "k\ta\nx\t1\n", tbd.Options{}, put("k", "X"), "k\ta\nx\t1\nX\n"},
		{"add a key with a mark", "k\ta\n", tbd.Options{}, put("k", "#5", "a", "\t"), "k\ta\n\"#5\"\t\"\\t\"\n"},
		{"update", "k\ta\tb\nx\t1\t2\ny\t3\t4\n", tbd.Options{}, put("k", "x", "a", "9"), "k\ta\tb\nx\t9\t2\ny\t3\t4\n"},
		{"update what is short", "k\ta\tb\nx\ny\n", tbd.Options{}, put("k", "x", "b", "9"), "k\ta\tb\nx\t\t9\ny\n"},
		{"update the last without its end", "k\ta\nx\t1", tbd.Options{}, put("k", "x", "a", "2"), "k\ta\nx\t2"},
		{"update keeps CR", "k\ta\nx\t1\r\ny\r", tbd.Options{}, put("k", "y", "a", "2"), "k\ta\nx\t1\r\ny\t2\r"},
		{"update the first of two", "k\ta\nx\t1\nx\t2\n", tbd.Options{}, put("k", "x", "a", "3"), "k\ta\nx\t3\nx\t2\n"},
		{"update with what is there", "k\ta\nx\t\"1\"\n", tbd.Options{}, put("k", "x", "a", "1"), "k\ta\nx\t\"1\"\n"},
		{"update a quoted key", "k\ta\n\"x\\t\"\t1\n", tbd.Options{}, put("k", "x\t", "a", "2"), "k\ta\n\"x\\t\"\t2\n"},
		{"update Latin-1", "k\ta\tb\nM\xfc\t\xfc\t1\n\xfc\n", tbd.Options{}, put("k", "Mü", "b", "2"), "k\ta\tb\nMü\tü\t2\n\xfc\n"},
		{"update keeps what is too much", "k\ta\nx\t1\t2\n", tbd.Options{Lenient: true}, put("k", "x", "a", "9"), "k\ta\nx\t9\t2\n"},
		{"equal names", "k\ta\ta\nx\t1\t2\n", tbd.Options{}, put("k", "x", "a", "9"), "k\ta\ta\nx\t9\t2\n"},
		{"bad lines stay", "\uFEFFk\ta\n\n1\t2\t3\t\xff\n\r\n" + strings.Repeat("y", 100) + "\nx\t1\n\t\n", tbd.Options{MaxLine: 50}, put("k", "x", "a", "2"),
			"\uFEFFk\ta\n\n1\t2\t3\t\xff\n\r\n" + strings.Repeat("y", 100) + "\nx\t2\n\t\n"},
		{"delete", "k\nx\ny\n", tbd.Options{}, remove("x"), "k\ny\n"},
		{"delete all of a key", "k\r\nx\r\n1\t2\ny\nx\n\nx", tbd.Options{}, remove("x"), "k\r\n1\t2\ny\n\n"},
		{"add a field", "k\ta\r\nx\t1\r\n", tbd.Options{}, addField("b"), "k\ta\tb\r\nx\t1\r\n"},
		{"add a field to names alone", "k", tbd.Options{}, addField("b"), "k\tb"},
		{"add a field to Latin-1", "\xfc\n\xfc\n", tbd.Options{}, addField("ö"), "ü\tö\n\xfc\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			table, path := open(t, tt.in, &tt.o)
			require.NoError(t, tt.change(t.Context(), table))
			require.Equal(t, tt.want, content(t, path))
			info, err := os.Stat(path)
			require.NoError(t, err)
			require.Equal(t, fs.FileMode(0o640), info.Mode())
			entries, err := os.ReadDir(filepath.Dir(path))
			require.NoError(t, err)
			require.Len(t, entries, 1, "nothing is left beside the table")
		})
	}
}

func TestTableRefuses(t *testing.T) {
	t.Parallel()
	const text = "k\ta\nx\t1\nbad\t1\t2\n"
	xml, err := cgpdata.XML("<a/>")
	require.NoError(t, err)
	for _, tt := range []struct {
		name   string
		change func(context.Context, *tbd.Table) error
		is     error // nil: a *SyntaxError
	}{
		{"no dictionary", func(ctx context.Context, table *tbd.Table) error { return table.Put(ctx, cgpdata.String("x")) }, fs.ErrInvalid},
		{"no key", func(ctx context.Context, table *tbd.Table) error { return table.Put(ctx, record("a", "1")) }, fs.ErrInvalid},
		{"empty key", func(ctx context.Context, table *tbd.Table) error { return table.Put(ctx, record("k", "")) }, fs.ErrInvalid},
		{"unknown field", func(ctx context.Context, table *tbd.Table) error { return table.Put(ctx, record("k", "x", "A", "1")) }, fs.ErrInvalid},
		{"field with no name", func(ctx context.Context, table *tbd.Table) error { return table.Put(ctx, record("k", "x", "", "1")) }, fs.ErrInvalid},
		{"bad record", func(ctx context.Context, table *tbd.Table) error { return table.Put(ctx, record("k", "bad")) }, nil},
		{"delete a bad record", func(ctx context.Context, table *tbd.Table) error { return table.Delete(ctx, "bad") }, nil},
		{"delete what is not there", func(ctx context.Context, table *tbd.Table) error { return table.Delete(ctx, "X") }, fs.ErrNotExist},
		{"add a field that is there", func(ctx context.Context, table *tbd.Table) error { return table.AddField(ctx, "a") }, fs.ErrExist},
		{"add no field", func(ctx context.Context, table *tbd.Table) error { return table.AddField(ctx, "") }, fs.ErrInvalid},
		{"add a field that others would fill", func(ctx context.Context, table *tbd.Table) error { return table.AddField(ctx, "b") }, nil},
		{"change the key", func(ctx context.Context, table *tbd.Table) error {
			return table.Update(ctx, "x", func(cgpdata.Value) (cgpdata.Value, error) { return record("k", "y"), nil })
		}, fs.ErrInvalid},
		{"error of the caller", func(ctx context.Context, table *tbd.Table) error {
			return table.Update(ctx, "x", func(cgpdata.Value) (cgpdata.Value, error) { return record("k", "x"), os.ErrProcessDone })
		}, os.ErrProcessDone},
		{"ended context", func(ctx context.Context, table *tbd.Table) error {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			_, err := table.Get(ctx, "x")
			return err
		}, context.Canceled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			table, path := open(t, text, nil)
			err := tt.change(t.Context(), table)
			if tt.is != nil {
				require.ErrorIs(t, err, tt.is)
			} else {
				var bad *tbd.SyntaxError
				require.ErrorAs(t, err, &bad)
			}
			require.Equal(t, text, content(t, path))
		})
	}
	t.Run("limits", func(t *testing.T) {
		t.Parallel()
		table, path := open(t, text, &tbd.Options{MaxLine: 20, MaxBytes: int64(len(text)) + 5})
		require.ErrorContains(t, table.Put(t.Context(), record("k", "x", "a", strings.Repeat("1", 17))), "too long")
		require.ErrorContains(t, table.Put(t.Context(), record("k", "x", "a", "123456789")), "MaxBytes")
		require.ErrorContains(t, table.Put(t.Context(), cgpdata.Dictionary(
			cgpdata.Pair{Key: "k", Value: cgpdata.String("x")}, cgpdata.Pair{Key: "a", Value: xml})), `field "a": XML`)
		require.Equal(t, text, content(t, path))
		_, err := tbd.Open(path, &tbd.Options{MaxBytes: 5})
		require.ErrorContains(t, err, "MaxBytes")
	})
}

func TestTableGet(t *testing.T) {
	t.Parallel()
	table, _ := open(t, "k\ta\nx\t(1,2)\nbad\t1\t2\nx\t3\n#5\n", nil)
	require.Equal(t, []string{"k", "a"}, table.Fields())
	got, err := table.Get(t.Context(), "x")
	require.NoError(t, err)
	require.Equal(t, "{k=x;a=(1,2);}", got.String())
	for _, key := range []string{"X", "", "#5", "5", "k"} {
		_, err = table.Get(t.Context(), key)
		require.ErrorIs(t, err, fs.ErrNotExist, "%q", key)
	}
	var bad *tbd.SyntaxError
	_, err = table.Get(t.Context(), "bad")
	require.ErrorAs(t, err, &bad)
	require.Equal(t, 3, bad.Line)

	var all []string
	for record, err := range table.All(t.Context()) {
		if err != nil {
			all = append(all, err.Error())
			continue
		}
		require.NoError(t, table.Put(t.Context(), record), "while iterating")
		all = append(all, record.String())
		if len(all) == 3 {
			break
		}
	}
	require.Equal(t, []string{"{k=x;a=(1,2);}", "tbd: line 3: 3 fields, but 2 names", "{k=x;a=3;}"}, all)
}

func TestTableSeesWhatOthersDo(t *testing.T) {
	t.Parallel()
	table, path := open(t, "k\nx\n", nil)
	other, err := tbd.Open(path, nil)
	require.NoError(t, err)
	for i := range 100 {
		key := fmt.Sprint("y", i%10)
		require.NoError(t, other.Put(t.Context(), record("k", key)))
		_, err = table.Get(t.Context(), key)
		require.NoError(t, err)
		require.NoError(t, other.Delete(t.Context(), key))
		_, err = table.Get(t.Context(), key)
		require.ErrorIs(t, err, fs.ErrNotExist)
	}
	require.NoError(t, other.AddField(t.Context(), "a"))
	require.Equal(t, []string{"k", "a"}, table.Fields())

	require.NoError(t, os.Remove(path))
	_, err = table.Get(t.Context(), "x")
	require.ErrorContains(t, err, "gone")
	require.NotErrorIs(t, err, fs.ErrNotExist, "it is not the record that is missing")
	err = table.Put(t.Context(), record("k", "x"))
	require.ErrorContains(t, err, "gone")
	require.NoFileExists(t, path)
	require.Equal(t, []string{"k", "a"}, table.Fields())

	require.NoError(t, table.Close())
	_, err = table.Get(t.Context(), "x")
	require.ErrorIs(t, err, fs.ErrClosed)
	require.ErrorIs(t, table.Put(t.Context(), record("k", "x")), fs.ErrClosed)
	for _, err := range table.All(t.Context()) {
		require.ErrorIs(t, err, fs.ErrClosed)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := tbd.Open(filepath.Join(dir, "none.tbd"), nil)
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = tbd.Open(dir, nil)
	require.ErrorContains(t, err, "not a regular file")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "empty.tbd"), nil, 0o600))
	var bad *tbd.SyntaxError
	_, err = tbd.Open(filepath.Join(dir, "empty.tbd"), nil)
	require.ErrorAs(t, err, &bad)
	if runtime.GOOS == "windows" {
		return
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "real"), []byte("k\n"), 0o600))
	require.NoError(t, os.Symlink("real", filepath.Join(dir, "link.tbd")))
	_, err = tbd.Open(filepath.Join(dir, "link.tbd"), nil)
	require.Error(t, err)
}

// TestTableAtOnce lets goroutines with a table each, and with one in common,
// change it while others read it.
func TestTableAtOnce(t *testing.T) {
	t.Parallel()
	const writers, changes = 8, 20
	table, path := open(t, "k\ta\tb\ncounter\t0\t0\n", nil)
	var writing, reading sync.WaitGroup
	done := make(chan struct{})
	errs := make(chan error, 100)
	report := func(err error) bool {
		if err != nil {
			select {
			case errs <- err:
			default:
			}
		}
		return err == nil
	}
	for w := range writers {
		mine := table
		if w%2 == 1 {
			var err error
			mine, err = tbd.Open(path, nil)
			require.NoError(t, err)
			defer mine.Close()
		}
		writing.Go(func() {
			for i := range changes {
				if !report(count(t.Context(), mine)) || !report(mine.Put(t.Context(), record("k", fmt.Sprintf("%d-%d", w, i), "a", "1", "b", "1"))) {
					return
				}
			}
		})
	}
	for range 2 {
		reading.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				for record, err := range table.All(t.Context()) {
					if !report(err) {
						return
					}
					if a, b := record.Index(1), record.Index(2); a.Text() == "" || !a.Equal(b) {
						report(errors.New("half a record: " + record.String()))
					}
				}
			}
		})
	}
	writing.Wait()
	close(done)
	reading.Wait()
	close(errs)
	require.NoError(t, <-errs)
	got, err := table.Get(t.Context(), "counter")
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint(writers*changes), got.Index(1).Text())
	for w := range writers {
		for i := range changes {
			_, err := table.Get(t.Context(), fmt.Sprintf("%d-%d", w, i))
			require.NoError(t, err)
		}
	}
}
