package cgpdata

import "strings"

// slabs hands out small pieces of big allocations: a tree of a thousand
// dictionaries costs some dozen of them.
type slabs struct {
	freeNodes   []node
	freeValues  []Value
	freeStrings []string
	freeKeys    []keyList
	text        strings.Builder
}

// maxSlab is the number of items in an allocation. It bounds what one value that is
// kept keeps alive beside itself and the copy of its source.
const maxSlab = 512

// The methods take the number of bytes that are left to parse, so that a short text
// does not pay for a big slab.

func (s *slabs) node(left int) *node { return &take(&s.freeNodes, 1, left/48)[0] }

func (s *slabs) values(n, left int) []Value { return take(&s.freeValues, n, left/8) }

func (s *slabs) strings(n, left int) []string { return take(&s.freeStrings, n, left/16) }

func (s *slabs) keyList(left int) *keyList { return &take(&s.freeKeys, 1, left/96)[0] }

// string returns b as a string. Many short ones share the memory of a Builder, which never
// writes again where it has written.
func (s *slabs) string(b []byte, left int) string {
	const size = 8 * maxSlab
	if len(b) > size/4 {
		return string(b)
	}
	start := s.text.Len()
	if start+len(b) > s.text.Cap() {
		s.text.Reset()
		s.text.Grow(max(len(b), min(left/16, size)))
		start = 0
	}
	s.text.Write(b)
	return s.text.String()[start:]
}

// take cuts n items from free, and makes a new slab of about wanted items when
// free is too small.
func take[T any](free *[]T, n, wanted int) []T {
	if n > len(*free) {
		if n > maxSlab/4 {
			return make([]T, n)
		}
		*free = make([]T, max(n, min(wanted, maxSlab)))
	}
	taken := (*free)[:n:n]
	*free = (*free)[n:]
	return taken
}
