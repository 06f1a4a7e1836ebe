package dirstore

import (
	"sync"
	"sync/atomic"

	"github.com/cgpkit/cgpkit/filestore"
)

// ledger counts what is stored, and what changes on their way hold for
// themselves, so that no limit is passed by two at once.
type ledger struct {
	sets atomic.Uint64 // how often what is stored was counted or read

	mu   sync.Mutex // guards all below
	used filestore.Usage
	held filestore.Usage
	bad  bool // used came out below zero
}

func (l *ledger) stored() filestore.Usage {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.used
}

func (l *ledger) set(used filestore.Usage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used, l.bad = used, false
	l.sets.Add(1)
}

// wrong reports whether more was removed than was ever counted.
func (l *ledger) wrong() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bad
}

// hold changes what one change holds from *held to the growing part of delta.
// What that adds must fit below the limits.
func (l *ledger) hold(held *filestore.Usage, delta filestore.Usage, limits filestore.Limits) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	want := filestore.Usage{Files: max(0, delta.Files), Bytes: max(0, delta.Bytes)}
	more := sub(want, *held)
	room := sub(filestore.Usage{Files: limits.Files, Bytes: limits.Bytes}, add(l.used, l.held))
	if more.Files > 0 && more.Files > room.Files {
		return &filestore.LimitError{Kind: filestore.LimitFiles, Limit: limits.Files}
	}
	if more.Bytes > 0 && more.Bytes > room.Bytes {
		return &filestore.LimitError{Kind: filestore.LimitBytes, Limit: limits.Bytes}
	}
	l.held = add(l.held, more)
	*held = want
	return nil
}

// fits reports whether delta would fit below the limits if nothing was stored:
// only then can it be that the ledger is wrong.
func (l *ledger) fits(held, delta filestore.Usage, limits filestore.Limits) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	room := sub(filestore.Usage{Files: limits.Files, Bytes: limits.Bytes}, sub(l.held, held))
	return max(0, delta.Files) <= room.Files && max(0, delta.Bytes) <= room.Bytes
}

// settle ends a change that made delta of what is stored: zero if it did not
// happen.
func (l *ledger) settle(held *filestore.Usage, delta filestore.Usage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = sub(l.held, *held)
	*held = filestore.Usage{}
	l.used = add(l.used, delta)
	if l.used.Files < 0 || l.used.Bytes < 0 {
		l.used, l.bad = filestore.Usage{Files: max(0, l.used.Files), Bytes: max(0, l.used.Bytes)}, true
	}
}

func add(a, b filestore.Usage) filestore.Usage {
	return filestore.Usage{Files: a.Files + b.Files, Bytes: a.Bytes + b.Bytes}
}

func sub(a, b filestore.Usage) filestore.Usage {
	return filestore.Usage{Files: a.Files - b.Files, Bytes: a.Bytes - b.Bytes}
}
