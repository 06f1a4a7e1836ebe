package tftpsite_test

import (
	"context"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/cgpkit/cgpkit/tftpsite"
)

// What deserves no answer gets none: the first thing that comes back is the
// answer to the request sent last.
func TestWrongPacketsAreDropped(t *testing.T) {
	t.Parallel()
	d := accounts()
	d.Write(t, "john@client1.com", "f", "content")
	server := serve(t, &tftpsite.Server{Views: fixture.Views(d), Storage: "john"})
	c := dial(t, server)
	for _, packet := range []string{
		"", "\x00", "\x00\x01", "\x00\x02", "\x00\x01f", block4(opData, 1) + "x", block4(opAck, 0), block4(opOptions, 0),
		notFound.packet(), "\x00\x09f\x00octet\x00", "\xff\xff\xff\xff", "\x00\x01" + strings.Repeat("f", 4000) + "\x00octet\x00",
	} {
		c.toServer(packet)
	}
	c.request(opRead, "f", "octet")
	c.expect(block4(opData, 1) + "content")
	c.ack(1)
}

// A request that lacks its mode, or its end, is refused; what behind it cannot be
// read does it no harm.
func TestBrokenRequests(t *testing.T) {
	t.Parallel()
	d := accounts()
	d.Write(t, "john@client1.com", "f", "content")
	server := serve(t, &tftpsite.Server{Views: fixture.Views(d), Storage: "john"})
	for _, packet := range []string{"\x00\x01f\x00octet", "\x00\x01f\x00", "\x00\x01file", "\x00\x02f\x00\x00", "\x00\x01f\x00mail\x00"} {
		c := dial(t, server)
		c.toServer(packet)
		c.expect(fault{4, "Illegal TFTP operation"}.packet())
	}
	for _, packet := range []string{
		"\x00\x01f\x00octet\x00blksize\x00", "\x00\x01f\x00octet\x00blksize", "\x00\x01f\x00octet\x00\x00\x00\x00", "\x00\x01f\x00octet\x00\xff\xff",
		"\x00\x01f\x00octet\x00blksize\x00many\x00", "\x00\x01f\x00octet\x00blksize\x00512",
	} {
		c := dial(t, server)
		c.toServer(packet)
		c.expect(block4(opData, 1) + "content")
		c.ack(1)
	}
}

// A request that comes twice starts one transfer, which answers it at once.
func TestRepeatedRequest(t *testing.T) {
	t.Parallel()
	d := accounts()
	full := strings.Repeat("x", 512)
	d.Write(t, "john@client1.com", "f", full)
	server := serve(t, &tftpsite.Server{Views: fixture.Views(d), Storage: "john", Timeout: time.Hour})
	c := dial(t, server)
	c.request(opRead, "f", "octet")
	c.expect(block4(opData, 1) + full)
	first := c.peer
	for range 3 {
		c.request(opRead, "f", "octet")
		c.expect(block4(opData, 1) + full)
		require.Equal(t, first, c.peer)
	}
	c.ack(1)
	c.expect(block4(opData, 2))
	require.Equal(t, first, c.peer)
	c.ack(2)
}

