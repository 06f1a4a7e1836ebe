package dirstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

var boundless = filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited, FileSize: filestore.Unlimited}

// before is what stands when a fault comes.
var before = files{"a": "1", "a.meta": "m", "b": "/", "b/x": "22", "b/x.meta": "k", "b/y": "333", "b.meta": "n", "c": "4444", "e": "/", "z.meta": "o"}

// with returns before with some entries changed, and without those whose
// content is "".
func with(changes files) files {
	after := files{}
	for name, content := range before {
		after[name] = content
	}
	for name, content := range changes {
		if content == "" {
			delete(after, name)
		} else {
			after[name] = content
		}
	}
	return after
}

// operation is something that a store does, and what stands afterwards.
type operation struct {
	name  string
	do    func(ctx context.Context, s *Store) error
	after files
}

func putting(name, content string, o filestore.CreateOptions) func(context.Context, *Store) error {
	return func(ctx context.Context, s *Store) error {
		u, err := s.Create(ctx, name, o, boundless)
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
}

func rescanning(ctx context.Context, s *Store) error {
	_, _, err := s.Rescan(ctx)
	return err
}

func renaming(from, to string) func(context.Context, *Store) error {
	return func(ctx context.Context, s *Store) error {
		return s.Rename(ctx, from, to, filestore.RenameOptions{Replace: true})
	}
}

func copying(from, to string) func(context.Context, *Store) error {
	return func(ctx context.Context, s *Store) error {
		same := func(_ bool, sidecar []byte) []byte { return sidecar }
		return s.Copy(ctx, from, to, filestore.CopyOptions{Replace: true, Sidecar: same}, boundless)
	}
}

// setting stores a sidecar, or removes it: "".
func setting(name, content string, o filestore.SidecarOptions) func(context.Context, *Store) error {
	return func(ctx context.Context, s *Store) error {
		var sidecar []byte
		if content != "" {
			sidecar = []byte(content)
		}
		_, err := s.SetSidecar(ctx, name, sidecar, o, boundless)
		return err
	}
}

// listed lists a directory with the content of all sidecars.
func listed(dir string) func(context.Context, *Store) error {
	return func(ctx context.Context, s *Store) error {
		var failed error
		for _, err := range s.List(ctx, dir, filestore.ListOptions{Sidecars: true}) {
			failed = errors.Join(failed, err)
		}
		return failed
	}
}

func removing(name string) func(context.Context, *Store) error {
	return func(ctx context.Context, s *Store) error {
		return s.Remove(ctx, name, filestore.RemoveOptions{Recursive: true})
	}
}

func operations() []operation {
	return []operation{
		{"upload", putting("n", "5", filestore.CreateOptions{}), with(files{"n": "5"})},
		{"upload of declared size", putting("b/n", "55", filestore.CreateOptions{Size: 2, If: filestore.Precondition{Absent: true}}), with(files{"b/n": "55"})},
		{"upload with a time", putting("c", "5", filestore.CreateOptions{ModTime: time.Unix(1, 0), If: filestore.Precondition{Exists: true}}), with(files{"c": "5"})},
		{"upload over a file with a sidecar", putting("b/x", "5", filestore.CreateOptions{}), with(files{"b/x": "5"})},
		{"new sidecar", setting("c", "5", filestore.SidecarOptions{}), with(files{"c.meta": "5"})},
		{"sidecar replaced", setting("b/x", "5555", filestore.SidecarOptions{If: filestore.Precondition{Exists: true}}), with(files{"b/x.meta": "5555"})},
		{"sidecar of a directory", setting("b", "5", filestore.SidecarOptions{Paired: true}), with(files{"b.meta": "5"})},
		{"sidecar that waits", setting("b/w", "5", filestore.SidecarOptions{If: filestore.Precondition{Absent: true}}), with(files{"b/w.meta": "5"})},
		{"waiting sidecar replaced", setting("z", "5", filestore.SidecarOptions{}), with(files{"z.meta": "5"})},
		{"upload of a file whose sidecar waits", putting("z", "5", filestore.CreateOptions{}), with(files{"z": "5"})},
		{"append", putting("c", "5", filestore.CreateOptions{Offset: filestore.End}), with(files{"c": "44445"})},
		{"offset", putting("c", "5", filestore.CreateOptions{Offset: 1}), with(files{"c": "45"})},
		{"middle", putting("c", "5", filestore.CreateOptions{Offset: 1, KeepTail: true}), with(files{"c": "4544"})},
		{"upload from a reader", func(ctx context.Context, s *Store) error {
			u, err := s.Create(ctx, "c", filestore.CreateOptions{}, boundless)
			if err != nil {
				return err
			}
			defer u.Abort()
			if _, err := u.(io.ReaderFrom).ReadFrom(strings.NewReader("55555")); err != nil {
				return err
			}
			_, err = u.Commit()
			return err
		}, with(files{"c": "55555"})},
		{"upload that is given up", func(ctx context.Context, s *Store) error {
			u, err := s.Create(ctx, "c", filestore.CreateOptions{Size: 10, Offset: filestore.End}, boundless)
			if err != nil {
				return err
			}
			_, err = io.WriteString(u, "5")
			return errors.Join(err, u.Abort())
		}, before},
		{"mkdir", func(ctx context.Context, s *Store) error {
			return s.Mkdir(ctx, "z", filestore.MkdirOptions{}, boundless)
		}, with(files{"z": "/"})},
		{"new sidecar for its file", setting("c", "5", filestore.SidecarOptions{Paired: true}), with(files{"c.meta": "5"})},
		{"mkdir with a sidecar", func(ctx context.Context, s *Store) error {
			return s.Mkdir(ctx, "n", filestore.MkdirOptions{Sidecar: []byte("s")}, boundless)
		}, with(files{"n": "/", "n.meta": "s"})},
		{"remove a file", removing("c"), with(files{"c": ""})},
		{"remove a sidecar", setting("a", "", filestore.SidecarOptions{}), with(files{"a.meta": ""})},
		{"remove a waiting sidecar", setting("z", "", filestore.SidecarOptions{}), with(files{"z.meta": ""})},
		{"remove a pair", removing("a"), with(files{"a": "", "a.meta": ""})},
		{"remove a tree", removing("b"), with(files{"b": "", "b.meta": "", "b/x": "", "b/x.meta": "", "b/y": ""})},
		{"remove an empty directory", func(ctx context.Context, s *Store) error {
			return s.Remove(ctx, "e", filestore.RemoveOptions{})
		}, with(files{"e": ""})},
		{"rename a file", renaming("c", "n"), with(files{"c": "", "n": "4444"})},
		{"rename a pair", renaming("a", "n"), with(files{"a": "", "a.meta": "", "n": "1", "n.meta": "m"})},
		{"rename a tree", renaming("b", "n"), with(files{"b": "", "b.meta": "", "b/x": "", "b/x.meta": "", "b/y": "",
			"n": "/", "n.meta": "n", "n/x": "22", "n/x.meta": "k", "n/y": "333"})},
		{"replace a file by a file", renaming("c", "b/y"), with(files{"c": "", "b/y": "4444"})},
		{"replace a pair by a pair", renaming("a", "b/x"), with(files{"a": "", "a.meta": "", "b/x": "1", "b/x.meta": "m"})},
		{"replace a pair by a file", renaming("c", "a"), with(files{"c": "", "a": "4444", "a.meta": ""})},
		{"replace a tree by a pair", renaming("a", "b"), with(files{"a": "", "a.meta": "", "b": "1", "b.meta": "m", "b/x": "", "b/x.meta": "", "b/y": ""})},
		{"replace a waiting sidecar", renaming("c", "z"), with(files{"c": "", "z": "4444", "z.meta": ""})},
		{"replace a waiting sidecar by a pair", renaming("a", "z"), with(files{"a": "", "a.meta": "", "z": "1", "z.meta": "m"})},
		{"copy to a waiting sidecar", copying("c", "z"), with(files{"z": "4444", "z.meta": ""})},
		{"copy a pair to a waiting sidecar", copying("a", "z"), with(files{"z": "1", "z.meta": "m"})},
		{"list", listed("b"), before},
		{"read a sidecar", func(ctx context.Context, s *Store) error {
			_, err := s.Sidecar(ctx, "b/x", "")
			return err
		}, before},
		{"copy a pair", copying("a", "n"), with(files{"n": "1", "n.meta": "m"})},
		{"copy a tree", copying("b", "a"), with(files{"a": "/", "a.meta": "n", "a/x": "22", "a/x.meta": "k", "a/y": "333"})},
		{"copy over a tree", copying("c", "b"), with(files{"b": "4444", "b.meta": "", "b/x": "", "b/x.meta": "", "b/y": ""})},
		{"rescan", func(ctx context.Context, s *Store) error { return rescanning(ctx, s) }, before},
		{"usage", func(ctx context.Context, s *Store) error {
			_, err := s.Usage(ctx, filestore.Root)
			return err
		}, before},
		{"rescan and close", func(ctx context.Context, s *Store) error {
			return errors.Join(rescanning(ctx, s), s.Close())
		}, before},
		{"change and close", func(ctx context.Context, s *Store) error {
			return errors.Join(removing("c")(ctx, s), s.Close())
		}, with(files{"c": ""})},
	}
}

// newAccount makes an account with these files, and the usage beside them.
func newAccount(t *testing.T, f files) (root string) {
	t.Helper()
	root = filepath.Join(t.TempDir(), "account.web")
	f.write(t, root)
	files{usageFile: string(encodeUsage(f.usage()))}.write(t, root+".state")
	return root
}

// honest demands that a usage file, if there is one, is right.
func honest(t *testing.T, root string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root+".state", usageFile))
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	require.NoError(t, err)
	require.Equal(t, string(encodeUsage(filesIn(t, root).usage())), string(b))
}

