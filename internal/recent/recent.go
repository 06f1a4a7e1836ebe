// Package recent keeps values that were used lately, and no more of them than a
// number.
package recent

import "sync"

// Map keeps the size values that were used last, and up to as many more. It
// is safe for concurrent use.
//
// New values, and old ones that are used again, go into the first of two maps;
// when that is full it becomes the second, and what was the second is dropped.
type Map[K comparable, V any] struct {
	size   int
	mu     sync.Mutex // guards first and second
	first  map[K]V
	second map[K]V
}

// New returns an empty Map.
func New[K comparable, V any](size int) *Map[K, V] {
	return &Map[K, V]{size: size, first: map[K]V{}}
}

// Get returns the value of a key.
func (m *Map[K, V]) Get(key K) (value V, ok bool) {
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
	if len(m.first) >= m.size {
		m.first, m.second = make(map[K]V, m.size), m.first
	}
	m.first[key] = value
}
