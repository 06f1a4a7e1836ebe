package directory

import (
	"errors"
	"io/fs"
	"os"
	"sync"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
	"github.com/cgpkit/cgpkit/internal/flock"
	"github.com/cgpkit/cgpkit/internal/hostfile"
)

// errClaimed says that another process, or another Base, has the storages.
var errClaimed = errors.New("the storages of this directory are in use by another program")

// claim is the right to open the storages in a base directory, or in that of a
// Cluster, for which there must be one store each: a lock on the directory itself,
// from the first storage on until the Base is closed, or the process ends. Where
// the system or the file system has no such locks, nothing is claimed.
type claim struct {
	dir    string
	mu     sync.Mutex
	lock   *os.File // guarded by mu; nil: not claimed
	closed bool     // guarded by mu
}

func (c *claim) take() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return fs.ErrClosed
	}
	if c.lock != nil {
		return nil
	}
	f, err := os.Open(c.dir)
	if err != nil {
		return hostfile.WithoutPath(err)
	}
	if flock.Try(f) == flock.ErrLocked { // network file systems may have no locks
		f.Close()
		return errClaimed
	}
	c.lock = f
	return nil
}

func (c *claim) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.lock != nil {
		flock.Unlock(c.lock)
		c.lock.Close()
		c.lock = nil
	}
}

// openStore is the default of Options.OpenStore.
func (c *claim) openStore(root string, create bool) (filestore.Store, error) {
	if err := c.take(); err != nil {
		return nil, err
	}
	s, err := dirstore.Open(root, &dirstore.Options{NoCreate: !create})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// claimCluster claims the directory of the Cluster, unless it is the base
// directory, which is claimed when a storage is opened.
func (b *Base) claimCluster() error {
	if b.claim == nil || sameFile(b.dir, b.clusterDir) {
		return nil
	}
	return b.clusterClaim.take()
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// Claim makes sure now that no other process has storages of this base directory
// open, and that none opens any until Close: two would not see each other's
// uploads and limits. Otherwise the first use of a storage does so, and the
// first use of a mount for [Options.ClusterDir]. The error tells that there is
// another one, or that the directory cannot be opened; after Close it is
// fs.ErrClosed. With [Options.OpenStore], and where the system has no locks, it
// does nothing.
func (b *Base) Claim() error {
	if b.claim == nil {
		return nil
	}
	return b.claim.take()
}
