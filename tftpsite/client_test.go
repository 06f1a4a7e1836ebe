package tftpsite_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/cgpkit/cgpkit/tftpsite"
)

const (
	opRead    = 1
	opWrite   = 2
	opData    = 3
	opAck     = 4
	opError   = 5
	opOptions = 6
)

// accounts returns the test accounts.
func accounts() *fixture.Directory {
	return fixture.New(func() filestore.Store { return memstore.New() })
}

// serve starts a server on a loopback address, which ends with the test. If the
// test does not say otherwise it is in no hurry: a packet that comes late on a
// busy machine is not sent twice.
func serve(t testing.TB, s *tftpsite.Server) netip.AddrPort {
	t.Helper()
	return serveOn(t, s, "127.0.0.1:0")
}

func serveOn(t testing.TB, s *tftpsite.Server, addr string) netip.AddrPort {
	t.Helper()
	if s.Timeout == 0 {
		s.Timeout = time.Minute
	}
	conn, err := net.ListenPacket("udp", addr)
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.Serve(conn) }()
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-served, tftpsite.ErrServerClosed)
	})
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// client speaks TFTP, well or badly.
type client struct {
	t      testing.TB
	conn   *net.UDPConn
	server netip.AddrPort // where requests go
	peer   netip.AddrPort // who sent the last packet
	buf    [70000]byte
}

func dial(t testing.TB, server netip.AddrPort) *client {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return &client{t: t, conn: conn, server: server}
}

func (c *client) addr() netip.AddrPort { return c.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// request sends a request: the name, the mode, and options with their values.
func (c *client) request(op byte, fields ...string) {
	c.t.Helper()
	c.toServer("\x00" + string(op) + strings.Join(fields, "\x00") + "\x00")
}

func (c *client) toServer(packet string) {
	c.t.Helper()
	_, err := c.conn.WriteToUDPAddrPort([]byte(packet), c.server)
	require.NoError(c.t, err)
}

// reply sends a packet to whoever sent the last one.
func (c *client) reply(packet string) {
	c.t.Helper()
	_, err := c.conn.WriteToUDPAddrPort([]byte(packet), c.peer)
	require.NoError(c.t, err)
}

func (c *client) ack(block uint16) { c.t.Helper(); c.reply(block4(opAck, block)) }

func (c *client) data(block uint16, content string) {
	c.t.Helper()
	c.reply(block4(opData, block) + content)
}

func block4(op byte, block uint16) string {
	return string(binary.BigEndian.AppendUint16([]byte{0, op}, block))
}

// next waits for a packet.
func (c *client) next() string {
	c.t.Helper()
	require.NoError(c.t, c.conn.SetReadDeadline(time.Now().Add(time.Minute)))
	n, from, err := c.conn.ReadFromUDPAddrPort(c.buf[:])
	require.NoError(c.t, err)
	c.peer = from
	return string(c.buf[:n])
}

// expect waits for one certain packet.
func (c *client) expect(packet string) {
	c.t.Helper()
	require.Equal(c.t, packet, c.next())
}

// fault is an ERROR packet.
type fault struct {
	code uint16
	text string
}

func (f fault) Error() string { return fmt.Sprintf("%d %s", f.code, f.text) }

func (f fault) packet() string { return block4(opError, f.code) + f.text + "\x00" }

func faultIn(packet string) (fault, bool) {
	if packet[1] != opError {
		return fault{}, false
	}
	return fault{binary.BigEndian.Uint16([]byte(packet[2:])), strings.TrimSuffix(packet[4:], "\x00")}, true
}

// get reads a file: the fields are its name, the mode, and options. It returns
// the options that were acknowledged.
func get(t testing.TB, server netip.AddrPort, fields ...string) (content string, options map[string]string, err error) {
	t.Helper()
	c := dial(t, server)
	c.request(opRead, fields...)
	var b strings.Builder
	size, options, packet := c.options()
	for block := uint16(1); ; block++ {
		if packet == "" {
			packet = c.next()
		}
		if f, ok := faultIn(packet); ok {
			return b.String(), options, f
		}
		require.Equal(t, block4(opData, block), packet[:4])
		b.WriteString(packet[4:])
		c.ack(block)
		if len(packet) < size+4 {
			return b.String(), options, nil
		}
		packet = ""
	}
}

// options waits for the first packet and acknowledges options in it; any other
// packet is returned.
func (c *client) options() (blockSize int, options map[string]string, packet string) {
	c.t.Helper()
	packet = c.next()
	if packet[1] != opOptions {
		return 512, nil, packet
	}
	blockSize, options = parseOptions(c.t, packet)
	c.ack(0)
	return blockSize, options, ""
}

// parseOptions takes an OACK apart.
func parseOptions(t testing.TB, packet string) (blockSize int, options map[string]string) {
	t.Helper()
	blockSize, options = 512, map[string]string{}
	fields := strings.Split(strings.TrimSuffix(packet[2:], "\x00"), "\x00")
	for i := 0; i < len(fields); i += 2 {
		options[fields[i]] = fields[i+1]
	}
	if size, ok := options["blksize"]; ok {
		_, err := fmt.Sscan(size, &blockSize)
		require.NoError(t, err)
	}
	return blockSize, options
}

// put writes a file: the fields are its name, the mode, and options.
func put(t testing.TB, server netip.AddrPort, content string, fields ...string) error {
	t.Helper()
	c := dial(t, server)
	c.request(opWrite, fields...)
	size, _, packet := c.writeOptions()
	for block := uint16(0); ; {
		if f, ok := faultIn(packet); ok {
			return f
		}
		require.Equal(t, block4(opAck, block), packet)
		if size == 0 {
			return nil
		}
		block++
		n := min(size, len(content))
		c.data(block, content[:n])
		if n < size {
			size = 0
		}
		content = content[n:]
		packet = c.next()
	}
}

// writeOptions waits for the answer to a write request, and returns an ACK in the place
// of acknowledged options.
func (c *client) writeOptions() (blockSize int, options map[string]string, packet string) {
	c.t.Helper()
	packet = c.next()
	if packet[1] != opOptions {
		return 512, nil, packet
	}
	blockSize, options = parseOptions(c.t, packet)
	return blockSize, options, block4(opAck, 0)
}
