package directory

import (
	"sync"
	"sync/atomic"
	"time"
)

// recheck is how long what was found on disk is taken as it is.
const recheck = time.Second

// fresh holds a value that is worked out anew when it is older than recheck. The
// zero value holds nothing. It is safe for concurrent use.
type fresh[T any] struct {
	current atomic.Pointer[dated[T]]
	mu      sync.Mutex // held while a new value is worked out
}

type dated[T any] struct {
	value T
	at    time.Time
}

// load returns the value, if it is not too old at now.
func (f *fresh[T]) load(now time.Time) (value T, ok bool) {
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

// renew works the value out with next, which gets the old one, unless somebody
// else has done so meanwhile.
func (f *fresh[T]) renew(now time.Time, next func(old T) T) T {
	f.mu.Lock()
	defer f.mu.Unlock()
	if value, ok := f.load(now); ok {
		return value
	}
	value := next(f.last())
	f.current.Store(&dated[T]{value, now})
	return value
}

// last returns the value, however old it is.
func (f *fresh[T]) last() (value T) {
	if d := f.current.Load(); d != nil {
		value = d.value
	}
	return value
}