// What a client does from one port, one thing after the other, as boot ROMs do: it
// is served at once, although the server may not yet know how the last ended.
func TestOnePortAfterTheOther(t *testing.T) {
	t.Parallel()
	d := accounts()
	full := strings.Repeat("x", 512)
	d.Write(t, "john@client1.com", "f", full)
	server := serve(t, &tftpsite.Server{Views: fixture.Views(d), Storage: "john", Timeout: time.Hour})
	refused := fault{8, "User aborted the transfer"}.packet()
	t.Run("the size, an error, the file", func(t *testing.T) {
		c := dial(t, server)
		for range 5 {
			c.request(opRead, "f", "octet", "tsize", "0")
			c.expect("\x00\x06tsize\x00512\x00")
			c.reply(refused)
			c.request(opRead, "f", "octet", "blksize", "1000")
			c.expect("\x00\x06blksize\x001000\x00")
			c.ack(0)
			c.expect(block4(opData, 1) + full)
			c.ack(1)
		}
	})
	t.Run("the size, an error, the size again", func(t *testing.T) {
		c := dial(t, server)
		for range 20 {
			c.request(opRead, "f", "octet", "tsize", "0")
			c.expect("\x00\x06tsize\x00512\x00")
			c.reply(refused)
		}
	})
	t.Run("the size, and the file without an error", func(t *testing.T) {
		c := dial(t, server)
		c.request(opRead, "f", "octet", "tsize", "0")
		c.expect("\x00\x06tsize\x00512\x00")
		c.request(opRead, "f", "octet")
		c.expect(block4(opData, 1) + full)
		c.ack(1)
		c.expect(block4(opData, 2))
		c.ack(2)
	})
	t.Run("the same file without the last acknowledgement", func(t *testing.T) {
		c := dial(t, server)
		for range 20 {
			c.request(opRead, "f", "octet")
			c.expect(block4(opData, 1) + full)
			c.ack(1)
			c.expect(block4(opData, 2))
		}
		c.ack(2)
	})
	t.Run("another request in the middle", func(t *testing.T) {
		c := dial(t, server)
		c.request(opRead, "f", "octet")
		c.expect(block4(opData, 1) + full)
		c.ack(1)
		c.expect(block4(opData, 2))
		c.request(opRead, "g", "octet")
		c.expect(notFound.packet())
	})
	t.Run("a request that comes late harms no transfer", func(t *testing.T) {
		c := dial(t, server)
		c.request(opRead, "f", "octet")
		c.expect(block4(opData, 1) + full)
		first := c.peer
		c.ack(1)
		c.expect(block4(opData, 2))
		c.request(opRead, "f", "octet") // a copy of the first, on a slow way
		c.expect(block4(opData, 1) + full)
		require.NotEqual(t, first, c.peer)
		c.reply(fault{5, "Unknown transfer ID"}.packet())
		c.peer = first
		c.ack(1)
		c.reply(block4(opData, 1)) // makes no sense
		c.request(opRead, "nothing", "octet")
		c.expect(notFound.packet())
		c.peer = first
		c.ack(2)
	})
}

// An acknowledgement that comes twice sends no block twice (the sorcerer's
// apprentice).
func TestRepeatedAcknowledgement(t *testing.T) {
	t.Parallel()
	d := accounts()
	d.Write(t, "john@client1.com", "f", strings.Repeat("x", 1024))
	server := serve(t, &tftpsite.Server{Views: fixture.Views(d), Storage: "john", Timeout: time.Hour})
	c := dial(t, server)
	c.request(opRead, "f", "octet")
	full := strings.Repeat("x", 512)
	c.expect(block4(opData, 1) + full)
	c.ack(1)
	c.ack(1)
	c.ack(0)
	c.expect(block4(opData, 2) + full)
	c.ack(1)
	c.ack(2)
	c.expect(block4(opData, 3))
	c.ack(3)
}

// A packet from somebody else is answered by an error and changes nothing.
func TestUnknownTransferID(t *testing.T) {
	t.Parallel()
	d := accounts()
	d.Write(t, "john@client1.com", "f", strings.Repeat("x", 512))
	server := serve(t, &tftpsite.Server{Views: fixture.Views(d), Storage: "john", Timeout: time.Hour})
	c, other := dial(t, server), dial(t, server)
	c.request(opRead, "f", "octet")
	c.next()
	other.peer = c.peer
	other.reply(notFound.packet()) // not answered
	other.reply("\x00")            // nor is this
	other.ack(1)
	other.expect(fault{5, "Unknown transfer ID"}.packet())
	c.ack(1)
	c.expect(block4(opData, 2))
	c.ack(2)
}

// A client that gives up is not answered, and its place is free.
func TestClientGivesUp(t *testing.T) {
	t.Parallel()
	d := accounts()
	d.Write(t, "john@client1.com", "f", strings.Repeat("x", 512))
	s := &tftpsite.Server{Views: fixture.Views(d), Storage: "john", Timeout: time.Hour}
	c := dial(t, serve(t, s))
	c.request(opRead, "f", "octet", "tsize", "0")
	c.next()
	c.reply(fault{8, "no thanks"}.packet())
	require.NoError(t, s.Shutdown(t.Context()))
	requireSilence(t, c)
}

// requireSilence checks that nothing was sent to a client. The server must
// have ended.
func requireSilence(t *testing.T, c *client) {
	t.Helper()
	_, err := dial(t, c.addr()).conn.WriteToUDPAddrPort([]byte("the end"), c.addr())
	require.NoError(t, err)
	c.expect("the end")
}

