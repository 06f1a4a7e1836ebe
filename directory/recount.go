package directory

import (
	"context"
	"errors"
	"io/fs"
	"iter"

	"github.com/cgpkit/cgpkit/filestore"
)

// Recounted is what [Base.Recount] found about the storage of an account.
type Recounted struct {
	// Account is the address; empty with an error about something else.
	Account string
	// Before is what the usage was taken for, and After what it is.
	Before, After filestore.Usage
}

// Recount counts what storages hold, and corrects what is known of it: those of
// the accounts with these addresses, where a name without a domain is one of the
// Main Domain, or of all accounts. It yields every storage, one after the other,
// with an error where that could not be counted, and those of [Base.Domains] and
// [Base.Accounts]; the walk goes on. Storages are in use meanwhile: changes of one
// wait as long as it is counted. A storage is mended by itself in time, so this
// is for those who cannot wait.
//
// Source: our choice.
func (b *Base) Recount(ctx context.Context, accounts ...string) iter.Seq2[Recounted, error] {
	return func(yield func(Recounted, error) bool) {
		for address, err := range b.addresses(ctx, accounts) {
			r, found := Recounted{Account: address}, false
			if err == nil {
				found, err = b.recount(ctx, &r)
			}
			if (found || err != nil) && !yield(r, err) || ctx.Err() != nil {
				return
			}
		}
	}
}

// recount counts one storage, if the account has one.
func (b *Base) recount(ctx context.Context, r *Recounted) (found bool, err error) {
	a, err := b.Account(ctx, r.Account)
	if err != nil {
		return false, err
	}
	r.Account = a.Address
	store, err := b.Stores().Store(ctx, a.Address)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	counter, ok := store.(filestore.Rescanner)
	if !ok {
		return false, nil
	}
	r.Before, r.After, err = counter.Rescan(ctx)
	return true, err
}

// addresses yields these accounts by their full addresses, or all there are.
func (b *Base) addresses(ctx context.Context, accounts []string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, account := range accounts {
			if !yield(filestore.QualifyAccount(account, b.main.name), nil) {
				return
			}
		}
		if len(accounts) > 0 {
			return
		}
		for domain, err := range b.Domains(ctx) {
			if err != nil {
				if !yield("", err) {
					return
				}
				continue
			}
			for name, err := range b.Accounts(ctx, domain) {
				if err == nil {
					name += "@" + domain
				}
				if !yield(name, err) {
					return
				}
			}
		}
	}
}
