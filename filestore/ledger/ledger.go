package ledger

import (
	"sync"

	"github.com/cgpkit/cgpkit/filestore"
)

// Ledger counts what is stored, and what changes on their way hold for
// themselves. The zero value counts nothing. It is safe for concurrent use.
type Ledger struct {
	mu        sync.Mutex // guards all below
	used      filestore.Usage
	held      filestore.Usage
	sets      uint64
	overdrawn bool
}

// Stored returns what is stored.
func (l *Ledger) Stored() filestore.Usage {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.used
}

// Set corrects what is stored, after it was counted.
func (l *Ledger) Set(used filestore.Usage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used, l.overdrawn = used, false
	l.sets++
}

// Sets returns how often Set was called.
func (l *Ledger) Sets() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sets
}

// Overdrawn reports whether more was removed than was ever counted, since the last
// Set: then what is stored is not what was counted.
func (l *Ledger) Overdrawn() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.overdrawn
}

// Hold changes what one change holds from *held to those numbers of delta that are
// above zero. What that adds must fit below the limits, else the error is a
// *[filestore.LimitError] and nothing changes. It does not look at
// limits.FileSize.
func (l *Ledger) Hold(held *filestore.Usage, delta filestore.Usage, limits filestore.Limits) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	want := growth(delta)
	more := Sub(want, *held)
	room := Sub(filestore.Usage{Files: limits.Files, Bytes: limits.Bytes}, Add(l.used, l.held))
	if more.Files > 0 && more.Files > room.Files {
		return &filestore.LimitError{Kind: filestore.LimitFiles, Limit: limits.Files}
	}
	if more.Bytes > 0 && more.Bytes > room.Bytes {
		return &filestore.LimitError{Kind: filestore.LimitBytes, Limit: limits.Bytes}
	}
	l.held = Add(l.held, more)
	*held = want
	return nil
}

// Fits reports whether delta would fit below the limits, for a change that holds held,
// if nothing was stored. If not, it is no wrong count for which it was refused.
func (l *Ledger) Fits(held, delta filestore.Usage, limits filestore.Limits) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	room := Sub(filestore.Usage{Files: limits.Files, Bytes: limits.Bytes}, Sub(l.held, held))
	delta = growth(delta)
	return delta.Files <= room.Files && delta.Bytes <= room.Bytes
}

// Settle ends a change that made delta of what is stored, zero if it did not
// happen, and gives back what it holds. Once that is nothing, Settle with a delta
// of zero does nothing.
func (l *Ledger) Settle(held *filestore.Usage, delta filestore.Usage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = Sub(l.held, *held)
	*held = filestore.Usage{}
	l.used = Add(l.used, delta)
	if l.used.Files < 0 || l.used.Bytes < 0 {
		l.used, l.overdrawn = growth(l.used), true
	}
}

// Add returns the sum of two usages.
func Add(a, b filestore.Usage) filestore.Usage {
	return filestore.Usage{Files: a.Files + b.Files, Bytes: a.Bytes + b.Bytes}
}

// Sub returns the difference of two usages.
func Sub(a, b filestore.Usage) filestore.Usage {
	return filestore.Usage{Files: a.Files - b.Files, Bytes: a.Bytes - b.Bytes}
}

// growth is the part of a difference that limits are asked about.
func growth(delta filestore.Usage) filestore.Usage {
	return filestore.Usage{Files: max(0, delta.Files), Bytes: max(0, delta.Bytes)}
}

// CheckFile returns a *[filestore.LimitError] if a file or sidecar that grows from old
// bytes to size is above the limit of one file. old is None for one that is new.
func CheckFile(old, size int64, limits filestore.Limits) error {
	if size > limits.FileSize && size > max(0, old) {
		return &filestore.LimitError{Kind: filestore.LimitFileSize, Limit: limits.FileSize}
	}
	return nil
}

// CheckSidecar is CheckFile for a sidecar, which is never above
// [filestore.MaxSidecarBytes].
func CheckSidecar(old, size int64, limits filestore.Limits) error {
	if size > filestore.MaxSidecarBytes {
		return &filestore.LimitError{Kind: filestore.LimitFileSize, Limit: min(limits.FileSize, filestore.MaxSidecarBytes)}
	}
	return CheckFile(old, size, limits)
}
