package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/storetest"
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

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) filestore.Store { return newStore() })
}
