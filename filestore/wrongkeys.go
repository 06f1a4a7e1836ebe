package filestore

import (
	"crypto/sha256"
	"net/netip"
	"time"

	"github.com/cgpkit/cgpkit/internal/lru"
	"github.com/cgpkit/cgpkit/internal/network"
)

// How many wrong share keys of one account a client may name in how much time: what
// CommuniGate Pro has for passwords as FailedLoginFlow. Over all accounts it may name
// as many as for ten of them, so that a word that many owners may have chosen is not
// tried on all. All clients together may name as many as ten of them of one account, so
// that guessing from many networks has an end too. Whoever has named a right key there
// before is heard all the same, or a stranger could shut visitors out. Our choice.
const (
	defaultWrongKeys       = 20
	defaultWrongKeysWithin = 10 * time.Minute
	wrongKeysOverAll       = 10
)

// longKey is the length in bytes from which on a share key cannot be found by
// guessing, however fast: the shortest text of 128 random bits in letters that a
// URL takes as they are; [meta.NewKey] makes longer ones. Such a key opens what
// it is for whatever its client, or somebody else at the same address, has named
// before. What is left to slow down is the guessing of short keys, which owners
// make up and write into sidecars by hand. If those were let through when they
// are right, nothing would be slowed down: all that a guesser waits for is the
// one right answer. Our choice.
const longKey = 22

// maxGuessers is how many clients are kept in mind, how many accounts that clients
// guess at, and how many that they have opened; twice as many at most. Our choice.
const maxGuessers = 1 << 13

// guessers are the wrong keys that clients have named lately.
type guessers struct {
	clients  tally[netip.Addr]
	accounts tally[guessedAccount] // that of no client: by all of them together
	welcome  tally[guessedAccount] // that have named a right key
}

// guessedAccount is an account at which a client guesses.
type guessedAccount struct {
	client  netip.Addr
	account string
}

// guesses are some wrong keys. To name the last one again is no new guess: a
// page whose key was revoked may have many pictures.
type guesses struct {
	count int
	since time.Time
	last  [sha256.Size]byte
}

// admits decides on a share key that has been compared, and counts it if it is
// wrong. It comes after all other work, so that the time of an answer does not
// tell who is shut out, and any number of keys at the same time count as if they
// had come one after the other.
func (m *memory) admits(caller Caller, account, key string, right bool) bool {
	sum := sha256.Sum256([]byte(key))
	m.mu.Lock()
	defer m.mu.Unlock()
	from := &m.guessers
	if caller.RemoteUnverified {
		from = &m.unverifiedGuessers
	}
	client := guessedAccount{network.Of(caller.Remote), account}
	everybody := guessedAccount{everyClient, account}
	all, here := from.clients.since(client.client, m), from.accounts.since(client, m)
	over := all.count >= wrongKeysOverAll*m.wrongKeys() || here.count >= m.wrongKeys()
	// Whoever forges addresses guesses nothing by it, as the answers go there; nor
	// may they shut others out.
	_, welcome := from.welcome.kept.Get(client)
	if !caller.RemoteUnverified && !welcome {
		over = over || from.accounts.since(everybody, m).count >= wrongKeysOverAll*m.wrongKeys()
	}
	switch {
	case right && (!over || len(key) >= longKey):
		from.welcome.keep(client, guesses{})
		return true
	case right || over:
		return false
	}
	if here.count == 0 || here.last != sum {
		here.last = sum
		from.clients.add(client.client, all)
		from.accounts.add(client, here)
		from.accounts.add(everybody, from.accounts.since(everybody, m))
	}
	return false
}

// everyClient stands for all clients; no client has it as its address.
var everyClient = netip.IPv6Unspecified().WithZone("all")

// tally keeps guesses by what is guessed at, as many as there is room for.
type tally[K comparable] struct{ kept *lru.Map[K, guesses] } // nil: none yet

// since returns the guesses of which the time has not run out; none begin now.
// The clock may have been set back.
func (t *tally[K]) since(key K, m *memory) guesses {
	g, _ := t.kept.Get(key)
	now := m.now()
	if age := now.Sub(g.since); age < 0 || age >= m.wrongKeysWithin() {
		return guesses{since: now}
	}
	return g
}

// add counts one more.
func (t *tally[K]) add(key K, g guesses) {
	g.count++
	t.keep(key, g)
}

func (t *tally[K]) keep(key K, g guesses) {
	if t.kept == nil {
		t.kept = lru.New[K, guesses](maxGuessers)
	}
	t.kept.Set(key, g)
}

func (m *memory) wrongKeys() int {
	if m.options.WrongKeys > 0 {
		return m.options.WrongKeys
	}
	return defaultWrongKeys
}

func (m *memory) wrongKeysWithin() time.Duration {
	if m.options.WrongKeysWithin > 0 {
		return m.options.WrongKeysWithin
	}
	return defaultWrongKeysWithin
}

func (m *memory) now() time.Time {
	if m.options.Now != nil {
		return m.options.Now()
	}
	return time.Now()
}
