package dirstore

import (
	"context"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// Lock implements [filestore.Locks]. It waits for a change that runs, so that
// nothing of what was decided before changes under the lock. Locks are kept in
// memory and end with the Store.
func (s *Store) Lock(ctx context.Context, name string, l filestore.Lock, timeout time.Duration) (filestore.Lock, error) {
	if err := s.lock(ctx); err != nil {
		return filestore.Lock{}, fail("lock", name, err)
	}
	defer s.unlock()
	return s.locks.Lock(ctx, name, l, timeout)
}

// RefreshLock implements [filestore.Locks].
func (s *Store) RefreshLock(ctx context.Context, name, token, owner string, timeout time.Duration) (filestore.Lock, error) {
	return s.locks.RefreshLock(ctx, name, token, owner, timeout)
}

// Unlock implements [filestore.Locks].
func (s *Store) Unlock(ctx context.Context, name, token, owner string) error {
	return s.locks.Unlock(ctx, name, token, owner)
}

// Locks implements [filestore.Locks].
func (s *Store) Locks(ctx context.Context, name string, below bool) ([]filestore.Lock, error) {
	return s.locks.Locks(ctx, name, below)
}
