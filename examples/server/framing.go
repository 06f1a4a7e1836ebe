package main

import (
	"context"
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

// watchListener accepts connections whose first head is watched.
type watchListener struct{ net.Listener }

func (l watchListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if tcp, ok := conn.(tcpConn); ok {
		return &watchedConn{tcpConn: tcp}, err
	}
	return conn, err
}

// tcpConn is what net/http makes use of: files sent by the kernel, and an end
// that lets the client read the last answer.
type tcpConn interface {
	net.Conn
	io.ReaderFrom
	CloseWrite() error
}

type watchedConn struct {
	tcpConn
	line     [len(transferEncoding)]byte // the beginning of the line
	length   int                         // of the line
	encoded  bool                        // there is a Transfer-Encoding
	complete bool                        // the head is; nothing of the above changes any more
	requests int                         // that the handler has seen
}

// NetConn returns the connection below, as that of tls.Conn does.
func (c *watchedConn) NetConn() net.Conn { return c.tcpConn }

const transferEncoding = "Transfer-Encoding:"

func (c *watchedConn) Read(p []byte) (int, error) {
	n, err := c.tcpConn.Read(p)
	for _, b := range p[:n] {
		if c.complete {
			break
		}
		c.watch(b)
	}
	return n, err
}

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

// refuseFaultyFraming answers requests of HTTP/1.0 that have, or may have, a
// Transfer-Encoding, and hands on all others.
func refuseFaultyFraming(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		watched, ok := r.Context().Value(watchedKey{}).(*watchedConn)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		watched.requests++
		first := watched.requests == 1
		if !r.ProtoAtLeast(1, 1) && (first && watched.encoded || !first && r.ContentLength != 0) {
			w.Header().Set("Connection", "close")
			http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
