package tftpsite

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/big"
	"net"
	"net/netip"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/serving"
)

// exchange is one transfer: a client on one side, the engine on the other, and
// the packets that pass between them.
type exchange struct {
	request
	server *Server
	engine *engine
	client *net.UDPConn // bound to the address that was asked
	inner  *net.UDPConn // faces the engine

	size  int64 // of the file to be read, in bytes
	proof int64 // what only the engine knows of this transfer

	place *serving.Place

	mu      sync.Mutex     // guards what follows
	partner netip.AddrPort // where the engine does this transfer; invalid: not yet known
	stopped bool           // the engine is to end
	last    uint16         // the last block that the client sent
	sent    uint32         // what the last packet of the engine begins with
	heard   bool           // the client has answered it
}

var (
	errNoStart = errors.New("transfer does not start")
	// errNetwork: the client gave up or is not heard of. It gets no answer.
	errNetwork = errors.New("transfer is cut")
	errGaveWay = errors.New("transfer without an answer gave way")
)

// startLimit is the time that the engine has to take a request up. It needs
// next to none, unless the host has no sockets left.
const startLimit = 10 * time.Second

// longAgo is a deadline that ends a read at once.
var longAgo = time.Unix(1, 0)

// exchange serves one request from its first to its last packet. The end of
// accepting cuts short only what is dispensable, that of ctx everything.
func (s *Server) exchange(ctx, accepting context.Context, e *engine, r request, place *serving.Place) {
	leave := sync.OnceFunc(func() { s.leave(r, place) })
	defer leave()
	client, err := net.ListenUDP("udp", socketFor(r))
	if err != nil {
		s.log().Error("socket cannot be opened", "remote", r.from.Addr(), "err", err)
		return
	}
	defer client.Close()
	x := &exchange{request: r, server: s, engine: e, client: client, place: place}
	err = x.perform(ctx)
	leave() // the client may begin its next transfer
	if err == nil && r.write && s.linger(1) {
		defer s.linger(-1)
		x.dally(accepting)
	}
}

// socketFor returns the local address that a client expects its answers from.
func socketFor(r request) *net.UDPAddr {
	a := &net.UDPAddr{IP: r.asked.AsSlice()}
	if r.asked.IsLinkLocalUnicast() {
		a.Zone = r.from.Addr().Zone()
	}
	return a
}

// perform does what the client asks for and tells it how that ended.
func (x *exchange) perform(ctx context.Context) error {
	began := time.Now()
	c := &content{ctx: ctx}
	err := x.attempt(c)
	switch {
	case err == nil || ctx.Err() == nil:
	case errors.Is(context.Cause(ctx), errGaveWay):
		err = fmt.Errorf("%w: %w", errNetwork, errGaveWay)
	default:
		err = ErrServerClosed
	}
	switch {
	case err != nil && !errors.Is(err, errNetwork):
		x.answer(replyTo(err, x.write).packet())
	case err == nil && x.write:
		x.answer(ackPacket(x.last))
	}
	op := "RRQ"
	if x.write {
		op = "WRQ"
	}
	level := slog.LevelInfo
	if err != nil && replyTo(err, x.write) == replyOther && !errors.Is(err, errNetwork) {
		level = slog.LevelError
	}
	name := filestore.Redact(c.where.path)
	x.server.log().Log(ctx, level, "transfer", "remote", x.from.Addr(), "op", op, "account", filestore.Redact(c.where.address),
		"name", name, "bytes", c.bytes, filestore.LogError(err))
	if o := x.server.Observer; o != nil {
		done := filestore.Event{
			Service: "TFTP", Remote: x.from.Addr(), Op: op, Storage: filestore.Redact(c.where.address), Name: name,
			Code: 200, Bytes: c.bytes, Duration: time.Since(began), Err: err,
		}
		if err != nil {
			done.Code = 500 + int(replyTo(err, x.write).code)
		}
		o.Observe(ctx, done)
	}
	return err
}

// attempt is perform without the answer. Panics of the storage end here.
func (x *exchange) attempt(c *content) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v\n%s", errPanic, p, debug.Stack())
		}
	}()
	defer c.close()
	if err := c.open(x.server, x.request); err != nil {
		return err
	}
	if err := x.carry(c.ctx, c); err != nil {
		return err
	}
	return c.commit()
}

// carry lets the engine transfer the content, and returns how that ended.
// After it the engine has nothing more to say.
func (x *exchange) carry(ctx context.Context, c *content) error {
	inner, err := listenLoopback()
	if err != nil {
		return fmt.Errorf("%w: %w", errNoStart, err)
	}
	x.inner = inner
	here := localAddr(inner)
	j := &job{end: make(chan error, 1), release: make(chan struct{})}
	if x.write {
		j.target = c
	} else {
		proof, err := rand.Int(rand.Reader, big.NewInt(math.MaxInt64))
		if err != nil {
			return fmt.Errorf("%w: %w", errNoStart, err)
		}
		x.size, x.proof = c.size, proof.Int64()+1 // the engine has no 0
		j.source, j.proof = c.source(x.netascii), x.proof
	}
	x.engine.put(here, j)

	var pumps sync.WaitGroup
	pumps.Go(x.inward)
	pumps.Go(x.outward)
	defer func() {
		inner.Close()
		x.client.SetReadDeadline(longAgo)
		pumps.Wait()
		close(j.release)
	}()

	if _, err := inner.WriteToUDPAddrPort(x.packet(x.server.maxBlock()), x.engine.addr); err != nil {
		x.engine.take(here)
		return fmt.Errorf("%w: %w", errNoStart, err)
	}
	start := time.NewTimer(startLimit)
	defer start.Stop()
	for {
		select {
		case err := <-j.end:
			switch {
			case c.err != nil:
				return c.err
			case err == nil || errors.Is(err, errPanic):
				return err
			}
			return fmt.Errorf("%w: %w", errNetwork, err)
		case <-start.C:
			if _, waiting := x.engine.take(here); waiting {
				return errNoStart
			}
		case <-ctx.Done():
			if _, waiting := x.engine.take(here); !waiting {
				x.stop()
				<-j.end
			}
			return ErrServerClosed
		}
	}
}

