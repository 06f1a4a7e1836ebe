package connlimit

import (
	"context"
	"net"
	"net/netip"
	"sync"
)

// Listener returns a listener that lets in at most total connections of l, and
// perAddr from one address. One that gives way is closed, and so is one that finds no
// place. A connection leaves its place when it is closed. Several listeners of the
// same Places share them; total and perAddr are the same for all then.
//
// What l returns as *net.TCPConn can be sent files by the kernel afterwards as well.
func (p *Places) Listener(l net.Listener, total, perAddr int) net.Listener {
	return &limited{l, p, total, perAddr}
}

// PlaceOf returns the place of a connection of [Places.Listener], also if it is
// below another, as below TLS, that has a method NetConn; nil if it has none.
func PlaceOf(conn net.Conn) *Place {
	for {
		switch c := conn.(type) {
		case interface{ place() *Place }:
			return c.place()
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			return nil
		}
	}
}

type contextKey struct{}

// NewContext returns a context that has the place of a connection. It can be the
// ConnContext of an http.Server, whose requests then have it.
func NewContext(ctx context.Context, conn net.Conn) context.Context {
	if place := PlaceOf(conn); place != nil {
		return context.WithValue(ctx, contextKey{}, place)
	}
	return ctx
}

// FromContext returns the place that a context has; nil: it has none.
func FromContext(ctx context.Context) *Place {
	place, _ := ctx.Value(contextKey{}).(*Place)
	return place
}

type limited struct {
	net.Listener
	places         *Places
	total, perAddr int
}

func (l *limited) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		ap, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
		place, ok := l.places.Enter(ap.Addr(), l.total, l.perAddr, func() { conn.Close() })
		if !ok {
			conn.Close()
			continue
		}
		at := seated{place, sync.OnceFunc(func() { place.Leave() })}
		if tcp, ok := conn.(*net.TCPConn); ok {
			return &seatedTCP{tcp, at}, nil
		}
		return &seatedConn{conn, at}, nil
	}
}

// seated is the place of a connection.
type seated struct {
	at    *Place
	leave func()
}

func (s seated) place() *Place { return s.at }

// seatedTCP keeps what a TCP connection can do, sending a file by the kernel
// above all.
type seatedTCP struct {
	*net.TCPConn
	seated
}

func (c *seatedTCP) Close() error {
	c.leave()
	return c.TCPConn.Close()
}

type seatedConn struct {
	net.Conn
	seated
}

func (c *seatedConn) Close() error {
	c.leave()
	return c.Conn.Close()
}