// TestFaults breaks every operation at every call to the system. Afterwards
// the tree is as it was or as it should be, the usage is what is there, no
// file is left in the state directory, and the store works.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		for _, f := range everyFault() {
			t.Run(fmt.Sprintf("%s, %v, killed %v", op.name, f.err, f.killed), func(t *testing.T) {
				t.Parallel()
				for at, reached := 1, true; reached; at++ {
					require.Less(t, at, 200)
					reached = tryFault(t, op, &faults{at: at, err: f.err, short: f.short, killed: f.killed})
				}
			})
		}
	}
}

func tryFault(t *testing.T, op operation, f *faults) (reached bool) {
	t.Helper()
	root := newAccount(t, before)
	at := f.at
	f.at = 0
	s, err := openWith(root, nil, f.open)
	require.NoError(t, err)
	f.calls, f.at = 0, at
	err = op.do(t.Context(), s)
	reached = f.calls >= at
	f.at = 0
	if err == nil {
		require.Equal(t, op.after, filesIn(t, root), "fault at call %d", at)
	}
	if f.killed {
		honest(t, root)
		s.timer.Stop()
		s, err = Open(root, &Options{Sync: SyncLater})
		require.NoError(t, err)
	}
	require.Contains(t, []files{before, op.after}, filesIn(t, root), "fault at call %d: %v", at, err)
	honest(t, root)
	if !s.closed.Load() {
		kept, err := s.Usage(t.Context(), filestore.Root)
		require.NoError(t, err)
		require.Equal(t, filesIn(t, root).usage(), kept, "fault at call %d", at)
		require.NoError(t, s.Mkdir(t.Context(), "next", filestore.MkdirOptions{}, boundless))
		require.NoError(t, s.Remove(t.Context(), "next", filestore.RemoveOptions{}))
		require.NoError(t, s.Close())
	}
	now := filesIn(t, root)
	require.Contains(t, []files{before, op.after}, now, "fault at call %d", at)
	honest(t, root)
	reopened(t, root, now)
	return reached
}

