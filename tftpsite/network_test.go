package tftpsite_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/cgpkit/cgpkit/tftpsite"
)

// badNetwork is a socket whose packets are lost, doubled and reordered on the way,
// in both directions.
type badNetwork struct {
	*net.UDPConn
	r        *rand.Rand
	faults   int // in a hundred packets
	out, in  []envelope
	arriving []envelope
}

type envelope struct {
	packet []byte
	peer   netip.AddrPort
}

// fate returns what becomes of a packet, given those that are held back: they come
// behind it, sooner or later.
func (n *badNetwork) fate(held *[]envelope, e envelope) []envelope {
	e.packet = append([]byte(nil), e.packet...)
	arrives := []envelope{e}
	if n.r.IntN(100) < n.faults {
		switch n.r.IntN(3) {
		case 0:
			arrives = nil
		case 1:
			arrives = append(arrives, e)
		case 2:
			*held = append(*held, e)
			arrives = nil
		}
	}
	if len(*held) > 0 && n.r.IntN(3) == 0 {
		arrives = append(arrives, *held...)
		*held = nil
	}
	return arrives
}

func (n *badNetwork) send(packet []byte, to netip.AddrPort) {
	for _, e := range n.fate(&n.out, envelope{packet, to}) {
		n.WriteToUDPAddrPort(e.packet, e.peer)
	}
}

// receive returns the next packet, or nil when none has come for a while.
func (n *badNetwork) receive() ([]byte, netip.AddrPort) {
	buf := make([]byte, 70000)
	for len(n.arriving) == 0 {
		n.SetReadDeadline(time.Now().Add(8 * time.Millisecond))
		size, from, err := n.ReadFromUDPAddrPort(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			for _, e := range n.out {
				n.WriteToUDPAddrPort(e.packet, e.peer)
			}
			n.out = nil
			return nil, netip.AddrPort{}
		}
		if err != nil {
			return nil, netip.AddrPort{}
		}
		n.arriving = n.fate(&n.in, envelope{buf[:size], from})
	}
	e := n.arriving[0]
	n.arriving = n.arriving[1:]
	return e.packet, e.peer
}

// patient is a client that does everything as the RFCs have it, on a bad network.
type patient struct {
	badNetwork
	server netip.AddrPort
	peer   netip.AddrPort // not valid: none has answered yet
	block  int
	window int
	silent int // how often nothing has come, one after the other
}

// errDead: the transfer that the client believes in is not there any more.
var errDead = errors.New("nobody answers")

// errUnknown: whoever has the port of that transfer knows nothing of it.
var errUnknown error = fault{5, "Unknown transfer ID"}

// begin sends a request until something answers it, and returns the first packet of
// data; nil where options were acknowledged, or an upload may begin.
func (c *patient) begin(request string) ([]byte, error) {
	c.block, c.window = 512, 1
	for range 50 {
		c.send([]byte(request), c.server)
		packet, from := c.receive()
		if packet == nil {
			continue
		}
		c.silent = 0
		if f, ok := faultIn(string(packet)); ok {
			return nil, f
		}
		c.peer = from
		if packet[1] != opOptions {
			return packet, nil
		}
		fields := strings.Split(string(packet[2:]), "\x00")
		for i := 0; i+1 < len(fields); i += 2 {
			switch fields[i] {
			case "blksize":
				fmt.Sscan(fields[i+1], &c.block)
			case "windowsize":
				fmt.Sscan(fields[i+1], &c.window)
			}
		}
		return nil, nil
	}
	return nil, errDead
}

// next returns a packet of the peer, and tells others that they are wrong here.
func (c *patient) next() []byte {
	for {
		packet, from := c.receive()
		if packet == nil || from == c.peer {
			return packet
		}
		if packet[1] != opError {
			c.send([]byte(block4(opError, 5)+"\x00"), from)
		}
	}
}

