package filestore

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Lock implements [Locker].
func (v *View) Lock(ctx context.Context, name string, l Lock, timeout time.Duration) (_ Lock, err error) {
	defer v.begin(ctx, "Lock", name, "").end(&err)
	a, err := v.enter(ctx, "lock", name, toWrite)
	if err != nil {
		return Lock{}, err
	}
	if a.reserved(false) { // as the name of a file; private may be locked if it is there
		if _, missing := a.exists(ctx); missing != nil || a.reserved(true) {
			return Lock{}, pathError("lock", name, ErrReserved)
		}
	}
	if l.Deep && !a.privileged {
		if err := v.mayLockBelow(ctx, a); err != nil {
			return Lock{}, pathError("lock", name, err)
		}
	}
	l.Owner = v.caller.Account
	l, err = withLocks(a.Store).Lock(ctx, a.name, l, timeout)
	return a.showLock(l), a.hide(name, err)
}

// mayLockBelow demands of somebody with a list that they may write all that a deep lock
// keeps others from writing.
func (v *View) mayLockBelow(ctx context.Context, a access) error {
	info, err := a.Store.Stat(ctx, a.name)
	if err != nil || !info.IsDir() {
		return nil // the store tells
	}
	return v.throughout(ctx, a, a.name, toWrite, nil)
}

// RefreshLock implements [Locker].
func (v *View) RefreshLock(ctx context.Context, name, token string, timeout time.Duration) (_ Lock, err error) {
	defer v.begin(ctx, "RefreshLock", name, "").end(&err)
	a, err := v.locked(ctx, "refresh lock", name)
	if err != nil {
		return Lock{}, err
	}
	l, err := withLocks(a.Store).RefreshLock(ctx, a.name, token, v.caller.Account, timeout)
	return a.showLock(l), a.hide(name, err)
}

// Unlock implements [Locker].
func (v *View) Unlock(ctx context.Context, name, token string) (err error) {
	defer v.begin(ctx, "Unlock", name, "").end(&err)
	a, err := v.locked(ctx, "unlock", name)
	if err != nil {
		return err
	}
	return a.hide(name, withLocks(a.Store).Unlock(ctx, a.name, token, v.caller.Account))
}

// Locks implements [Locker]. Those below name that others have are for owners and
// administrators.
func (v *View) Locks(ctx context.Context, name string, below bool) (_ []Lock, err error) {
	defer v.begin(ctx, "Locks", name, "").end(&err)
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

// unlocked returns a *LockedError if p lacks the token of a lock that covers name,
// for a change that is more than one step of the store, before the first.
func (a access) unlocked(ctx context.Context, name string, p Precondition) error {
	locks, err := withLocks(a.Store).Locks(ctx, name, false)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return err
	}
	var shared *LockedError
	submitted := false
	for _, l := range locks {
		has := l.Owner == p.Owner && slices.Contains(p.Tokens, l.Token)
		switch {
		case l.Shared:
			shared, submitted = &LockedError{l.Name}, submitted || has
		case !has:
			return pathError("change", name, &LockedError{l.Name})
		}
	}
	if shared != nil && !submitted {
		return pathError("change", name, shared)
	}
	return nil
}

// removable is unlocked for all that goes with what has the name of a.
func (a access) removable(ctx context.Context, p Precondition) error {
	names := []string{a.name}
	if _, ok := a.asSidecar(); !ok {
		dir, _ := Split(a.name)
		names = append(names, dir)
		below, err := withLocks(a.Store).Locks(ctx, a.name, true)
		if err != nil && !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
		for _, l := range below {
			if !Within(a.name, l.Name) {
				names = append(names, l.Name)
			}
		}
	}
	for _, name := range names {
		if err := a.unlocked(ctx, name, p); err != nil {
			return pathError("change", a.name, withoutPath(err))
		}
	}
	return nil
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
