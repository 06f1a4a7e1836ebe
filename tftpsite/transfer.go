package tftpsite

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/connlimit"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/graceful"
)

// transfer is one file on its way, from the first packet to the last. Its socket
// is its transfer ID (RFC 1350 §4), bound to the address that was asked.
type transfer struct {
	request
	server *Server
	place  *connlimit.Place
	socket *socket
	content

	block   int           // the bytes in a full packet of data
	window  int           // the packets of data that are sent at once
	timeout time.Duration // for an answer; the client chose it if chosen
	chosen  bool
	buf     []byte // for what the client sends

	blocks   uint64 // of an upload: those that have come
	heard    bool   // the client has answered from where it seems to be
	doubted  bool   // the client was heard of before, and is not now
	repeated bool   // the client has sent its request again

	answered bool      // heard, for the server
	before   *transfer // that of the same client, which ends when this one is heard of; both guarded by server.mu

	mu       sync.Mutex // guards what follows
	pushed   error      // what the transfer is told from outside, until it has heard that
	deadline time.Time  // of the socket, as far as it is known; zero: it is past
}

var (
	errTimeout = errors.New("no answer in time")
	// errSilent: the client is not heard of any more. It gets no answer.
	errSilent = errors.New("client has fallen silent")
	// errGivenUp: the client sent an ERROR. It gets no answer.
	errGivenUp = errors.New("client has given up")
	// errGaveWay: others needed the place, or the client has begun something else.
	errGaveWay = errors.New("gave way")
	// errRepeated: the client has sent its request again.
	errRepeated = errors.New("request was repeated")
	errPanic    = errors.New("panic")
)

var longAgo = time.Unix(1, 0)

// push tells the transfer something, wherever it waits.
func (t *transfer) push(what error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pushed == nil || errors.Is(t.pushed, errRepeated) {
		t.pushed = what
	}
	if t.socket != nil {
		t.deadline = time.Time{}
		t.socket.SetReadDeadline(longAgo)
	}
}

// wait lets the next read wait until then at most, unless something was pushed. A
// deadline that comes sooner stays: to set one for every packet costs as much as a
// tenth of the transfer.
func (t *transfer) wait(until time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.pushed; err != nil {
		if errors.Is(err, errRepeated) {
			t.pushed = nil
		}
		return err
	}
	if !t.deadline.IsZero() && !t.deadline.After(until) {
		return nil
	}
	t.deadline = until
	return t.socket.SetReadDeadline(until)
}

// passed notes that the deadline of the socket has passed.
func (t *transfer) passed() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.deadline = time.Time{}
}

// run serves the request. The end of ctx ends everything, that of accepting only
// what is dispensable.
func (t *transfer) run(ctx, accepting context.Context) {
	socket, err := listen(t.asked, t.from)
	if err != nil {
		t.server.leave(t)
		t.server.log().Error("socket cannot be opened", "remote", t.from.Addr(), "err", err)
		return
	}
	defer socket.Close()
	t.mu.Lock()
	t.socket = socket
	t.mu.Unlock()
	defer graceful.After(ctx, func() { t.push(ErrServerClosed) })()
	t.ctx = ctx
	err = t.perform()
	t.server.leave(t) // the client may begin its next transfer
	if err == nil && t.write && t.server.linger(1) {
		defer t.server.linger(-1)
		defer graceful.After(accepting, func() { t.push(ErrServerClosed) })()
		t.dally()
	}
}

// perform does what the client asks for and tells it how that ended.
func (t *transfer) perform() error {
	began := time.Now()
	err := t.attempt()
	quiet := errors.Is(err, errSilent) || errors.Is(err, errGivenUp) || errors.Is(err, errGaveWay)
	if err != nil && !quiet {
		t.send(replyTo(err, t.write).packet())
	}
	level := slog.LevelInfo
	if err != nil && !quiet && replyTo(err, t.write) == replyOther {
		level = slog.LevelError
	}
	op := "RRQ"
	if t.write {
		op = "WRQ"
	}
	account, name := filestore.Redact(t.where.address), filestore.Redact(t.where.path)
	t.server.log().Log(t.ctx, level, "transfer", "remote", t.from.Addr(), "op", op, "account", account,
		"name", name, "bytes", t.bytes, filestore.LogError(err))
	if o := t.server.Observer; o != nil {
		done := filestore.Event{
			Service: "TFTP", Remote: t.from.Addr(), Op: op, Storage: account, Name: name,
			Code: 200, Bytes: t.bytes, Duration: time.Since(began), Err: err,
		}
		if err != nil {
			done.Code = 500 + int(replyTo(err, t.write).code)
		}
		o.Observe(t.ctx, done)
	}
	return err
}

