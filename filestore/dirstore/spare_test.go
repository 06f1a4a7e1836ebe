package dirstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

// growing is a file that is appended to, in a store with spares of any size.
type growing struct {
	s       *Store
	root    string
	content string
	pieces  int
}

func grow(t *testing.T, open opener) *growing {
	t.Helper()
	g := &growing{root: filepath.Join(t.TempDir(), "account.web")}
	var err error
	g.s, err = openWith(g.root, &Options{Sync: SyncLater}, open)
	require.NoError(t, err)
	g.s.leastSpare = 1
	return g
}

func (g *growing) path() string { return filepath.Join(g.root, "log") }

// append appends a piece, and reports whether a spare was used.
func (g *growing) append(t *testing.T) (reused bool) {
	t.Helper()
	var spare string
	if last := g.s.appended.Load(); last != nil {
		spare = last.entry
	}
	u, err := g.s.Create(t.Context(), "log", filestore.CreateOptions{Offset: filestore.End}, boundless)
	require.NoError(t, err)
	reused = spare != "" && u.(*upload).staged == spare
	g.pieces++
	piece := fmt.Sprintf("piece %d;", g.pieces)
	_, err = io.WriteString(u, piece)
	require.NoError(t, err)
	_, err = u.Commit()
	require.NoError(t, err)
	g.content += piece
	g.check(t)
	return reused
}

func (g *growing) check(t *testing.T) {
	t.Helper()
	content, err := os.ReadFile(g.path())
	require.NoError(t, err)
	require.Equal(t, g.content, string(content))
}

// entries lists the state directory.
func (g *growing) entries(t *testing.T) (paths []string) {
	t.Helper()
	paths, err := filepath.Glob(g.root + ".state/*")
	require.NoError(t, err)
	return paths
}

// A file that grows by pieces is not copied for each: two take turns. Whatever somebody
// does in between, the file has its content, and others what they had.
func TestSpares(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		before func(t *testing.T, g *growing) // the append that makes the spare
		after  func(t *testing.T, g *growing) // it
		spared bool                           // it was used all the same
	}{
		{name: "nothing", spared: true},
		{name: "a reader that has gone", before: func(t *testing.T, g *growing) {
			f, err := g.s.Open(t.Context(), "log")
			require.NoError(t, err)
			require.NoError(t, f.Close())
		}, spared: true},
		{name: "a reader", before: func(t *testing.T, g *growing) {
			f, err := g.s.Open(t.Context(), "log")
			require.NoError(t, err)
			was := g.content
			t.Cleanup(func() {
				content, err := io.ReadAll(f)
				require.NoError(t, err)
				require.Equal(t, was, string(content))
				require.NoError(t, f.Close())
			})
		}},
		{name: "another program that reads", before: func(t *testing.T, g *growing) {
			f, err := os.Open(g.path())
			require.NoError(t, err)
			was := g.content
			t.Cleanup(func() {
				content, err := io.ReadAll(f)
				require.NoError(t, err)
				require.Equal(t, was, string(content))
				require.NoError(t, f.Close())
			})
		}},
		{name: "another program that may write", before: func(t *testing.T, g *growing) {
			f, err := os.OpenFile(g.path(), os.O_WRONLY, 0)
			require.NoError(t, err)
			t.Cleanup(func() { f.Close() })
		}},
		{name: "a hard link", before: func(t *testing.T, g *growing) {
			backup, was := filepath.Join(t.TempDir(), "backup"), g.content
			require.NoError(t, os.Link(g.path(), backup))
			t.Cleanup(func() {
				content, err := os.ReadFile(backup)
				require.NoError(t, err)
				require.Equal(t, was, string(content))
			})
		}},
		{name: "another mode", before: func(t *testing.T, g *growing) { require.NoError(t, os.Chmod(g.path(), 0o600)) }},
		{name: "the spare was changed", after: func(t *testing.T, g *growing) {
			for _, path := range g.entries(t) {
				require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
			}
		}},
		{name: "the spare has another content of its length", after: func(t *testing.T, g *growing) {
			for _, path := range g.entries(t) {
				info, err := os.Stat(path)
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("x", int(info.Size()))), 0o600))
				require.NoError(t, os.Chtimes(path, time.Time{}, time.Unix(1, 0))) // whatever the clock of the disk is like
			}
		}},
		{name: "the spare was replaced", after: func(t *testing.T, g *growing) {
			for _, path := range g.entries(t) {
				info, err := os.Stat(path)
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(path+".new", []byte(strings.Repeat("x", int(info.Size()))), 0o600))
				require.NoError(t, os.Chtimes(path+".new", time.Time{}, info.ModTime()))
				require.NoError(t, os.Rename(path+".new", path))
			}
		}},
		{name: "the spare was removed", after: func(t *testing.T, g *growing) {
			for _, path := range g.entries(t) {
				require.NoError(t, os.Remove(path))
			}
		}},
		{name: "the file was changed", after: func(t *testing.T, g *growing) {
			f, err := os.OpenFile(g.path(), os.O_APPEND|os.O_WRONLY, 0)
			require.NoError(t, err)
			_, err = f.WriteString("more;")
			require.NoError(t, errors.Join(err, f.Close()))
			g.content += "more;"
		}},
		{name: "the file was uploaded anew", after: func(t *testing.T, g *growing) {
			g.content = strings.Repeat("x", len(g.content))
			require.NoError(t, putting("log", g.content, filestore.CreateOptions{})(t.Context(), g.s))
		}},
		{name: "the file was renamed", after: func(t *testing.T, g *growing) {
			require.NoError(t, renaming("log", "old")(t.Context(), g.s))
			g.content = ""
		}},
		{name: "another file was appended to", after: func(t *testing.T, g *growing) {
			for range 3 {
				require.NoError(t, putting("other", "1", filestore.CreateOptions{Offset: filestore.End})(t.Context(), g.s))
			}
		}},
		{name: "an upload that was given up", after: func(t *testing.T, g *growing) {
			u, err := g.s.Create(t.Context(), "log", filestore.CreateOptions{Offset: filestore.End}, boundless)
			require.NoError(t, err)
			_, err = io.WriteString(u, "not this")
			require.NoError(t, errors.Join(err, u.Abort()))
		}},
		{name: "the end was cut off", after: func(t *testing.T, g *growing) {
			g.content = g.content[:5] + "x"
			require.NoError(t, putting("log", "x", filestore.CreateOptions{Offset: 5})(t.Context(), g.s))
		}},
		{name: "nothing was appended", after: func(t *testing.T, g *growing) {
			require.NoError(t, putting("log", "", filestore.CreateOptions{Offset: filestore.End})(t.Context(), g.s))
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			g := grow(t, bestOpener())
			for range 3 {
				require.False(t, g.append(t))
			}
			if row.before != nil {
				row.before(t, g)
			}
			g.append(t)
			if row.after != nil {
				row.after(t, g)
			}
			reused := g.append(t)
			if runtime.GOOS == "linux" {
				require.Equal(t, row.spared, reused)
			}
			for range 3 {
				reused = g.append(t)
			}
			if runtime.GOOS == "linux" && row.name != "another program that may write" {
				require.True(t, reused, "it is as before")
			}
			now := filesIn(t, g.root)
			kept, counted, err := g.s.Rescan(t.Context())
			require.NoError(t, err)
			require.Equal(t, now.usage(), counted)
			if row.name != "the file was changed" { // by another program
				require.Equal(t, counted, kept)
			}
			require.NoError(t, g.s.Close())
			reopened(t, g.root, now)
		})
	}
	t.Run("where the system knows no exchange", func(t *testing.T) {
		t.Parallel()
		g := grow(t, openRoot)
		for range 6 {
			require.False(t, g.append(t))
		}
		require.NoError(t, g.s.Close())
		reopened(t, g.root, filesIn(t, g.root))
	})
}

