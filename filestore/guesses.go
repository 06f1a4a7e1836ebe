package filestore

import (
	"crypto/sha256"
	"net/netip"
	"time"
)

// How many wrong share keys a client may name in how much time: what
// CommuniGate Pro has for passwords as FailedLoginFlow. Our choice.
const (
	defaultWrongKeys       = 20
	defaultWrongKeysWithin = 10 * time.Minute
)

// maxGuessers is how many addresses are kept in mind, and twice as many at
// most. Our choice.
const maxGuessers = 1 << 13

// guesses are the wrong keys from one address. To name the same one again is
// no new guess: a page whose key was revoked may have many pictures.
type guesses struct {
	count int
	since time.Time
	last  [sha256.Size]byte
}

// guesser is the address that guesses are counted for: an IPv6 network is one
// client. An address that is not known is one, too.
func guesser(remote netip.Addr) netip.Addr {
	remote = remote.Unmap().WithZone("")
	if remote.Is6() {
		network, _ := remote.Prefix(64)
		return network.Addr()
	}
	return remote
}

// mayGuess reports whether share keys from an address are looked at.
func (m *Memory) mayGuess(remote netip.Addr) bool {
	if m == nil {
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	g := m.guessesOf(guesser(remote))
	return g == nil || g.count < m.wrongKeys()
}

// guessedWrong counts a wrong key.
func (m *Memory) guessedWrong(remote netip.Addr, account, key string) {
	if m == nil {
		return
	}
	sum := sha256.Sum256([]byte(account + "\x00" + key))
	m.mu.Lock()
	defer m.mu.Unlock()
	from := guesser(remote)
	g := m.guessesOf(from)
	if g == nil {
		if m.guessers == nil || len(m.guessers) >= maxGuessers {
			m.guessers, m.oldGuessers = map[netip.Addr]*guesses{}, m.guessers
		}
		g = &guesses{since: m.now()}
		m.guessers[from] = g
	}
	if g.count == 0 || g.last != sum {
		g.count++
		g.last = sum
	}
}

// guessesOf returns what an address has guessed lately; nil for nothing. The
// clock may have been set back. Callers hold m.mu.
func (m *Memory) guessesOf(from netip.Addr) *guesses {
	g, ok := m.guessers[from]
	if !ok {
		g = m.oldGuessers[from]
	}
	if g == nil {
		return nil
	}
	if age := m.now().Sub(g.since); age < 0 || age >= m.wrongKeysWithin() {
		delete(m.guessers, from)
		delete(m.oldGuessers, from)
		return nil
	}
	return g
}

func (m *Memory) wrongKeys() int {
	if m.WrongKeys > 0 {
		return m.WrongKeys
	}
	return defaultWrongKeys
}

func (m *Memory) wrongKeysWithin() time.Duration {
	if m.WrongKeysWithin > 0 {
		return m.WrongKeysWithin
	}
	return defaultWrongKeysWithin
}

func (m *Memory) now() time.Time {
	if m.Now != nil {
		return m.Now()
	}
	return time.Now()
}
