package dirstore_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
)

func put(ctx context.Context, s filestore.Store, name, content string) error {
	u, err := s.Create(ctx, name, filestore.CreateOptions{}, boundless)
	if err != nil {
		return err
	}
	defer u.Abort()
	if _, err := io.WriteString(u, content); err != nil {
		return err
	}
	_, err = u.Commit()
	return err
}

func list(t *testing.T, s filestore.Store, dir string) []string {
	t.Helper()
	names := []string{}
	for info, err := range s.List(t.Context(), dir, filestore.ListOptions{}) {
		require.NoError(t, err)
		names = append(names, info.Name())
	}
	return names
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func contents(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(content)
}

func TestMadeByFirstChange(t *testing.T) {
	t.Parallel()
	for name, open := range opens {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s, err := open(filepath.Join(dir, "account.web"), nil)
			require.NoError(t, err)
			require.Empty(t, list(t, s, filestore.Root))
			_, err = s.Usage(t.Context(), filestore.Root)
			require.NoError(t, err)
			_, err = s.Stat(t.Context(), filestore.Root)
			require.NoError(t, err)
			_, err = s.Open(t.Context(), "a")
			require.ErrorIs(t, err, fs.ErrNotExist)
			require.Error(t, s.Remove(t.Context(), "a", filestore.RemoveOptions{}))
			require.Empty(t, names(t, dir))

			require.NoError(t, put(t.Context(), s, "a", "1"))
			require.NoError(t, s.Mkdir(t.Context(), "d", filestore.MkdirOptions{}, boundless))
			require.Equal(t, []string{"account.web", "account.web.state"}, names(t, dir))
			require.Equal(t, []string{"a", "d"}, names(t, filepath.Join(dir, "account.web")))
			info, err := os.Stat(filepath.Join(dir, "account.web.state"))
			require.NoError(t, err)
			require.Equal(t, fs.ModeDir|0o700, info.Mode())
			for _, name := range []string{"a", "d"} {
				info, err := os.Stat(filepath.Join(dir, "account.web", name))
				require.NoError(t, err)
				require.Zero(t, info.Mode().Perm()&0o027, "%s: %v", name, info.Mode())
			}
		})
	}
}

func TestNoCreate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := dirstore.Open(filepath.Join(dir, "fred.web"), &dirstore.Options{NoCreate: true})
	require.NoError(t, err)
	for _, name := range []string{filestore.Root, "a"} {
		_, err = s.Stat(t.Context(), name)
		require.ErrorIs(t, err, fs.ErrNotExist)
		_, err = s.Usage(t.Context(), name)
		require.ErrorIs(t, err, fs.ErrNotExist)
		for _, err := range s.List(t.Context(), name, filestore.ListOptions{}) {
			require.ErrorIs(t, err, fs.ErrNotExist)
		}
	}
	require.ErrorIs(t, put(t.Context(), s, "a", "1"), fs.ErrNotExist)
	require.ErrorIs(t, s.Mkdir(t.Context(), "a", filestore.MkdirOptions{}, boundless), fs.ErrNotExist)
	require.Empty(t, names(t, dir))

	require.NoError(t, os.Mkdir(filepath.Join(dir, "fred.web"), 0o755))
	require.NoError(t, put(t.Context(), s, "a", "1"))
	require.Equal(t, []string{"a"}, list(t, s, filestore.Root))
	require.Equal(t, []string{"fred.web", "fred.web.state"}, names(t, dir))
}

func TestLinkedRoot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, d := range []string{"account", "disk/john"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, d), 0o755))
	}
	root := filepath.Join(dir, "account", "account.web")
	require.NoError(t, os.Symlink("../disk/john", root))
	s, err := dirstore.Open(root, nil)
	require.NoError(t, err)
	require.NoError(t, put(t.Context(), s, "a", "1"))
	require.Equal(t, []string{"account.web"}, names(t, filepath.Join(dir, "account")))
	require.Equal(t, []string{"john", "john.state"}, names(t, filepath.Join(dir, "disk")))
	require.Equal(t, []string{"a"}, names(t, filepath.Join(dir, "disk", "john")))
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	require.NoError(t, os.Symlink("gone", filepath.Join(dir, "dangling")))
	require.NoError(t, os.Symlink("file", filepath.Join(dir, "to-file")))
	for name, want := range map[string]error{
		"file": filestore.ErrNotDirectory, "to-file": filestore.ErrNotDirectory,
		"dangling": fs.ErrNotExist, "no/account.web": fs.ErrNotExist,
	} {
		_, err := dirstore.Open(filepath.Join(dir, name), nil)
		require.ErrorIs(t, err, want, name)
	}
	require.Equal(t, []string{"dangling", "file", "to-file"}, names(t, dir))
}

