package connlimit

import (
	"container/list"
	"net/netip"
	"sync"

	"github.com/cgpkit/cgpkit/internal/network"
)

// Places are what a server has for its clients: so many in all, and so many for
// each address. The package comment says who gives way when none is free.
//
// The zero value is ready. Its methods, and those of its places, are safe for
// concurrent use.
type Places struct {
	mu        sync.Mutex // guards what follows, and all places
	taken     list.List  // of *Place, oldest first
	leaving   int        // have given way and not yet left
	addresses map[netip.Addr]*counts
	networks  map[netip.Addr]*counts
}

// counts counts the places that an address or a network has.
type counts struct{ all, untrusted int }

// Place is what one client has. The methods of a nil *Place do nothing.
type Place struct {
	places           *Places
	seat             *list.Element // nil: has left, or given way
	addr, net        netip.Addr
	address, network *counts
	trusted, busy    bool
	gaveWay          bool
	giveWay          func()
}

// Enter gives a client a place, if then at most total are taken, and perAddr by
// its address; both are the same in every call. It may take one from another client,
// and then calls giveWay of that one, which must not wait and has the client leave
// soon. An Enter that is ok is followed by Leave.
//
// Listener does all that for connections. Enter is for what is none, such as
// transfers over UDP, and for servers that tell a client why it is refused.
func (p *Places) Enter(remote netip.Addr, total, perAddr int, giveWay func()) (place *Place, ok bool) {
	place = &Place{places: p, addr: network.Of(remote), net: neighbourhood(remote), giveWay: giveWay}
	victim, ok := p.seat(place, total, perAddr)
	if victim != nil {
		victim.giveWay()
	}
	return place, ok
}

func (p *Places) seat(place *Place, total, perAddr int) (victim *Place, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch at := p.addresses[place.addr]; {
	case at != nil && at.all >= perAddr:
		victim, ok = p.chooseVictim(at)
	case p.taken.Len() >= total:
		victim, ok = p.chooseVictim(nil)
	default:
		ok = true
	}
	if !ok || p.leaving >= total { // those who leave take room as well
		return nil, false
	}
	if victim != nil {
		victim.vacate()
		victim.gaveWay = true
		p.leaving++
	}
	place.address = count(&p.addresses, place.addr)
	place.network = count(&p.networks, place.net)
	place.seat = p.taken.PushBack(place)
	return victim, true
}

// chooseVictim returns who has to give way: at one address, or of all if that is nil.
func (p *Places) chooseVictim(at *counts) (victim *Place, ok bool) {
	for e := p.taken.Front(); e != nil; e = e.Next() {
		other := e.Value.(*Place)
		if !other.trusted && (at == nil || other.address == at) && (victim == nil || other.before(victim)) {
			victim = other
		}
	}
	return victim, victim != nil
}

// before reports whether a place is given up rather than an older one.
func (pl *Place) before(older *Place) bool {
	switch {
	case pl.network.untrusted != older.network.untrusted:
		return pl.network.untrusted > older.network.untrusted
	case pl.address.untrusted != older.address.untrusted:
		return pl.address.untrusted > older.address.untrusted
	}
	return !pl.busy && older.busy
}

func count(all *map[netip.Addr]*counts, at netip.Addr) *counts {
	if *all == nil {
		*all = map[netip.Addr]*counts{}
	}
	c := (*all)[at]
	if c == nil {
		c = &counts{}
		(*all)[at] = c
	}
	c.all++
	c.untrusted++
	return c
}

// vacate leaves the seat.
func (pl *Place) vacate() {
	p := pl.places
	p.taken.Remove(pl.seat)
	pl.seat = nil
	for _, c := range []*counts{pl.address, pl.network} {
		c.all--
		if !pl.trusted {
			c.untrusted--
		}
	}
	if pl.address.all == 0 {
		delete(p.addresses, pl.addr)
	}
	if pl.network.all == 0 {
		delete(p.networks, pl.net)
	}
}

// Trust says whether the client has proved to be somebody, as by a login, so that
// it keeps its place.
func (pl *Place) Trust(trusted bool) {
	if pl == nil {
		return
	}
	pl.places.mu.Lock()
	defer pl.places.mu.Unlock()
	if pl.seat == nil || pl.trusted == trusted {
		return
	}
	pl.trusted = trusted
	for _, c := range []*counts{pl.address, pl.network} {
		if trusted {
			c.untrusted--
		} else {
			c.untrusted++
		}
	}
}

// Busy says whether the client is being served, and does not just wait.
func (pl *Place) Busy(busy bool) {
	if pl == nil {
		return
	}
	pl.places.mu.Lock()
	defer pl.places.mu.Unlock()
	pl.busy = busy
}

// Leave counts the client out, and reports whether it had to give way.
func (pl *Place) Leave() (gaveWay bool) {
	if pl == nil {
		return false
	}
	pl.places.mu.Lock()
	defer pl.places.mu.Unlock()
	switch {
	case pl.seat != nil:
		pl.vacate()
	case pl.gaveWay:
		pl.gaveWay = false
		pl.places.leaving--
		return true
	}
	return false
}

// neighbourhood returns the first of the addresses that are likely to be in one
// hand.
func neighbourhood(addr netip.Addr) netip.Addr {
	addr = network.Of(addr)
	bits := 48
	if addr.Is4() {
		bits = 24
	}
	prefix, _ := addr.Prefix(bits) // the zero Prefix for no address
	return prefix.Addr()
}
