package dirstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

// usageIn returns the usage file of a storage, "" if there is none.
func usageIn(t *testing.T, root string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root+".state", usageFile))
	if !errors.Is(err, fs.ErrNotExist) {
		require.NoError(t, err)
	}
	return string(b)
}

func TestUsageIsWrittenInQuiet(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "account.web")
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(root, &Options{Sync: SyncLater})
		require.NoError(t, err)
		pass := func(d time.Duration) {
			<-time.After(d) // by the clock of the test
			synctest.Wait()
		}
		for i := range 3 {
			require.NoError(t, s.Mkdir(t.Context(), fmt.Sprint("d", i), filestore.MkdirOptions{}, boundless))
			pass(quietTime - 1)
			require.Empty(t, usageIn(t, root), "there was a change not long ago")
		}
		pass(1)
		require.Equal(t, "{Bytes=0;Files=3;}\n", usageIn(t, root))

		u, err := s.Create(t.Context(), "a", filestore.CreateOptions{Size: 5}, boundless)
		require.NoError(t, err)
		_, err = io.WriteString(u, "12345")
		require.NoError(t, err)
		pass(quietTime)
		require.Equal(t, "{Bytes=0;Files=3;}\n", usageIn(t, root), "nothing has changed yet")
		_, err = u.Commit()
		require.NoError(t, err)
		require.Empty(t, usageIn(t, root))

		require.NoError(t, s.lock(t.Context()))
		pass(quietTime)
		require.Empty(t, usageIn(t, root), "a change runs")
		s.end()
		pass(quietTime)
		require.Equal(t, "{Bytes=5;Files=4;}\n", usageIn(t, root))

		require.NoError(t, s.Remove(t.Context(), "a", filestore.RemoveOptions{}))
		require.NoError(t, s.Close())
		require.Equal(t, "{Bytes=0;Files=3;}\n", usageIn(t, root))
		require.NoError(t, os.Remove(filepath.Join(root+".state", usageFile)))
		pass(quietTime)
		require.Empty(t, usageIn(t, root), "a closed store does nothing")
	})
}

// TestCounting counts calls to the system: what the usage file saves.
func TestCounting(t *testing.T) {
	t.Parallel()
	calls := func(entries int, do func(s *Store) error) (calls int) {
		f := files{}
		for i := range entries {
			f[fmt.Sprintf("d%d/f%d", i%7, i)] = "1"
		}
		for i := range min(entries, 7) {
			f[fmt.Sprint("d", i)] = "/"
		}
		root := newAccount(t, f)
		faults := &faults{}
		s, err := openWith(root, nil, faults.open)
		require.NoError(t, err)
		require.NoError(t, do(s))
		calls = faults.calls
		u, err := s.Usage(t.Context(), filestore.Root)
		require.NoError(t, err)
		require.Equal(t, filesIn(t, root).usage(), u)
		require.NoError(t, s.Close())
		return calls
	}
	for name, do := range map[string]func(s *Store) error{
		"open":   func(*Store) error { return nil },
		"create": func(s *Store) error { return putting("d0/n", "1", filestore.CreateOptions{})(t.Context(), s) },
		"usage":  func(s *Store) error { _, err := s.Usage(t.Context(), filestore.Root); return err },
	} {
		require.Equal(t, calls(10, do), calls(500, do), name)
	}
	rescan := func(s *Store) error { return rescanning(t.Context(), s) }
	require.Greater(t, calls(500, rescan), calls(10, rescan)+400)
}

// slow is a tree in which counting waits for a channel.
type slow struct {
	tree
	counting, goOn chan struct{}
}

func (t slow) entry(dir *os.File, name, last string) (stat, error) {
	if last == "counted" {
		close(t.counting)
		<-t.goOn
	}
	return t.tree.entry(dir, name, last)
}

