// Package fresh holds what was found out about something that others change, for as
// long as it is taken as it is.
package fresh

import (
	"sync"
	"sync/atomic"
	"time"
)

// recheck is how long a value is taken as it is.
const recheck = time.Second

// Value holds a value that is worked out anew when it is older than recheck. The
// zero value holds nothing. It is safe for concurrent use.
type Value[T any] struct {
	current atomic.Pointer[dated[T]]
	mu      sync.Mutex // held while a new value is worked out
}

type dated[T any] struct {
	value T
	at    time.Time
}

// Load returns the value, if it is not too old at now.
func (f *Value[T]) Load(now time.Time) (value T, ok bool) {
	d := f.current.Load()
	if d == nil {
		return value, false
	}
	age := now.Sub(d.at)
	if age >= recheck || age <= -recheck { // the clock may have been set back
		return value, false
	}
	return d.value, true
}

// Renew works the value out with next, which gets the old one, unless somebody
// else has done so meanwhile.
func (f *Value[T]) Renew(now time.Time, next func(old T) T) T {
	f.mu.Lock()
	defer f.mu.Unlock()
	if value, ok := f.Load(now); ok {
		return value
	}
	value := next(f.Last())
	f.current.Store(&dated[T]{value, now})
	return value
}

// Last returns the value, however old it is.
func (f *Value[T]) Last() (value T) {
	if d := f.current.Load(); d != nil {
		value = d.value
	}
	return value
}
