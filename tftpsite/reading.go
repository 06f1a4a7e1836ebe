package tftpsite

import (
	"encoding/binary"
	"errors"
	"io"
)

// sendFile answers a read request. Blocks are counted from 1; their numbers on the
// wire begin again at 0 after 65535. As many as the window holds are sent at
// once (RFC 7440), and those that were not acknowledged are sent again.
func (t *transfer) sendFile() error {
	if options := t.options(); options != nil {
		err := t.exchange(func() { t.send(options) }, func(p []byte) answer {
			if opcode(p) == opAck && blockOf(p) == 0 {
				return done
			}
			return nothing
		})
		if err != nil {
			return err
		}
	}
	w := newWindow(t)
	for {
		if err := w.fill(); err != nil {
			return err
		}
		if len(w.packets) == 0 {
			return nil
		}
		w.asked = false
		err := t.exchange(w.send, func(p []byte) answer {
			if opcode(p) != opAck {
				return nothing
			}
			return w.acknowledged(blockOf(p))
		})
		if err != nil {
			return err
		}
	}
}

// window holds the packets that were not yet acknowledged.
type window struct {
	t       *transfer
	source  io.Reader
	base    uint64   // the block of the first packet
	packets [][]byte // those that are on their way
	spare   [][]byte
	last    bool // the last block is among them
	asked   bool // the client asked for the first again, and got it
	joined  []byte
	joins   bool // the system cuts packets that are sent at once
}

func newWindow(t *transfer) *window {
	w := &window{t: t, source: t.source(t.netascii), base: 1}
	if t.window > 1 && t.block >= plainBlock { // what else is sent is shorter than a packet
		w.joins = t.socket.segment(4 + t.block)
	}
	return w
}

// fill reads up to a full window. Without options one packet is sent until the
// client is heard of.
func (w *window) fill() error {
	for len(w.packets) < w.t.window && !w.last {
		var packet []byte
		if n := len(w.spare); n > 0 {
			packet, w.spare = w.spare[n-1], w.spare[:n-1]
		} else {
			packet = make([]byte, 4+w.t.block)
		}
		binary.BigEndian.PutUint16(packet, opData)
		binary.BigEndian.PutUint16(packet[2:], uint16(w.base+uint64(len(w.packets))))
		n, err := io.ReadFull(w.source, packet[4:4+w.t.block])
		switch {
		case err == nil:
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			w.last = true
		default:
			return err
		}
		w.packets = append(w.packets, packet[:4+n])
	}
	return nil
}

// send sends all packets. All but the last block have one size, so many can go at
// once.
func (w *window) send() {
	packets := w.packets
	for most := maxJoined / (4 + w.t.block); w.joins && len(packets) > 1 && most > 1; {
		n := min(len(packets), most)
		w.joined = w.joined[:0]
		for _, packet := range packets[:n] {
			w.joined = append(w.joined, packet...)
		}
		if err := w.t.socket.send(w.joined); err != nil {
			w.joins = false // a packet is too long for the way
			break
		}
		packets = packets[n:]
	}
	for _, packet := range packets {
		w.t.send(packet)
	}
}

// maxJoined is how many bytes go at once: less than a datagram may have, and 64
// packets of the smallest size.
const maxJoined = 64 * (4 + plainBlock)

// acknowledged takes an acknowledgement. One of the block before the window does not
// double it (the sorcerer's apprentice): in a window of several it tells of a loss,
// and is heeded once.
func (w *window) acknowledged(block uint16) answer {
	n := int(block - uint16(w.base) + 1) // how many packets it acknowledges
	switch {
	case n == 0 && w.t.window > 1 && !w.asked:
		w.asked = true
		return again
	case n == 0, n > len(w.packets): // of long ago
		return nothing
	}
	for _, packet := range w.packets[:n] {
		w.spare = append(w.spare, packet[:cap(packet)])
	}
	w.packets = append(w.packets[:0], w.packets[n:]...)
	w.base += uint64(n)
	return done
}