// A request that nobody follows up costs two packets: its sender may be made up.
func TestAmplification(t *testing.T) {
	t.Parallel()
	for name, fields := range map[string][]string{
		"plain":         {"f", "octet"},
		"with options":  {"f", "octet", "blksize", "1000", "windowsize", "16", "tsize", "0"},
		"not there":     {"g", "octet"},
		"large packets": {"f", "octet", "blksize", "65464", "windowsize", "64"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := accounts()
			d.Write(t, "john@client1.com", "f", strings.Repeat("x", 100_000))
			s := &tftpsite.Server{Views: fixture.Views(d), Storage: "john", Timeout: time.Millisecond, Retries: 50, MaxBlockSize: 65464, MaxWindowSize: 64}
			c := dial(t, serve(t, s))
			c.request(opRead, fields...)
			first := c.next()
			require.LessOrEqual(t, len(first), 516)
			require.NoError(t, s.Shutdown(t.Context()))
			_, err := dial(t, c.addr()).conn.WriteToUDPAddrPort([]byte("the end"), c.addr())
			require.NoError(t, err)
			if packet := c.next(); packet != "the end" {
				require.Equal(t, first, packet)
				c.expect("the end")
			}
		})
	}
}

// TestCaps: a transfer whose client was not heard of gives way to a new one; where
// there is none, the new one is refused.
func TestCaps(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name         string
		all, perAddr int
	}{
		{name: "all", all: 2},
		{name: "one address", perAddr: 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := accounts()
			full := block4(opData, 1) + strings.Repeat("x", 512)
			d.Write(t, "john@client1.com", "f", full[4:])
			s := &tftpsite.Server{Views: fixture.Views(d), Storage: "john", Timeout: time.Hour, MaxTransfers: row.all, MaxTransfersPerAddr: row.perAddr}
			server := serve(t, s)
			begin := func(heard bool) *client {
				c := dial(t, server)
				c.request(opRead, "f", "octet")
				c.expect(full)
				if heard {
					c.ack(1)
					c.expect(block4(opData, 2))
				}
				return c
			}
			heard := begin(true)
			for range 20 {
				begin(false) // each takes the place of the one before
			}
			second := begin(true)
			third := dial(t, server)
			third.request(opRead, "f", "octet")
			third.expect(fault{0, "Server is busy, try again later"}.packet())
			heard.ack(2)
			second.ack(2)
			require.Eventually(t, func() bool { // they have left
				third.request(opRead, "f", "octet")
				return third.next() == full
			}, time.Minute, time.Millisecond)
			third.reply(notFound.packet())
			require.NoError(t, s.Shutdown(t.Context()))
		})
	}
}

// network loses and repeats packets of a client by turns, in both directions.
type network struct {
	*client
	sent, arrived int // of packets to the server
	received      int
	last          string // what is sent again when nothing comes
	waits         bool   // nothing is: the server has to send again
}

func (n *network) out(packet string) {
	n.t.Helper()
	n.last = packet
	n.sent++
	if n.sent%5 == 3 {
		return // lost
	}
	if n.sent%5 == 1 {
		n.arrived++
		n.reply(packet)
	}
	n.arrived++
	n.reply(packet)
}

// in returns the next packet that satisfies wanted.
func (n *network) in(wanted func(packet string) bool) string {
	n.t.Helper()
	patience := 10 * time.Millisecond
	if n.waits {
		patience = time.Minute
	}
	for {
		n.conn.SetReadDeadline(time.Now().Add(patience))
		size, _, err := n.conn.ReadFromUDPAddrPort(n.buf[:])
		if err != nil {
			require.False(n.t, n.waits, "nothing is sent again")
			n.out(n.last)
			require.Less(n.t, n.sent, 1000)
			continue
		}
		n.received++
		if packet := string(n.buf[:size]); n.received%7 != 2 && wanted(packet) {
			return packet
		}
	}
}