// A short file is copied, and a spare goes when nobody has used it for some time, however
// much else is done.
func TestSpareGoes(t *testing.T) {
	t.Parallel()
	for _, busy := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			g := grow(t, bestOpener())
			for range 4 {
				g.append(t)
			}
			require.Len(t, g.entries(t), 1)
			if busy {
				g.s.timer.Stop()
			}
			<-time.After(quietTime) // by the clock of the test
			synctest.Wait()
			if busy {
				require.NoError(t, g.s.Mkdir(t.Context(), "d", filestore.MkdirOptions{}, boundless))
				require.Empty(t, g.entries(t))
			} else {
				require.Equal(t, []string{g.root + ".state/" + usageFile}, g.entries(t))
			}
			require.NoError(t, g.s.Close())
		})
	}
	g := grow(t, bestOpener())
	g.s.leastSpare = 100
	for range 6 {
		require.False(t, g.append(t))
	}
	require.Empty(t, g.entries(t))
	require.NoError(t, g.s.Close())
}

// TestFaultsOfSpares breaks an append that has a spare at every call to the system.
func TestFaultsOfSpares(t *testing.T) {
	t.Parallel()
	for _, fault := range everyFault() {
		for at, reached := 1, true; reached; at++ {
			require.Less(t, at, 100)
			f := &faults{err: fault.err, short: fault.short, killed: fault.killed}
			g := grow(t, f.open)
			for range 4 {
				g.append(t)
			}
			f.calls, f.at = 0, at
			err := putting("log", "the last", filestore.CreateOptions{Offset: filestore.End})(t.Context(), g.s)
			reached = f.calls >= at
			f.at = 0
			if f.killed {
				g.s.timer.Stop()
				g.s, err = Open(g.root, &Options{Sync: SyncLater})
				require.NoError(t, err)
			}
			now := filesIn(t, g.root)
			require.Contains(t, []string{g.content, g.content + "the last"}, now["log"], "fault at call %d: %v", at, err)
			if err == nil && !f.killed {
				require.Equal(t, g.content+"the last", now["log"])
			}
			g.content = now["log"]
			for range 3 {
				g.append(t)
			}
			require.NoError(t, g.s.Close())
			reopened(t, g.root, filesIn(t, g.root))
		}
	}
}

// Those that append at the same time do it one after the other, or are told that the file
// is another one by now.
func TestSparesTogether(t *testing.T) {
	t.Parallel()
	g := grow(t, bestOpener())
	g.append(t)
	var done atomic.Int64
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				err := putting("log", "1234567", filestore.CreateOptions{Offset: filestore.End})(context.Background(), g.s)
				if err == nil {
					done.Add(1)
				} else if !errors.Is(err, filestore.ErrChanged) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	require.NotZero(t, done.Load())
	g.content += strings.Repeat("1234567", int(done.Load()))
	g.check(t)
	require.NoError(t, g.s.Close())
	reopened(t, g.root, filesIn(t, g.root))
}
