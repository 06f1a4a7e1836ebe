package dirstore

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

// TestSidecarsPlaceIsTaken by what another program has put there: nothing happens to
// that, and nothing is taken for a sidecar.
func TestSidecarsPlaceIsTaken(t *testing.T) {
	t.Parallel()
	for what, put := range map[string]func(path string) error{
		"directory":            func(path string) error { return os.Mkdir(path, 0o700) },
		"directory with files": func(path string) error { return os.MkdirAll(path+"/f", 0o700) },
		"link to a file":       func(path string) error { return os.Symlink("a.meta", path) },
		"link to nothing":      func(path string) error { return os.Symlink("gone", path) },
		"link out":             func(path string) error { return os.Symlink("../account.settings", path) },
	} {
		for _, open := range []opener{bestOpener(), openRoot} {
			root := newAccount(t, before)
			settings := filepath.Join(filepath.Dir(root), "account.settings")
			require.NoError(t, os.WriteFile(settings, []byte("secret"), 0o600))
			require.NoError(t, os.Remove(filepath.Join(root+".state", usageFile)))
			taken := func(name string) {
				require.NoError(t, put(filepath.Join(root, name+sidecarSuffix)))
			}
			taken("c")
			taken("n")
			s, err := openWith(root, nil, open)
			require.NoError(t, err)
			for op, do := range map[string]func(context.Context, *Store) error{
				"set":             setting("c", "5", filestore.SidecarOptions{}),
				"set, paired":     setting("c", "5", filestore.SidecarOptions{Paired: true}),
				"set, absent":     setting("c", "5", filestore.SidecarOptions{If: filestore.Precondition{Absent: true}}),
				"set for nothing": setting("n", "5", filestore.SidecarOptions{}),
				"mkdir": func(ctx context.Context, s *Store) error {
					return s.Mkdir(ctx, "n", filestore.MkdirOptions{Sidecar: []byte("5")}, boundless)
				},
				"rename": renaming("a", "n"), "rename over": renaming("a", "c"), "rename a directory": renaming("b", "n"),
				"copy": copying("a", "n"), "copy over": copying("a", "c"), "copy a directory": copying("b", "c"),
			} {
				require.ErrorIs(t, do(t.Context(), s), filestore.ErrConflict, "%s, %s", what, op)
			}
			require.ErrorIs(t, setting("c", "5", filestore.SidecarOptions{If: filestore.Precondition{Exists: true}})(t.Context(), s), filestore.ErrChanged)
			require.ErrorIs(t, setting("c", "", filestore.SidecarOptions{})(t.Context(), s), fs.ErrNotExist)
			_, err = s.Sidecar(t.Context(), "c", "")
			require.ErrorIs(t, err, fs.ErrNotExist)
			info, err := s.Stat(t.Context(), "c")
			require.NoError(t, err)
			require.Nil(t, info.Sidecar())

			// What has no sidecar goes by.
			require.NoError(t, renaming("c", "n")(t.Context(), s))
			require.NoError(t, copying("n", "c")(t.Context(), s))
			require.NoError(t, putting("c", "6", filestore.CreateOptions{})(t.Context(), s))
			require.NoError(t, removing("c")(t.Context(), s))
			require.NoError(t, s.Mkdir(t.Context(), "c", filestore.MkdirOptions{}, boundless))
			require.NoError(t, removing("n")(t.Context(), s))
			for _, name := range []string{"c.meta", "n.meta"} {
				_, err := os.Lstat(filepath.Join(root, name))
				require.NoError(t, err, "%s, %s", what, name)
			}
			content, err := os.ReadFile(settings)
			require.NoError(t, err)
			require.Equal(t, "secret", string(content))
			if what == "directory with files" {
				require.NoError(t, removing("c.meta")(t.Context(), s))
				require.NoError(t, setting("c", "5", filestore.SidecarOptions{})(t.Context(), s))
			}
			require.NoError(t, s.Close())
		}
	}
}

