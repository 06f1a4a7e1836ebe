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
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

// limited is putting, and others, within limits.
func limited(name string, declared bool, l filestore.Limits) func(context.Context, *Store) error {
	return func(ctx context.Context, s *Store) error {
		o := filestore.CreateOptions{}
		if declared {
			o.Size = 4
		}
		u, err := s.Create(ctx, name, o, l)
		if err != nil {
			return err
		}
		defer u.Abort()
		if _, err := io.WriteString(u, "4444"); err != nil {
			return err
		}
		_, err = u.Commit()
		return err
	}
}

// TestRefusalIsVerified: what somebody else has removed while the store was at
// work is room for whatever needs it, at once and after a restart.
func TestRefusalIsVerified(t *testing.T) {
	t.Parallel()
	u := with(files{"own": "/"}).usage()
	noFiles := filestore.Limits{Files: u.Files, Bytes: filestore.Unlimited, FileSize: filestore.Unlimited}
	noBytes := filestore.Limits{Files: filestore.Unlimited, Bytes: u.Bytes, FileSize: filestore.Unlimited}
	same := func(_ bool, sidecar []byte) []byte { return sidecar }
	type change = func(context.Context, *Store) error
	for name, do := range map[string]change{
		"declared, files":   limited("n", true, noFiles),
		"declared, bytes":   limited("n", true, noBytes),
		"undeclared, bytes": limited("n", false, noBytes),
		"mkdir":             func(ctx context.Context, s *Store) error { return s.Mkdir(ctx, "n", filestore.MkdirOptions{}, noFiles) },
		"sidecar, files": func(ctx context.Context, s *Store) error {
			_, err := s.SetSidecar(ctx, "c", []byte("s"), filestore.SidecarOptions{}, noFiles)
			return err
		},
		"sidecar, bytes": func(ctx context.Context, s *Store) error {
			_, err := s.SetSidecar(ctx, "a", []byte("sss"), filestore.SidecarOptions{}, noBytes)
			return err
		},
		"mkdir with a sidecar": func(ctx context.Context, s *Store) error {
			return s.Mkdir(ctx, "n", filestore.MkdirOptions{Sidecar: []byte("s")}, noBytes)
		},
		"copy": func(ctx context.Context, s *Store) error {
			return s.Copy(ctx, "a", "n", filestore.CopyOptions{Sidecar: same}, noFiles)
		},
		"copy with a sidecar that grows": func(ctx context.Context, s *Store) error {
			return s.Copy(ctx, "a", "n", filestore.CopyOptions{Sidecar: func(bool, []byte) []byte { return []byte("mmm") }}, noBytes)
		},
		"append": func(ctx context.Context, s *Store) error {
			u, err := s.Create(ctx, "c", filestore.CreateOptions{Offset: filestore.End}, noBytes)
			if err != nil {
				return err
			}
			defer u.Abort()
			if _, err := io.WriteString(u, "4"); err != nil {
				return err
			}
			_, err = u.Commit()
			return err
		},
	} {
		for _, reopen := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, reopened %v", name, reopen), func(t *testing.T) {
				t.Parallel()
				root := newAccount(t, before)
				s, err := Open(root, &Options{Sync: SyncLater})
				require.NoError(t, err)
				require.NoError(t, s.Mkdir(t.Context(), "own", filestore.MkdirOptions{}, boundless))
				require.NoError(t, os.RemoveAll(filepath.Join(root, "b"))) // by hand
				if reopen {
					require.NoError(t, s.Close())
					s, err = Open(root, &Options{Sync: SyncLater})
					require.NoError(t, err)
				}
				require.NoError(t, do(t.Context(), s))
				require.NoError(t, s.Close())
				honest(t, root)
				require.Equal(t, string(encodeUsage(filesIn(t, root).usage())), usageIn(t, root))
			})
		}
	}
}

