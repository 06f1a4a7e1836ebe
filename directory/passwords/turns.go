package passwords

import (
	"container/list"
	"context"
	"net/netip"
	"sync"
)

// turns share work that takes long fairly. So many goroutines work at a time as
// there are places, and of one network half of them. The others wait, network by
// network: whoever sends many logins waits for themselves, and everybody else for
// one of theirs. Networks that have logged in before come first, but for every
// fourth turn, lest they could keep the others out. It is safe for concurrent use.
type turns struct {
	places int

	mu       sync.Mutex // guards what follows
	working  int
	known    rotation // networks that have logged in before
	unknown  rotation
	inARow   int // turns of known networks since the last of another
	networks map[netip.Addr]*networkQueue
}

// maxInARow is how many turns known networks have before one of another.
const maxInARow = 3

// rotation holds the networks that have somebody waiting, the next one at the front.
type rotation struct{ list.List }

// networkQueue are those of one network who work or wait. Those who have logged in to
// this very account from there before come first.
type networkQueue struct {
	working int
	first   list.List // of *waiter
	others  list.List
	in      *rotation     // nil if nobody waits
	at      *list.Element // in it
}

// waiter waits for a turn.
type waiter struct {
	ready chan struct{} // closed when it is there
	in    *list.List    // of the network
	at    *list.Element
}

// reputation is what is known of whoever wants a turn.
type reputation struct {
	guesser
	known bool // somebody has logged in from this network before
	own   bool // and to this account
}

func newTurns(places int) turns {
	return turns{places: places, networks: map[netip.Addr]*networkQueue{}}
}

// most is how many of one network work at a time.
func (t *turns) most() int { return max(1, t.places/2) }

// take waits for a turn, or for ctx.
func (t *turns) take(ctx context.Context, who reputation) (leave func(), err error) {
	t.mu.Lock()
	c, ok := t.networks[who.network]
	if !ok {
		c = &networkQueue{}
		t.networks[who.network] = c
	}
	w := &waiter{ready: make(chan struct{}), in: &c.others}
	if who.own {
		w.in = &c.first
	}
	w.at = w.in.PushBack(w)
	t.place(c, who.known)
	t.next()
	t.mu.Unlock()

	leave = func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.working--
		c.working--
		t.forget(who.network, c)
		t.next()
	}
	select {
	case <-w.ready:
		return leave, nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	select {
	case <-w.ready: // its turn has come at the same time
		t.mu.Unlock()
		leave()
	default:
		w.in.Remove(w.at)
		if c.waiting() == 0 {
			t.displace(c)
		}
		t.forget(who.network, c)
		t.mu.Unlock()
	}
	return nil, ctx.Err()
}

func (c *networkQueue) waiting() int { return c.first.Len() + c.others.Len() }

// place puts a queue with somebody waiting into its rotation.
func (t *turns) place(c *networkQueue, known bool) {
	in := &t.unknown
	if known {
		in = &t.known
	}
	if c.in == in {
		return
	}
	t.displace(c)
	c.in, c.at = in, in.PushBack(c)
}

func (t *turns) displace(c *networkQueue) {
	if c.in != nil {
		c.in.Remove(c.at)
		c.in, c.at = nil, nil
	}
}

// forget drops a queue that is empty.
func (t *turns) forget(network netip.Addr, c *networkQueue) {
	if c.working == 0 && c.waiting() == 0 {
		delete(t.networks, network)
	}
}

// next lets those work for whom there is a place.
func (t *turns) next() {
	for t.working < t.places {
		known, unknown := t.known.next(t.most()), t.unknown.next(t.most())
		c := known
		if c == nil || unknown != nil && t.inARow >= maxInARow {
			c = unknown
		}
		if c == nil {
			return
		}
		if t.inARow++; c == unknown {
			t.inARow = 0
		}
		from := &c.first
		if from.Len() == 0 {
			from = &c.others
		}
		w := from.Remove(from.Front()).(*waiter)
		t.working++
		c.working++
		if c.waiting() == 0 {
			t.displace(c)
		} else {
			c.in.MoveToBack(c.at)
		}
		close(w.ready)
	}
}

// next returns the first queue of which less than most work; nil if there is none.
func (r *rotation) next(most int) *networkQueue {
	for e := r.Front(); e != nil; e = e.Next() {
		if c := e.Value.(*networkQueue); c.working < most {
			return c
		}
	}
	return nil
}