// TestNamesOfSidecars are nobody's: what another program has made by one stays in its
// directory and goes with it.
func TestNamesOfSidecars(t *testing.T) {
	t.Parallel()
	root := newAccount(t, with(files{"b/d.meta": "/", "b/d.meta/f": "55", "b/x.meta.meta": "6"}))
	s, err := Open(root, nil)
	require.NoError(t, err)
	for _, name := range []string{"b/x.meta", "b/d.meta", "b/n.meta", "b/x.meta.meta"} {
		for op, do := range map[string]func(context.Context, *Store) error{
			"put": putting(name, "5", filestore.CreateOptions{}), "rename": renaming(name, "n"), "rename to": renaming("c", name),
			"copy": copying(name, "n"), "copy to": copying("c", name),
			"mkdir": func(ctx context.Context, s *Store) error {
				return s.Mkdir(ctx, name, filestore.MkdirOptions{}, boundless)
			},
		} {
			require.ErrorIs(t, do(t.Context(), s), fs.ErrInvalid, "%s %s", op, name)
		}
		require.ErrorIs(t, setting(name, "5", filestore.SidecarOptions{})(t.Context(), s), filestore.ErrConflict, name)
		side, err := s.Sidecar(t.Context(), name, "")
		if name == "b/x.meta" { // for which one waits that somebody else has made
			require.NoError(t, err)
			require.Equal(t, "6", string(side.Content))
		} else {
			require.ErrorIs(t, err, fs.ErrNotExist, name)
			require.ErrorIs(t, setting(name, "", filestore.SidecarOptions{})(t.Context(), s), fs.ErrNotExist, name)
		}
		if name != "b/d.meta" {
			require.ErrorIs(t, removing(name)(t.Context(), s), fs.ErrNotExist, name)
			require.ErrorIs(t, putting(name+"/f", "5", filestore.CreateOptions{})(t.Context(), s), fs.ErrNotExist, name)
		}
	}
	require.NoError(t, putting("b/d.meta/f", "777", filestore.CreateOptions{})(t.Context(), s))
	require.NoError(t, copying("b", "n")(t.Context(), s))
	want := with(files{"b/d.meta": "/", "b/d.meta/f": "777", "b/x.meta.meta": "6",
		"n": "/", "n.meta": "n", "n/x": "22", "n/x.meta": "k", "n/y": "333"})
	require.Equal(t, want, filesIn(t, root))
	require.NoError(t, setting("b/x.meta", "", filestore.SidecarOptions{})(t.Context(), s))
	delete(want, "b/x.meta.meta")
	require.Equal(t, want, filesIn(t, root))
	require.NoError(t, renaming("b", "e")(t.Context(), s))
	require.NoError(t, removing("e")(t.Context(), s))
	for name := range want {
		if filestore.Within(name, "b") || name == "e" || name == "b.meta" {
			delete(want, name)
		}
	}
	require.Equal(t, want, filesIn(t, root))
	require.NoError(t, s.Close())
	honest(t, root)
}

// TestLongestNames: a name has room for a sidecar up to 250 bytes.
func TestLongestNames(t *testing.T) {
	t.Parallel()
	root := newAccount(t, before)
	s, err := Open(root, nil)
	require.NoError(t, err)
	fits, tooLong := strings.Repeat("x", 250), strings.Repeat("y", 251)
	for _, name := range []string{tooLong, fits} {
		want := map[string]error{tooLong: filestore.ErrConflict}[name]
		require.ErrorIs(t, setting(name, "5", filestore.SidecarOptions{})(t.Context(), s), want)
		require.NoError(t, putting(name, "66", filestore.CreateOptions{})(t.Context(), s))
		require.ErrorIs(t, setting(name, "777", filestore.SidecarOptions{Paired: true})(t.Context(), s), want)
		require.ErrorIs(t, renaming("a", name)(t.Context(), s), want)
		require.ErrorIs(t, copying("b", name)(t.Context(), s), want)
	}
	lines := shown(t, s, filestore.Root, filestore.ListOptions{Sidecars: true})
	require.Contains(t, lines, fits+" d 0 +1 n")
	require.Contains(t, lines, tooLong+" - 2")
	require.NoError(t, removing(fits)(t.Context(), s))
	require.NoError(t, removing(tooLong)(t.Context(), s))
	require.NoError(t, s.Close())
	reopened(t, root, with(files{"a": "", "a.meta": ""}))
}

// TestFileOfASidecar: a sidecar is a file beside its entry, whatever it waits for.
func TestFileOfASidecar(t *testing.T) {
	t.Parallel()
	root := newAccount(t, before)
	s, err := Open(root, nil)
	require.NoError(t, err)
	require.NoError(t, setting("b/n", "waits", filestore.SidecarOptions{})(t.Context(), s))
	require.Equal(t, with(files{"b/n.meta": "waits"}), filesIn(t, root))
	require.NoError(t, putting("b/n", "1", filestore.CreateOptions{})(t.Context(), s))
	sidecar, err := s.Sidecar(t.Context(), "b/n", "")
	require.NoError(t, err)
	require.Equal(t, "waits", string(sidecar.Content))
	again, err := s.Sidecar(t.Context(), "b/n", sidecar.ETag)
	require.NoError(t, err)
	require.Nil(t, again.Content)
	require.NoError(t, os.WriteFile(filepath.Join(root, "b", "n.meta"), []byte("by hand"), 0o600))
	again, err = s.Sidecar(t.Context(), "b/n", sidecar.ETag)
	require.NoError(t, err)
	require.Equal(t, "by hand", string(again.Content))
	require.NoError(t, rescanning(t.Context(), s))
	require.NoError(t, removing("b/n")(t.Context(), s))
	require.NoError(t, s.Close())
	reopened(t, root, before)
}
