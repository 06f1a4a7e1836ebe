package cgpdata

import (
	"encoding/binary"
	"math/bits"
	"reflect"
	"slices"
	"strings"
	"unsafe"
)

func (m planner) encodeMap(t reflect.Type) encodeFunc {
	pairs := m.encodePairs(t)
	return func(e *printer, dst []byte, p unsafe.Pointer) (_ []byte, err error) {
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

// encodePairs writes the pairs of a map without the braces: as the map yields them, and then
// in the order of their keys.
func (m planner) encodePairs(t reflect.Type) encodeFunc {
	plan := m.plan(t.Elem())
	return func(e *printer, dst []byte, p unsafe.Pointer) (_ []byte, err error) {
		v := valueAt(t, p)
		if v.Len() == 0 {
			return dst, nil
		}
		key, elem := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()) // what a map holds has no address
		pairs := make([]written, 0, v.Len())
		for all := v.MapRange(); all.Next(); {
			key.SetIterKey(all)
			elem.Elem().SetIterValue(all)
			next := written{key.String(), len(dst)}
			if dst, err = e.Key(dst, next.key); err == nil {
				dst, err = plan.encode(e, append(dst, '='), elem.UnsafePointer())
			}
			if err != nil {
				return dst, e.Failed(next.key, -1, err)
			}
			dst = append(dst, ';')
			pairs = append(pairs, next)
		}
		return sortPairs(dst, pairs), nil
	}
}

// A written is a pair that stands in the text.
type written struct {
	key   string
	start int // of its text, which ends where the next one begins
}

// sortPairs brings the pairs at the end of dst into the order of their keys.
func sortPairs(dst []byte, pairs []written) []byte {
	first, last := pairs[0].start, len(dst)
	for _, at := range byKey(pairs) {
		end := last
		if at+1 < len(pairs) {
			end = pairs[at+1].start
		}
		dst = append(dst, dst[pairs[at].start:end]...)
	}
	return dst[:first+copy(dst[first:], dst[last:])]
}

// byKey returns the numbers of the pairs in the order of their keys. Numbers are compared
// and moved much faster than texts: so it is the first bytes behind what all keys have in
// common that decide, as one number with that of the pair in its lowest bits, and only keys
// that are alike so far are compared whole.
func byKey(pairs []written) []int {
	common := pairs[0].key
	for _, p := range pairs[1:] {
		common = commonPrefix(common, p.key)
	}
	low := bits.Len(uint(len(pairs)))
	heads := make([]uint64, len(pairs))
	for i, p := range pairs {
		var head [8]byte
		copy(head[:], p.key[len(common):])
		heads[i] = binary.BigEndian.Uint64(head[:])>>low<<low | uint64(i)
	}
	slices.Sort(heads)
	order := make([]int, len(pairs))
	for i, head := range heads {
		order[i] = int(head & (1<<low - 1))
	}
	for i := 0; i < len(heads); {
		alike := i + 1
		for alike < len(heads) && heads[alike]>>low == heads[i]>>low {
			alike++
		}
		if alike > i+1 {
			slices.SortFunc(order[i:alike], func(a, b int) int { return strings.Compare(pairs[a].key, pairs[b].key) })
		}
		i = alike
	}
	return order
}

func commonPrefix(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}
