//go:build !linux

package tftpsite

import (
	"net"
	"net/netip"
)

// channel is how a socket sends and receives.
type channel struct {
	conn   *net.UDPConn
	client netip.AddrPort
	from   netip.AddrPort // of whoever sent the last packet
}

func (c *channel) open(conn *net.UDPConn, client netip.AddrPort) error {
	c.conn, c.client = conn, client
	return nil
}

// receive waits for a packet, and reports whether it came from the client.
func (c *channel) receive(buf []byte) (n int, ours bool, err error) {
	n, c.from, err = c.conn.ReadFromUDPAddrPort(buf)
	return n, unmap(c.from) == c.client, err
}

// send sends a packet to the client.
func (c *channel) send(packet []byte) error {
	_, err := c.conn.WriteToUDPAddrPort(packet, c.client)
	return err
}

// sendBack sends a packet to whoever sent the last one.
func (c *channel) sendBack(packet []byte) error {
	_, err := c.conn.WriteToUDPAddrPort(packet, c.from)
	return err
}

// segment reports that every packet has to be sent by itself here.
func (c *channel) segment(int) bool { return false }
