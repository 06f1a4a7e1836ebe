package graceful

import (
	"crypto/tls"
	"io"
	"net"
	"time"
)

// maxDropped is how many bytes a peer may send where nothing is expected any more.
const maxDropped = 1 << 20

// Leave closes a connection so that the peer gets the last that was written to it. A
// system that closes a connection with bytes in it that nobody has read, or gets
// some later, resets it, which can take that from the peer (RFC 1122 §4.2.2.13). So
// one direction is closed, in TLS by close_notify, and what still comes is dropped
// until the peer has come to its end too: 1 MiB at most, and for no longer than
// within. Where a connection has no end of its own for each direction it is closed at
// once. Close of the connection ends Leave.
func Leave(conn net.Conn, within time.Duration) {
	defer conn.Close()
	raw := conn
	if secure, ok := conn.(*tls.Conn); ok {
		raw = secure.NetConn()
	}
	half, ok := raw.(interface{ CloseWrite() error })
	if !ok {
		return
	}
	if secure, ok := conn.(*tls.Conn); ok {
		_ = secure.CloseWrite()
	}
	if half.CloseWrite() != nil { // it is broken
		return
	}
	_ = raw.SetReadDeadline(time.Now().Add(within))
	_, _ = io.CopyN(io.Discard, raw, maxDropped)
}