// inward passes packets of the client on to the engine.
func (x *exchange) inward() {
	buf := make([]byte, x.packetSize())
	for {
		packet, err := x.receive(buf)
		if err != nil {
			return
		}
		x.mu.Lock()
		if opcode(packet) == opData {
			x.last = binary.BigEndian.Uint16(packet[2:])
		}
		x.hear(true)
		if x.partner.IsValid() {
			x.inner.WriteToUDPAddrPort(packet, x.partner)
		}
		x.mu.Unlock()
	}
}

// outward passes packets of the engine on to the client, except for errors:
// what those are to say is for perform to decide.
func (x *exchange) outward() {
	buf := make([]byte, x.packetSize())
	for {
		n, from, err := x.inner.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		from = unmap(from)
		x.mu.Lock()
		if !x.partner.IsValid() && from.Addr() == x.engine.addr.Addr() && x.proves(buf[:n]) {
			x.partner = from
		}
		ours, stopped := from == x.partner, x.stopped
		if begin := binary.BigEndian.Uint32(buf[:4]); ours && n >= 4 {
			if begin == x.sent {
				x.hear(false) // it is sent again
			}
			x.sent = begin
		}
		x.mu.Unlock()
		switch {
		case !ours || opcode(buf[:n]) == opError:
		case stopped:
			x.stop()
		case opcode(buf[:n]) == opOptions && !x.write:
			x.acknowledge(from)
		default:
			x.answer(buf[:n])
		}
	}
}

// hear notes whether the client is heard of: as long as it is not, it may be a
// sender that was made up, and the transfer gives way to others.
func (x *exchange) hear(heard bool) {
	if x.heard != heard {
		x.heard = heard
		x.place.Trust(heard)
	}
}

// proves reports whether the first packet of a transfer is the engine's: others
// on this host may reach the socket too. To read, the engine is asked for the
// size and answers with the proof. It has no such answer to an upload, where
// only its address tells it.
func (x *exchange) proves(packet []byte) bool {
	if x.write {
		return true
	}
	proof := []byte("tsize\x00" + strconv.FormatInt(x.proof, 10) + "\x00")
	return opcode(packet) == opOptions && bytes.Contains(packet, proof)
}

// acknowledge answers the engine's options, one of which is always the proof:
// to the client with those that it asked for itself, or, if there are none, in
// its stead.
func (x *exchange) acknowledge(engine netip.AddrPort) {
	if options := x.options(x.server.maxBlock(), x.size); options != nil {
		x.answer(options)
		return
	}
	x.inner.WriteToUDPAddrPort(ackPacket(0), engine)
}

// stop makes the engine give up this transfer. It is called again for every
// packet that shows that the engine has not yet understood.
func (x *exchange) stop() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.stopped = true
	if x.partner.IsValid() {
		x.inner.WriteToUDPAddrPort(replyClosing.packet(), x.partner)
	}
}

// packetSize is the length of the longest packet of the transfer, in bytes,
// and room to notice a longer one.
func (x *exchange) packetSize() int {
	size, _ := x.block(x.server.maxBlock())
	return 4 + size + 1
}

// receive waits for a packet of the client. Whoever else sends one is told so
// and disturbs nothing (RFC 1350 §4).
func (x *exchange) receive(buf []byte) ([]byte, error) {
	for {
		n, from, err := x.client.ReadFromUDPAddrPort(buf)
		if err != nil {
			return nil, err
		}
		packet, op := buf[:n], opcode(buf[:n])
		switch {
		case unmap(from) == x.from:
			return packet, nil
		case op == opData || op == opAck:
			x.client.WriteToUDPAddrPort(replyUnknownTID.packet(), from)
		}
	}
}

// answer sends a packet to the client. One that is lost on the way is the
// business of whoever waits for the next.
func (x *exchange) answer(packet []byte) {
	x.client.WriteToUDPAddrPort(packet, x.from)
}

// dally repeats the last acknowledgement of an upload as long as the client
// seems to have missed it (RFC 1350 §6).
func (x *exchange) dally(ctx context.Context) {
	x.client.SetReadDeadline(time.Now().Add(x.server.timeout()))
	defer serving.After(ctx, func() { x.client.SetReadDeadline(longAgo) })()
	buf := make([]byte, x.packetSize())
	for range x.server.retries() {
		packet, err := x.receive(buf)
		if err != nil {
			return
		}
		if opcode(packet) == opData && binary.BigEndian.Uint16(packet[2:]) == x.last {
			x.answer(ackPacket(x.last))
		}
	}
}
