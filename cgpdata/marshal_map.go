package cgpdata

import (
	"encoding/binary"
	"math/bits"
	"reflect"
	"slices"
	"strings"
)

// An entry is a pair of a map that is being written. The value is there if the map is one of
// interfaces.
type entry struct {
	key   string
	value any
}

// dictionary writes a map of interfaces, in the order of its keys.
func (e *printer) dictionary(dst []byte, m map[string]any) (_ []byte, err error) {
	if e.Depth >= e.MaxDepth {
		return dst, ErrDepth
	}
	e.Depth++
	dst = append(dst, '{')
	base := len(e.entries)
	for key, v := range m {
		e.entries = append(e.entries, entry{key: key, value: v})
	}
	all, ordered := e.entries[base:], len(e.order)
	for _, at := range e.sorted(all) {
		x := &all[at]
		if dst, err = e.Key(dst, x.key); err == nil {
			dst = append(dst, '=')
			if s, ok := x.value.(string); ok { // as most are
				dst, err = e.Text(dst, s)
			} else {
				dst, err = e.any(dst, x.value)
			}
		}
		if err != nil {
			return dst, e.Failed(x.key, -1, err)
		}
		dst = append(dst, ';')
	}
	clear(all)
	e.entries, e.order = e.entries[:base], e.order[:ordered]
	e.Depth--
	return append(dst, '}'), nil
}

func (m planner) encodeMap(t reflect.Type) encodeFunc {
	switch t {
	case stringMapType:
		return encodeStringMap
	case reflect.TypeFor[map[string]any]():
		return func(e *printer, dst []byte, p place) ([]byte, error) {
			return e.dictionary(dst, *at[map[string]any](p))
		}
	}
	pairs := m.encodePairs(t)
	return func(e *printer, dst []byte, p place) (_ []byte, err error) {
		if e.Depth >= e.MaxDepth {
			return dst, ErrDepth
		}
		e.Depth++
		if dst, err = pairs(e, append(dst, '{'), p); err != nil {
			return dst, err
		}
		e.Depth--
		return append(dst, '}'), nil
	}
}

var stringMapType = reflect.TypeFor[map[string]string]()

// encodeStringMap spares the most common maps reflection.
func encodeStringMap(e *printer, dst []byte, p place) (_ []byte, err error) {
	if e.Depth >= e.MaxDepth {
		return dst, ErrDepth
	}
	m, base, ordered := *at[map[string]string](p), len(e.entries), len(e.order)
	for key := range m {
		e.entries = append(e.entries, entry{key: key})
	}
	all := e.entries[base:]
	dst = append(dst, '{')
	for _, at := range e.sorted(all) {
		key := all[at].key
		if dst, err = e.Key(dst, key); err == nil {
			dst, err = e.Text(append(dst, '='), m[key])
		}
		if err != nil {
			return dst, e.Failed(key, -1, err)
		}
		dst = append(dst, ';')
	}
	clear(all)
	e.entries, e.order = e.entries[:base], e.order[:ordered]
	return append(dst, '}'), nil
}

// encodePairs writes the pairs of a map without the braces, in the order of their keys.
func (m planner) encodePairs(t reflect.Type) encodeFunc {
	plan, sliceType, size := m.plan(t.Elem()), reflect.SliceOf(t.Elem()), t.Elem().Size()
	return func(e *printer, dst []byte, p place) (_ []byte, err error) {
		v := valueAt(t, p)
		n := v.Len()
		if n == 0 {
			return dst, nil
		}
		// What a map holds has no address.
		copies := reflect.New(sliceType).Elem()
		copies.Set(reflect.MakeSlice(sliceType, n, n))
		key, base := reflect.New(t.Key()).Elem(), len(e.entries)
		for all := v.MapRange(); all.Next(); {
			key.SetIterKey(all)
			copies.Index(len(e.entries) - base).SetIterValue(all)
			e.entries = append(e.entries, entry{key: key.String()})
		}
		all, ordered := e.entries[base:], len(e.order)
		values, _ := elements(placeOf(copies))
		for _, at := range e.sorted(all) {
			if dst, err = e.Key(dst, all[at].key); err == nil {
				dst, err = plan.encode(e, append(dst, '='), element(values, int(at), size))
			}
			if err != nil {
				return dst, e.Failed(all[at].key, -1, err)
			}
			dst = append(dst, ';')
		}
		clear(all)
		e.entries, e.order = e.entries[:base], e.order[:ordered]
		return dst, nil
	}
}

// sorted puts the numbers of the entries in the order of their keys onto the stack of them.
// Numbers are compared and moved much faster than texts: so it is the first bytes behind
// what all keys have in common that decide, as one number with that of the entry in its
// lowest bits, and only keys that are alike so far are compared whole.
func (e *printer) sorted(all []entry) []int32 {
	base := len(e.order)
	if len(all) <= scanKeys {
		for i := range all {
			e.order = append(e.order, int32(i))
			order := e.order[base:]
			for ; i > 0 && all[order[i-1]].key > all[order[i]].key; i-- {
				order[i-1], order[i] = order[i], order[i-1]
			}
		}
		return e.order[base:]
	}
	common := all[0].key
	for _, x := range all[1:] {
		common = commonPrefix(common, x.key)
	}
	low := bits.Len(uint(len(all)))
	heads := e.heads[:0]
	for i, x := range all {
		var head [8]byte
		copy(head[:], x.key[len(common):])
		heads = append(heads, binary.BigEndian.Uint64(head[:])>>low<<low|uint64(i))
	}
	heads = e.sortNumbers(heads)
	for _, head := range heads {
		e.order = append(e.order, int32(head&(1<<low-1)))
	}
	order := e.order[base:]
	for i := 0; i < len(heads); {
		alike := i + 1
		for alike < len(heads) && heads[alike]>>low == heads[i]>>low {
			alike++
		}
		if alike > i+1 {
			slices.SortFunc(order[i:alike], func(a, b int32) int { return strings.Compare(all[a].key, all[b].key) })
		}
		i = alike
	}
	e.heads = heads
	return order
}

// sortNumbers sorts numbers, and returns them at their old place or at another one that e
// keeps. Many of them are sorted byte by byte, from the lowest one on, for that compares
// none; a byte that all have in common is left out.
func (e *printer) sortNumbers(numbers []uint64) []uint64 {
	const many = 256
	if len(numbers) < many {
		slices.Sort(numbers)
		return numbers
	}
	var counts [8][256]int32 // of the numbers with that byte
	for _, n := range numbers {
		for i := range counts {
			counts[i][byte(n>>(8*i))]++
		}
	}
	other := slices.Grow(e.spare[:0], len(numbers))[:len(numbers)]
	for i := range counts {
		count, shift := &counts[i], 8*i
		if count[byte(numbers[0]>>shift)] == int32(len(numbers)) {
			continue
		}
		place := int32(0)
		for b, n := range count {
			count[b] = place
			place += n
		}
		for _, n := range numbers {
			b := byte(n >> shift)
			other[count[b]] = n
			count[b]++
		}
		numbers, other = other, numbers
	}
	e.spare = other
	return numbers
}

func commonPrefix(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}
