package graceful_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/internal/graceful"
)

func TestShutdownWaitsThenCancels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls graceful.Calls
		call, ok := calls.Begin()
		require.True(t, ok)
		go func() {
			<-call.Accepting.Done()
			require.NoError(t, call.Context.Err(), "what runs may go on")
			<-call.Context.Done()
			call.Finish()
		}()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin := time.Now()
		require.ErrorIs(t, calls.Shutdown(ctx), context.DeadlineExceeded)
		require.Equal(t, time.Minute, time.Since(begin))
		_, ok = calls.Begin()
		require.False(t, ok)
		require.NoError(t, calls.Shutdown(t.Context()), "once more does nothing")
		require.NoError(t, calls.Close())
	})
}

func TestShutdownOfWhatEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls graceful.Calls
		for range 3 {
			call, ok := calls.Begin()
			require.True(t, ok)
			go func() {
				<-call.Accepting.Done()
				call.Finish()
			}()
		}
		require.NoError(t, calls.Shutdown(t.Context()))
	})
}

func TestCloseCancelsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls graceful.Calls
		call, _ := calls.Begin()
		go func() {
			<-call.Context.Done()
			call.Finish()
		}()
		require.NoError(t, calls.Close())
	})
}
