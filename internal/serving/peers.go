package serving

import (
	"net/netip"
	"sync"

	"github.com/cgpkit/cgpkit/internal/network"
)

// Peers counts the clients that are served, in all and from each address. An
// IPv6 network of 64 bits counts as one address, since that is what one
// customer gets. The zero value is ready; its methods are safe for concurrent
// use.
type Peers struct {
	mu      sync.Mutex // guards what follows
	total   int
	perAddr map[netip.Addr]int
}

// Enter lets a client in, if then there are at most total, and perAddr from
// its address. It is followed by Leave.
func (p *Peers) Enter(addr netip.Addr, total, perAddr int) bool {
	addr = network.Of(addr)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.total >= total || p.perAddr[addr] >= perAddr {
		return false
	}
	if p.perAddr == nil {
		p.perAddr = map[netip.Addr]int{}
	}
	p.total++
	p.perAddr[addr]++
	return true
}

// Leave counts a client out.
func (p *Peers) Leave(addr netip.Addr) {
	addr = network.Of(addr)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total--
	if p.perAddr[addr]--; p.perAddr[addr] == 0 {
		delete(p.perAddr, addr)
	}
}
