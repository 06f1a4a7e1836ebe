// Package lru keeps the values that were used last, and no more of them than a
// bound.
package lru

import "sync"

// Map keeps the values that were used last, up to a bound, and at most as many
// again. It is safe for concurrent use. A nil *Map can be asked, and is empty.
//
// It does not put them in order, and so costs little: new values, and old ones that
// are used again, go into the first of two maps. When that is full it becomes the
// second, and what was the second is dropped.
type Map[K comparable, V any] struct {
	maxLen    int
	maxWeight int         // of one map; not used without weigh
	weigh     func(V) int // nil: only the number counts

	mu     sync.Mutex // guards what follows
	first  map[K]V
	second map[K]V
	weight int // of first
}

// New returns an empty Map that keeps the maxLen values used last, and at most
// twice as many.
func New[K comparable, V any](maxLen int) *Map[K, V] {
	return &Map[K, V]{maxLen: maxLen, first: map[K]V{}}
}

// NewWeighted is New for values of different weight, which is the same for a value
// whenever it is asked for. Those kept weigh at most twice maxWeight; a value that
// weighs more than maxWeight by itself is not kept.
func NewWeighted[K comparable, V any](maxLen, maxWeight int, weigh func(V) int) *Map[K, V] {
	m := New[K, V](maxLen)
	m.maxWeight, m.weigh = maxWeight, weigh
	return m
}

// Len returns the number of values that are kept.
func (m *Map[K, V]) Len() int {
	if m == nil {
		return 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.first) + len(m.second)
}

// Get returns the value of a key.
func (m *Map[K, V]) Get(key K) (value V, ok bool) {
	if m == nil {
		return value, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.find(key)
}

// Add keeps value, unless key has one already, and returns the one that is kept.
func (m *Map[K, V]) Add(key K, value V) V {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.find(key); ok {
		return old
	}
	m.put(key, value)
	return value
}

// Set keeps value in place of what key has.
func (m *Map[K, V]) Set(key K, value V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(key, value)
}

// find needs mu.
func (m *Map[K, V]) find(key K) (value V, ok bool) {
	if value, ok = m.first[key]; ok {
		return value, true
	}
	if value, ok = m.second[key]; ok {
		m.put(key, value)
	}
	return value, ok
}

// put needs mu.
func (m *Map[K, V]) put(key K, value V) {
	m.drop(key)
	weight := m.weightOf(value)
	if m.weigh != nil && weight > m.maxWeight {
		return
	}
	if len(m.first) >= m.maxLen || m.weigh != nil && m.weight+weight > m.maxWeight {
		m.first, m.second, m.weight = make(map[K]V, len(m.first)), m.first, 0
	}
	m.first[key] = value
	m.weight += weight
}

// drop forgets a key. It needs mu.
func (m *Map[K, V]) drop(key K) {
	if old, ok := m.first[key]; ok {
		m.weight -= m.weightOf(old)
		delete(m.first, key)
	}
	delete(m.second, key)
}

func (m *Map[K, V]) weightOf(value V) int {
	if m.weigh == nil {
		return 0
	}
	return m.weigh(value)
}
