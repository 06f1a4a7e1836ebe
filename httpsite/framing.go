package httpsite

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
)

// HTTP/1.0 has no Transfer-Encoding: a message that has one all the same is of
// faulty framing, whatever else it says (RFC 9112 §6.1). net/http drops the field
// before a handler sees it, so the head is watched on the connection. That is done
// for the first request only: one of HTTP/1.0 is the last, and a body of HTTP/1.0
// that is not in the first is refused.

// watchListener accepts connections whose first head is watched. With a TLS
// configuration that is the head inside TLS: to net/http the connections are plain
// ones then, and the first Read is what shakes hands.
type watchListener struct {
	net.Listener
	tls *tls.Config
}

func (l watchListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil && l.tls != nil {
		conn = tls.Server(conn, l.tls)
	}
	if c, ok := conn.(halfCloser); ok {
		return &watchedConn{halfCloser: c}, err
	}
	return conn, err
}

// halfCloser is a connection with an end that lets the client read the last answer.
type halfCloser interface {
	net.Conn
	CloseWrite() error
}

type watchedConn struct {
	halfCloser
	line     [len(transferEncoding)]byte // the beginning of the line
	length   int                         // of the line
	encoded  bool                        // there is a Transfer-Encoding
	complete bool                        // the head is; nothing of the above changes any more
	requests int                         // that the handler has seen
}

// NetConn returns the connection below, as that of tls.Conn does.
func (c *watchedConn) NetConn() net.Conn { return c.halfCloser }

const transferEncoding = "Transfer-Encoding:"

func (c *watchedConn) Read(p []byte) (int, error) {
	n, err := c.halfCloser.Read(p)
	if plain, ok := errors.AsType[tls.RecordHeaderError](err); ok && plain.Conn != nil && !c.complete {
		c.complete = true // net/http reads once more
		_, _ = io.WriteString(plain.Conn, "HTTP/1.0 400 Bad Request\r\n\r\nThis is HTTPS, and the request came without TLS.\n")
	}
	for _, b := range p[:n] {
		if c.complete {
			break
		}
		c.watch(b)
	}
	return n, err
}

// ReadFrom lets the kernel send files by itself, where there is no TLS.
func (c *watchedConn) ReadFrom(src io.Reader) (int64, error) { return io.Copy(c.halfCloser, src) }

// watch takes the next byte of the head.
func (c *watchedConn) watch(b byte) {
	if b != '\n' {
		if c.length < len(c.line) {
			c.line[c.length] = b
		}
		c.length++
		return
	}
	switch {
	case c.length == 0, c.length == 1 && c.line[0] == '\r':
		c.complete = true
	case c.length >= len(c.line) && strings.EqualFold(string(c.line[:]), transferEncoding):
		c.encoded = true
	}
	c.length = 0
}

type watchedKey struct{}

func watchedContext(ctx context.Context, c net.Conn) context.Context {
	if watched, ok := c.(*watchedConn); ok {
		return context.WithValue(ctx, watchedKey{}, watched)
	}
	return ctx
}

// IsPrivate reports whether nobody on the way can read a request, as far as this
// machine knows: it came within TLS, of a [Server] or of another, or from this machine
// itself.
func IsPrivate(r *http.Request) bool {
	_, local := r.Context().Value(http.LocalAddrContextKey).(*net.UnixAddr)
	return local || peerAddr(r).IsLoopback() || inTLS(r)
}

// inTLS reports whether a request came within TLS. That of a [Server] is below the
// connection that it watches, and package net/http does not see it.
func inTLS(r *http.Request) bool {
	if c := watched(r); c != nil {
		_, ok := c.halfCloser.(*tls.Conn)
		return ok
	}
	return r.TLS != nil
}

// watched returns the connection of a request to a [Server]; nil: it came to another.
func watched(r *http.Request) *watchedConn {
	c, _ := r.Context().Value(watchedKey{}).(*watchedConn)
	return c
}

// isFaultyFraming reports whether a request is one of HTTP/1.0 that has, or may
// have, a Transfer-Encoding. Those of HTTP/2, many at a time on one connection, have
// none.
func isFaultyFraming(r *http.Request) bool {
	c := watched(r)
	if c == nil || r.ProtoMajor > 1 {
		return false
	}
	c.requests++
	first := c.requests == 1
	return !r.ProtoAtLeast(1, 1) && (first && c.encoded || !first && r.ContentLength != 0)
}
