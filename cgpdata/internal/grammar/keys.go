package grammar

import (
	"bytes"
	"math/bits"
	"slices"
)

// PushKey adds a key to those of the innermost dictionary.
func (p *Parser) PushKey(f *Frame, s Span) {
	if n := len(p.Keys); n > int(f.Keys) && !f.Unordered {
		last := p.Keys[n-1]
		plain := !s.Decoded && !last.Decoded && s.Start < s.End && last.Start < last.End
		if plain && p.Src[last.Start] != p.Src[s.Start] {
			f.Unordered = p.Src[last.Start] > p.Src[s.Start]
		} else {
			f.Unordered = bytes.Compare(p.KeyText(s), p.KeyText(last)) <= 0
		}
	}
	p.Keys = append(p.Keys, s)
}

// RepeatedKeys looks for keys that repeat one before them, and tells whether they may.
func (p *Parser) RepeatedKeys(keys []Span) (repeated, ok bool) {
	if !p.hasTwice(keys) {
		return false, true
	}
	compare := func(i, j int32) int { return bytes.Compare(p.KeyText(keys[i]), p.KeyText(keys[j])) }
	order, _ := Arrange(nil, len(keys), compare)
	again := make([]bool, len(keys))
	for i := 1; i < len(keys); i++ {
		again[order[i]] = compare(order[i-1], order[i]) == 0
	}
	for i, a := range again {
		if a && !p.Tolerate(DuplicateKey, int(keys[i].At)) {
			return true, false
		}
	}
	return true, true
}

// few is the number of keys up to which comparing each with all others takes no time.
const few = 16

// hasTwice reports whether there is a key twice. Few keys are told apart at a glance, if that
// can be, or compared by what a word can tell of each; many go into a table.
func (p *Parser) hasTwice(keys []Span) bool {
	if len(keys) <= few {
		if p.differ(keys) {
			return false
		}
		var heads [few]uint64
		for i, key := range keys {
			heads[i] = p.headOf(key)
			for j := range i {
				if heads[j] == heads[i] && bytes.Equal(p.KeyText(keys[j]), p.KeyText(key)) {
					return true
				}
			}
		}
		return false
	}
	p.table.Reset(len(keys))
	var text []byte
	same := func(other int) bool { return bytes.Equal(p.KeyText(keys[other]), text) }
	for i, key := range keys {
		if text = p.KeyText(key); !p.table.Add(p.table.Hash(text), i, same) {
			return true
		}
	}
	return false
}

// differ reports whether all keys differ by what their lengths and their first and last bytes
// make together. Keys that do not may differ nevertheless.
func (p *Parser) differ(keys []Span) bool {
	var seen [4]uint64 // a bit for each that was seen
	for i := range keys {
		key := &keys[i]
		if key.Decoded || key.Start == key.End {
			return false
		}
		mark := uint8(key.End-key.Start)*29 + p.Src[key.Start]*5 + p.Src[key.End-1]*11
		word, bit := &seen[mark>>6], uint64(1)<<(mark&63)
		if *word&bit != 0 {
			return false
		}
		*word |= bit
	}
	return true
}

// Head returns a number that differs for most texts: it is made of the first bytes, the last
// ones and the length.
func Head[T string | []byte](text T) uint64 {
	n := len(text)
	if n >= 8 {
		return word(text, 0) ^ bits.RotateLeft64(word(text, n-8), n)
	}
	var h uint64
	for i := n - 1; i >= 0; i-- {
		h = h<<8 | uint64(text[i])
	}
	if n > 0 {
		h <<= 64 - 8*n
	}
	return h ^ uint64(n)
}

// headOf is Head for a key, and mostly reads it at once.
func (p *Parser) headOf(s Span) uint64 {
	if n := s.End - s.Start; !s.Decoded && n > 0 && n < 8 && int(s.Start)+8 <= len(p.Src) {
		return word(p.Src, int(s.Start))<<(64-8*n) ^ uint64(n)
	}
	return Head(p.KeyText(s))
}

// Arrange writes into order, which it grows at need, the numbers 0 to n-1 so that
// what compare compares ascends. Equal ones keep their order; repeated tells that
// there are some (neighbours in the result have been compared with each other).
func Arrange(order []int32, n int, compare func(i, j int32) int) (_ []int32, repeated bool) {
	order = slices.Grow(order[:0], n)[:n]
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(i, j int32) int {
		if c := compare(i, j); c != 0 {
			return c
		}
		repeated = true
		return int(i - j)
	})
	return order, repeated
}
