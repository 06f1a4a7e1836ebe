package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/storetest"
	"github.com/cgpkit/cgpkit/filestore/treestore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// open opens the store in a file until the test ends.
func open(t *testing.T, name string) filestore.Store {
	t.Helper()
	tree, err := openJournal(name)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tree.file.Close()) })
	s, err := treestore.New(t.Context(), tree, nil)
	require.NoError(t, err)
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) filestore.Store { return open(t, filepath.Join(t.TempDir(), "journal")) })
}

// TestCutJournal cuts the last change of a journal at every byte: without it, all that
// came before is there, and what comes next stays.
func TestCutJournal(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "journal")
	limits := filestore.Limits{Files: 10, Bytes: 100, FileSize: 100}
	s := open(t, name)
	for _, dir := range []string{"first", "last"} {
		require.NoError(t, s.Mkdir(t.Context(), dir, filestore.MkdirOptions{Sidecar: []byte("side")}, limits))
	}
	whole, err := os.ReadFile(name)
	require.NoError(t, err)
	first := strings.Index(string(whole), "\n") + 1
	dirs := func(s filestore.Store) (names []string) {
		for info, err := range s.List(t.Context(), filestore.Root, filestore.ListOptions{Sidecars: true}) {
			require.NoError(t, err)
			require.Equal(t, "side", string(info.Sidecar().Content))
			names = append(names, info.Name())
		}
		return names
	}
	for size := first; size < len(whole); size++ {
		require.NoError(t, os.WriteFile(name, whole[:size], 0o600))
		cut := open(t, name)
		require.Equal(t, []string{"first"}, dirs(cut))
		require.NoError(t, cut.Mkdir(t.Context(), "next", filestore.MkdirOptions{Sidecar: []byte("side")}, limits))
		again := open(t, name)
		require.Equal(t, []string{"first", "next"}, dirs(again))
		used, err := again.Usage(t.Context(), filestore.Root)
		require.NoError(t, err)
		require.Equal(t, filestore.Usage{Files: 4, Bytes: 8}, used)
	}
	require.NoError(t, os.WriteFile(name, []byte("{\n"), 0o600))
	_, err = openJournal(name)
	require.Error(t, err, "a whole line that is none was not cut")
}

// TestServer puts a file with one process and gets it from the next.
func TestServer(t *testing.T) {
	t.Parallel()
	curl := fixture.Program(t, "curl")
	file := filepath.Join(t.TempDir(), "journal")
	with := func(t *testing.T, password string) (request func(args ...string) string) {
		line := fixture.Run(t, "-http", "127.0.0.1:0", "-file", file, "-password", password)
		url := "http://" + strings.TrimSpace(strings.TrimPrefix(line, "ready http="))
		return func(args ...string) string {
			args = append([]string{"-sS", "--max-time", "60", "-w", " %{http_code}"}, args...)
			args[len(args)-1] = url + args[len(args)-1]
			command := exec.CommandContext(t.Context(), curl, args...)
			stdin, err := command.StdinPipe()
			require.NoError(t, err)
			go func() {
				defer stdin.Close()
				_, _ = io.WriteString(stdin, "hello") // not all requests read it
			}()
			out, err := command.Output()
			require.NoError(t, err)
			return string(out)
		}
	}
	ok := t.Run("put", func(t *testing.T) {
		request := with(t, "secret")
		require.Regexp(t, ` 401$`, request("-T", "-", "/notes.txt"))
		require.Regexp(t, ` 401$`, request("-u", "john@example.com:wrong", "-T", "-", "/notes.txt"))
		require.Regexp(t, ` 201$`, request("-u", "john@example.com:secret", "-T", "-", "/notes.txt"))
	})
	require.True(t, ok)
	t.Run("get", func(t *testing.T) {
		request := with(t, "")
		require.Equal(t, "hello 200", request("/notes.txt"))
		require.Equal(t, "llo 206", request("-r", "2-", "/notes.txt"))
		require.Regexp(t, ` 404$`, request("/missing"))
		require.Regexp(t, ` 401$`, request("-u", "john@example.com:", "-X", "DELETE", "/notes.txt"))
	})
}