// TestRefusalAtCommit: the room that an upload was promised is there no more
// when it ends, since others have filled it; or there again.
func TestRefusalAtCommit(t *testing.T) {
	t.Parallel()
	root := newAccount(t, before)
	s, err := Open(root, &Options{Sync: SyncLater})
	require.NoError(t, err)
	l := filestore.Limits{Files: filestore.Unlimited, Bytes: before.usage().Bytes, FileSize: filestore.Unlimited}
	u, err := s.Create(t.Context(), "c", filestore.CreateOptions{}, l) // of 4 bytes
	require.NoError(t, err)
	_, err = io.WriteString(u, "4444")
	require.NoError(t, err)
	require.NoError(t, putting("c", "1", filestore.CreateOptions{})(t.Context(), s))
	require.NoError(t, putting("n", "333", filestore.CreateOptions{})(t.Context(), s))
	require.NoError(t, os.Remove(filepath.Join(root, "n")))
	_, err = u.Commit()
	require.NoError(t, err)
	require.NoError(t, s.Close())
	honest(t, root)
}

// TestFloodOfRefusals: they count now and then, however many they are.
func TestFloodOfRefusals(t *testing.T) {
	t.Parallel()
	f := files{}
	for i := range 500 {
		f[fmt.Sprint("f", i)] = "1"
	}
	root := newAccount(t, f)
	synctest.Test(t, func(t *testing.T) {
		counts := 0
		s, err := openWith(root, nil, func(base string) (tree, error) {
			t, err := bestOpener()(base)
			return passing{t, &counts}, err
		})
		require.NoError(t, err)
		l := filestore.Limits{Files: 500, Bytes: filestore.Unlimited, FileSize: 10}
		flood := func() int {
			counts = 0
			for range 300 {
				require.ErrorIs(t, limited("m", true, l)(t.Context(), s), filestore.ErrLimit)
				require.ErrorIs(t, s.Mkdir(t.Context(), "m", filestore.MkdirOptions{}, l), filestore.ErrLimit)
			}
			return counts
		}
		require.Equal(t, 4, flood())
		require.Zero(t, flood())
		<-time.After(refusalEvery)
		require.NoError(t, os.Remove(filepath.Join(root, "f7"))) // by hand
		require.NoError(t, limited("n", true, l)(t.Context(), s))
		require.Zero(t, flood())
		<-time.After(time.Hour)
		synctest.Wait()
		l.Files = 0
		require.Zero(t, flood(), "there would be no room in an empty storage")
		require.NoError(t, s.Close())
	})
}

// passing tells how often the entry f0 was passed.
type passing struct {
	tree
	counts *int
}

func (t passing) entry(dir *os.File, name, last string) (stat, error) {
	if last == "f0" {
		*t.counts++
	}
	return t.tree.entry(dir, name, last)
}

