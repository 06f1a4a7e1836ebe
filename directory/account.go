package directory

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/filestore"
)

// accountKey tells accounts apart by the directories of their domains: of two
// that differ in letter case the other one may come to be the domain.
type accountKey struct{ domainDir, name string }

// account is an account, or the name of one that does not exist (yet).
type account struct {
	name    string
	address string
	place   fresh[*place] // nil: there is no such account
}

// entry is an account that exists.
type entry struct {
	*account
	domain *domain
	place  *place
}

var errNoAccount = fmt.Errorf("find account: %w", fs.ErrNotExist)

// find finds the account at an address, in any letter case and by any alias, as
// it is at the time that it returns.
func (b *Base) find(ctx context.Context, address string) (entry, time.Time, error) {
	if err := ctx.Err(); err != nil {
		return entry{}, time.Time{}, err
	}
	now := b.now()
	name, domain, ok := splitAddress(address)
	if !ok {
		return entry{}, now, errNoAccount
	}
	d := b.domainNamed(domain, now)
	if d == nil {
		return entry{}, now, errNoAccount
	}
	if e, ok := b.inDomain(d, name, now); ok {
		return e, now, nil
	}
	aliases, err := d.aliases.get(now) // the error has been logged
	if err := exhausted([]level{{err: err}}); err != nil {
		return entry{}, now, fmt.Errorf("find account: %w", err)
	}
	if real, ok := aliases[name]; ok {
		if e, ok := b.inDomain(d, real, now); ok {
			return e, now, nil
		}
	}
	return entry{}, now, errNoAccount
}

// inDomain finds an account by its real name. Where an account and an alias have
// the same name, the account has it: our choice.
func (b *Base) inDomain(d *domain, name string, now time.Time) (entry, bool) {
	key := accountKey{d.dir, name}
	a, ok := b.accounts.Get(key)
	if !ok {
		a = b.accounts.Add(key, &account{name: name, address: name + "@" + d.name})
	}
	p, ok := a.place.load(now)
	if !ok {
		p = a.place.renew(now, func(old *place) *place { return b.relocate(d, name, old, now) })
	}
	return entry{a, d, p}, p != nil
}

// relocate returns old, if the account still stands there.
func (b *Base) relocate(d *domain, name string, old *place, now time.Time) *place {
	if old != nil {
		if _, err := os.Stat(old.proof); err == nil {
			return old
		}
		if err := b.stores.forget(old.storage.last().root); err != nil {
			b.log.Error("storage of an account that is gone cannot be closed", "account", name+"@"+d.name, "err", err)
		}
	}
	return b.locate(d, name, now)
}

// store returns the Store of an account; nil if it has no storage.
func (b *Base) store(e entry, now time.Time) (filestore.Store, error) {
	s, ok := e.place.storage.load(now)
	if !ok {
		s = e.place.storage.renew(now, func(old opened) opened {
			found := b.stores.find(e.place)
			found.err = b.stores.incidents.report(e.place.web, filestore.HostError(found.err))
			again := old.err != nil && found.err != nil && old.err.Error() == found.err.Error()
			if found.err != nil && filestore.HostKind(found.err) == nil && !again {
				b.log.Error("storage cannot be opened", "account", e.address, "err", found.err)
			}
			return found
		})
	}
	return s.store, s.err
}

// Account finds an account by its address, in any letter case, and by aliases of
// the account and of its domain. What cannot be an address is not there:
// fs.ErrNotExist. A storage that cannot be opened is another error, which is
// logged too.
//
// A multi-mailbox account has a storage, which its first file creates; a
// single-mailbox account has one if its directory exists, and none otherwise. A
// limit that cannot be read is taken from the domain's or the server's defaults;
// services in a file that cannot be read are off. An account whose settings and
// storage both cannot be had is not there: which services it has nobody knows.
func (b *Base) Account(ctx context.Context, address string) (filestore.Account, error) {
	e, now, err := b.find(ctx, address)
	if err != nil {
		return filestore.Account{}, err
	}
	store, err := b.store(e, now)
	levels := b.accountLevels(e, now)
	switch wanting := exhausted(levels[:]); {
	case wanting != nil:
		return filestore.Account{Address: e.address}, fmt.Errorf("read settings of %s: %w", e.address, wanting)
	case err != nil && levels[0].err != nil && !errors.Is(err, filestore.ErrExhausted): // both have been logged
		return filestore.Account{Address: e.address}, errNoAccount
	case err != nil: // opaque: a disk that is not there must not look like files that are not
		return filestore.Account{Address: e.address}, fmt.Errorf("open storage of %s: %w", e.address, err)
	}
	return filestore.Account{
		Address:     e.address,
		Store:       store,
		Limits:      limitsOf(levels[:]),
		WebSite:     b.serves(e, "WebSite", now),
		DefaultPage: word(defaultWebPage, levels[:]),
	}, nil
}

// exhausted tells that settings could not be read for want of open files or
// memory: what they say will be known later, and is not to be taken for no.
func exhausted(levels []level) error {
	for _, l := range levels {
		if err := filestore.HostError(l.err); errors.Is(err, filestore.ErrExhausted) {
			return err
		}
	}
	return nil
}

// limitsOf returns the limits in effect.
func limitsOf(levels []level) filestore.Limits {
	return filestore.Limits{
		Files:    limit(ParseCount, maxWebFiles, levels),
		Bytes:    limit(ParseSize, maxWebSize, levels),
		FileSize: limit(ParseSize, maxFileSize, levels),
	}
}

// limit returns a limit that is in effect.
func limit(parse func(cgpdata.Value) (int64, error), key string, levels []level) int64 {
	v, _, _ := effective(key, levels...)
	n, _ := parse(v) // what cannot be read is not among the values
	return n
}

// word returns a text that is in effect.
func word(key string, levels []level) string {
	v, _, _ := effective(key, levels...)
	s, _ := text(v)
	return s
}

// serves reports whether a service is on, for the account and for its domain
// (CommuniGate Pro Guide, File Storage, for WebSite; our choice for others).
func (b *Base) serves(e entry, service string, now time.Time) bool {
	account, domain := b.accountLevels(e, now), b.domainLevels(e.domain, now)
	return has(service, accessModes, account[:]) && has(service, domainAccessModes, domain[:])
}

func has(service, key string, levels []level) bool {
	v, _, err := effective(key, levels...)
	if err != nil {
		return false
	}
	s, _ := ParseServices(v) // what cannot be read is the empty set
	return s.Has(service)
}
