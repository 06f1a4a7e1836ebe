package dirstore

import (
	"context"
	"io/fs"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

// TestLockEnds by the clock of the options.
func TestLockEnds(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	s, err := Open(newAccount(t, before), &Options{Sync: SyncLater, Now: func() time.Time { return now }})
	require.NoError(t, err)
	made, err := s.Lock(t.Context(), "a", filestore.Lock{Owner: "john"}, time.Minute)
	require.NoError(t, err)
	require.Equal(t, now.Add(time.Minute), made.Expires)
	now = now.Add(time.Minute - 1)
	require.ErrorIs(t, removing("a")(t.Context(), s), filestore.ErrLocked)
	now = now.Add(1)
	require.NoError(t, removing("a")(t.Context(), s))
	require.NoError(t, s.Close())
}

// TestLockWaits: a lock comes before a change or after it, never in its middle.
func TestLockWaits(t *testing.T) {
	t.Parallel()
	s, err := Open(newAccount(t, before), &Options{Sync: SyncLater})
	require.NoError(t, err)
	require.NoError(t, s.lock(t.Context()))
	locked := make(chan error)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, err := s.Lock(ctx, "a", filestore.Lock{Owner: "john"}, time.Minute)
		locked <- err
	}()
	cancel()
	require.ErrorIs(t, <-locked, context.Canceled)
	go func() {
		_, err := s.Lock(t.Context(), "a", filestore.Lock{Owner: "john"}, time.Minute)
		locked <- err
	}()
	select {
	case <-locked:
		t.Error("locked while a change runs")
	default:
	}
	s.unlock()
	require.NoError(t, <-locked)
	require.ErrorIs(t, removing("a")(t.Context(), s), filestore.ErrLocked)
	require.NoError(t, s.Close())
	_, err = s.Lock(t.Context(), "c", filestore.Lock{Owner: "john"}, time.Minute)
	require.ErrorIs(t, err, fs.ErrClosed)
}
