package filestore

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"sync"
)

// lookups are what the operations of one View have found out.
type lookups struct {
	account    answer[Account]
	role       answer[Role] // of the caller, to the account
	serverRole answer[Role]
	store      answer[Store]
}

// answer is kept for whoever asks again. That something does not exist is an answer, and
// a fault is none: it may have passed when the next one asks.
type answer[T any] struct {
	mu    sync.Mutex // guards what follows; held while somebody asks
	known bool
	value T
	err   error // nil or fs.ErrNotExist
}

// or returns the answer, or what ask says if there is none yet.
func (a *answer[T]) or(ask func() (T, error)) (T, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known {
		return a.value, a.err
	}
	value, err := ask()
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		a.known, a.value, a.err = true, value, err
	}
	return value, err
}

// account finds the account.
func (v *View) account(ctx context.Context) (Account, error) {
	return v.lookups.account.or(func() (Account, error) { return v.views.directory.Account(ctx, v.address) })
}

// role finds what the caller is to the account, which was looked for with this error. For
// one that does not exist that is Administrator for an administrator of the server,
// and nothing else; for one that cannot be used it is the true role.
func (v *View) role(ctx context.Context, account Account, failed error) (role Role, err error) {
	ask := func() (Role, error) { return v.views.directory.Role(ctx, v.caller, account.Address) }
	switch {
	case v.caller.IsStranger():
		return Stranger, nil
	case failed == nil:
		role, err = v.lookups.role.or(ask)
	case errors.Is(failed, fs.ErrNotExist):
		return v.serverRole(ctx)
	default:
		role, err = ask() // the next operation may find another account
	}
	return v.asLoggedIn(role), err
}

// serverRole finds what the caller, who has logged in, is to the server.
func (v *View) serverRole(ctx context.Context) (Role, error) {
	role, err := v.lookups.serverRole.or(func() (Role, error) { return v.views.directory.Role(ctx, v.caller, "") })
	return v.asLoggedIn(role), err
}

// asLoggedIn returns what a role means for a caller who has logged in.
func (v *View) asLoggedIn(role Role) Role {
	if role == Stranger || role > Administrator || role == Owner && v.caller.Limited {
		return Other
	}
	return role
}

// lookup finds the account, the caller's role, and the store, if the name does not stand
// in another one. With an error that is about the account or its store the role
// comes as well.
func (v *View) lookup(ctx context.Context, where ground) (access, error) {
	account, err := v.account(ctx)
	a := access{Account: account, asked: new(int64), memory: &v.views.memory}
	var failed error
	if a.role, failed = v.role(ctx, account, err); failed != nil {
		return access{}, failed
	}
	if err != nil || where >= mountsOfDomain {
		return a, err
	}
	a.Store, err = v.lookups.store.or(func() (Store, error) { return v.views.stores.Store(ctx, account.Address) })
	if err != nil && a.role < Owner && !a.WebSite {
		err = fs.ErrNotExist // a fault tells no more than a service that is off
	}
	return a, err
}

// SameAccount reports whether another address leads to the account of the view, which
// has to exist.
func (v *View) SameAccount(ctx context.Context, address string) (bool, error) {
	own, err := v.account(ctx)
	other := own
	if err == nil && !strings.EqualFold(address, v.address) {
		other, err = v.views.directory.Account(ctx, address)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && own.Address == other.Address, err
}
