package directory

import "sync"

// recent keeps the size values that were used last, and up to as many more. It
// is safe for concurrent use.
//
// New values, and old ones that are used again, go into the first of two maps;
// when that is full it becomes the second, and what was the second is dropped.
type recent[K comparable, V any] struct {
	size   int
	mu     sync.Mutex // guards first and second
	first  map[K]V
	second map[K]V
}

func newRecent[K comparable, V any](size int) *recent[K, V] {
	return &recent[K, V]{size: size, first: map[K]V{}}
}

func (r *recent[K, V]) get(key K) (value V, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.find(key)
}

// add keeps value, unless key has one already, and returns the one that is kept.
func (r *recent[K, V]) add(key K, value V) V {
	r.mu.Lock()
	defer r.mu.Unlock()
	if old, ok := r.find(key); ok {
		return old
	}
	r.put(key, value)
	return value
}

// set keeps value in place of what key has.
func (r *recent[K, V]) set(key K, value V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.put(key, value)
}

// find needs mu.
func (r *recent[K, V]) find(key K) (value V, ok bool) {
	if value, ok = r.first[key]; ok {
		return value, true
	}
	if value, ok = r.second[key]; ok {
		r.put(key, value)
	}
	return value, ok
}

// put needs mu.
func (r *recent[K, V]) put(key K, value V) {
	if len(r.first) >= r.size {
		r.first, r.second = make(map[K]V, r.size), r.first
	}
	r.first[key] = value
}
