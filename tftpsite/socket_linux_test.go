package tftpsite

import (
	"net"
	"net/netip"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// The address of a client on a network without routers has the number of its interface.
func TestSockaddrWithZone(t *testing.T) {
	t.Parallel()
	interfaces, err := net.Interfaces()
	require.NoError(t, err)
	require.NotEmpty(t, interfaces)
	zone := interfaces[0]
	client := netip.MustParseAddr("fe80::1:2")
	b, err := sockaddr(netip.AddrPortFrom(client.WithZone(zone.Name), 0x1234))
	require.NoError(t, err)
	require.Len(t, b, unix.SizeofSockaddrInet6)
	a := (*unix.RawSockaddrInet6)(unsafe.Pointer(unsafe.SliceData(b)))
	require.EqualValues(t, unix.AF_INET6, a.Family)
	require.Equal(t, [2]byte{0x12, 0x34}, *(*[2]byte)(unsafe.Pointer(&a.Port)))
	require.Equal(t, client.As16(), a.Addr)
	require.EqualValues(t, zone.Index, a.Scope_id)
}
