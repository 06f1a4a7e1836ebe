package passwords

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"net/netip"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/internal/lru"
)

// Flow is how many logins of an account may fail in how much time. One without a count
// or a time is 20 in 10 minutes. Source: settings files of a server, FailedLoginFlow.
type Flow struct {
	Count int64
	Time  time.Duration
}

func (l Flow) orDefault() Flow {
	if l.Count <= 0 || l.Time <= 0 {
		return Flow{20, 10 * time.Minute}
	}
	return l
}

// overAll is how many times as many logins of an account may fail from all networks
// together. Our choice.
const overAll = 10

// overall returns how many logins may fail from all networks together.
func (l Flow) overall() int64 { return min(l.Count, math.MaxInt64/overAll) * overAll }

// guesser is a network that logs in to an account, or to a name without one.
type guesser struct {
	address string // of the account
	exists  bool   // there is such an account
	network netip.Addr
}

// failures counts the failed logins of accounts, by the network that they come
// from and from all networks together. Names without an account are counted in
// the same way, so that they behave in the same way, but apart, so that no number
// of them makes it forget about accounts. It remembers which networks have logged
// in. It is safe for concurrent use.
type failures struct {
	proofs *proofs // of what is counted: it takes the same room however long a name is

	mu       sync.Mutex // guards what the maps point to
	known    tally
	unknown  tally
	welcome  *lru.Map[proof, struct{}]      // networks that have logged in to an account
	networks *lru.Map[netip.Addr, struct{}] // and to any
}

// tally are the failed logins of accounts, or of names without one.
type tally struct {
	byNetwork *lru.Map[proof, *failed]
	overall   *lru.Map[proof, *failed]
}

// failed are the failed logins of one name since a time.
type failed struct {
	count   int64
	since   time.Time
	running int64 // logins that may yet fail, whenever they began
}

// How many names with failed logins are kept in mind, at least, how many networks
// that have logged in, and how many accounts by their passwords.
const (
	keepAccounts = 1 << 13
	keepFailed   = 1 << 15
	keepUnknown  = 1 << 14
	keepWelcome  = 1 << 15
)

func newFailures(p *proofs) failures {
	tallyOf := func(size int) tally {
		return tally{lru.New[proof, *failed](size), lru.New[proof, *failed](size)}
	}
	return failures{
		proofs: p, known: tallyOf(keepFailed), unknown: tallyOf(keepUnknown),
		welcome: lru.New[proof, struct{}](keepWelcome), networks: lru.New[netip.Addr, struct{}](keepWelcome),
	}
}

// in returns where a guesser is counted.
func (f *failures) in(g guesser) tally {
	if g.exists {
		return f.known
	}
	return f.unknown
}

func (f *failures) name(g guesser) proof { return f.proofs.of("name", g.address) }

// pair stands for an account and a network.
func (f *failures) pair(g guesser) proof {
	return f.proofs.of("network", g.address, g.network.String())
}

// reputation tells what is known of a guesser.
func (f *failures) reputation(g guesser) reputation {
	_, own := f.welcome.Get(f.pair(g))
	_, known := f.networks.Get(g.network)
	return reputation{g, known, own && g.exists}
}

// succeeded remembers that somebody has logged in.
func (f *failures) succeeded(g guesser) {
	f.welcome.Add(f.pair(g), struct{}{})
	f.networks.Add(g.network, struct{}{})
}

// over reports whether a network has used up the flow of a name.
func (f *failures) over(g guesser, l Flow, now time.Time) bool {
	here, ok := f.in(g).byNetwork.Get(f.pair(g))
	if !ok {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return here.within(l, now) && here.count >= l.Count
}

// closed reports whether so many logins have failed from all networks together, or
// may yet, that a name is closed to those that have not logged in before.
func (f *failures) closed(g guesser, l Flow, now time.Time) bool {
	overall, ok := f.in(g).overall.Get(f.name(g))
	if !ok {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return overall.full(l, now)
}

func (n *failed) full(l Flow, now time.Time) bool {
	n.renew(l, now)
	return n.count+n.running >= l.overall()
}

// begin is closed for a login that may fail, and counts it until end is called.
func (f *failures) begin(g guesser, l Flow, now time.Time) (closed bool, end func(wrong bool)) {
	here, overall := f.in(g).byNetwork.Add(f.pair(g), &failed{}), f.in(g).overall.Add(f.name(g), &failed{})
	f.mu.Lock()
	defer f.mu.Unlock()
	closed = overall.full(l, now)
	overall.running++
	return closed, func(wrong bool) {
		f.mu.Lock()
		defer f.mu.Unlock()
		overall.running--
		if wrong {
			for _, n := range [...]*failed{here, overall} {
				n.renew(l, now)
				n.count++
			}
		}
	}
}

// renew begins to count anew if the time has run out.
func (n *failed) renew(l Flow, now time.Time) {
	if !n.within(l, now) {
		n.count, n.since = 0, now
	}
}

// within reports whether the time has not run out. The clock may have been set
// back.
func (n *failed) within(l Flow, now time.Time) bool {
	age := now.Sub(n.since)
	return 0 <= age && age < l.Time
}

// lanes let one goroutine through at a time for each network that logs in to a
// name: so its failed logins are counted exactly. The zero value is
// ready. It is safe for concurrent use.
type lanes struct {
	mu    sync.Mutex // guards byKey, and users of each
	byKey map[guesser]*lane
}

type lane struct {
	token chan struct{}
	users int
}

// enter waits for its turn, or for ctx.
func (l *lanes) enter(ctx context.Context, key guesser) (leave func(), err error) {
	l.mu.Lock()
	if l.byKey == nil {
		l.byKey = map[guesser]*lane{}
	}
	in, ok := l.byKey[key]
	if !ok {
		in = &lane{token: make(chan struct{}, 1)}
		l.byKey[key] = in
	}
	in.users++
	l.mu.Unlock()
	gone := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if in.users--; in.users == 0 {
			delete(l.byKey, key)
		}
	}
	select {
	case in.token <- struct{}{}:
		return func() { <-in.token; gone() }, nil
	case <-ctx.Done():
		gone()
		return nil, ctx.Err()
	}
}

// remember is how long a password that was checked need not be hashed again.
const remember = time.Minute

// checked remembers for some time which passwords were right. What it keeps is
// worth nothing outside this process, and nothing once the stored password has
// changed. It is safe for concurrent use.
type checked struct {
	proofs *proofs
	at     *lru.Map[proof, time.Time]
}

func newChecked(p *proofs) checked {
	return checked{p, lru.New[proof, time.Time](keepAccounts)}
}

// proof stands for an account with this stored password, and one that was given.
func (c *checked) proof(address, stored, given string) proof {
	return c.proofs.of("password", address, stored, given)
}

func (c *checked) has(p proof, now time.Time) bool {
	at, ok := c.at.Get(p)
	age := now.Sub(at)
	return ok && 0 <= age && age < remember
}

// proofs makes proofs, by a key of this process.
type proofs struct{ key [sha256.Size]byte }

// proof stands for some texts, without telling them.
type proof [sha256.Size]byte

func newProofs() *proofs {
	var p proofs
	_, _ = rand.Read(p.key[:]) // never fails
	return &p
}

// of returns the proof of texts; kind keeps those for different ends apart.
func (p *proofs) of(kind string, texts ...string) (made proof) {
	h := hmac.New(sha256.New, p.key[:])
	for _, s := range append([]string{kind}, texts...) {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(s)))
		h.Write(size[:])
		h.Write([]byte(s))
	}
	h.Sum(made[:0])
	return made
}
