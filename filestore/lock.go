package filestore

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Lock implements [Locker].
func (v *View) Lock(ctx context.Context, name string, l Lock, timeout time.Duration) (Lock, error) {
	a, err := v.enter(ctx, "lock", name, toWrite)
	if err != nil {
		return Lock{}, err
	}
	if a.reserved(false) { // as the name of a file; private may be locked if it is there
		if _, missing := a.exists(ctx); missing != nil || a.reserved(true) {
			return Lock{}, pathError("lock", name, ErrReserved)
		}
	}
	l.Owner = v.caller.Account
	l, err = withLocks(a.Store).Lock(ctx, a.name, l, timeout)
	return a.showLock(l), a.hide(name, err)
}

// RefreshLock implements [Locker].
func (v *View) RefreshLock(ctx context.Context, name, token string, timeout time.Duration) (Lock, error) {
	a, err := v.locked(ctx, "refresh lock", name)
	if err != nil {
		return Lock{}, err
	}
	l, err := withLocks(a.Store).RefreshLock(ctx, a.name, token, v.caller.Account, timeout)
	return a.showLock(l), a.hide(name, err)
}

// Unlock implements [Locker].
func (v *View) Unlock(ctx context.Context, name, token string) error {
	a, err := v.locked(ctx, "unlock", name)
	if err != nil {
		return err
	}
	return a.hide(name, withLocks(a.Store).Unlock(ctx, a.name, token, v.caller.Account))
}

// Locks implements [Locker]. Those below name that others have are for owners and
// administrators.
func (v *View) Locks(ctx context.Context, name string, below bool) ([]Lock, error) {
	a, err := v.locked(ctx, "locks", name)
	if err != nil {
		return nil, err
	}
	locks, err := withLocks(a.Store).Locks(ctx, a.name, below)
	if err != nil {
		return nil, a.hide(name, err)
	}
	if !a.privileged {
		locks = slices.DeleteFunc(locks, func(l Lock) bool { return l.Owner != v.caller.Account && !Within(a.name, l.Name) })
	}
	for i := range locks {
		locks[i] = a.showLock(locks[i])
	}
	return locks, nil
}

// locked enters a name that has or may have a lock: whoever may write there.
func (v *View) locked(ctx context.Context, op, name string) (access, error) {
	return v.enter(ctx, op, name, toWrite)
}

// WithTokens implements [Locker].
func (v *View) WithTokens(tokens ...string) FS {
	with := *v
	with.tokens = tokens
	return &with
}

// submit adds to a precondition what the client has submitted.
func (v *View) submit(p Precondition) Precondition {
	p.Owner = v.caller.Account
	if len(v.tokens) > 0 {
		p.Tokens = append(slices.Clip(p.Tokens), v.tokens...)
	}
	return p
}

// showLock gives a lock the name that it has for the caller.
func (a access) showLock(l Lock) Lock {
	l.Name = a.inMount(l.Name)
	return l
}

// lockingStore is a store with locks, or one that says that it has none.
type lockingStore struct {
	Store
	locks Locks // nil: none
}

func withLocks(s Store) lockingStore {
	locks, _ := s.(Locks)
	return lockingStore{s, locks}
}

func (s lockingStore) Lock(ctx context.Context, name string, l Lock, timeout time.Duration) (Lock, error) {
	if s.locks == nil {
		return Lock{}, pathError("lock", name, errors.ErrUnsupported)
	}
	return s.locks.Lock(ctx, name, l, timeout)
}

func (s lockingStore) RefreshLock(ctx context.Context, name, token, owner string, timeout time.Duration) (Lock, error) {
	if s.locks == nil {
		return Lock{}, pathError("refresh lock", name, errors.ErrUnsupported)
	}
	return s.locks.RefreshLock(ctx, name, token, owner, timeout)
}

func (s lockingStore) Unlock(ctx context.Context, name, token, owner string) error {
	if s.locks == nil {
		return pathError("unlock", name, errors.ErrUnsupported)
	}
	return s.locks.Unlock(ctx, name, token, owner)
}

func (s lockingStore) Locks(ctx context.Context, name string, below bool) ([]Lock, error) {
	if s.locks == nil {
		return nil, pathError("locks", name, errors.ErrUnsupported)
	}
	return s.locks.Locks(ctx, name, below)
}