func (c *patient) read(request string) (string, error) {
	first, err := c.begin(request)
	if err != nil {
		return "", err
	}
	var got strings.Builder
	blocks, inWindow := uint64(0), 0
	ack := func() {
		c.send([]byte(block4(opAck, uint16(blocks))), c.peer)
		inWindow = 0
	}
	if first == nil {
		ack()
	}
	for range 1_000_000 {
		packet := first
		if first = nil; packet == nil {
			packet = c.next()
		}
		switch {
		case packet == nil:
			if c.silent++; c.silent > 50 {
				return "", errDead
			}
			ack()
			continue
		case packet[1] == opError:
			f, _ := faultIn(string(packet))
			return "", f
		case packet[1] != opData:
			continue
		}
		if binary.BigEndian.Uint16(packet[2:]) != uint16(blocks+1) {
			ack()
			continue
		}
		c.silent = 0
		got.Write(packet[4:])
		blocks++
		if inWindow++; len(packet) < 4+c.block {
			for range 5 { // one of them will arrive
				ack()
			}
			return got.String(), nil
		}
		if inWindow == c.window {
			ack()
		}
	}
	return "", errors.New("no end")
}

func (c *patient) write(request, content string) error {
	if _, err := c.begin(request); err != nil {
		return err
	}
	last := uint64(len(content)/c.block + 1)
	base := uint64(1)
	for range 1_000_000 {
		for i := base; i < base+uint64(c.window) && i <= last; i++ {
			data := content[int(i-1)*c.block : min(int(i)*c.block, len(content))]
			c.send([]byte(block4(opData, uint16(i))+data), c.peer)
		}
		for {
			packet := c.next()
			if packet == nil {
				if c.silent++; c.silent > 50 {
					return errDead
				}
				break // once more
			}
			c.silent = 0
			if f, ok := faultIn(string(packet)); ok {
				return f
			}
			if packet[1] != opAck {
				continue
			}
			if n := uint64(binary.BigEndian.Uint16(packet[2:]) - uint16(base) + 1); n > 0 && n <= uint64(c.window) {
				base += n
				break
			}
		}
		if base > last {
			return nil
		}
	}
	return errors.New("no end")
}

// endings counts the transfers of each client that the server says are over.
type endings struct {
	mu    sync.Mutex // guards count
	count map[netip.Addr]int
}

func (e *endings) Observe(_ context.Context, done filestore.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.count[done.Remote]++
}

func (e *endings) of(client netip.Addr) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.count[client]
}

// TestBadNetwork makes transfers with random settings over bad networks, and
// compares every byte.
func TestBadNetwork(t *testing.T) {
	t.Parallel()
	const transfers = 1000
	d := withUser(accounts())
	over := &endings{count: map[netip.Addr]int{}}
	server := serve(t, &tftpsite.Server{
		Views: fixture.Views(grants{d}), Storage: "john", AllowWrite: true, Observer: over, Timeout: 10 * time.Millisecond, Retries: 1000,
		MaxBlockSize: 65464, MaxWindowSize: 64, MaxTransfers: 10_000, MaxTransfersPerAddr: 10_000,
	})
	limit := make(chan struct{}, 32)
	var running sync.WaitGroup
	for i := range transfers {
		limit <- struct{}{}
		running.Go(func() {
			defer func() { <-limit }()
			r := rand.New(rand.NewPCG(uint64(i), 7))
			faults := r.IntN(25)
			// No two clients have one address: what is late for one must not reach another.
			addr := netip.AddrFrom4([4]byte{127, 0, byte(1 + i/250), byte(1 + i%250)})
			// attempt tries again from another port, as a person would, when the server
			// has given up before it heard of the client. A socket that the client still
			// writes to then may be another transfer's by now, which does not know it.
			attempt := func(do func(*patient) error) error {
				for range 100 {
					conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 0)))
					if err != nil {
						return err
					}
					before := over.of(addr)
					err = do(&patient{badNetwork: badNetwork{UDPConn: conn, r: r, faults: faults}, server: server})
					conn.Close()
					gone := errors.Is(err, errDead) || errors.Is(err, errUnknown) && over.of(addr) > before
					if !gone || t.Failed() {
						return err
					}
				}
				return errDead
			}
			content := make([]byte, r.IntN(30)*r.IntN(1000))
			for j := range content {
				content[j] = byte(r.Uint32())
			}
			name := fmt.Sprint("file", i)
			options := "octet\x00"
			if r.IntN(4) > 0 {
				options += fmt.Sprintf("blksize\x00%d\x00", []int{8 + len(content)/500, 100, 511, 512, 513, 1428, 9000, 65464}[r.IntN(8)])
			}
			if r.IntN(4) > 0 {
				options += fmt.Sprintf("windowsize\x00%d\x00", 1+r.IntN(70))
			}
			if r.IntN(2) > 0 {
				options += fmt.Sprintf("tsize\x00%d\x00", len(content)*r.IntN(2))
			}
			describe := fmt.Sprintf("transfer %d, %d bytes, %d faults, %q", i, len(content), faults, options)
			if r.IntN(2) == 0 {
				d.Write(t, "john@client1.com", name, string(content))
				var got string
				err := attempt(func(c *patient) (err error) {
					got, err = c.read("\x00\x01" + name + "\x00" + options)
					return err
				})
				if err != nil || got != string(content) {
					t.Errorf("reading: %s: %d bytes, %v", describe, len(got), err)
				}
				return
			}
			err := attempt(func(c *patient) error { return c.write("\x00\x02"+name+"\x00"+options, string(content)) })
			if err != nil {
				t.Errorf("writing: %s: %v", describe, err)
				return
			}
			if got, ok := d.Read(t, "john@client1.com", name); !ok || got != string(content) {
				t.Errorf("writing: %s: %d bytes", describe, len(got))
			}
		})
	}
	running.Wait()
}

