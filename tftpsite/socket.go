package tftpsite

import (
	"net"
	"net/netip"
)

// socket is that of a transfer: it talks with one client, and anybody can send to it.
type socket struct {
	*net.UDPConn
	channel
}

// listen opens a socket at the address that a client expects its answers from. One
// goroutine at a time may send and receive.
func listen(asked netip.Addr, client netip.AddrPort) (*socket, error) {
	network, local := "udp6", &net.UDPAddr{IP: asked.AsSlice()}
	if client.Addr().Is4() {
		network = "udp4"
	}
	if asked.IsLinkLocalUnicast() {
		local.Zone = client.Addr().Zone()
	}
	conn, err := net.ListenUDP(network, local)
	if err != nil {
		return nil, err
	}
	s := &socket{UDPConn: conn}
	if err := s.open(conn, client); err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}
