package treestore_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/storetest"
	"github.com/cgpkit/cgpkit/filestore/treestore"
)

var ample = filestore.Limits{Files: 100, Bytes: 1000, FileSize: 100}

// pages is a tree that brings few nodes at a time, and does not know what is empty from
// what is nothing, as some databases do not.
type pages struct {
	mu    sync.Mutex
	nodes map[string]treestore.Node
	err   error // what everything fails with
}

func (p *pages) Node(_ context.Context, name string) (treestore.Node, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.nodes[name], p.err
}

func (p *pages) List(_ context.Context, dir, after string) (page []treestore.Node, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, n := range p.nodes {
		if in, last := filestore.Split(name); in == dir && last > after {
			page = append(page, n)
		}
	}
	slices.SortFunc(page, func(a, b treestore.Node) int { return strings.Compare(a.Path, b.Path) })
	return page[:min(3, len(page))], p.err
}

func (p *pages) Change(_ context.Context, gone []string, put []treestore.Node) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	for _, name := range gone {
		delete(p.nodes, name)
	}
	for _, n := range put {
		if n.Sidecar != nil && n.Sidecar.Size == 0 {
			kept := *n.Sidecar
			kept.Content, n.Sidecar = nil, &kept
		}
		if n.Size == 0 {
			n.Content = nil
		}
		p.nodes[n.Path] = n
	}
	return nil
}

func open(t *testing.T, p *pages, o *treestore.Options) *treestore.Store {
	t.Helper()
	s, err := treestore.New(t.Context(), p, o)
	require.NoError(t, err)
	return s
}

func newPages() *pages { return &pages{nodes: map[string]treestore.Node{}} }

func write(ctx context.Context, s filestore.Store, name, content string, l filestore.Limits) error {
	u, err := s.Create(ctx, name, filestore.CreateOptions{}, l)
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

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) filestore.Store { return open(t, newPages(), nil) })
}

// TestOpenedAgain: what a tree has is counted, and the clock is that of the options.
func TestOpenedAgain(t *testing.T) {
	t.Parallel()
	tree := newPages()
	s := open(t, tree, nil)
	require.NoError(t, s.Mkdir(t.Context(), "d", filestore.MkdirOptions{Sidecar: []byte("side")}, ample))
	for i := range 10 {
		require.NoError(t, write(t.Context(), s, fmt.Sprint("d/", i), "1234", ample))
	}
	_, err := s.SetSidecar(t.Context(), "d/orphan", []byte("m"), filestore.SidecarOptions{}, ample)
	require.NoError(t, err)

	now := time.Unix(1_000_000, 0)
	s = open(t, tree, &treestore.Options{Now: func() time.Time { return now }})
	used, err := s.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	require.Equal(t, filestore.Usage{Files: 13, Bytes: 45}, used)
	require.ErrorIs(t, write(t.Context(), s, "d/x", "", filestore.Limits{Files: 13}), filestore.ErrLimit)
	made, err := s.Lock(t.Context(), "d", filestore.Lock{Deep: true}, time.Minute)
	require.NoError(t, err)
	require.Equal(t, now.Add(time.Minute), made.Expires)
	require.ErrorIs(t, write(t.Context(), s, "d/x", "", ample), filestore.ErrLocked)
	now = made.Expires
	require.NoError(t, write(t.Context(), s, "d/x", "", ample))
}

