package filestore

import (
	"sync"

	"github.com/cgpkit/cgpkit/internal/lru"
	"github.com/cgpkit/cgpkit/meta"
)

// memory is what views remember together. It is bounded.
type memory struct {
	options ViewsOptions

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

// grants returns what is remembered of a sidecar, with the entity tag of the version
// that it was.
func (m *memory) grants(key grantsKey) (knownGrants, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known.Get(key)
}

// keepGrants remembers the newest version of a sidecar.
func (m *memory) keepGrants(key grantsKey, known knownGrants) {
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
func (m *memory) sees(namespace string) {
	if namespace == "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen = namespace
}

// namespace returns the namespace of a new sidecar.
func (m *memory) namespace() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.options.Namespace != "" {
		return m.options.Namespace
	}
	return m.seen
}
