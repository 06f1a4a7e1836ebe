package ftpsite

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cgpkit/cgpkit/internal/stall"
)

// data is a data connection. Its first error stays. Its deadlines are those of tcp, so
// that they hold for what TLS sends by itself as well.
type data struct {
	net.Conn // tcp, or TLS on it
	tcp      *net.TCPConn
	private  bool
	patience time.Duration // for the next piece
	reading  stall.Deadline
	writing  stall.Deadline
	moved    *atomic.Int64 // bytes, for STAT
	err      error         // io.EOF: all was received
}

func newData(conn *net.TCPConn, patience time.Duration, moved *atomic.Int64) *data {
	return &data{
		Conn: conn, tcp: conn, patience: patience, moved: moved,
		reading: stall.New(conn.SetReadDeadline, patience), writing: stall.New(conn.SetWriteDeadline, patience),
	}
}

// Read gives every read its own deadline: a client with a slow line may send as slowly
// as it likes.
func (d *data) Read(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	d.reading.Renew()
	n, err := d.Conn.Read(p)
	d.moved.Add(int64(n))
	d.err = err
	return n, err
}

func (d *data) Write(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	d.writing.Begin()
	n, err := d.writing.Write(d.Conn, p)
	d.moved.Add(int64(n))
	d.err = err
	return n, err
}

// ReadFrom sends a file of the local disk without copying it through the
// process, where no TLS is in between.
func (d *data) ReadFrom(r io.Reader) (total int64, err error) {
	if _, ok := r.(syscall.Conn); !ok || d.private {
		buffer := pieces.Get().(*[]byte)
		defer pieces.Put(buffer)
		return io.CopyBuffer(struct{ io.Writer }{d}, struct{ io.Reader }{r}, *buffer)
	}
	for n := int64(stall.KernelPiece); n == stall.KernelPiece && d.err == nil; {
		n, d.err = d.writing.Copy(d.tcp, io.LimitReader(r, stall.KernelPiece), stall.KernelPiece)
		d.moved.Add(n)
		total += n
	}
	return total, d.err
}

// broken reports whether the client or the network ended the connection in bad
// order.
func (d *data) broken() bool { return d.err != nil && d.err != io.EOF }

// leave ends the connection of a transfer that went well. A system that closes a
// connection with bytes in it that nobody has read, or gets some later, resets it,
// which can take the last of a file from the client (RFC 1122 §4.2.2.13). So what a
// client sends where nothing is expected is taken and dropped until it has come to
// the end as well; not for ever, and of one connection at a time.
func (s *session) leave(d *data) {
	s.endLeaving()
	if d.err == io.EOF && !d.private { // the client has come to its end
		d.tcp.Close()
		return
	}
	if conn, ok := d.Conn.(*tls.Conn); ok {
		conn.CloseWrite()
	}
	d.tcp.CloseWrite()
	d.tcp.SetReadDeadline(time.Now().Add(d.patience))
	s.left = d.tcp
	s.leaving.Add(1)
	s.leaveLater = time.AfterFunc(hearAfter, func() {
		defer context.AfterFunc(s.ctx, func() { d.tcp.SetReadDeadline(time.Now().Add(lastReplyTime)) })()
		s.drop(d.tcp)
	})
}

// drop takes what a client sends on a connection that was left, and closes it.
func (s *session) drop(conn *net.TCPConn) {
	defer s.leaving.Done()
	defer conn.Close()
	io.CopyN(io.Discard, conn, maxDropped)
}

// endLeaving waits no longer for the connection that was left last. Most clients have
// come to its end by then.
func (s *session) endLeaving() {
	if s.left == nil {
		return
	}
	s.left.SetReadDeadline(time.Now().Add(time.Millisecond))
	if s.leaveLater.Stop() {
		s.drop(s.left)
	}
	s.leaving.Wait()
	s.left = nil
}

// maxDropped is how many bytes a client may send where nothing is expected.
const maxDropped = 1 << 20

// cut resets the connection, so that the client cannot take its end for that of
// a file. It may be called at any time, and repeatedly.
func (d *data) cut() {
	d.tcp.SetLinger(0)
	d.tcp.Close()
}

// pieceSize is what goes through the process at once, and largePiece what a client
// that sends as much as that is read in: each call for it wakes others on the way.
const (
	pieceSize  = 64 << 10
	largePiece = 1 << 20
)

var pieces, largePieces = buffersOf(pieceSize), buffersOf(largePiece)

func buffersOf(size int) *sync.Pool {
	return &sync.Pool{New: func() any {
		buffer := make([]byte, size)
		return &buffer
	}}
}
