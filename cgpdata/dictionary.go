package cgpdata

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// scanKeys is the number of keys up to which looking at each one is as fast as
// anything cleverer.
const scanKeys = 16

// A keyList is the keys of a dictionary, or of many that have the same ones. Its names are
// never written after it was made.
type keyList struct {
	names  []string
	sorted bool                    // they ascend
	order  atomic.Pointer[[]int32] // their order, if they do not ascend and somebody has asked for it
}

// ordered returns the numbers of the keys in byte order; nil if they ascend.
func (k *keyList) ordered() []int32 {
	if k.sorted {
		return nil
	}
	if order := k.order.Load(); order != nil {
		return *order
	}
	order, _ := grammar.Arrange(nil, len(k.names), func(i, j int32) int { return strings.Compare(k.names[i], k.names[j]) })
	k.order.Store(&order) // whoever asks at the same time stores the same
	return order
}

// Get returns the value of a key of a Dictionary. Keys are case-sensitive (Guide,
// Data Formats, Dictionaries). The time it takes grows with the logarithm of the
// number of keys; if these do not ascend, the first call has to sort them.
func (v Value) Get(key string) (Value, bool) {
	if v.Kind() != KindDictionary {
		return Value{}, false
	}
	i, found := -1, false
	switch keys := v.n.keys; {
	case len(keys.names) <= scanKeys:
		i = slices.Index(keys.names, key)
		found = i >= 0
	case keys.sorted:
		i, found = slices.BinarySearch(keys.names, key)
	default:
		order := keys.ordered()
		i, found = slices.BinarySearchFunc(order, key, func(i int32, key string) int {
			return strings.Compare(keys.names[i], key)
		})
		if found {
			i = int(order[i])
		}
	}
	if !found {
		return Value{}, false
	}
	return v.n.elems[i], true
}

// dictionary makes a Dictionary out of keys and elems, which it keeps. Of equal
// keys the last one counts, at the place of the first.
func dictionary(keys []string, elems []Value) Value {
	if len(keys) == 0 {
		return leaf(KindDictionary, "")
	}
	n := &node{KindDictionary, &keyList{names: keys, sorted: ascend(keys)}, elems}
	if n.keys.sorted {
		return Value{n: n}
	}
	order, repeated := grammar.Arrange(nil, len(keys), func(i, j int32) int { return strings.Compare(keys[i], keys[j]) })
	if repeated {
		return dictionary(settle(order, keys, elems))
	}
	n.keys.order.Store(&order)
	return Value{n: n}
}

// ascend reports whether each key is greater than the one before, in byte order.
func ascend(keys []string) bool {
	for i := 1; i < len(keys); i++ {
		if keys[i] <= keys[i-1] {
			return false
		}
	}
	return true
}

// settle takes out repeated keys: the first of equal keys gets the last one's
// value, the others go.
func settle(order []int32, keys []string, elems []Value) ([]string, []Value) {
	gone := make([]bool, len(keys))
	for first, at := order[0], 1; at < len(order); at++ {
		next := order[at]
		if keys[next] == keys[first] {
			elems[first] = elems[next]
			gone[next] = true
		} else {
			first = next
		}
	}
	kept := 0
	for i := range keys {
		if !gone[i] {
			keys[kept], elems[kept] = keys[i], elems[i]
			kept++
		}
	}
	clear(elems[kept:])
	return keys[:kept], elems[:kept]
}
