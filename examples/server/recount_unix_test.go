//go:build unix

package main

import (
	"bytes"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRecountWhileServing: the server has the storages, and recounts them itself.
func TestRecountWhileServing(t *testing.T) {
	t.Parallel()
	d, _ := wrongUsage(t)
	r := start(t, "-base", d.dir)
	var out, errs bytes.Buffer
	require.Equal(t, 2, run(t.Context(), []string{"recount", "-base", d.dir}, &out, &errs))
	require.Empty(t, out.String())
	require.Regexp(t, `^server: .* in use by another program: a running server recounts all of them when it gets SIGUSR1\n$`, errs.String())

	require.NoError(t, r.cmd.Process.Signal(syscall.SIGUSR1))
	require.Eventually(t, func() bool { return strings.Contains(r.log(t), "counted all storages") }, time.Minute, 10*time.Millisecond)
	require.Contains(t, r.log(t), "wrong=1")
	require.Regexp(t, `usage of storage was wrong.*account=john@client1.com .*files_before=999`, r.log(t))
	answer, err := http.Get("http://" + r.addr["http"] + "/~john/")
	require.NoError(t, err)
	answer.Body.Close()
	require.Equal(t, http.StatusOK, answer.StatusCode, "it goes on")
}
