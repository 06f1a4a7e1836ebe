package serving

import (
	"net"
	"net/netip"
	"sync"
)

// Limit returns a listener that lets in at most total connections, and perAddr
// from one address, by the rules of [Places]: a connection that gives way is closed,
// and so is one that finds no place. It is for servers that have no such limit of
// their own.
func Limit(l net.Listener, total, perAddr int) net.Listener {
	return &limited{Listener: l, total: total, perAddr: perAddr}
}

// PlaceOf returns the place of a connection that came through [Limit], also if it
// is below another, as below TLS, that has a method NetConn; nil if it has none.
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

type limited struct {
	net.Listener
	total, perAddr int
	places         Places
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
