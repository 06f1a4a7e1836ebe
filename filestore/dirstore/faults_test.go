package dirstore

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

// faults lets the call number at, of those that change something, fail, or
// that and all after it, as if the process had been killed.
type faults struct {
	at, calls int
	killed    bool
}

func (f *faults) next() error {
	f.calls++
	if f.calls == f.at || f.killed && f.calls > f.at {
		return syscall.EIO
	}
	return nil
}

// faulty is a tree with faults.
type faulty struct {
	tree
	*faults
}

func (t faulty) create(name string) (*os.File, error) {
	if err := t.next(); err != nil {
		return nil, err
	}
	return t.tree.create(name)
}

func (t faulty) mkdir(name string, perm os.FileMode) error {
	if err := t.next(); err != nil {
		return err
	}
	return t.tree.mkdir(name, perm)
}

func (t faulty) rename(from, to string, replace bool) error {
	if err := t.next(); err != nil {
		return err
	}
	return t.tree.rename(from, to, replace)
}

func (t faulty) remove(name string) error {
	if err := t.next(); err != nil {
		return err
	}
	return t.tree.remove(name)
}

func (t faulty) chtimes(name string, modTime time.Time) error {
	if err := t.next(); err != nil {
		return err
	}
	return t.tree.chtimes(name, modTime)
}

func (t faulty) sync(dir string) error {
	if err := t.next(); err != nil {
		return err
	}
	return t.tree.sync(dir)
}

// TestFaults breaks every change at every call. Afterwards the tree is as it
// was or as it should be, the usage is what is there, and the store works.
func TestFaults(t *testing.T) {
	t.Parallel()
	limits := filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited, FileSize: filestore.Unlimited}
	before := files{"a": "1", "a.meta": "m", "b/x": "2", "b/y.meta": "3", "b.meta": "n", "c": "4"}
	same := func(_ bool, sidecar []byte) []byte { return sidecar }
	tests := []struct {
		name   string
		change func(ctx context.Context, s *Store) error
		after  files
	}{
		{"upload", func(ctx context.Context, s *Store) error {
			u, err := s.Create(ctx, "c", filestore.CreateOptions{ModTime: time.Unix(1, 0), Offset: filestore.End}, limits)
			if err != nil {
				return err
			}
			defer u.Abort()
			if _, err := io.WriteString(u, "5"); err != nil {
				return err
			}
			_, err = u.Commit()
			return err
		}, files{"a": "1", "a.meta": "m", "b/x": "2", "b/y.meta": "3", "b.meta": "n", "c": "45"}},
		{"remove a file", func(ctx context.Context, s *Store) error {
			return s.Remove(ctx, "c", filestore.RemoveOptions{})
		}, files{"a": "1", "a.meta": "m", "b/x": "2", "b/y.meta": "3", "b.meta": "n"}},
		{"remove a tree", func(ctx context.Context, s *Store) error {
			return s.Remove(ctx, "b", filestore.RemoveOptions{Recursive: true})
		}, files{"a": "1", "a.meta": "m", "c": "4"}},
		{"replace", func(ctx context.Context, s *Store) error {
			return s.Rename(ctx, "a", "b", filestore.RenameOptions{Replace: true})
		}, files{"b": "1", "b.meta": "m", "c": "4"}},
		{"replace a file", func(ctx context.Context, s *Store) error {
			return s.Rename(ctx, "c", "b/x", filestore.RenameOptions{Replace: true})
		}, files{"a": "1", "a.meta": "m", "b/x": "4", "b/y.meta": "3", "b.meta": "n"}},
		{"make a directory with a sidecar", func(ctx context.Context, s *Store) error {
			return s.Mkdir(ctx, "d", []byte("s"), limits)
		}, files{"a": "1", "a.meta": "m", "b/x": "2", "b/y.meta": "3", "b.meta": "n", "c": "4", "d.meta": "s"}},
		{"copy", func(ctx context.Context, s *Store) error {
			return s.Copy(ctx, "b", "a", filestore.CopyOptions{Replace: true}, same, limits)
		}, files{"a/x": "2", "a/y.meta": "3", "a.meta": "n", "b/x": "2", "b/y.meta": "3", "b.meta": "n", "c": "4"}},
	}
	for _, tt := range tests {
		for _, killed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, killed %v", tt.name, killed), func(t *testing.T) {
				t.Parallel()
				for at := 1; ; at++ {
					require.Less(t, at, 100)
					root := filepath.Join(t.TempDir(), "account.web")
					before.write(t, root)
					f := &faults{killed: killed}
					open := func(base string) (tree, error) {
						t, err := bestOpener()(base)
						return faulty{t, f}, err
					}
					s, err := openWith(root, nil, open)
					require.NoError(t, err)
					f.at = at
					err = tt.change(t.Context(), s)
					reached := f.calls >= at
					if err != nil {
						require.ErrorIs(t, err, syscall.EIO)
					}
					*f = faults{}
					if killed {
						s, err = Open(root, nil)
						require.NoError(t, err)
					} else if err == nil {
						require.Equal(t, tt.after, filesIn(t, root))
					}
					require.NoError(t, s.Mkdir(t.Context(), "next", nil, limits))
					require.NoError(t, s.Remove(t.Context(), "next", filestore.RemoveOptions{}))
					now := filesIn(t, root)
					require.Contains(t, []files{before, tt.after}, now, "fault at call %d", at)
					if _, made := now["d.meta"]; made {
						require.DirExists(t, filepath.Join(root, "d"), "fault at call %d", at)
					}
					s2, err := Open(root, nil)
					require.NoError(t, err)
					require.Equal(t, now, filesIn(t, root))
					require.Empty(t, filesIn(t, root+".state"))
					counted, err := s2.Usage(t.Context(), filestore.Root)
					require.NoError(t, err)
					kept, err := s.Usage(t.Context(), filestore.Root)
					require.NoError(t, err)
					require.Equal(t, counted, kept, "fault at call %d", at)
					if !reached {
						break
					}
				}
			})
		}
	}
}