// attempt is perform without the answer. Panics of the storage end here.
func (t *transfer) attempt() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v\n%s", errPanic, p, debug.Stack())
		}
	}()
	defer t.close()
	if err := t.open(t.server, t.request); err != nil {
		return err
	}
	t.settle()
	if t.write {
		return t.receiveFile()
	}
	return t.sendFile()
}

// send sends a packet to the client. One that is lost on the way is the business
// of whoever waits for the next.
func (t *transfer) send(packet []byte) { t.socket.send(packet) }

// receive waits for a packet of the client. Whoever else sends one is told so and
// disturbs nothing (RFC 1350 §4).
func (t *transfer) receive(until time.Time) ([]byte, error) {
	for {
		if err := t.wait(until); err != nil {
			return nil, err
		}
		n, ours, err := t.socket.receive(t.buf)
		packet := t.buf[:n]
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			t.passed()
			if until.After(time.Now()) {
				continue // something was pushed, or the deadline is an old one
			}
			return nil, errTimeout
		case err != nil:
			return nil, err
		}
		op := opcode(packet)
		if !ours {
			if op == opData || op == opAck {
				t.socket.sendBack(replyUnknownTID.packet())
			}
			continue
		}
		if op == opError {
			return nil, errGivenUp
		}
		if op == opData || op == opAck {
			t.hear()
		}
		return packet, nil
	}
}

// hear notes that the client is where it seems to be.
func (t *transfer) hear() {
	if !t.heard {
		t.heard = true
		t.server.hear(t)
	}
	if t.doubted {
		t.doubted = false
		t.place.Trust(true)
	}
}

// doubt notes that nothing is heard of the client: its place may be taken.
func (t *transfer) doubt() {
	if !t.doubted {
		t.doubted = true
		t.place.Trust(false)
	}
}

// Before the client is heard of, its address may be made up, and what is sent there
// a burden for somebody else.
const silentRetries = 1

// answer is what a packet of the client is to an exchange.
type answer int

const (
	nothing  answer = iota // it is no answer
	progress               // there is more to come
	again                  // what was sent has to be sent again
	done
)

// exchange sends something and waits until the answer is done, sending again where
// none comes.
func (t *transfer) exchange(send func(), accept func(packet []byte) answer) error {
	send()
	tries := 0
	until := time.Now().Add(t.patience(tries))
	for {
		packet, err := t.receive(until)
		if errors.Is(err, errRepeated) {
			// What the client said before that may have ended the transfer. If not it
			// has heard nothing.
			packet, err = t.receive(time.Now().Add(time.Millisecond))
			if errors.Is(err, errTimeout) || errors.Is(err, errRepeated) {
				send()
				continue
			}
			t.repeated = errors.Is(err, errGivenUp)
		}
		if errors.Is(err, errTimeout) {
			t.doubt()
			limit := t.server.retries()
			if !t.heard {
				limit = min(limit, silentRetries)
			}
			if tries++; tries > limit {
				return errSilent
			}
			send()
			until = time.Now().Add(t.patience(tries))
			continue
		}
		if err != nil {
			return err
		}
		switch accept(packet) {
		case done:
			return nil
		case again:
			send()
		case progress:
			tries = 0
			until = time.Now().Add(t.patience(tries))
		}
	}
}

// patience is the time to wait for an answer to what was sent again so often: twice
// as long each time, up to eight times as long, unless the client chose the time
// (RFC 2349), and a bit of chance, lest many clients go in step.
func (t *transfer) patience(tries int) time.Duration {
	d := t.timeout
	if !t.chosen {
		d <<= min(tries, 3)
	}
	return d + rand.N(d/8+1)
}

// dally repeats the last acknowledgement of an upload as long as the client seems to
// have missed it (RFC 1350 §6).
func (t *transfer) dally() {
	until := time.Now().Add(t.patience(1))
	for range t.server.retries() {
		packet, err := t.receive(until)
		if err != nil {
			return
		}
		if opcode(packet) == opData && blockOf(packet) == uint16(t.blocks) {
			t.send(ackPacket(uint16(t.blocks)))
		}
	}
}

// blockOf is the block number of a DATA or ACK.
func blockOf(packet []byte) uint16 { return binary.BigEndian.Uint16(packet[2:]) }

// ackPacket acknowledges a block.
func ackPacket(block uint16) []byte {
	return binary.BigEndian.AppendUint16([]byte{0, opAck}, block)
}
