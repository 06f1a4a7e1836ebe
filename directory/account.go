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
	"github.com/cgpkit/cgpkit/internal/fresh"
)

// accountKey tells accounts apart by the directories of their domains: of two
// that differ in letter case the other one may come to be the domain.
type accountKey struct{ domainDir, name string }

// account is an account, or the name of one that does not exist (yet).
type account struct {
	name    string
	address string
	place   fresh.Value[*place] // nil: there is no such account
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
	p, ok := a.place.Load(now)
	if !ok {
		p = a.place.Renew(now, func(old *place) *place { return b.relocate(d, name, old, now) })
	}
	return entry{a, d, p}, p != nil
}

// relocate returns old, if the account still stands there.
func (b *Base) relocate(d *domain, name string, old *place, now time.Time) *place {
	if old != nil {
		if _, err := os.Stat(old.proof); err == nil {
			return old
		}
		b.forget(old, name+"@"+d.name)
	}
	return b.locate(d, name, now)
}

// Account finds an account by its address, in any letter case, and by aliases of
// the account and of its domain. What cannot be an address is not there:
// fs.ErrNotExist.
//
// A limit that cannot be read is taken from the domain's or the server's defaults;
// services in a file that cannot be read are off.
func (b *Base) Account(ctx context.Context, address string) (filestore.Account, error) {
	e, now, err := b.find(ctx, address)
	if err != nil {
		return filestore.Account{}, err
	}
	levels := b.accountLevels(e, now)
	if wanting := exhausted(levels[:]); wanting != nil {
		return filestore.Account{Address: e.address}, fmt.Errorf("read settings of %s: %w", e.address, wanting)
	}
	return filestore.Account{
		Address:     e.address,
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
