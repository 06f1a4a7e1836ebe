package tftpsite

import (
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// reader reads one packet. It tells who sent it, which is invalid for an
// address that is not of UDP, and the address that it was sent to, which is
// invalid if that is not known.
type reader func(buf []byte) (n int, from netip.AddrPort, asked netip.Addr, err error)

// requestReader returns the reader of a socket. One that listens on a single
// address knows what it is asked; one that listens on all has to be told by
// the system.
func requestReader(pc net.PacketConn) reader {
	bound := addrOf(pc.LocalAddr())
	if bound.IsValid() && !bound.IsUnspecified() {
		return plainReader(pc, bound)
	}
	udp, ok := pc.(*net.UDPConn)
	if !ok {
		return plainReader(pc, netip.Addr{})
	}
	if bound.Is4() {
		conn := ipv4.NewPacketConn(udp)
		if conn.SetControlMessage(ipv4.FlagDst, true) != nil {
			return plainReader(pc, netip.Addr{})
		}
		return func(buf []byte) (int, netip.AddrPort, netip.Addr, error) {
			n, control, from, err := conn.ReadFrom(buf)
			if control == nil {
				control = &ipv4.ControlMessage{}
			}
			return n, addrPortOf(from), addrFrom(control.Dst), err
		}
	}
	conn := ipv6.NewPacketConn(udp)
	if conn.SetControlMessage(ipv6.FlagDst, true) != nil {
		return plainReader(pc, netip.Addr{})
	}
	return func(buf []byte) (int, netip.AddrPort, netip.Addr, error) {
		n, control, from, err := conn.ReadFrom(buf)
		if control == nil {
			control = &ipv6.ControlMessage{}
		}
		return n, addrPortOf(from), addrFrom(control.Dst), err
	}
}

func plainReader(pc net.PacketConn, bound netip.Addr) reader {
	return func(buf []byte) (int, netip.AddrPort, netip.Addr, error) {
		n, from, err := pc.ReadFrom(buf)
		return n, addrPortOf(from), bound, err
	}
}

func addrPortOf(a net.Addr) netip.AddrPort {
	if udp, ok := a.(*net.UDPAddr); ok && udp != nil {
		return unmap(udp.AddrPort())
	}
	return netip.AddrPort{}
}

func addrOf(a net.Addr) netip.Addr { return addrPortOf(a).Addr() }

func addrFrom(ip net.IP) netip.Addr {
	a, _ := netip.AddrFromSlice(ip)
	return a.Unmap()
}

func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