// reopened demands that a new Store finds these files, and clears up.
func reopened(t *testing.T, root string, want files) {
	t.Helper()
	s, err := Open(root, &Options{Sync: SyncLater})
	require.NoError(t, err)
	require.Equal(t, want, filesIn(t, root))
	counted, err := s.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	require.Equal(t, want.usage(), counted)
	require.NoError(t, s.Close())
	require.Equal(t, files{"usage": string(encodeUsage(want.usage()))}, filesIn(t, root+".state"))
}

// TestDenied: the host forbids one change after the other.
func TestDenied(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			for at, reached := 1, true; reached; at++ {
				f := &denied{faults: faults{err: syscall.EACCES}}
				root := newAccount(t, before)
				s, err := openWith(root, nil, f.open)
				require.NoError(t, err)
				f.calls, f.at = 0, at
				err = op.do(t.Context(), s)
				reached = f.calls >= at
				f.at = 0
				if err != nil {
					require.ErrorIs(t, err, syscall.EACCES)
					require.NotErrorIs(t, err, os.ErrPermission, "it is not for the caller")
				}
				require.NoError(t, s.Close())
				now := filesIn(t, root)
				require.Contains(t, []files{before, op.after}, now, "denied at call %d", at)
				honest(t, root)
				reopened(t, root, now)
			}
		})
	}
}

