//go:build unix

package dirstore_test

import (
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

// TestForeign does everything to links and special files: they are not there,
// nothing happens to them or to what they point at, and their names are taken.
func TestForeign(t *testing.T) {
	t.Parallel()
	foreign := []struct {
		name string
		make func(path, outside string) error
	}{
		{"link to a file", func(path, _ string) error { return os.Symlink("real", path) }},
		{"link to a directory", func(path, _ string) error { return os.Symlink("dir", path) }},
		{"link to here", func(path, _ string) error { return os.Symlink(".", path) }},
		{"link to itself", func(path, _ string) error { return os.Symlink(filepath.Base(path), path) }},
		{"link to nothing", func(path, _ string) error { return os.Symlink("gone", path) }},
		{"link to the account", func(path, _ string) error { return os.Symlink("../account.settings", path) }},
		{"link to the account's directory", func(path, _ string) error { return os.Symlink("..", path) }},
		{"link to the state", func(path, _ string) error { return os.Symlink("../account.web.state", path) }},
		{"absolute link", func(path, outside string) error { return os.Symlink(outside, path) }},
		{"fifo", func(path, _ string) error { return syscall.Mkfifo(path, 0o666) }},
		{"socket", func(path, _ string) error {
			l, err := net.Listen("unix", path)
			if err == nil {
				l.(*net.UnixListener).SetUnlinkOnClose(false)
				l.Close()
			}
			return err
		}},
		{"device", func(path, _ string) error { return syscall.Mknod(path, syscall.S_IFCHR|0o666, 1<<8|5) }}, // /dev/zero
	}
	for _, tt := range foreign {
		for way, open := range opens {
			t.Run(tt.name+", "+way, func(t *testing.T) {
				t.Parallel()
				dir, err := os.MkdirTemp("", "dirstore") // short, for sockets
				require.NoError(t, err)
				t.Cleanup(func() { os.RemoveAll(dir) })
				outside := t.TempDir()
				root := filepath.Join(dir, "account.web")
				path := filepath.Join(root, "x")
				write(t, filepath.Join(dir, "account.settings"), "secret")
				write(t, filepath.Join(outside, "inner"), "secret")
				write(t, filepath.Join(root, "real"), "real")
				write(t, filepath.Join(root, "dir", "inner"), "inner")
				if err := tt.make(path, outside); err != nil {
					t.Skip("cannot be made here:", err)
				}
				before, err := os.Lstat(path)
				require.NoError(t, err)
				s, err := open(root, nil)
				require.NoError(t, err)

				ctx := t.Context()
				for _, name := range []string{"x", "x/inner", "x/account.settings", "x/x"} {
					_, err = s.Stat(ctx, name)
					require.ErrorIs(t, err, fs.ErrNotExist)
					_, err = s.Open(ctx, name)
					require.ErrorIs(t, err, fs.ErrNotExist)
					_, err = s.Usage(ctx, name)
					require.ErrorIs(t, err, fs.ErrNotExist)
					for _, err := range s.List(ctx, name, filestore.ListOptions{}) {
						require.ErrorIs(t, err, fs.ErrNotExist)
					}
					require.ErrorIs(t, s.Remove(ctx, name, filestore.RemoveOptions{Recursive: true}), fs.ErrNotExist)
					require.ErrorIs(t, s.Rename(ctx, name, "y", filestore.RenameOptions{Replace: true}), fs.ErrNotExist)
					require.ErrorIs(t, s.Copy(ctx, name, "y", filestore.CopyOptions{Replace: true}, boundless), fs.ErrNotExist)
				}
				for name, want := range map[string]error{"x": fs.ErrExist, "x/inner": fs.ErrNotExist, "x/new": fs.ErrNotExist} {
					require.ErrorIs(t, put(ctx, s, name, "1"), want)
					require.ErrorIs(t, s.Mkdir(ctx, name, filestore.MkdirOptions{}, boundless), want)
					require.ErrorIs(t, s.Rename(ctx, "real", name, filestore.RenameOptions{Replace: true}), want)
					require.ErrorIs(t, s.Copy(ctx, "real", name, filestore.CopyOptions{Replace: true}, boundless), want)
				}
				require.ElementsMatch(t, []string{"real", "dir"}, list(t, s, filestore.Root))
				u, err := s.Usage(ctx, filestore.Root)
				require.NoError(t, err)
				require.Equal(t, filestore.Usage{Files: 3, Bytes: 9}, u)
				after, err := os.Lstat(path)
				require.NoError(t, err)
				require.True(t, os.SameFile(before, after))

				// A tree goes with all that is in it, and links go as links.
				require.NoError(t, os.Rename(path, filepath.Join(root, "dir", "x")))
				require.ErrorIs(t, s.Remove(ctx, "dir", filestore.RemoveOptions{}), filestore.ErrNotEmpty)
				require.NoError(t, s.Copy(ctx, "dir", "copy", filestore.CopyOptions{}, boundless))
				require.Equal(t, []string{"inner"}, names(t, filepath.Join(root, "copy")))
				require.NoError(t, s.Remove(ctx, "dir", filestore.RemoveOptions{Recursive: true}))
				require.Equal(t, []string{"account.settings", "account.web", "account.web.state"}, names(t, dir))
				require.Empty(t, names(t, root+".state"))
				require.Equal(t, []string{"inner"}, names(t, outside))
				require.Equal(t, "secret", contents(t, filepath.Join(dir, "account.settings")))
				require.Equal(t, "real", contents(t, filepath.Join(root, "real")))
			})
		}
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
}

func TestHardLinkIsAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root := filepath.Join(dir, "account.web")
	write(t, filepath.Join(root, "a"), "one")
	require.NoError(t, os.Link(filepath.Join(root, "a"), filepath.Join(root, "b")))
	s, err := opens["best"](root, nil)
	require.NoError(t, err)
	u, err := s.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	require.Equal(t, filestore.Usage{Files: 2, Bytes: 6}, u)
	require.NoError(t, put(t.Context(), s, "a", "other"))
	require.Equal(t, "one", contents(t, filepath.Join(root, "b")), "the content of the other name stays")
}

// TestSwappedLink changes directories into links, and back, under way.
func TestSwappedLink(t *testing.T) {
	t.Parallel()
	for way, open := range opens {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			root := filepath.Join(dir, "account.web")
			write(t, filepath.Join(dir, "secrets", "f"), "secret")
			write(t, filepath.Join(root, "d", "e", "f"), "public")
			require.NoError(t, os.Symlink("../../secrets", filepath.Join(root, "d", "link")))
			s, err := open(root, nil)
			require.NoError(t, err)
			done := make(chan struct{})
			var group sync.WaitGroup
			group.Go(func() {
				name := func(last string) string { return filepath.Join(root, "d", last) }
				for {
					for _, m := range [][2]string{{"e", "hidden"}, {"link", "e"}, {"e", "link"}, {"hidden", "e"}} {
						if err := os.Rename(name(m[0]), name(m[1])); err != nil {
							t.Errorf("swap: %v", err)
							return
						}
					}
					select {
					case <-done:
						return
					default:
					}
				}
			})
			for range 1000 {
				f, err := s.Open(t.Context(), "d/e/f")
				if err != nil {
					continue
				}
				content, err := io.ReadAll(f)
				f.Close()
				if err != nil || string(content) != "public" {
					t.Errorf("read %q, %v", content, err)
				}
				if info, err := s.Stat(t.Context(), "d/e/new"); err == nil {
					t.Errorf("found %s", info.Path())
				}
			}
			for i := range 200 {
				// Some of these fail, and none leads to the secrets.
				_, _ = s.Usage(t.Context(), "d")
				_ = s.Copy(t.Context(), "d", "copy", filestore.CopyOptions{Replace: true}, boundless)
				for info, err := range s.List(t.Context(), "d/e", filestore.ListOptions{}) {
					if err == nil && info.Path() != "d/e/f" && info.Path() != "d/e/n" {
						t.Errorf("listed %s", info.Path())
					}
				}
				if way != "best" {
					continue // a rename may be led astray there: see the package comment
				}
				_ = put(t.Context(), s, "d/e/n", "public")
				_ = s.Rename(t.Context(), "d/e/n", "d/e/f", filestore.RenameOptions{Replace: true})
				_ = s.Remove(t.Context(), "d/e/f", filestore.RemoveOptions{Recursive: i%2 == 0})
				_ = put(t.Context(), s, "d/e/f", "public")
				_ = s.Mkdir(t.Context(), "d/e/n/d", filestore.MkdirOptions{}, boundless)
			}
			close(done)
			group.Wait()
			require.Equal(t, []string{"f"}, names(t, filepath.Join(dir, "secrets")))
			require.Equal(t, "secret", contents(t, filepath.Join(dir, "secrets", "f")))
			require.NoError(t, filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
				if err == nil && e.Type().IsRegular() {
					require.Equal(t, "public", contents(t, path), path)
				}
				return err
			}))
		})
	}
}