func TestReadingDoesNotWaitForCounting(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "account.web")
	files{"d/counted": "1", "e/f": "2"}.write(t, root)
	counting, goOn := make(chan struct{}), make(chan struct{})
	s, err := openWith(root, &Options{Sync: SyncLater}, func(base string) (tree, error) {
		t, err := bestOpener()(base)
		return slow{t, counting, goOn}, err
	})
	require.NoError(t, err)
	done := make(chan error)
	go func() { done <- s.Mkdir(t.Context(), "n", filestore.MkdirOptions{}, boundless) }()
	<-counting
	_, err = s.Stat(t.Context(), "d")
	require.NoError(t, err)
	for _, err := range s.List(t.Context(), "e", filestore.ListOptions{}) {
		require.NoError(t, err)
	}
	f, err := s.Open(t.Context(), "e/f")
	require.NoError(t, err)
	require.NoError(t, f.Close())
	cut, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, rescanning(cut, s), context.Canceled)
	close(goOn)
	require.NoError(t, <-done)
	require.NoError(t, s.Close())
	require.Equal(t, "{Bytes=2;Files=5;}\n", usageIn(t, root))
}

// TestBehindOurBack: what others changed after the usage was written is
// noticed as soon as a call comes across it.
func TestBehindOurBack(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the time of the last change of a file is not known here")
	}
	found := files{"a": "a long one", "d": "/", "d/b": "22", "d/b.meta": "m", "d/c": "333"}
	stat := func(name string) func(s *Store) error {
		return func(s *Store) error { _, err := s.Stat(t.Context(), name); return err }
	}
	tests := []struct {
		name    string
		other   func(root string) error
		notices func(s *Store) error
	}{
		{"larger file, stat", func(root string) error { return os.WriteFile(root+"/d/b", []byte("12345678"), 0o600) }, stat("d/b")},
		{"larger file, open", func(root string) error { return os.WriteFile(root+"/d/b", []byte("12345678"), 0o600) },
			func(s *Store) error {
				f, err := s.Open(t.Context(), "d/b")
				if err == nil {
					f.Close()
				}
				return err
			}},
		{"larger file, list", func(root string) error { return os.WriteFile(root+"/d/b", []byte("12345678"), 0o600) },
			func(s *Store) error {
				var failed error
				for _, err := range s.List(t.Context(), "d", filestore.ListOptions{}) {
					failed = errors.Join(failed, err)
				}
				return failed
			}},
		{"larger file, overwritten", func(root string) error { return os.WriteFile(root+"/d/b", []byte("12345678"), 0o600) },
			func(s *Store) error { return putting("d/b", "1", filestore.CreateOptions{})(t.Context(), s) }},
		{"larger file, removed", func(root string) error { return os.WriteFile(root+"/d/b", []byte("12345678"), 0o600) },
			func(s *Store) error { return removing("d/b")(t.Context(), s) }},
		{"larger sidecar, stat of its file", func(root string) error { return os.WriteFile(root+"/d/b.meta", []byte("12345678"), 0o600) }, stat("d/b")},
		{"larger sidecar, list", func(root string) error { return os.WriteFile(root+"/d/b.meta", []byte("12345678"), 0o600) },
			func(s *Store) error { return listed("d")(t.Context(), s) }},
		{"larger sidecar, read", func(root string) error { return os.WriteFile(root+"/d/b.meta", []byte("12345678"), 0o600) },
			func(s *Store) error { _, err := s.Sidecar(t.Context(), "d/b", ""); return err }},
		{"larger sidecar, replaced", func(root string) error { return os.WriteFile(root+"/d/b.meta", []byte("12345678"), 0o600) },
			func(s *Store) error { return setting("d/b", "1", filestore.SidecarOptions{})(t.Context(), s) }},
		{"larger sidecar, removed", func(root string) error { return os.WriteFile(root+"/d/b.meta", []byte("12345678"), 0o600) },
			func(s *Store) error { return setting("d/b", "", filestore.SidecarOptions{})(t.Context(), s) }},
		{"new file, its directory", func(root string) error { return os.WriteFile(root+"/d/n", []byte("1"), 0o600) }, stat("d")},
		{"new file, upload beside it", func(root string) error { return os.WriteFile(root+"/d/n", []byte("1"), 0o600) },
			func(s *Store) error { return putting("d/o", "1", filestore.CreateOptions{})(t.Context(), s) }},
		{"removed file, its directory", func(root string) error { return os.Remove(root + "/d/b") }, stat("d")},
		{"removed directory, usage alone", func(root string) error { return os.RemoveAll(root + "/d") }, func(*Store) error { return nil }},
		{"all gone", os.RemoveAll, func(*Store) error { return nil }},
	}
	for _, tt := range tests {
		for _, reopen := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, reopened %v", tt.name, reopen), func(t *testing.T) {
				t.Parallel()
				root := filepath.Join(t.TempDir(), "account.web")
				found.write(t, root)
				s, err := Open(root, &Options{Sync: SyncLater})
				require.NoError(t, err)
				require.NoError(t, rescanning(t.Context(), s))
				s.afterQuiet()
				require.Equal(t, string(encodeUsage(found.usage())), usageIn(t, root))
				if reopen {
					require.NoError(t, s.Close())
					s, err = Open(root, &Options{Sync: SyncLater})
					require.NoError(t, err)
				}
				tick(t, root)
				require.NoError(t, tt.other(root))
				tick(t, root)
				require.NoError(t, tt.notices(s))
				u, err := s.Usage(t.Context(), filestore.Root)
				require.NoError(t, err)
				require.Equal(t, filesIn(t, root).usage(), u)
				require.NoError(t, s.Close())
				honest(t, root)
			})
		}
	}
}