// TestFaults: what fails changes nothing, holds nothing afterwards, and shows nothing of
// the host.
func TestFaults(t *testing.T) {
	t.Parallel()
	tree := newPages()
	s := open(t, tree, nil)
	require.NoError(t, s.Mkdir(t.Context(), "d", filestore.MkdirOptions{}, ample))
	require.NoError(t, write(t.Context(), s, "d/a", "1234", ample))
	lock, err := s.Lock(t.Context(), "d/a", filestore.Lock{}, 0)
	require.NoError(t, err)
	holds := filestore.Precondition{Tokens: []string{lock.Token}}
	begun, err := s.Create(t.Context(), "d/new", filestore.CreateOptions{Size: 4}, ample)
	require.NoError(t, err)
	_, err = io.WriteString(begun, "1234")
	require.NoError(t, err)

	fault := &fs.PathError{Op: "write", Path: "/var/host", Err: syscall.ENOENT}
	tree.err = fault
	for op, do := range map[string]func() error{
		"stat":         func() error { _, err := s.Stat(t.Context(), "d/a"); return err },
		"open":         func() error { _, err := s.Open(t.Context(), "d/a"); return err },
		"usage":        func() error { _, err := s.Usage(t.Context(), "d"); return err },
		"read sidecar": func() error { _, err := s.Sidecar(t.Context(), "d/a", ""); return err },
		"create":       func() error { return write(t.Context(), s, "d/a", "", ample) },
		"commit":       func() error { _, err := begun.Commit(); return err },
		"mkdir":        func() error { return s.Mkdir(t.Context(), "d/a", filestore.MkdirOptions{}, ample) },
		"remove":       func() error { return s.Remove(t.Context(), "d/a", filestore.RemoveOptions{If: holds}) },
		"rename":       func() error { return s.Rename(t.Context(), "d/a", "b", filestore.RenameOptions{From: holds}) },
		"copy":         func() error { return s.Copy(t.Context(), "d/a", "b", filestore.CopyOptions{}, ample) },
		"set sidecar": func() error {
			_, err := s.SetSidecar(t.Context(), "d/a", []byte("m"), filestore.SidecarOptions{If: holds}, ample)
			return err
		},
		"list": func() (err error) {
			for _, err = range s.List(t.Context(), filestore.Root, filestore.ListOptions{}) {
			}
			return err
		},
	} {
		err := do()
		require.ErrorIs(t, err, syscall.ENOENT, op)
		require.NotErrorIs(t, err, fs.ErrNotExist, "%s: it is no file of the storage that is missing", op)
		require.NotContains(t, err.Error(), "host", op)
		var pathErr *fs.PathError
		require.ErrorAs(t, err, &pathErr)
		require.Equal(t, op, pathErr.Op)
	}
	_, err = treestore.New(t.Context(), tree, nil)
	require.ErrorIs(t, err, fault)

	tree.err = nil
	locks, err := s.Locks(t.Context(), filestore.Root, true)
	require.NoError(t, err)
	require.Len(t, locks, 1)
	used, err := s.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	require.Equal(t, filestore.Usage{Files: 2, Bytes: 4}, used)
	require.NoError(t, write(t.Context(), s, "b", strings.Repeat("x", 6), filestore.Limits{Files: 3, Bytes: 10, FileSize: 10}))

	tree.err = &os.LinkError{Op: "rename", Old: "/var/host", New: "/var/host2", Err: syscall.ENOSPC}
	require.ErrorIs(t, s.Remove(t.Context(), "b", filestore.RemoveOptions{}), filestore.ErrDiskFull)
}

// failing fails only to make changes.
type failing struct{ *pages }

var errTree = fmt.Errorf("out of order")

func (failing) Change(context.Context, []string, []treestore.Node) error { return errTree }

// TestFailedChanges: room that was held for a change is free again when the tree refuses it.
func TestFailedChanges(t *testing.T) {
	t.Parallel()
	tree := newPages()
	require.NoError(t, write(t.Context(), open(t, tree, nil), "a", "1234", ample))
	s, err := treestore.New(t.Context(), failing{tree}, nil)
	require.NoError(t, err)
	l, err := s.Lock(t.Context(), "a", filestore.Lock{}, 0)
	require.NoError(t, err)
	for range 3 { // there is room for one
		full := filestore.Limits{Files: 2, Bytes: 8, FileSize: 4}
		require.ErrorIs(t, write(t.Context(), s, "b", "1234", full), errTree)
		require.ErrorIs(t, s.Copy(t.Context(), "a", "b", filestore.CopyOptions{}, full), errTree)
		require.ErrorIs(t, s.Mkdir(t.Context(), "b", filestore.MkdirOptions{}, full), errTree)
		require.ErrorIs(t, s.Remove(t.Context(), "a", filestore.RemoveOptions{If: filestore.Precondition{Tokens: []string{l.Token}}}), errTree)
	}
	locks, err := s.Locks(t.Context(), "a", false)
	require.NoError(t, err)
	require.Equal(t, []filestore.Lock{l}, locks)
	used, err := s.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	require.Equal(t, filestore.Usage{Files: 1, Bytes: 4}, used)
}