// TestStateIsNotFollowed: a state directory that is a link, or no directory, is not
// ours. That is a fault, and nothing about the names of the caller.
func TestStateIsNotFollowed(t *testing.T) {
	t.Parallel()
	for way, open := range opens {
		for what, make := range map[string]func(path string) error{
			"link": func(path string) error { return os.Symlink("precious", path) },
			"file": func(path string) error { return os.WriteFile(path, nil, 0o600) },
			"fifo": func(path string) error { return syscall.Mkfifo(path, 0o600) },
		} {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "precious", "f"), "1")
			write(t, filepath.Join(dir, "account.web", "b"), "1")
			write(t, filepath.Join(dir, "account.web", "b.meta"), "<meta/>")
			s, err := open(filepath.Join(dir, "account.web"), nil)
			require.NoError(t, err)
			require.NoError(t, make(filepath.Join(dir, "account.web.state")))
			unlimited := filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited, FileSize: filestore.Unlimited}
			for op, err := range map[string]error{
				"put":    put(t.Context(), s, "a", "1"),
				"copy":   s.Copy(t.Context(), "b", "c", filestore.CopyOptions{}, unlimited),
				"rename": s.Rename(t.Context(), "b", "d", filestore.RenameOptions{}),
				"remove": s.Remove(t.Context(), "b", filestore.RemoveOptions{}),
			} {
				require.Error(t, err, "%s, %s, %s", op, what, way)
				for _, decision := range []error{fs.ErrNotExist, fs.ErrExist, fs.ErrPermission, filestore.ErrNotDirectory, filestore.ErrIsDirectory, filestore.ErrConflict} {
					require.NotErrorIs(t, err, decision, "%s, %s, %s", op, what, way)
				}
			}
			require.Equal(t, []string{"f"}, names(t, filepath.Join(dir, "precious")))
			require.Equal(t, []string{"b", "b.meta"}, names(t, filepath.Join(dir, "account.web")))
		}
	}
}