func TestLossyNetwork(t *testing.T) {
	t.Parallel()
	const blocks = 100
	content := strings.Repeat("0123456789abcdef", 32*blocks)
	d := withUser(accounts())
	d.Write(t, "john@client1.com", "f", content)
	begin := func(t *testing.T, timeout time.Duration) *network {
		return &network{client: dial(t, serve(t, &tftpsite.Server{
			Views: fixture.Views(grants{d}), Storage: "john", AllowWrite: true, Timeout: timeout, Retries: 100,
		}))}
	}
	t.Run("reading", func(t *testing.T) {
		t.Parallel()
		n := begin(t, 20*time.Millisecond)
		n.waits = true
		n.request(opRead, "f", "octet")
		packet := n.next()
		var got strings.Builder
		for block := uint16(1); ; block++ {
			require.Equal(t, block4(opData, block), packet[:4])
			got.WriteString(packet[4:])
			n.out(block4(opAck, block))
			if len(packet) < 516 {
				break
			}
			packet = n.in(func(p string) bool {
				if p[:4] == block4(opData, block) { // the answer was lost
					n.out(block4(opAck, block))
				}
				return p[:4] == block4(opData, block+1)
			})
		}
		require.Equal(t, content, got.String())
	})
	t.Run("writing", func(t *testing.T) {
		t.Parallel()
		n := begin(t, time.Minute) // for so long the last answer is repeated to those who missed it
		n.request(opWrite, "new", "octet")
		n.expect(block4(opAck, 0))
		rest := content
		for block := uint16(1); block <= blocks+1; block++ {
			size := min(512, len(rest))
			n.out(block4(opData, block) + rest[:size])
			n.in(func(p string) bool { return p == block4(opAck, block) })
			rest = rest[size:]
		}
		got, _ := d.Read(t, "john@client1.com", "new")
		require.Equal(t, content, got)
		require.LessOrEqual(t, n.received, n.arrived, "a packet draws one answer at most")
	})
}

// Serving ends as it should, with a transfer under way.
func TestShutdown(t *testing.T) {
	d := accounts()
	d.Write(t, "john@client1.com", "f", strings.Repeat("x", 512))
	begin := func(t *testing.T) (*tftpsite.Server, *client, chan error) {
		s := &tftpsite.Server{Views: fixture.Views(d), Storage: "john", Timeout: time.Hour}
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		require.NoError(t, err)
		served := make(chan error, 1)
		go func() { served <- s.Serve(conn) }()
		c := dial(t, conn.LocalAddr().(*net.UDPAddr).AddrPort())
		c.request(opRead, "f", "octet")
		c.next()
		return s, c, served
	}
	t.Run("waits for the transfer", func(t *testing.T) {
		s, c, served := begin(t)
		done := make(chan error, 1)
		go func() { done <- s.Shutdown(context.Background()) }()
		c.ack(1)
		c.expect(block4(opData, 2))
		c.ack(2)
		require.NoError(t, <-done)
		require.ErrorIs(t, <-served, tftpsite.ErrServerClosed)
		requireSilence(t, c)
		requireNothingLeft(t)
	})
	t.Run("cancels the transfer when its context ends", func(t *testing.T) {
		s, c, served := begin(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, s.Shutdown(ctx), context.Canceled)
		require.ErrorIs(t, <-served, tftpsite.ErrServerClosed)
		c.expect(fault{0, "Server is shutting down"}.packet())
		requireNothingLeft(t)
	})
	t.Run("close", func(t *testing.T) {
		s, c, served := begin(t)
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-served, tftpsite.ErrServerClosed)
		c.expect(fault{0, "Server is shutting down"}.packet())
		require.NoError(t, s.Close())
		require.NoError(t, s.Shutdown(t.Context()))
		requireNothingLeft(t)
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		require.NoError(t, err)
		require.ErrorIs(t, s.Serve(conn), tftpsite.ErrServerClosed)
		require.ErrorIs(t, conn.Close(), net.ErrClosed)
	})
	t.Run("before serving", func(t *testing.T) {
		s := &tftpsite.Server{Views: fixture.Views(d)}
		require.NoError(t, s.Shutdown(t.Context()))
		require.NoError(t, s.Close())
	})
	t.Run("failing socket", func(t *testing.T) {
		s := &tftpsite.Server{Views: fixture.Views(d)}
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		require.ErrorIs(t, s.Serve(conn), net.ErrClosed)
		requireNothingLeft(t)
	})
}

func requireNothingLeft(t *testing.T) {
	t.Helper()
	buf := make([]byte, 1<<20)
	stacks := string(buf[:runtime.Stack(buf, true)])
	for stack := range strings.SplitSeq(stacks, "\n\n") {
		require.False(t, strings.Contains(stack, "tftpsite.(*") || strings.Contains(stack, "pin/tftp"), stack)
	}
}