// A window goes out at once and is acknowledged once; what was lost of it, and what
// came behind that, is sent again, and nothing else.
func TestWindow(t *testing.T) {
	t.Parallel()
	d := withUser(accounts())
	content := strings.Repeat("0123456789abcdef", 32*10) // ten blocks
	d.Write(t, "john@client1.com", "f", content)
	server := serve(t, &tftpsite.Server{Views: fixture.Views(grants{d}), Storage: "john", AllowWrite: true, Timeout: time.Hour})
	data := func(n uint16) string {
		return block4(opData, n) + content[int(n-1)*512:min(int(n)*512, len(content))]
	}
	t.Run("reading", func(t *testing.T) {
		c := dial(t, server)
		c.request(opRead, "f", "octet", "windowsize", "4")
		c.expect("\x00\x06windowsize\x004\x00")
		c.ack(0)
		for n := range uint16(4) {
			c.expect(data(n + 1))
		}
		c.ack(2) // the third was lost
		for n := range uint16(4) {
			c.expect(data(n + 3))
		}
		c.ack(2) // the third was lost once more
		for n := range uint16(4) {
			c.expect(data(n + 3))
		}
		c.ack(2) // a double: it draws nothing
		c.ack(1)
		c.ack(6)
		for n := range uint16(4) {
			c.expect(data(n + 7))
		}
		c.ack(10)
		c.expect(data(11))
		c.ack(11)
	})
	t.Run("writing", func(t *testing.T) {
		c := dial(t, server)
		c.request(opWrite, "new", "octet", "windowsize", "4")
		c.expect("\x00\x06windowsize\x004\x00")
		for n := range uint16(4) {
			c.reply(data(n + 1))
		}
		c.expect(block4(opAck, 4))
		c.reply(data(5))
		c.reply(data(7)) // the sixth is lost
		c.expect(block4(opAck, 5))
		c.reply(data(8)) // that was told
		for n := range uint16(4) {
			c.reply(data(n + 6))
		}
		c.expect(block4(opAck, 9))
		c.reply(data(9)) // the answer was lost
		c.expect(block4(opAck, 9))
		c.reply(data(10))
		c.reply(data(11))
		c.expect(block4(opAck, 11))
		got, _ := d.Read(t, "john@client1.com", "new")
		require.Equal(t, content, got)
	})
}