// denied lets changes fail, and no reading: what may not be read is not
// counted.
type denied struct{ faults }

func (d *denied) open(base string) (tree, error) {
	t, err := bestOpener()(base)
	if err != nil {
		return nil, err
	}
	return deniedTree{t, faulty{t, &d.faults}}, nil
}

type deniedTree struct {
	tree
	changing faulty
}

func (t deniedTree) create(name string) (newFile, error) {
	if err := t.changing.next(); err != nil {
		return nil, err
	}
	return t.tree.create(name)
}
func (t deniedTree) mkdir(name string, perm os.FileMode) error { return t.changing.mkdir(name, perm) }
func (t deniedTree) remove(name string) error                  { return t.changing.remove(name) }
func (t deniedTree) rename(from, to string, replace bool) error {
	return t.changing.rename(from, to, replace)
}
func (t deniedTree) chtimes(name string, modTime time.Time) error {
	return t.changing.chtimes(name, modTime)
}
func (t deniedTree) sync(string) error { return nil }

// TestFirstChangeFaults breaks the first change of an account.
func TestFirstChangeFaults(t *testing.T) {
	t.Parallel()
	for name, op := range map[string]operation{
		"upload": {"", putting("n", "5", filestore.CreateOptions{}), files{"n": "5"}},
		"mkdir": {"", func(ctx context.Context, s *Store) error {
			return s.Mkdir(ctx, "d", filestore.MkdirOptions{}, boundless)
		}, files{"d": "/"}},
	} {
		for _, f := range everyFault() {
			t.Run(fmt.Sprintf("%s, %v, killed %v", name, f.err, f.killed), func(t *testing.T) {
				t.Parallel()
				for at, reached := 1, true; reached; at++ {
					root := filepath.Join(t.TempDir(), "account.web")
					f := &faults{err: f.err, short: f.short, killed: f.killed}
					s, err := openWith(root, nil, f.open)
					require.NoError(t, err)
					f.calls, f.at = 0, at
					err = op.do(t.Context(), s)
					reached = f.calls >= at
					f.at = 0
					s.timer.Stop()
					now := filesIn(t, root)
					require.Contains(t, []files{{}, op.after}, now)
					if err == nil {
						require.Equal(t, op.after, now)
					}
					honest(t, root)
					s, err = Open(root, nil)
					require.NoError(t, err)
					if err := op.do(t.Context(), s); len(now) == 0 || name == "upload" {
						require.NoError(t, err)
					}
					require.Equal(t, op.after, filesIn(t, root))
					require.NoError(t, s.Close())
				}
			})
		}
	}
}

// TestRecoveryFaults breaks Open while it brings a change to its end.
func TestRecoveryFaults(t *testing.T) {
	t.Parallel()
	replaced := []move{
		{inTree("b.meta"), inState("t1")}, {inTree("b"), inState("t2")},
		{inTree("a.meta"), inTree("b.meta")}, {inTree("a"), inTree("b")},
	}
	after := with(files{"a": "", "a.meta": "", "b": "1", "b.meta": "m", "b/x": "", "b/x.meta": "", "b/y": ""})
	for _, f := range everyFault() {
		t.Run(fmt.Sprintf("%v, killed %v", f.err, f.killed), func(t *testing.T) {
			t.Parallel()
			for at, reached := 1, true; reached; at++ {
				root := newAccount(t, before)
				files{usageFile: "", "intent": string(encodeIntent(replaced)), "UPLOAD": "half"}.write(t, root+".state")
				f := &faults{at: at, err: f.err, short: f.short, killed: f.killed}
				_, err := openWith(root, nil, f.open)
				reached = f.calls >= at
				if err == nil {
					require.Equal(t, after, filesIn(t, root))
				}
				reopened(t, root, after)
			}
		})
	}
}

