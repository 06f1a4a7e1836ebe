package lending

import (
	"errors"
	"io/fs"
	"os"
	"sync"

	"github.com/cgpkit/cgpkit/internal/flock"
	"github.com/cgpkit/cgpkit/internal/hostfile"
)

// errClaimed says that another process, or another Stores, has the storages.
var errClaimed = errors.New("the storages of this directory are in use by another program")

// claims are the directories that are locked. Where the system or the file system has
// no locks, none is.
type claims struct {
	mu     sync.Mutex // guards all below
	closed bool
	locked map[string]*os.File // by path; two paths may lead to one
}

func (c *claims) take(dir string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return fs.ErrClosed
	}
	if c.locked[dir] != nil {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return hostfile.WithoutPath(err)
	}
	if same := c.same(f); same != nil {
		f.Close()
		f = same
	} else if flock.Try(f) == flock.ErrLocked { // network file systems may have no locks
		f.Close()
		return errClaimed
	}
	if c.locked == nil {
		c.locked = map[string]*os.File{}
	}
	c.locked[dir] = f
	return nil
}

// same returns the lock of the directory that is open as f, if it is locked by
// another path. It needs mu.
func (c *claims) same(f *os.File) *os.File {
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	for _, locked := range c.locked {
		if other, err := locked.Stat(); err == nil && os.SameFile(info, other) {
			return locked
		}
	}
	return nil
}

func (c *claims) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, f := range c.locked {
		flock.Unlock(f)
		f.Close()
	}
	c.locked = nil
}
