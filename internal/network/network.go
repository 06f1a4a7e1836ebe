// Package network tells what counts as one client.
package network

import "net/netip"

// Of returns the network that a client is counted as: an IPv4 address, or the 64
// bits of IPv6 that whoever has one address has all addresses of (RFC 4291
// §2.5.4). An invalid address is a network too.
func Of(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		prefix, _ := addr.Prefix(64)
		return prefix.Addr()
	}
	return addr
}
