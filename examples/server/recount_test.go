package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// wrongUsage makes a demo base in which the usage of john's storage is wrong.
func wrongUsage(t *testing.T) (d *demo, usage string) {
	t.Helper()
	d, err := newDemo("")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(d.dir) })
	state := filepath.Join(d.dir, filepath.FromSlash(accountDir("john@client1.com")), "account.web.state")
	require.NoError(t, os.MkdirAll(state, 0o700))
	usage = filepath.Join(state, "usage")
	require.NoError(t, os.WriteFile(usage, []byte("{Bytes=999999;Files=999;}\n"), 0o600))
	return d, usage
}

func TestRecount(t *testing.T) {
	t.Parallel()
	recounted := func(args ...string) (status int, stdout, stderr string) {
		var out, errs bytes.Buffer
		status = run(t.Context(), append([]string{"recount"}, args...), &out, &errs)
		return status, out.String(), errs.String()
	}
	for _, accounts := range [][]string{{}, {"john@client1.com"}, {"john"}} {
		d, usage := wrongUsage(t)
		status, stdout, stderr := recounted(append([]string{"-base", d.dir}, accounts...)...)
		require.Empty(t, stderr)
		require.Equal(t, 0, status)
		require.Regexp(t, `^john@client1\.com: \d+ entries, \d+ bytes, was 999 entries, 999999 bytes\n$`, stdout)
		right, err := os.ReadFile(usage)
		require.NoError(t, err)
		status, stdout, stderr = recounted(append([]string{"-base", d.dir}, accounts...)...)
		require.Empty(t, stdout+stderr, "it is right now")
		require.Equal(t, 0, status)
		again, err := os.ReadFile(usage)
		require.NoError(t, err)
		require.Equal(t, string(right), string(again))
	}

	d, _ := wrongUsage(t)
	status, stdout, stderr := recounted("-base", d.dir, "nobody@client1.com", "john@client1.com")
	require.Equal(t, 1, status)
	require.Contains(t, stdout, "john@client1.com", "one that does not exist keeps no other back")
	require.Regexp(t, `^server: nobody@client1\.com: [^\n]+\n$`, stderr)
	for _, args := range [][]string{{}, {"-base", filepath.Join(d.dir, "missing")}, {"-nonsense"}} {
		status, stdout, stderr = recounted(args...)
		require.Equal(t, 2, status, args)
		require.Empty(t, stdout)
		require.Regexp(t, `^server: [^\n]+\n$`, stderr)
	}
}
