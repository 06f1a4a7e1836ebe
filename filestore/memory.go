package filestore

import (
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/meta"
)

// Memory is what the views of a directory remember together: what sidecars say,
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
	// the time has passed. Clients with [Caller].RemoteUnverified are counted
	// apart. 0: 20 in 10 minutes.
	WrongKeys       int
	WrongKeysWithin time.Duration
	// Now tells the time. nil: time.Now.
	Now func() time.Time

	mu                 sync.Mutex // guards what follows
	seen               string     // a namespace
	young, old         map[documentKey]knownDocument
	youngCost          int
	guessers           guessers             // whose addresses are their own
	unverifiedGuessers guessers             // apart, or forged ones would make the others be forgotten
	builds             map[string]*building // by account
}

// documentKey names a sidecar.
type documentKey struct{ account, name string }

// knownDocument is what a version of a sidecar says.
type knownDocument struct {
	document *meta.Document
	tag      string
	err      error // why it says nothing
	size     int
}

// How much is kept of sidecars; twice as much at most. Our choice.
const (
	maxDocuments    = 1024
	maxDocumentCost = 16 << 20
)

// cost guesses the bytes that a document takes up: its text, and its tree.
func (k knownDocument) cost() int { return 512 + 4*k.size }

// document returns what a sidecar says, if that is known of the version with
// this entity tag.
func (m *Memory) document(key documentKey, tag string) (knownDocument, bool) {
	if m == nil || tag == "" {
		return knownDocument{}, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	known, ok := m.young[key]
	if !ok {
		if known, ok = m.old[key]; ok && known.tag == tag {
			m.keep(key, known)
		}
	}
	return known, ok && known.tag == tag
}

// keepDocument remembers the newest version of a sidecar.
func (m *Memory) keepDocument(key documentKey, known knownDocument) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if known.document != nil && known.document.Namespace() != "" {
		m.seen = known.document.Namespace()
	}
	if known.tag != "" {
		m.keep(key, known)
	}
}

// keep puts a document among those used lately. When they are too many, they
// become the old ones, and the old ones go. Callers hold m.mu.
func (m *Memory) keep(key documentKey, known knownDocument) {
	if m.young == nil || len(m.young) >= maxDocuments || m.youngCost+known.cost() > maxDocumentCost {
		m.young, m.old, m.youngCost = map[documentKey]knownDocument{}, m.young, 0
	}
	if replaced, ok := m.young[key]; ok {
		m.youngCost -= replaced.cost()
	}
	m.young[key] = known
	m.youngCost += known.cost()
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
