package pgstore_test

import (
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// proxy stands between a store and a server, and is as bad a network as a test wants.
type proxy struct {
	addr   string
	target string
	cut    func() int64 // after how many bytes, both ways together, the next connection is cut
	gentle atomic.Bool  // new connections are not cut
	stall  atomic.Bool  // nothing passes any more, and nothing is cut

	listener net.Listener
	mu       sync.Mutex // guards conns
	conns    map[net.Conn]struct{}
	cuts     atomic.Int64
}

func newProxy(t testing.TB, target string, cut func() int64) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{addr: l.Addr().String(), target: target, cut: cut, listener: l, conns: map[net.Conn]struct{}{}}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { p.serve(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.mu.Lock()
		for c := range p.conns {
			c.Close()
		}
		p.mu.Unlock()
		serving.Wait()
	})
	return p
}

// never cuts nothing.
func never() int64 { return 1 << 60 }

// between cuts somewhere between two numbers of bytes.
func between(least, most int64) func() int64 {
	return func() int64 { return least + rand.Int64N(most-least) }
}

func (p *proxy) serve(client net.Conn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		client.Close()
		return
	}
	p.mu.Lock()
	p.conns[client], p.conns[server] = struct{}{}, struct{}{}
	p.mu.Unlock()
	var left atomic.Int64
	if left.Store(p.cut()); p.gentle.Load() {
		left.Store(never())
	}
	var copying sync.WaitGroup
	pass := func(to, from net.Conn) {
		defer to.Close()
		defer from.Close()
		buf := make([]byte, 4096)
		for {
			n, err := from.Read(buf)
			if p.stall.Load() {
				for err == nil && p.stall.Load() { // what comes goes nowhere
					from.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
					if _, err = from.Read(buf); errors.Is(err, os.ErrDeadlineExceeded) {
						err = nil
					}
				}
				return
			}
			if rest := left.Add(-int64(n)); rest < 0 {
				n = max(0, n+int(rest))
				to.Write(buf[:n])
				p.cuts.Add(1)
				return
			}
			if _, wrong := to.Write(buf[:n]); wrong != nil || err != nil {
				return
			}
		}
	}
	copying.Go(func() { pass(server, client) })
	copying.Go(func() { pass(client, server) })
	copying.Wait()
	p.mu.Lock()
	delete(p.conns, client)
	delete(p.conns, server)
	p.mu.Unlock()
}
