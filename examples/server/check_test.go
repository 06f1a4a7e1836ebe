package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// checked runs the program as check.
func checked(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), append([]string{"check"}, args...), &out, &errs)
	return status, out.String(), errs.String()
}

func TestCheck(t *testing.T) {
	t.Parallel()
	demo, err := newDemo("")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(demo.dir) })
	status, stdout, stderr := checked(t, "-base", demo.dir)
	require.Empty(t, stdout+stderr)
	require.Equal(t, 0, status)

	web := filepath.Join(demo.dir, filepath.FromSlash(accountDir("john@client1.com")), "account.web")
	require.NoError(t, os.WriteFile(filepath.Join(web, "index.wssp"), nil, 0o600))
	status, stdout, stderr = checked(t, "-base", demo.dir, "-domain-alias", "lost.example=nowhere.example")
	require.Empty(t, stderr)
	require.Equal(t, "DomainAliases[lost.example]: domain \"nowhere.example\" does not exist\n"+
		accountDir("john@client1.com")+"/account.web/index.wssp: reserved name: it could not be stored\n", stdout)
	require.Equal(t, 1, status)

	for _, args := range [][]string{{}, {"-base", filepath.Join(demo.dir, "missing")}, {"-base", demo.dir, "more"}, {"-nonsense"}} {
		status, stdout, stderr = checked(t, args...)
		require.Equal(t, 2, status, args)
		require.Empty(t, stdout)
		require.Regexp(t, `^server: [^\n]+\n$`, stderr)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, 1, run(ctx, []string{"check", "-base", demo.dir}, &bytes.Buffer{}, &bytes.Buffer{}))
}
