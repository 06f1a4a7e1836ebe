package filestore

import (
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/internal/lru"
	"github.com/cgpkit/cgpkit/meta"
)

// Memory is what the views of a directory remember together: what sidecars grant,
// so that a large one is parsed once and not for each request, who has named
// wrong share keys, and what is being built. A directory keeps one and hands it
// out in [Account]; without it all is looked up anew, and nobody slows the
// guessing of keys down.
//
// The zero value is ready. Memory is safe for concurrent use, and bounded. Its
// fields must not change once it is in use. A nil *Memory remembers nothing.
type Memory struct {
	// Namespace is the XML namespace of new sidecars. Empty: that of a sidecar
	// that has been read before, else none.
	Namespace string
	// WrongKeys is how many different wrong share keys of one account a client
	// may name within WrongKeysWithin, and ten times as many over all accounts.
	// After that only keys of 22 bytes and more, which nobody guesses, open
	// anything there for its address (IPv6: for its network of 64 bits), until
	// the time has passed. All clients together may name ten times as many of one
	// account; after that the same holds for those that have not named a right key
	// there before. Clients with [Caller].RemoteUnverified are counted apart, and
	// not together. 0: 20 in 10 minutes.
	WrongKeys       int
	WrongKeysWithin time.Duration
	// Now tells the time. nil: time.Now.
	Now func() time.Time

	mu                 sync.Mutex                       // guards what follows
	seen               string                           // a namespace
	known              *lru.Map[grantsKey, knownGrants] // nil: none yet
	guessers           guessers                         // whose addresses are their own
	unverifiedGuessers guessers                         // apart, or forged ones would make the others be forgotten
	builds             map[string]*building             // by account
}

// grantsKey names what a sidecar belongs to.
type grantsKey struct{ account, name string }

// knownGrants is what a version of a sidecar grants.
type knownGrants struct {
	grants *meta.Grants
	tag    string
	err    error // why it grants nothing
}

// How much is kept of sidecars; twice as much at most. Our choice.
const (
	maxGrants    = 1024
	maxGrantCost = 16 << 20
)

// cost guesses the bytes that it takes up.
func (k knownGrants) cost() int {
	if k.grants == nil {
		return 512
	}
	return 512 + k.grants.Size()
}

// grants returns what a sidecar grants, if that is known of the version with
// this entity tag.
func (m *Memory) grants(key grantsKey, tag string) (knownGrants, bool) {
	if m == nil || tag == "" {
		return knownGrants{}, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	known, ok := m.known.Get(key)
	return known, ok && known.tag == tag
}

// keepGrants remembers the newest version of a sidecar.
func (m *Memory) keepGrants(key grantsKey, known knownGrants) {
	if m == nil {
		return
	}
	if known.grants != nil {
		m.sees(known.grants.Namespace())
	}
	if known.tag == "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = lru.NewWeighted[grantsKey](maxGrants, maxGrantCost, knownGrants.cost)
	}
	m.known.Set(key, known)
}

// sees keeps the namespace of a sidecar in mind.
func (m *Memory) sees(namespace string) {
	if m == nil || namespace == "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen = namespace
}

// namespace returns the namespace of a new sidecar.
func (m *Memory) namespace() string {
	if m == nil {
		return ""
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Namespace != "" {
		return m.Namespace
	}
	return m.seen
}
