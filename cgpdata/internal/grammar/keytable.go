package grammar

import (
	"hash/maphash"
	"math/bits"
)

// A KeyTable finds the numbers of keys by the texts of these, which it does not have: a number
// stands at a place that the hash of the text tells, with a seed of its own, so that nobody
// can write keys that all have the same place. Make it ready with Reset.
type KeyTable struct {
	seed   maphash.Seed
	places []keyPlace // a power of two of them, at most half of them taken
	taken  int
}

type keyPlace struct {
	number int32 // from 1
	hash   uint32
}

// Reset empties the table, and makes room for n keys.
func (t *KeyTable) Reset(n int) {
	if t.seed == (maphash.Seed{}) {
		t.seed = maphash.MakeSeed()
	}
	size := 2 << bits.Len(uint(n))
	if size > cap(t.places) {
		t.places = make([]keyPlace, size)
	} else {
		t.places = t.places[:size]
		clear(t.places)
	}
	t.taken = 0
}

// Size returns how many places the table keeps.
func (t *KeyTable) Size() int { return cap(t.places) }

// Hash returns what Add wants to know of a text.
func (t *KeyTable) Hash(text []byte) uint32 { return uint32(maphash.Bytes(t.seed, text)) }

// HashString is Hash for a string.
func (t *KeyTable) HashString(text string) uint32 { return uint32(maphash.String(t.seed, text)) }

// Add takes the number of a key, unless the table has that of another one which is the same.
func (t *KeyTable) Add(hash uint32, number int, same func(other int) bool) bool {
	at := t.start(hash)
	for ; t.places[at].number > 0; at = (at + 1) & (len(t.places) - 1) {
		if t.places[at].hash == hash && same(int(t.places[at].number-1)) {
			return false
		}
	}
	t.places[at] = keyPlace{int32(number + 1), hash}
	if t.taken++; 2*t.taken > len(t.places) {
		t.grow()
	}
	return true
}

func (t *KeyTable) start(hash uint32) int { return int(hash) & (len(t.places) - 1) }

func (t *KeyTable) grow() {
	old := t.places
	t.places = make([]keyPlace, 2*len(old))
	for _, p := range old {
		if p.number == 0 {
			continue
		}
		at := t.start(p.hash)
		for t.places[at].number > 0 {
			at = (at + 1) & (len(t.places) - 1)
		}
		t.places[at] = p
	}
}
