package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// start runs the program on a free port, and returns its URL.
func start(t *testing.T) string {
	t.Helper()
	line := fixture.Run(t, "-http", "127.0.0.1:0")
	return "http://" + strings.TrimSpace(strings.TrimPrefix(line, "ready http="))
}

func TestStoreIsServed(t *testing.T) {
	t.Parallel()
	curl := fixture.Program(t, "curl")
	url := start(t)
	request := func(args ...string) string {
		out, err := exec.CommandContext(t.Context(), curl, append([]string{"-sS", "--max-time", "60", "-w", " %{http_code}"}, args...)...).Output()
		require.NoError(t, err)
		return string(out)
	}
	page, err := os.ReadFile("manual/index.html")
	require.NoError(t, err)
	require.Equal(t, string(page)+" 200", request(url+"/"))
	require.Equal(t, string(page[5:])+" 206", request("-r", "5-", url+"/index.html"))
	require.Contains(t, request("-L", url+"/chapter"), "<h1>The chapter</h1>")
	require.Regexp(t, ` 404$`, request(url+"/missing"))
	require.Regexp(t, ` 401$`, request("-X", "DELETE", url+"/index.html"))

	headers := request("-I", url+"/")
	_, tag, ok := strings.Cut(headers, "Etag: ")
	require.True(t, ok, headers)
	tag, _, _ = strings.Cut(tag, "\r\n")
	require.Regexp(t, ` 304$`, request("-H", "If-None-Match: "+tag, url+"/"))
}

// halfRead is a directory of which only the beginning can be read.
type halfRead struct{ fs.FS }

func (h halfRead) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(h.FS, name)
	return entries, errors.Join(err, fs.ErrPermission)
}

// A listing ends where its reader stops, wherever that is.
func TestListStops(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]fs.FS{"whole": os.DirFS("manual"), "half": halfRead{os.DirFS("manual")}} {
		all := 0
		for range (store{files}).List(t.Context(), filestore.Root, filestore.ListOptions{}) {
			all++
		}
		require.GreaterOrEqual(t, all, 2, name)
		for stop := range all {
			read := 0
			for range (store{files}).List(t.Context(), filestore.Root, filestore.ListOptions{}) { // panics when it goes on
				if read++; read > stop {
					break
				}
			}
			require.Equal(t, stop+1, read, name)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	var want filestore.Usage
	require.NoError(t, filepath.Walk("manual", func(path string, info os.FileInfo, err error) error {
		require.NoError(t, err)
		want.Files++
		if !info.IsDir() {
			want.Bytes += info.Size()
		}
		return nil
	}))
	got, err := store{os.DirFS("manual")}.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	want.Files-- // the root
	require.Equal(t, want, got)
}
