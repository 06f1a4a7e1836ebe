// Package stall ends transfers that stand still. One that moves may take any time: each
// piece of it has a deadline of its own, and the whole has none.
package stall

import (
	"errors"
	"io"
	"os"
	"time"
)

const (
	// Piece is how many bytes have to pass under one deadline.
	Piece = 64 << 10
	// KernelPiece is how many bytes the kernel may copy by one call. The smallest
	// progress moves the deadline all the same.
	KernelPiece = 1 << 20
)

// Deadline is when reading from a connection ends, or writing to it. It moves with what
// passes. It is for one goroutine at a time.
type Deadline struct {
	set    func(time.Time) error
	within time.Duration
	left   int       // bytes of the piece
	moved  time.Time // when Renew did so last; zero: somebody else has
}

// New returns a Deadline under which every piece has that time. set is that of the
// connection, as [net.Conn.SetReadDeadline] is. Its errors are ignored: a connection that
// knows no deadlines works without.
func New(set func(time.Time) error, within time.Duration) Deadline {
	return Deadline{set: set, within: within}
}

// Begin lets the next byte begin a piece.
func (d *Deadline) Begin() { d.left = 0 }

// Renew begins a piece now. As moving a deadline costs time, one that was moved just now
// stays: a piece has at least 15/16 of its time.
func (d *Deadline) Renew() {
	d.left = Piece
	now := time.Now()
	if now.Sub(d.moved) >= d.within/16 {
		d.moved = now
		_ = d.set(now.Add(d.within))
	}
}

// Wait gives what comes next another time than a piece has.
func (d *Deadline) Wait(within time.Duration) {
	d.left, d.moved = Piece, time.Time{}
	_ = d.set(time.Now().Add(within))
}

// Read reads from r.
func (d *Deadline) Read(r io.Reader, p []byte) (int, error) {
	if d.left <= 0 {
		d.Renew()
	}
	n, err := r.Read(p)
	d.left -= n
	return n, err
}

// Write writes p to w.
func (d *Deadline) Write(w io.Writer, p []byte) (n int, err error) {
	for {
		if d.left <= 0 {
			d.Renew()
		}
		m, err := w.Write(p[n:min(n+d.left, len(p))])
		n += m
		d.left -= m
		if err != nil || n == len(p) {
			return n, err
		}
	}
}

// Copy copies src to dst until src ends, with a deadline for every piece of that many
// bytes. What reaches dst as a file, maybe in an [io.LimitedReader], can be sent by the
// kernel.
func (d *Deadline) Copy(dst io.Writer, src io.Reader, piece int64) (n int64, err error) {
	whole, ok := src.(*io.LimitedReader)
	if !ok {
		whole = &io.LimitedReader{R: src, N: 1<<63 - 1}
	}
	for whole.N > 0 {
		d.Renew()
		part := &io.LimitedReader{R: whole.R, N: min(whole.N, piece)}
		m, err := io.Copy(dst, part)
		n += m
		whole.N -= m
		switch {
		case err != nil && m > 0 && errors.Is(err, os.ErrDeadlineExceeded): // it has moved
		case err != nil || part.N > 0:
			return n, err
		}
	}
	return n, nil
}