// TestErrorsOfTheSystem: whatever call the system refuses, the error tells what
// that means, and nothing of the host.
func TestErrorsOfTheSystem(t *testing.T) {
	t.Parallel()
	for errno, kind := range map[syscall.Errno]error{
		syscall.ENOSPC: filestore.ErrDiskFull, syscall.EROFS: filestore.ErrHostDenied, syscall.EMFILE: filestore.ErrExhausted, syscall.EIO: nil,
	} {
		t.Run(errno.Error(), func(t *testing.T) {
			t.Parallel()
			for _, op := range operations() {
				for at, reached := 1, true; reached; at++ {
					f := &faults{err: errno}
					root := newAccount(t, before)
					s, err := openWith(root, &Options{Sync: SyncLater}, f.open)
					require.NoError(t, err)
					f.calls, f.at = 0, at
					err = op.do(t.Context(), s)
					reached = f.calls >= at
					f.at = 0
					s.timer.Stop()
					if err == nil {
						continue
					}
					require.NotContains(t, err.Error(), root, "%s, call %d", op.name, at)
					if f.unreadable {
						continue // that has an error of its own
					}
					require.ErrorIs(t, err, errno, "%s, call %d", op.name, at)
					require.Equal(t, kind, filestore.HostKind(err), "%s, call %d: %v", op.name, at, err)
					for _, decision := range []error{fs.ErrNotExist, fs.ErrPermission, filestore.ErrLimit} {
						require.NotErrorIs(t, err, decision, "%s, call %d", op.name, at)
					}
				}
			}
		})
	}
}

// TestShortNames: a file system may have shorter names than a storage. What it
// cannot have is not there, and cannot be made.
func TestShortNames(t *testing.T) {
	t.Parallel()
	root := newAccount(t, before)
	s, err := openWith(root, nil, func(base string) (tree, error) {
		t, err := bestOpener()(base)
		return shortNames{t}, err
	})
	require.NoError(t, err)
	long := strings.Repeat("x", 100)
	require.ErrorIs(t, putting(long, "1", filestore.CreateOptions{})(t.Context(), s), fs.ErrInvalid)
	require.ErrorIs(t, s.Mkdir(t.Context(), long, filestore.MkdirOptions{}, boundless), fs.ErrInvalid)
	require.ErrorIs(t, renaming("c", long)(t.Context(), s), fs.ErrInvalid)
	require.ErrorIs(t, copying("c", long)(t.Context(), s), fs.ErrInvalid)
	long = strings.Repeat("x", 58) // and its sidecar has 63
	require.ErrorIs(t, setting(long, "1", filestore.SidecarOptions{})(t.Context(), s), filestore.ErrConflict)
	require.ErrorIs(t, s.Mkdir(t.Context(), long, filestore.MkdirOptions{Sidecar: []byte("1")}, boundless), filestore.ErrConflict)
	require.ErrorIs(t, renaming("a", long)(t.Context(), s), filestore.ErrConflict)
	require.ErrorIs(t, copying("a", long)(t.Context(), s), filestore.ErrConflict)
	require.ErrorIs(t, setting(long, "", filestore.SidecarOptions{})(t.Context(), s), fs.ErrNotExist)
	require.NoError(t, renaming("c", long)(t.Context(), s))
	require.NoError(t, renaming(long, "c")(t.Context(), s))
	require.NoError(t, s.Close())
	reopened(t, root, before)
}

// shortNames is a tree on a file system with short names.
type shortNames struct{ tree }

func (t shortNames) check(name string) error {
	if len(filepath.Base(name)) > 60 {
		return syscall.ENAMETOOLONG
	}
	return nil
}

func (t shortNames) mkdir(name string, perm os.FileMode) error {
	if err := t.check(name); err != nil {
		return err
	}
	return t.tree.mkdir(name, perm)
}

func (t shortNames) rename(from, to string, replace bool) error {
	if err := t.check(to); err != nil {
		return err
	}
	return t.tree.rename(from, to, replace)
}
