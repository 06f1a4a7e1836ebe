package httpsite

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"sync"
	"time"
)

// How long a nonce can be used, and how many that were used are kept in mind at a time,
// twice as many at most. Our choice.
const (
	nonceLifetime = 30 * time.Minute
	maxNonces     = 1 << 13
)

// nonce is the time of its making in milliseconds since 1970, some random bytes, and
// what proves that we have made it.
type nonce [32]byte

func (n *nonce) made() int64 { return int64(binary.BigEndian.Uint64(n[:8])) }

func (n *nonce) String() string { return base64.RawURLEncoding.EncodeToString(n[:]) }

// nonces makes nonces, and knows how often each was used. Those that nobody has logged
// in by take no room. When too many are used, all that have been made are forgotten,
// and count as too old: nothing that was used once is ever taken again. The zero value
// is ready. It is safe for concurrent use.
type nonces struct {
	start sync.Once
	key   [sha256.Size]byte

	mu        sync.Mutex // guards what follows
	young     map[nonce]*counts
	old       map[nonce]*counts // all are too old when these are dropped
	turned    int64             // when young became old, in milliseconds
	forgotten int64             // those made until then are
}

// counts are the counts that a nonce was used with: the highest one, and which of the 64
// up to it. Requests of one client overtake each other.
type counts struct {
	highest uint32
	seen    uint64 // bit i: highest-i
}

// has reports whether a count was used, or may have been.
func (c *counts) has(count uint32) bool {
	return count <= c.highest && (c.highest-count >= 64 || c.seen>>(c.highest-count)&1 != 0)
}

func (c *counts) add(count uint32) {
	if count > c.highest {
		c.seen <<= min(count-c.highest, 64)
		c.highest = count
	}
	c.seen |= 1 << (c.highest - count)
}

func (ns *nonces) proof(n *nonce) []byte {
	ns.start.Do(func() { rand.Read(ns.key[:]) })
	h := hmac.New(sha256.New, ns.key[:])
	h.Write(n[:16])
	return h.Sum(nil)[:16]
}

// issue makes a nonce. If all others have been forgotten just now, it is of the next
// moment.
func (ns *nonces) issue(now time.Time) string {
	ns.mu.Lock()
	made := max(now.UnixMilli(), ns.forgotten+1)
	ns.mu.Unlock()
	var n nonce
	binary.BigEndian.PutUint64(n[:8], uint64(made))
	rand.Read(n[8:16])
	copy(n[16:], ns.proof(&n))
	return n.String()
}

// read returns a nonce that issue has made, and that is not too old.
func (ns *nonces) read(text string, now time.Time) (n nonce, ok bool) {
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(decoded) != len(n) {
		return nonce{}, false
	}
	copy(n[:], decoded)
	age := now.UnixMilli() - n.made()
	return n, hmac.Equal(n[16:], ns.proof(&n)) && -1 <= age && age < nonceLifetime.Milliseconds()
}

// used reports whether a nonce was used with a count, or may have been.
func (ns *nonces) used(n nonce, count uint32, now time.Time) bool {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	_, used := ns.look(n, count, now)
	return used
}

// use notes that a nonce is used with a count. It returns false if it was before.
func (ns *nonces) use(n nonce, count uint32, now time.Time) bool {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	c, used := ns.look(n, count, now)
	switch {
	case used:
		return false
	case c == nil && len(ns.young) >= maxNonces:
		ns.young, ns.old, ns.forgotten = nil, nil, now.UnixMilli()
		return false
	case c == nil:
		if ns.young == nil {
			ns.young = map[nonce]*counts{}
		}
		c = &counts{}
		ns.young[n] = c
	}
	c.add(count)
	return true
}

// look returns the counts of a nonce, nil if there are none, and whether it was used with
// this one, or may have been. It needs mu.
func (ns *nonces) look(n nonce, count uint32, now time.Time) (c *counts, used bool) {
	if age := now.UnixMilli() - ns.turned; age >= nonceLifetime.Milliseconds() {
		ns.old, ns.young, ns.turned = ns.young, nil, now.UnixMilli()
		if age >= 2*nonceLifetime.Milliseconds() {
			ns.old = nil
		}
	}
	c, ok := ns.young[n]
	if !ok {
		c, ok = ns.old[n]
	}
	return c, ok && c.has(count) || !ok && n.made() <= ns.forgotten
}
