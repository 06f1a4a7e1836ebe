package ftpsite

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// How much is sent under one deadline. Of a file that the kernel sends, the
// smallest progress is enough.
const (
	dataChunk = 64 << 10
	fileChunk = 4 << 20
)

var errNoNotify = errors.New("TLS data ended without close_notify")

// data is a data connection. Its first error stays: after a reset, or bytes
// that came together with an error, the library reads on, and would see a clean
// end.
type data struct {
	net.Conn // tcp, or TLS on it
	tcp      *net.TCPConn
	private  bool
	stall    time.Duration
	received int64
	err      error // io.EOF: all was received
	failed   bool  // the file could not be sent
}

func (d *data) Read(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	d.tcp.SetReadDeadline(time.Now().Add(d.stall))
	n, err := d.Conn.Read(p)
	d.received += int64(n)
	d.err = err
	return n, err
}

func (d *data) Write(p []byte) (total int, err error) {
	for {
		chunk := p[:min(len(p), dataChunk)]
		p = p[len(chunk):]
		if d.err != nil {
			return total, d.err
		}
		d.tcp.SetWriteDeadline(time.Now().Add(d.stall))
		n, err := d.Conn.Write(chunk)
		total += n
		d.err = err
		if err != nil || len(p) == 0 {
			return total, err
		}
	}
}

// ReadFrom sends a file of the local disk without copying it through the
// process, where no TLS is in between.
func (d *data) ReadFrom(r io.Reader) (total int64, err error) {
	if _, ok := r.(syscall.Conn); !ok || d.private {
		return io.Copy(struct{ io.Writer }{d}, r)
	}
	for d.err == nil {
		d.tcp.SetWriteDeadline(time.Now().Add(d.stall))
		n, err := io.CopyN(d.tcp, r, fileChunk)
		total += n
		switch {
		case err == io.EOF:
			return total, nil
		case n == 0 || !errors.Is(err, os.ErrDeadlineExceeded):
			d.err = err
		}
	}
	return total, d.err
}

// broken reports whether the client or the network ended the connection in bad
// order.
func (d *data) broken() bool { return d.err != nil && d.err != io.EOF }

// Close ends the connection in good order, or, after a failure, in a way that
// the client cannot take for the end of a file.
func (d *data) Close() error {
	if d.failed || d.broken() {
		d.cut()
		return nil
	}
	return d.Conn.Close()
}

// cut resets the connection. It may be called at any time, and repeatedly.
func (d *data) cut() {
	d.tcp.SetLinger(0)
	d.tcp.Close()
}

// RemoteAddr leaves out the zone of an IPv6 address, which the library cannot
// read.
func (d *data) RemoteAddr() net.Addr {
	ap, err := netip.ParseAddrPort(d.tcp.RemoteAddr().String())
	if err != nil {
		return d.tcp.RemoteAddr()
	}
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(ap.Addr().WithZone(""), ap.Port()))
}

// mustNotify makes the end of the connection below a TLS stream an error:
// crypto/tls takes it for the end of the stream even if no close_notify came
// before it, which lets anybody cut a file short (RFC 4217 §12.8, RFC 8446
// §6.1).
type mustNotify struct {
	net.Conn
}

func (c mustNotify) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == io.EOF {
		err = errNoNotify
	}
	return n, err
}