// TestOtherPrograms: what others do to the tree is seen, and names that
// nothing reaches are not shown.
func TestOtherPrograms(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root := filepath.Join(dir, "account.web")
	s, err := dirstore.Open(root, nil)
	require.NoError(t, err)
	require.NoError(t, put(t.Context(), s, "a", "1"))
	for _, name := range []string{"b", "line\nbreak", "back\\slash", "\xff"} {
		if err := os.WriteFile(filepath.Join(root, name), nil, 0o600); err != nil {
			t.Skip("the file system has other names:", err)
		}
	}
	require.ElementsMatch(t, []string{"a", "b"}, list(t, s, filestore.Root))
	require.NoError(t, os.Mkdir(filepath.Join(root, "x.meta"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(root, "x.meta", "inside"), nil, 0o600))
	require.NoError(t, put(t.Context(), s, "x", "1"))
	require.NoError(t, s.Remove(t.Context(), "x", filestore.RemoveOptions{}))
	require.Equal(t, []string{"inside"}, list(t, s, "x.meta"), "a directory is nobody's sidecar")

	// A pair that cannot move as a whole stays.
	_, err = s.SetSidecar(t.Context(), "a", []byte("m"), filestore.SidecarOptions{}, boundless)
	require.NoError(t, err)
	require.NoError(t, put(t.Context(), s, "x", "old"))
	err = s.Rename(t.Context(), "a", "x", filestore.RenameOptions{Replace: true})
	require.ErrorIs(t, err, filestore.ErrConflict)
	require.Equal(t, []string{"a", "b", "x", "x.meta"}, list(t, s, filestore.Root))
	require.Equal(t, "m", contents(t, filepath.Join(root, "a.meta")))
	require.Empty(t, names(t, root+".state"))
}

// TestErrorsHideHost: no error tells where on the host a storage is.
func TestErrorsHideHost(t *testing.T) {
	t.Parallel()
	for name, open := range opens {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s, err := open(filepath.Join(dir, "account.web"), nil)
			require.NoError(t, err)
			require.NoError(t, put(t.Context(), s, "f", "1"))
			require.NoError(t, s.Mkdir(t.Context(), "d", filestore.MkdirOptions{}, boundless))
			require.NoError(t, s.Mkdir(t.Context(), "d/e", filestore.MkdirOptions{}, boundless))
			f, err := s.Open(t.Context(), "f")
			require.NoError(t, err)
			require.NoError(t, f.Close())
			_, readErr := f.Read(make([]byte, 1))
			_, readAtErr := f.ReadAt(make([]byte, 1), 0)
			_, seekErr := f.Seek(0, io.SeekStart)
			_, statErr := s.Stat(t.Context(), "f/x")
			_, openErr := s.Open(t.Context(), "gone/x")
			for _, err := range []error{
				readErr, readAtErr, seekErr, statErr, openErr,
				put(t.Context(), s, "gone/x", ""),
				put(t.Context(), s, "d", ""),
				s.Mkdir(t.Context(), "d", filestore.MkdirOptions{}, boundless),
				s.Mkdir(t.Context(), "f/x", filestore.MkdirOptions{}, boundless),
				s.Remove(t.Context(), "d", filestore.RemoveOptions{}),
				s.Rename(t.Context(), "f", "gone/x", filestore.RenameOptions{}),
				s.Rename(t.Context(), "f", "d", filestore.RenameOptions{}),
				s.Copy(t.Context(), "d", "d/e/x", filestore.CopyOptions{}, boundless),
			} {
				require.Error(t, err)
				require.NotContains(t, err.Error(), filepath.Base(dir))
				require.NotContains(t, err.Error(), "account.web")
			}
			require.NotImplements(t, (*interface{ Name() string })(nil), f)
		})
	}
}

