package network

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, a, b string
		same       bool
	}{
		{"IPv4 neighbours", "192.0.2.1", "192.0.2.2", false},
		{"mapped", "192.0.2.1", "::ffff:192.0.2.1", true},
		{"within 64 bits", "2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true},
		{"another 64 bits", "2001:db8:0:1::1", "2001:db8:0:2::1", false},
		{"zone", "fe80::1%eth0", "fe80::1", true},
		{"IPv4 and IPv6", "0.0.0.1", "::1", false},
	} {
		require.Equal(t, tt.same, Of(netip.MustParseAddr(tt.a)) == Of(netip.MustParseAddr(tt.b)), tt.name)
	}
	require.Equal(t, netip.Addr{}, Of(netip.Addr{}))
}
