package serving

import (
	"net"
	"net/netip"
	"sync"
)

// Limit returns a listener that lets in at most total connections, and perAddr
// from one address as [Peers] counts them; others are closed at once. It is for
// servers that have no such limit of their own.
func Limit(l net.Listener, total, perAddr int) net.Listener {
	return &limited{Listener: l, total: total, perAddr: perAddr}
}

type limited struct {
	net.Listener
	total, perAddr int
	peers          Peers
}

func (l *limited) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		ap, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
		addr := ap.Addr()
		if !l.peers.Enter(addr, l.total, l.perAddr) {
			conn.Close()
			continue
		}
		leave := sync.OnceFunc(func() { l.peers.Leave(addr) })
		if tcp, ok := conn.(*net.TCPConn); ok {
			return &countedTCP{tcp, leave}, nil
		}
		return &counted{conn, leave}, nil
	}
}

// countedTCP keeps what a TCP connection can do, sending a file by the kernel
// above all.
type countedTCP struct {
	*net.TCPConn
	leave func()
}

func (c *countedTCP) Close() error {
	c.leave()
	return c.TCPConn.Close()
}

type counted struct {
	net.Conn
	leave func()
}

func (c *counted) Close() error {
	c.leave()
	return c.Conn.Close()
}
