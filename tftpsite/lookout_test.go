package tftpsite

import (
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestLookout: a packet is looked for only where several have come soon, and the
// search ends if it does not come.
func TestLookout(t *testing.T) {
	t.Parallel()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer conn.Close()
	l := newLookout(conn)
	begin := time.Now()
	for range 2 * turn {
		require.Equal(t, l.fast >= promises && l.fast != turn, l.expects())
		l.look() // in vain, if at all
		l.note(soon)
	}
	if runtime.GOOS == "linux" {
		require.GreaterOrEqual(t, time.Since(begin), (2*turn-promises-1)*soon)
	}
	l.note(soon + 1)
	require.False(t, l.expects())

	_, err = conn.WriteToUDPAddrPort([]byte("x"), conn.LocalAddr().(*net.UDPAddr).AddrPort())
	require.NoError(t, err)
	for range promises {
		l.note(0)
	}
	l.look() // finds it, and leaves it there
	n, err := conn.Read(make([]byte, 10))
	require.NoError(t, err)
	require.Equal(t, 1, n)

	conn.Close()
	l.look()
	require.True(t, l.expects())
}