// tick waits for the clock of the file system to go on.
func tick(t *testing.T, root string) {
	t.Helper()
	path := filepath.Join(filepath.Dir(root), "tick")
	var began time.Time
	for {
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		now, err := os.Stat(path)
		require.NoError(t, err)
		if began.IsZero() {
			began = now.ModTime()
		}
		if now.ModTime().After(began) {
			return
		}
	}
}

// TestOwnChangesAreNotNoticed: a store does not take its own changes for those of
// others, and counts nothing twice.
func TestOwnChangesAreNotNoticed(t *testing.T) {
	t.Parallel()
	root := newAccount(t, before)
	s, err := Open(root, &Options{Sync: SyncLater})
	require.NoError(t, err)
	tr, err := bestOpener()(s.base)
	require.NoError(t, err)
	defer tr.close()
	for _, do := range []func(context.Context, *Store) error{
		putting("n", "5", filestore.CreateOptions{}), renaming("n", "b/n"), copying("b", "k"), removing("b/x"),
		putting("k/x", "6", filestore.CreateOptions{Offset: filestore.End}), renaming("k", "j"),
		setting("c", "6", filestore.SidecarOptions{}), setting("z", "", filestore.SidecarOptions{}),
	} {
		require.NoError(t, do(t.Context(), s))
		require.NoError(t, s.walk(t.Context(), tr, filestore.Root, func(e info) error {
			if of, ok := filestore.SidecarOf(e.path); ok {
				_, err := s.Sidecar(t.Context(), of, "")
				return err
			}
			_, err := s.Stat(t.Context(), e.path)
			return err
		}))
		require.NotNil(t, s.counted.Load())
		s.afterQuiet()
		require.NotEmpty(t, usageIn(t, root))
		honest(t, root)
	}
	require.NoError(t, s.Close())
}

// TestCountBelowZero: more goes than was ever counted, so that the count must
// have been wrong.
func TestCountBelowZero(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "account.web")
	s, err := Open(root, &Options{Sync: SyncLater})
	require.NoError(t, err)
	require.NoError(t, s.Mkdir(t.Context(), "d", filestore.MkdirOptions{}, boundless))
	files{"d/a": "12345", "d/b": "1"}.write(t, root) // while the store changes things itself, nobody can tell
	require.NoError(t, removing("d/a")(t.Context(), s))
	u, err := s.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	require.Equal(t, filestore.Usage{Files: 2, Bytes: 1}, u)
	require.NoError(t, s.Close())
}

