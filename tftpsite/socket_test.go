package tftpsite

import (
	"net"
	"net/netip"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/internal/fixture"
)

// A socket hears everybody, knows its client from others, and answers both.
func TestSocket(t *testing.T) {
	t.Parallel()
	four, six := netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()
	for _, row := range []struct {
		name          string
		asked, client netip.Addr
	}{
		{"IPv4", four, four},
		{"IPv4 where the address asked is not known", netip.Addr{}, four},
		{"IPv6", six, six},
		{"IPv6 where the address asked is not known", netip.Addr{}, six},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			peer := func() *net.UDPConn {
				conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(row.client, 0)))
				if err != nil {
					fixture.Lacking(t, "no socket with such an address: "+err.Error())
				}
				t.Cleanup(func() { conn.Close() })
				return conn
			}
			client, stranger := peer(), peer()
			s, err := listen(row.asked, unmap(client.LocalAddr().(*net.UDPAddr).AddrPort()))
			require.NoError(t, err)
			defer s.Close()
			to := netip.AddrPortFrom(row.client, uint16(s.LocalAddr().(*net.UDPAddr).Port))
			buf := make([]byte, 10)
			for _, from := range []*net.UDPConn{client, stranger, client} {
				_, err := from.WriteToUDPAddrPort([]byte("hello"), to)
				require.NoError(t, err)
				n, ours, err := s.receive(buf)
				require.NoError(t, err)
				require.Equal(t, "hello", string(buf[:n]))
				require.Equal(t, from == client, ours)
				require.NoError(t, s.sendBack([]byte("back")))
				n, err = from.Read(buf)
				require.NoError(t, err)
				require.Equal(t, "back", string(buf[:n]))
				require.NoError(t, s.send([]byte("answer")))
				n, err = client.Read(buf)
				require.NoError(t, err)
				require.Equal(t, "answer", string(buf[:n]))
			}
		})
	}
	_, err := listen(netip.Addr{}, netip.MustParseAddrPort("[fe80::1%nowhere]:69"))
	require.Error(t, err)
}

// What cannot be sent, and an end of waiting, are told as errors.
func TestSocketErrors(t *testing.T) {
	t.Parallel()
	s, err := listen(netip.MustParseAddr("127.0.0.1"), netip.MustParseAddrPort("127.0.0.1:9"))
	require.NoError(t, err)
	require.Error(t, s.send(make([]byte, 1<<17)), "it is longer than a datagram")
	s.SetDeadline(longAgo)
	_, _, err = s.receive(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	s.Close()
	require.ErrorIs(t, s.send([]byte("x")), net.ErrClosed)
	_, _, err = s.receive(make([]byte, 1))
	require.ErrorIs(t, err, net.ErrClosed)
}
