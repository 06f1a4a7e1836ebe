//go:build unix && !solaris && !aix

package flock_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/internal/flock"
)

func TestLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x")
	open := func() *os.File {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		require.NoError(t, err)
		t.Cleanup(func() { f.Close() })
		return f
	}
	a, b := open(), open()
	require.NoError(t, flock.Try(a))
	require.NoError(t, flock.Try(a), "one's own")
	require.Equal(t, flock.ErrLocked, flock.Try(b))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, flock.Lock(ctx, b), context.Canceled)

	waited := make(chan error)
	go func() { waited <- flock.Lock(t.Context(), b) }()
	flock.Unlock(a)
	require.NoError(t, <-waited)
	require.Equal(t, flock.ErrLocked, flock.Try(a))
	require.NoError(t, b.Close())
	require.NoError(t, flock.Lock(t.Context(), a))

	require.NoError(t, a.Close())
	require.Error(t, flock.Try(a), "no file")
	require.Error(t, flock.Lock(t.Context(), a))
}