// TestManyRefusedAtOnce: those that wait for a count have the good of it.
func TestManyRefusedAtOnce(t *testing.T) {
	t.Parallel()
	root := newAccount(t, before)
	s, err := Open(root, &Options{Sync: SyncLater})
	require.NoError(t, err)
	require.NoError(t, s.Mkdir(t.Context(), "own", filestore.MkdirOptions{}, boundless))
	room := before.usage().Files + 1 // with own
	l := filestore.Limits{Files: room, Bytes: filestore.Unlimited, FileSize: 10}
	require.NoError(t, os.RemoveAll(filepath.Join(root, "b"))) // 4 by hand
	var all sync.WaitGroup
	var stored atomic.Int64
	for i := range 20 {
		all.Go(func() {
			if err := limited(fmt.Sprint("n", i), i%2 == 0, l)(t.Context(), s); err == nil {
				stored.Add(1)
			} else if !errors.Is(err, filestore.ErrLimit) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 4, stored.Load())
	require.Equal(t, room, filesIn(t, root).usage().Files)
	require.NoError(t, s.Close())
	honest(t, root)
}

// byHand are changes that nobody tells the store of.
var byHand = map[string]func(root string) error{
	"file removed":       func(root string) error { return os.Remove(root + "/b/y") },
	"file added":         func(root string) error { return os.WriteFile(root+"/b/n", []byte("55555"), 0o600) },
	"file grown":         func(root string) error { return os.WriteFile(root+"/b/y", []byte("55555"), 0o600) },
	"file shrunk":        func(root string) error { return os.Truncate(root+"/b/y", 1) },
	"sidecar removed":    func(root string) error { return os.Remove(root + "/b/x.meta") },
	"sidecar added":      func(root string) error { return os.WriteFile(root+"/b/y.meta", []byte("m"), 0o600) },
	"directory removed":  func(root string) error { return os.RemoveAll(root + "/b") },
	"directory moved in": func(root string) error { return os.Rename(filepath.Dir(root)+"/other", root+"/e/other") },
	"moved across":       func(root string) error { return os.Rename(root+"/b/y", root+"/e/y") },
	"moved out":          func(root string) error { return os.Rename(root+"/b", filepath.Dir(root)+"/out") },
	"replaced":           func(root string) error { return swap(root, false) },
	"replaced with state": func(root string) error {
		return swap(root, true)
	},
	"state directory removed": func(root string) error {
		return errors.Join(os.RemoveAll(root+".state"), os.Remove(root+"/b/y"))
	},
	"all removed": os.RemoveAll,
}

// swap puts a restored backup in the place of a storage.
func swap(root string, state bool) error {
	dir := filepath.Dir(root)
	err := errors.Join(os.Rename(root, dir+"/old"), os.Rename(dir+"/backup", root))
	if state {
		err = errors.Join(err, os.Rename(root+".state", dir+"/old.state"), os.Rename(dir+"/backup.state", root+".state"))
	}
	return err
}

// TestDifferencesHeal: whatever others change while the store is at work, and in
// whichever direction, the usage is right some time after somebody has asked for
// it or has changed something, while the store goes on and after a restart.
func TestDifferencesHeal(t *testing.T) {
	t.Parallel()
	for name, change := range byHand {
		for _, reopen := range []bool{false, true} {
			for _, ask := range []bool{false, true} {
				root := newAccount(t, before)
				dir := filepath.Dir(root)
				files{"x": "1", "y/z": "22"}.write(t, dir+"/other")
				files{"a": "1", "k/z": "22"}.write(t, dir+"/backup")
				files{usageFile: "{Bytes=7777;Files=7;}\n"}.write(t, dir+"/backup.state")
				t.Run(fmt.Sprintf("%s, reopened %v, asked %v", name, reopen, ask), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						s, err := Open(root, &Options{Sync: SyncLater})
						require.NoError(t, err)
						require.NoError(t, s.Mkdir(t.Context(), "own", filestore.MkdirOptions{}, boundless))
						<-time.After(quietTime + countEvery) // the first count is over
						require.NoError(t, removing("own")(t.Context(), s))
						require.NoError(t, change(root))
						if reopen {
							require.NoError(t, s.Close())
							s, err = Open(root, &Options{Sync: SyncLater})
							require.NoError(t, err)
						}
						if ask {
							_, err = s.Usage(t.Context(), filestore.Root)
						} else {
							err = s.Mkdir(t.Context(), "n", filestore.MkdirOptions{}, boundless)
						}
						require.NoError(t, err)
						<-time.After(quietTime)
						synctest.Wait()
						u, err := s.Usage(t.Context(), filestore.Root)
						require.NoError(t, err)
						require.Equal(t, filesIn(t, root).usage(), u)
						require.NoError(t, s.Close())
						honest(t, root)
						if name != "all removed" || !ask { // where there is nothing, nothing is written down
							reopened(t, root, filesIn(t, root))
						}
					})
				})
			}
		}
	}
}

// TestWrongUsageFile: one of the right form that holds wrong numbers.
func TestWrongUsageFile(t *testing.T) {
	t.Parallel()
	for _, usage := range []string{"{Bytes=0;Files=0;}\n", "{Bytes=9999;Files=99;}\n"} {
		root := filepath.Join(t.TempDir(), "account.web")
		before.write(t, root)
		files{usageFile: usage}.write(t, root+".state")
		synctest.Test(t, func(t *testing.T) {
			s, err := Open(root, &Options{Sync: SyncLater})
			require.NoError(t, err)
			l := filestore.Limits{Files: 50, Bytes: 1000, FileSize: 10}
			require.NoError(t, limited("n", true, l)(t.Context(), s))
			<-time.After(quietTime)
			synctest.Wait()
			u, err := s.Usage(t.Context(), filestore.Root)
			require.NoError(t, err)
			require.Equal(t, with(files{"n": "4444"}).usage(), u)
			require.NoError(t, s.Close())
		})
		reopened(t, root, with(files{"n": "4444"}))
	}
}

