package grammar

import (
	"bytes"
	"slices"
)

// PushKey adds a key to those of the innermost dictionary.
func (p *Parser) PushKey(f *Frame, s Span) {
	if n := len(p.Keys); n > int(f.Keys) && !f.Unordered {
		last := p.Keys[n-1]
		plain := !s.Decoded && !last.Decoded && s.Start < s.End && last.Start < last.End
		if !plain || p.Src[last.Start] >= p.Src[s.Start] { // else their first bytes decide
			f.Unordered = bytes.Compare(p.KeyText(s), p.KeyText(last)) <= 0
		}
	}
	p.Keys = append(p.Keys, s)
}

// RepeatedKeys looks for keys that repeat one before them. It leaves the order of
// the keys in p.Order.
func (p *Parser) RepeatedKeys(keys []Span) (repeated, ok bool) {
	compare := func(i, j int32) int { return bytes.Compare(p.KeyText(keys[i]), p.KeyText(keys[j])) }
	if p.Order, repeated = Arrange(p.Order, len(keys), compare); !repeated {
		return false, true
	}
	again := make([]bool, len(keys))
	for i := 1; i < len(keys); i++ {
		again[p.Order[i]] = compare(p.Order[i-1], p.Order[i]) == 0
	}
	for i, a := range again {
		if a && !p.Tolerate(DuplicateKey, int(keys[i].At)) {
			return true, false
		}
	}
	return true, true
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
