package graceful_test

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/internal/graceful"
)

var errClosed = errors.New("server closed")

// exhausted is a listener without file descriptors for some time, and broken after.
type exhausted struct {
	net.Listener
	until time.Time
	asked int
}

func (l *exhausted) Accept() (net.Conn, error) {
	l.asked++
	if time.Now().Before(l.until) {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return nil, io.ErrClosedPipe
}

func (*exhausted) Close() error { return nil }

// A lack of file descriptors is waited for, ever longer; another fault ends Serve.
func TestAcceptWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls graceful.Calls
		l := &exhausted{until: time.Now().Add(time.Minute)}
		require.ErrorIs(t, calls.Serve(l, errClosed, nil), io.ErrClosedPipe)
		require.Equal(t, 68, l.asked, "eight pauses in the first 1.275 s, then one of a second each")
	})
}

// Close does not wait for file descriptors.
func TestCloseWhileAcceptWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls graceful.Calls
		l := &exhausted{until: time.Now().Add(time.Hour)}
		served := make(chan error, 1)
		go func() { served <- calls.Serve(l, errClosed, nil) }()
		time.Sleep(time.Minute)
		begin := time.Now()
		require.NoError(t, calls.Close())
		require.ErrorIs(t, <-served, errClosed)
		require.Equal(t, begin, time.Now())
	})
}