// TestCountsInTheBackgroundAreFew: however often somebody asks.
func TestCountsInTheBackgroundAreFew(t *testing.T) {
	t.Parallel()
	f := files{}
	for i := range 300 {
		f[fmt.Sprint("f", i)] = "1"
	}
	root := newAccount(t, f)
	synctest.Test(t, func(t *testing.T) {
		counts := 0
		s, err := openWith(root, nil, func(base string) (tree, error) {
			t, err := bestOpener()(base)
			return passing{t, &counts}, err
		})
		require.NoError(t, err)
		begin := time.Now()
		for time.Since(begin) < time.Hour {
			_, err := s.Usage(t.Context(), filestore.Root)
			require.NoError(t, err)
			<-time.After(time.Second)
		}
		synctest.Wait()
		require.Equal(t, 6, counts)
		require.NoError(t, s.Close())
	})
}

// TestCountingBesideWriters: a count that others have changed something under is
// not taken.
func TestCountingBesideWriters(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "account.web")
	files{"d/counted": "1", "e/f": "2"}.write(t, root)
	files{usageFile: "{Bytes=2;Files=4;}\n"}.write(t, root+".state")
	counting, goOn := make(chan struct{}), make(chan struct{})
	s, err := openWith(root, &Options{Sync: SyncLater}, func(base string) (tree, error) {
		t, err := bestOpener()(base)
		return slow{t, counting, goOn}, err
	})
	require.NoError(t, err)
	_, err = s.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	done := make(chan struct{})
	go func() { defer close(done); s.reconcile() }()
	<-counting
	require.NoError(t, putting("d/new", "333", filestore.CreateOptions{})(t.Context(), s)) // does not wait
	require.NoError(t, removing("e/f")(t.Context(), s))
	close(goOn)
	<-done
	u, err := s.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	require.Equal(t, filesIn(t, root).usage(), u)
	require.NoError(t, s.Close())
	honest(t, root)
}

// TestCountingWithinAChange: a change that has begun before the count, and ends
// while it goes on, is not lost.
func TestCountingWithinAChange(t *testing.T) {
	t.Parallel()
	root := newAccount(t, before)
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(root, &Options{Sync: SyncLater})
		require.NoError(t, err)
		tr, err := bestOpener()(s.base)
		require.NoError(t, err)
		defer tr.close()
		require.NoError(t, s.begin(t.Context(), tr))
		done := make(chan struct{})
		go func() { defer close(done); s.reconcile() }()
		synctest.Wait()
		files{"n": "5"}.write(t, root)
		var held filestore.Usage
		s.ledger.Settle(&held, filestore.Usage{Files: 1, Bytes: 1})
		s.end()
		<-done
		u, err := s.Usage(t.Context(), filestore.Root)
		require.NoError(t, err)
		require.Equal(t, filesIn(t, root).usage(), u)
		require.NoError(t, s.Close())
		honest(t, root)
	})
}

