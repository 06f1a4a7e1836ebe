package edit_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/edit"
)

const settings = "{\n Count = 0; // of calls\n}\n"

// settingsFile makes a file, alone in its directory.
func settingsFile(t *testing.T, text string) (name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "Main.settings")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o640))
	return name
}

// requireOnly makes sure that a file has a text and is alone in its directory.
func requireOnly(t *testing.T, name, text string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(name))
	require.NoError(t, err)
	require.Len(t, entries, 1, "a temporary file stayed behind")
	got, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, text, string(got))
}

func setCount(n string) func(*edit.Document) error {
	return func(d *edit.Document) error {
		return d.Set(cgpdata.Path{cgpdata.Key("Count")}, cgpdata.String(n))
	}
}

func TestUpdateFile(t *testing.T) {
	t.Parallel()
	name := settingsFile(t, settings)
	require.NoError(t, edit.UpdateFile(name, nil, setCount("1")))
	requireOnly(t, name, "{\n Count = 1; // of calls\n}\n")
	info, err := os.Stat(name)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		require.Equal(t, fs.FileMode(0o640), info.Mode())
	}

	require.NoError(t, edit.UpdateFile(name, nil, setCount("1")))
	again, err := os.Stat(name)
	require.NoError(t, err)
	require.True(t, os.SameFile(info, again), "nothing has changed, so nothing is written")
}

func TestUpdateFileErrors(t *testing.T) {
	t.Parallel()
	stop := errors.New("stop")
	for _, row := range []struct {
		name, text string
		o          *cgpdata.Options
		change     func(*edit.Document) error
		want       error
	}{
		{name: "change", text: settings, change: func(d *edit.Document) error { return errors.Join(setCount("1")(d), stop) }, want: stop},
		{name: "no such path", text: settings, change: func(d *edit.Document) error { return d.Delete(cgpdata.Path{cgpdata.Key("x")}) }, want: edit.ErrNotFound},
		{name: "size", text: settings, o: &cgpdata.Options{MaxBytes: 5}, change: setCount("1"), want: cgpdata.ErrSize},
		{name: "depth", text: "{a=(b);}", o: &cgpdata.Options{MaxDepth: 1}, change: setCount("1"), want: cgpdata.ErrDepth},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			name := settingsFile(t, row.text)
			require.ErrorIs(t, edit.UpdateFile(name, row.o, row.change), row.want)
			requireOnly(t, name, row.text)
		})
	}
	name := settingsFile(t, settings)
	require.ErrorIs(t, edit.UpdateFile(name+"x", nil, setCount("1")), fs.ErrNotExist)
	requireOnly(t, name, settings)
	require.ErrorContains(t, edit.UpdateFile(filepath.Dir(name), nil, setCount("1")), "not a regular file")
}

func TestReplaceFileFollowsNoLink(t *testing.T) {
	t.Parallel()
	name := settingsFile(t, settings)
	link := filepath.Join(t.TempDir(), "Link.settings")
	if err := os.Symlink(name, link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	require.ErrorContains(t, edit.UpdateFile(link, nil, setCount("1")), "not a regular file")
	requireOnly(t, name, settings)
	requireOnly(t, link, settings)
}

func TestReplaceFileThatHasChanged(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		meddle func(name string) error
		want   string // "" if the file is gone
	}{
		{"text", func(name string) error { return os.WriteFile(name, []byte("{b=2;}"), 0o640) }, "{b=2;}"},
		{"same size", func(name string) error {
			return os.WriteFile(name, []byte(strings.Replace(settings, "0", "7", 1)), 0o640)
		}, strings.Replace(settings, "0", "7", 1)},
		{"mode", func(name string) error { return os.Chmod(name, 0o400) }, settings},
		{"another file", func(name string) error {
			return errors.Join(os.WriteFile(name+"2", []byte(settings), 0o640), os.Rename(name+"2", name))
		}, settings},
		{"gone", os.Remove, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			name := settingsFile(t, settings)
			err := edit.ReplaceFile(name, func(old []byte) ([]byte, error) {
				require.Equal(t, settings, string(old))
				require.NoError(t, row.meddle(name))
				return []byte("{c=3;}"), nil
			})
			require.ErrorIs(t, err, edit.ErrFileChanged)
			if row.want == "" {
				require.ErrorIs(t, err, fs.ErrNotExist)
				entries, err := os.ReadDir(filepath.Dir(name))
				require.NoError(t, err)
				require.Empty(t, entries)
				return
			}
			requireOnly(t, name, row.want)
		})
	}
}

// The longest name that a file can have leaves no room for a longer one.
func TestReplaceFileWithALongName(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), strings.Repeat("n", 255))
	require.NoError(t, os.WriteFile(name, []byte(settings), 0o640))
	require.NoError(t, edit.UpdateFile(name, nil, setCount("1")))
	requireOnly(t, name, "{\n Count = 1; // of calls\n}\n")
}

// What change does with the old text is its own affair.
func TestReplaceFileGivesACopy(t *testing.T) {
	t.Parallel()
	name := settingsFile(t, "{a=b;}")
	require.NoError(t, edit.ReplaceFile(name, func(old []byte) ([]byte, error) {
		old[1] = 'x'
		return old, nil
	}))
	requireOnly(t, name, "{x=b;}")
}

// No update is lost, and nobody sees half of one.
func TestUpdateFileFromManySides(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs locks on directories")
	}
	name := settingsFile(t, settings)
	const sides, times = 4, 10
	path := cgpdata.Path{cgpdata.Key("Count")}
	var all, reader sync.WaitGroup
	faults := make(chan error, sides+1)
	stop := make(chan struct{})
	reader.Go(func() {
		for {
			text, err := os.ReadFile(name)
			if err = errors.Join(err, cgpdata.Valid(text, nil)); err != nil {
				faults <- err
				return
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	for range sides {
		all.Go(func() {
			for done := 0; done < times; {
				err := edit.UpdateFile(name, nil, func(d *edit.Document) error {
					v, _ := d.Get(path)
					n, err := strconv.Atoi(v.Text())
					if err != nil {
						return err
					}
					return d.Set(path, cgpdata.String(strconv.Itoa(n+1)))
				})
				switch {
				case err == nil:
					done++
				case !errors.Is(err, edit.ErrFileChanged):
					faults <- err
					return
				}
			}
		})
	}
	all.Wait()
	close(stop)
	reader.Wait()
	close(faults)
	require.NoError(t, <-faults)
	requireOnly(t, name, fmt.Sprintf("{\n Count = %d; // of calls\n}\n", sides*times))
}