// TestDescriptors is not parallel: it counts what the process has open.
func TestDescriptors(t *testing.T) {
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("no /proc here")
		}
		return len(entries)
	}
	for _, open := range opens {
		root := filepath.Join(t.TempDir(), "account.web")
		before := count()
		s, err := open(root, nil)
		require.NoError(t, err)
		for i := range 3 {
			dir := strings.Repeat("d", i+1)
			require.NoError(t, s.Mkdir(t.Context(), dir, filestore.MkdirOptions{}, boundless))
			require.Error(t, s.Mkdir(t.Context(), dir, filestore.MkdirOptions{}, boundless))
			for n := range 400 {
				name := fmt.Sprintf("%s/%d", dir, n)
				if n > 3 {
					_, err := s.Stat(t.Context(), name)
					require.Error(t, err)
					continue
				}
				require.NoError(t, put(t.Context(), s, name, "1"))
				_, err := s.SetSidecar(t.Context(), name, []byte("m"), filestore.SidecarOptions{}, boundless)
				require.NoError(t, err)
				_, err = s.Sidecar(t.Context(), name, "")
				require.NoError(t, err)
			}
			require.NoError(t, s.Rename(t.Context(), dir+"/0", dir+"/1", filestore.RenameOptions{Replace: true}))
			require.NoError(t, s.Copy(t.Context(), dir, "copy"+dir, filestore.CopyOptions{}, boundless))
			for range s.List(t.Context(), dir, filestore.ListOptions{Sidecars: true}) {
				break
			}
			_, err := s.Open(t.Context(), dir)
			require.Error(t, err)
			u, err := s.Create(t.Context(), dir+"/cut", filestore.CreateOptions{}, boundless)
			require.NoError(t, err)
			require.NoError(t, u.Abort())
			require.NoError(t, s.Remove(t.Context(), dir, filestore.RemoveOptions{Recursive: true}))
		}
		require.Equal(t, before, count())
	}
}

// TestMovedAccount: an account may be moved to another disk, with a link in its
// place, while its Store is in use. One that is gone is not an empty one.
func TestMovedAccount(t *testing.T) {
	t.Parallel()
	for name, open := range opens {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, err := filepath.EvalSymlinks(t.TempDir())
			require.NoError(t, err)
			base := filepath.Join(dir, "john.macnt")
			require.NoError(t, os.Mkdir(base, 0o700))
			s, err := open(filepath.Join(base, "account.web"), nil)
			require.NoError(t, err)
			require.NoError(t, put(t.Context(), s, "a", "1"))
			require.NoError(t, os.Rename(base, filepath.Join(dir, "disk")))
			require.NoError(t, os.Symlink("disk", base))
			info, err := s.Stat(t.Context(), "a")
			require.NoError(t, err)
			require.EqualValues(t, 1, info.Size())
			f, err := s.Open(t.Context(), "a")
			require.NoError(t, err)
			require.NoError(t, f.Close())
			require.NoError(t, put(t.Context(), s, "b", "22"))
			require.ElementsMatch(t, []string{"a", "b"}, list(t, s, filestore.Root))

			require.NoError(t, os.Remove(base))
			_, err = s.Stat(t.Context(), filestore.Root)
			require.ErrorIs(t, err, fs.ErrNotExist)
			_, err = s.Open(t.Context(), "a")
			require.ErrorIs(t, err, fs.ErrNotExist)
			_, err = s.Usage(t.Context(), filestore.Root)
			require.ErrorIs(t, err, fs.ErrNotExist)
			require.ErrorIs(t, put(t.Context(), s, "c", "1"), fs.ErrNotExist)
			listed := 0
			for _, err := range s.List(t.Context(), filestore.Root, filestore.ListOptions{}) {
				require.ErrorIs(t, err, fs.ErrNotExist)
				listed++
			}
			require.Equal(t, 1, listed)
			require.NoError(t, s.Close())
		})
	}
}