// TestLimitsBesideCounts: limits stay exact while everything counts.
func TestLimitsBesideCounts(t *testing.T) {
	t.Parallel()
	root := newAccount(t, before)
	s, err := Open(root, &Options{Sync: SyncLater})
	require.NoError(t, err)
	l := filestore.Limits{Files: before.usage().Files + 6, Bytes: before.usage().Bytes + 20, FileSize: 10}
	var writers, counter sync.WaitGroup
	stop := make(chan struct{})
	counter.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				s.reconcile()
				if err := rescanning(t.Context(), s); err != nil {
					t.Error(err)
				}
			}
		}
	})
	for w := range 6 {
		writers.Go(func() {
			for i := range 60 {
				name := fmt.Sprint("n", w, i%3)
				err := limited(name, i%2 == 0, l)(t.Context(), s)
				if i%3 == 2 {
					err = errors.Join(err, s.Remove(t.Context(), name, filestore.RemoveOptions{}))
				}
				if err != nil && !errors.Is(err, filestore.ErrLimit) && !errors.Is(err, fs.ErrNotExist) {
					t.Error(err)
				}
				u, err := s.Usage(t.Context(), filestore.Root)
				if err != nil || u.Files > l.Files || u.Bytes > l.Bytes {
					t.Error(u, err)
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	counter.Wait()
	u, err := s.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	require.Equal(t, filesIn(t, root).usage(), u)
	require.NoError(t, s.Close())
	honest(t, root)
}

// TestCloseEndsCounting: nobody waits for a count that nobody needs.
func TestCloseEndsCounting(t *testing.T) {
	t.Parallel()
	root := newAccount(t, before)
	s, err := Open(root, &Options{Sync: SyncLater})
	require.NoError(t, err)
	_, err = s.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	s.reconcile()
	require.ErrorIs(t, s.life.Err(), context.Canceled)
	require.Equal(t, string(encodeUsage(before.usage())), usageIn(t, root))
}

// TestStateDirectoryRemoved by somebody while the store is at work: an upload
// that was under way is lost, and nothing else.
func TestStateDirectoryRemoved(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		if strings.Contains(op.name, "close") {
			continue
		}
		for _, first := range []bool{true, false} {
			root := newAccount(t, before)
			s, err := Open(root, nil)
			require.NoError(t, err)
			if first {
				require.NoError(t, s.Mkdir(t.Context(), "own", filestore.MkdirOptions{}, boundless))
				require.NoError(t, removing("own")(t.Context(), s))
			}
			require.NoError(t, os.RemoveAll(root+".state"))
			require.NoError(t, op.do(t.Context(), s), op.name)
			require.Equal(t, op.after, filesIn(t, root), op.name)
			require.NoError(t, s.Close())
			honest(t, root)
		}
	}
	root := newAccount(t, before)
	s, err := Open(root, nil)
	require.NoError(t, err)
	u, err := s.Create(t.Context(), "n", filestore.CreateOptions{}, boundless)
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(root+".state"))
	_, err = u.Commit()
	require.Error(t, err)
	require.NotErrorIs(t, err, fs.ErrNotExist, "it is no fault of the name")
	require.NoError(t, putting("n", "5", filestore.CreateOptions{})(t.Context(), s))
	require.NoError(t, s.Close())
	reopened(t, root, with(files{"n": "5"}))
}

// TestReadOnlyHost: what a process may read and not change it serves and counts.
func TestReadOnlyHost(t *testing.T) {
	t.Parallel()
	for _, usage := range []string{"", "{Bytes=0;Files=0;}\n", string(encodeUsage(before.usage()))} {
		root := filepath.Join(t.TempDir(), "account.web")
		before.write(t, root)
		if usage != "" {
			files{usageFile: usage}.write(t, root+".state")
		}
		s, err := openWith(root, nil, func(base string) (tree, error) {
			t, err := bestOpener()(base)
			return deniedTree{t, faulty{t, &faults{at: 1, err: syscall.EROFS, killed: true}}}, err
		})
		require.NoError(t, err)
		s.forgetCount() // somebody has changed it
		u, err := s.Usage(t.Context(), filestore.Root)
		require.NoError(t, err)
		require.Equal(t, before.usage(), u)
		_, err = s.Stat(t.Context(), "b/x")
		require.NoError(t, err)
		for _, op := range operations() {
			switch op.name {
			case "usage", "rescan", "rescan and close", "change and close", "list", "read a sidecar":
				continue
			}
			require.ErrorIs(t, op.do(t.Context(), s), filestore.ErrHostDenied, op.name)
			require.Equal(t, before, filesIn(t, root))
		}
		require.NoError(t, s.Close())
	}
}