// TestRescan corrects what could not be noticed, and keeps what uploads hold.
func TestRescan(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "account.web")
	s, err := Open(root, &Options{Sync: SyncLater})
	require.NoError(t, err)
	ten := filestore.Limits{Files: 10, Bytes: 10, FileSize: 10}
	require.NoError(t, s.Mkdir(t.Context(), "d", filestore.MkdirOptions{}, ten))
	u, err := s.Create(t.Context(), "a", filestore.CreateOptions{Size: 4}, ten)
	require.NoError(t, err)
	files{"d/a": "12345"}.write(t, root)
	was, is, err := s.Rescan(t.Context())
	require.NoError(t, err)
	require.Equal(t, filestore.Usage{Files: 1}, was)
	require.Equal(t, filestore.Usage{Files: 2, Bytes: 5}, is)
	used, err := s.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	require.Equal(t, filestore.Usage{Files: 2, Bytes: 5}, used)
	_, err = s.Create(t.Context(), "b", filestore.CreateOptions{Size: 2}, ten)
	require.ErrorIs(t, err, filestore.ErrLimit)
	require.NoError(t, u.Abort())
	require.NoError(t, s.Close())
}

func TestClose(t *testing.T) {
	t.Parallel()
	root := newAccount(t, before)
	s, err := Open(root, &Options{Sync: SyncLater})
	require.NoError(t, err)
	f, err := s.Open(t.Context(), "c")
	require.NoError(t, err)
	defer f.Close()
	u, err := s.Create(t.Context(), "n", filestore.CreateOptions{}, boundless)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())

	_, err = u.Commit()
	require.ErrorIs(t, err, fs.ErrClosed)
	_, err = s.Create(t.Context(), "n", filestore.CreateOptions{}, boundless)
	require.ErrorIs(t, err, fs.ErrClosed)
	_, err = s.Usage(t.Context(), filestore.Root)
	require.ErrorIs(t, err, fs.ErrClosed)
	for _, do := range []func(context.Context, *Store) error{removing("b"), renaming("a", "b"), copying("a", "b")} {
		require.ErrorIs(t, do(t.Context(), s), fs.ErrClosed)
	}
	require.ErrorIs(t, rescanning(t.Context(), s), fs.ErrClosed)
	content, err := io.ReadAll(f)
	require.NoError(t, err)
	require.Equal(t, "4444", string(content))
	_, err = s.Stat(t.Context(), "b/x")
	require.NoError(t, err)
	reopened(t, root, before)
}

// TestCloseWithoutAccount: what has gone is not made again.
func TestCloseWithoutAccount(t *testing.T) {
	t.Parallel()
	for _, gone := range []string{"account.web", "."} {
		base := filepath.Join(t.TempDir(), "john.macnt")
		require.NoError(t, os.Mkdir(base, 0o700))
		s, err := Open(filepath.Join(base, "account.web"), &Options{Sync: SyncLater})
		require.NoError(t, err)
		require.NoError(t, s.Mkdir(t.Context(), "d", filestore.MkdirOptions{}, boundless))
		require.NoError(t, os.RemoveAll(filepath.Join(base, gone)))
		require.NoError(t, s.Close())
		require.Empty(t, filesIn(t, base).plain())
	}
}

// TestStrangeUsage: a usage file that is not exactly ours is not believed.
func TestStrangeUsage(t *testing.T) {
	t.Parallel()
	for _, usage := range []string{"", "{Bytes=1;Files=2;}", "{Bytes=1;Files=2;}\n\n", "{Bytes=-1;Files=2;}\n", "{Bytes=01;Files=2;}\n",
		"{Bytes=1;Files=+2;}\n", "{Files=2;Bytes=1;}\n", "{Bytes=1;Files=99999999999999999999;}\n", "1 2\n", "{}\n"} {
		root := filepath.Join(t.TempDir(), "account.web")
		before.write(t, root)
		files{usageFile: usage}.write(t, root+".state")
		reopened(t, root, before)
	}
	root := filepath.Join(t.TempDir(), "account.web")
	before.write(t, root)
	require.NoError(t, os.MkdirAll(filepath.Join(root+".state", usageFile), 0o700))
	s, err := Open(root, nil)
	require.NoError(t, err)
	require.NoError(t, removing("c")(t.Context(), s))
	require.NoError(t, s.Close())
	honest(t, root)
}
