package serving_test

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/internal/serving"
)

func TestShutdownWaitsThenCancels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls serving.Calls
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
		var calls serving.Calls
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
		var calls serving.Calls
		call, _ := calls.Begin()
		go func() {
			<-call.Context.Done()
			call.Finish()
		}()
		require.NoError(t, calls.Close())
	})
}

func TestPeers(t *testing.T) {
	t.Parallel()
	var peers serving.Peers
	a, b, c := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::ffff:127.0.0.1"), netip.MustParseAddr("127.0.0.2")
	require.True(t, peers.Enter(a, 3, 2))
	require.True(t, peers.Enter(b, 3, 2))
	require.False(t, peers.Enter(a, 3, 2), "two from one address")
	require.True(t, peers.Enter(c, 3, 2))
	require.False(t, peers.Enter(netip.MustParseAddr("127.0.0.3"), 3, 2), "three in all")
	peers.Leave(b)
	require.True(t, peers.Enter(a, 3, 2))

	var six serving.Peers
	require.True(t, six.Enter(netip.MustParseAddr("2001:db8::1"), 9, 1))
	require.False(t, six.Enter(netip.MustParseAddr("2001:db8::2"), 9, 1), "the same network")
	require.True(t, six.Enter(netip.MustParseAddr("2001:db8:0:1::1"), 9, 1))
	require.True(t, six.Enter(netip.Addr{}, 9, 1), "a client without an address is one of its own")
}

func TestLimit(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	limited := serving.Limit(l, 10, 2)
	defer limited.Close()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		return c
	}
	dial()
	dial()
	first, err := limited.Accept()
	require.NoError(t, err)
	second, err := limited.Accept()
	require.NoError(t, err)
	defer second.Close()
	third := dial()
	accepted := make(chan net.Conn, 1)
	go func() {
		c, _ := limited.Accept()
		accepted <- c
	}()
	_, err = third.Read(make([]byte, 1))
	require.Error(t, err, "one too many is closed")
	require.NoError(t, first.Close())
	first.Close()
	dial()
	c := <-accepted
	require.NotNil(t, c, "one that left makes room for one, however often it is closed")
	c.Close()
}
