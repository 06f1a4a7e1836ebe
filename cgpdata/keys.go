package cgpdata

import (
	"bytes"
	"slices"
)

// pushKey adds a key to those of the innermost dictionary.
func (p *parser) pushKey(f *frame, s span) {
	if n := len(p.keys); n > int(f.keys) && !f.unordered {
		last := p.keys[n-1]
		plain := !s.decoded && !last.decoded && s.start < s.end && last.start < last.end
		if !plain || p.src[last.start] >= p.src[s.start] { // else their first bytes decide
			f.unordered = bytes.Compare(p.keyText(s), p.keyText(last)) <= 0
		}
	}
	p.keys = append(p.keys, s)
}

// repeatedKeys looks for keys that repeat one before them. It leaves the order of
// the keys in p.order.
func (p *parser) repeatedKeys(keys []span) (repeated, ok bool) {
	compare := func(i, j int32) int { return bytes.Compare(p.keyText(keys[i]), p.keyText(keys[j])) }
	if p.order, repeated = arrange(p.order, len(keys), compare); !repeated {
		return false, true
	}
	again := make([]bool, len(keys))
	for i := 1; i < len(keys); i++ {
		again[p.order[i]] = compare(p.order[i-1], p.order[i]) == 0
	}
	for i, a := range again {
		if a && !p.tolerate(DuplicateKey, int(keys[i].at)) {
			return true, false
		}
	}
	return true, true
}

func (p *parser) newKeys(keys []span, left int) []string {
	list := p.slabs.strings(len(keys), left)
	for i, k := range keys {
		list[i] = p.textOf(k, p.text)
	}
	return list
}

// keyList returns the keys of the innermost dictionary, which do not repeat: those of the
// one before at the same depth if they are the same, as with accounts, rules and listeners
// they mostly are.
func (p *parser) keyList(keys []span, unordered bool, left int) *keyList {
	depth := len(p.open) - 1
	if depth < len(p.before) && p.before[depth] != nil {
		same := func(k span, key string) bool { return string(p.keyText(k)) == key }
		if slices.EqualFunc(keys, p.before[depth].names, same) {
			return p.before[depth]
		}
	}
	list := &keyList{names: p.newKeys(keys, left), sorted: !unordered}
	if unordered && len(keys) > scanKeys {
		list.order = slices.Clone(p.order)
	}
	if depth < len(p.before) {
		p.before[depth] = list
	}
	return list
}
