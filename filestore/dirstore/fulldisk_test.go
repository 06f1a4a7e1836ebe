package dirstore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

// full is a tree on a disk that has room for nothing new.
type full struct{ tree }

func (t full) create(string) (newFile, error) { return nil, syscall.ENOSPC }

func (t full) mkdir(name string, _ os.FileMode) error {
	if st, err := t.lstat(name); err != nil || st.kind != kindNone {
		return errors.Join(err, syscall.EEXIST)
	}
	return syscall.ENOSPC
}

// removals are what a full disk must let pass.
func removals() []operation {
	var ops []operation
	for _, op := range operations() {
		switch op.name {
		case "remove a file", "remove a sidecar", "remove a waiting sidecar", "remove a pair", "remove a tree",
			"rename a file", "replace a file by a file":
			ops = append(ops, op)
		}
	}
	return ops
}

// TestRemovingOnAFullDisk: what takes no room works where there is none, and
// what does tells why it does not.
func TestRemovingOnAFullDisk(t *testing.T) {
	t.Parallel()
	for _, op := range removals() {
		for _, state := range []bool{true, false} {
			if !state && op.name == "remove a tree" {
				continue // it goes to the state directory as a whole
			}
			root := newAccount(t, before)
			if !state {
				require.NoError(t, os.RemoveAll(root+".state"))
			}
			s, err := openWith(root, nil, func(base string) (tree, error) {
				t, err := bestOpener()(base)
				return full{t}, err
			})
			require.NoError(t, err)
			require.NoError(t, op.do(t.Context(), s), "%s, state directory %v", op.name, state)
			require.Equal(t, op.after, filesIn(t, root), op.name)
			for _, do := range []func(context.Context, *Store) error{
				putting("new", "1", filestore.CreateOptions{}), copying("e", "new"), setting("new", "1", filestore.SidecarOptions{}),
				func(ctx context.Context, s *Store) error {
					return s.Mkdir(ctx, "new", filestore.MkdirOptions{Sidecar: []byte("s")}, boundless)
				},
			} {
				require.ErrorIs(t, do(t.Context(), s), filestore.ErrDiskFull)
			}
			u, err := s.Usage(t.Context(), filestore.Root)
			require.NoError(t, err)
			require.Equal(t, op.after.usage(), u)
			require.ErrorIs(t, s.Close(), filestore.ErrDiskFull, "the usage cannot be written")
			reopened(t, root, op.after)
		}
	}
}

// TestRealFullDisk does the same on disks that are full.
func TestRealFullDisk(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("mounts file systems as Linux does")
	}
	for _, op := range removals() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			disk := filepath.Join(t.TempDir(), "disk")
			require.NoError(t, os.Mkdir(disk, 0o700))
			if err := mountSmall(disk, "512k"); err != nil {
				t.Skip("cannot mount a file system here, so only what stands in for a full disk was tried: ", err)
			}
			t.Cleanup(func() { require.NoError(t, unmount(disk)) })
			root := filepath.Join(disk, "account.web")
			before.write(t, root)
			s, err := Open(root, nil)
			require.NoError(t, err)
			require.NoError(t, s.Mkdir(t.Context(), "made", filestore.MkdirOptions{}, boundless))
			require.NoError(t, removing("made")(t.Context(), s))
			fillDisk(t, filepath.Join(disk, "ballast"))
			require.ErrorIs(t, putting("new", "1", filestore.CreateOptions{})(t.Context(), s), filestore.ErrDiskFull)
			require.NoError(t, op.do(t.Context(), s))
			require.Equal(t, op.after, filesIn(t, root))
			require.NoError(t, os.Remove(filepath.Join(disk, "ballast")))
			require.NoError(t, s.Close())
			reopened(t, root, op.after)
		})
	}
}

// fillDisk writes a file until there is no room left.
func fillDisk(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	require.NoError(t, err)
	defer f.Close()
	for size := 64 << 10; size > 0; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else {
			require.NoError(t, err)
		}
	}
}

// TestBereftSidecars: a removal that was cut after its first step is brought to
// its end when the storage is opened, or changed, next.
func TestBereftSidecars(t *testing.T) {
	t.Parallel()
	for name, gone := range map[string]files{
		"a": {"a": "", "a.meta": ""}, "b/x": {"b/x": "", "b/x.meta": ""},
		"b": {"b": "", "b.meta": "", "b/x": "", "b/x.meta": "", "b/y": ""},
	} {
		for _, open := range []bool{false, true} {
			root := newAccount(t, before)
			require.NoError(t, os.Remove(filepath.Join(root+".state", usageFile)))
			cut := func() {
				require.NoError(t, os.Rename(filepath.Join(root, name), filepath.Join(root+".state", bereftEntry(name+".meta"))))
			}
			if !open {
				cut()
				reopened(t, root, with(gone))
				continue
			}
			s, err := Open(root, nil)
			require.NoError(t, err)
			cut()
			s.forgetCount() // as after the fault that cut it
			require.NoError(t, s.Mkdir(t.Context(), "next", filestore.MkdirOptions{}, boundless))
			require.NoError(t, removing("next")(t.Context(), s))
			require.Equal(t, with(gone), filesIn(t, root))
			require.NoError(t, s.Close())
			reopened(t, root, with(gone))
		}
	}
	root := newAccount(t, before) // cut by another version of the store
	require.NoError(t, os.Rename(filepath.Join(root, "a"),
		filepath.Join(root+".state", "bereft.3882042ec2c905eae8aee0c0adb8c8f88dce258f00e7bbb5ade13e6e3a210dca.7KQ2")))
	reopened(t, root, with(files{"a": "", "a.meta": ""}))
	root = newAccount(t, before) // somebody has put another file there since
	require.NoError(t, os.Rename(filepath.Join(root, "a"), filepath.Join(root+".state", bereftEntry("a.meta"))))
	require.NoError(t, os.WriteFile(filepath.Join(root, "a"), []byte("1"), 0o600))
	reopened(t, root, before)
}
