package pgstore_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/pgstore"
)

// TestBusyAccount: changes that wait for one account leave the connections to the others, and
// wait no longer than their contexts.
func TestBusyAccount(t *testing.T) {
	t.Parallel()
	url := database(t)
	s := open(t, pgstore.Config{Database: url + "&pool_max_conns=2", Timeout: time.Minute})
	busy, other := store(t, s, "busy@test"), store(t, s, "other@test")
	mkdir := func(ctx context.Context, s filestore.Store, name string) error {
		return s.Mkdir(ctx, name, filestore.MkdirOptions{}, boundless)
	}
	require.NoError(t, mkdir(t.Context(), busy, "first"))
	require.Zero(t, s.Changes("busy@test"))
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(t.Context(), "BEGIN; SELECT FROM accounts WHERE name = 'busy@test' FOR UPDATE")
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var waiting sync.WaitGroup
	for _, name := range []string{"a", "b", "c", "d"} {
		waiting.Go(func() {
			if err := mkdir(t.Context(), busy, name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	given := make(chan error, 1)
	require.Eventually(t, func() bool { return s.Changes("busy@test") == 4 && s.Acquired() == 1 }, time.Minute, time.Millisecond)
	go func() { given <- mkdir(ctx, busy, "given up") }()
	require.Eventually(t, func() bool { return s.Changes("busy@test") == 5 }, time.Minute, time.Millisecond)
	require.NoError(t, mkdir(t.Context(), other, "free"))
	cancel()
	require.ErrorIs(t, <-given, context.Canceled)
	_, err = conn.Exec(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	waiting.Wait()
	require.Zero(t, s.Changes("busy@test"))
	sound(t, url)
}
