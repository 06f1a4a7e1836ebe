package directory

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/hostfile"
)

// Administers reports whether caller may ask about a domain, by its real name, and about
// all its accounts: an administrator of the server may, and an account of the domain with
// the right Domain, CanAccessWebSites or CanViewWebSites. The error is that of ctx
// only. Our choice.
func (b *Base) Administers(ctx context.Context, caller filestore.Caller, domain string) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	name, own, ok := splitAddress(caller.Account)
	if !ok || caller.Limited {
		return false, nil
	}
	now := b.now()
	return b.rules(name, own, now) || own == domain && b.granted(name, own, now, rightDomain, rightFiles, rightFilesLater), nil
}

// DomainName returns the real name of a domain, in lower case, by its name or an alias; ""
// is the Main Domain. One that does not exist gives fs.ErrNotExist.
func (b *Base) DomainName(ctx context.Context, name string) (string, error) {
	d, _, err := b.findDomain(ctx, name)
	if err != nil {
		return "", err
	}
	return d.name, nil
}

// DomainAliases returns the aliases of a domain, sorted: those of
// [Options.DomainAliases]. "" is the Main Domain; one that does not exist gives
// fs.ErrNotExist.
func (b *Base) DomainAliases(ctx context.Context, name string) ([]string, error) {
	d, _, err := b.findDomain(ctx, name)
	if err != nil {
		return nil, err
	}
	return namesOf(b.hosts.aliases, d.name), nil
}

// namesOf returns the keys that have a value, sorted.
func namesOf(aliases map[string]string, real string) []string {
	var names []string
	for _, alias := range slices.Sorted(maps.Keys(aliases)) {
		if aliases[alias] == real {
			names = append(names, alias)
		}
	}
	return names
}

// DomainSettings returns a Dictionary: what Domain.settings of a domain holds, or, with
// effective set, what is in effect for it, as [Base.DomainSetting] has it, without the
// defaults for accounts. "" is the Main Domain. Secrets are among it: take care whom it
// is shown. A domain that does not exist gives fs.ErrNotExist; a file that cannot be read
// another error.
func (b *Base) DomainSettings(ctx context.Context, name string, effective bool) (cgpdata.Value, error) {
	d, now, err := b.findDomain(ctx, name)
	if err != nil {
		return cgpdata.Value{}, err
	}
	if !effective {
		return b.stored(d.settings.path)
	}
	levels := b.domainLevels(d, now)
	return b.inEffect([]string{domainAccessModes, webSitePrefix}, levels[:])
}

// AccountSettings is DomainSettings of an account: what its settings file holds, or what is
// in effect for it, as [Base.AccountSetting] has it. The password is among it.
func (b *Base) AccountSettings(ctx context.Context, address string, effective bool) (cgpdata.Value, error) {
	e, now, err := b.find(ctx, address)
	if err != nil {
		return cgpdata.Value{}, err
	}
	own, err := b.stored(e.place.settings.path)
	if err != nil || !effective {
		return own, err
	}
	defaults := b.accountDefaults(e.domain, now)
	levels := []level{{values: readable(own, slog.New(slog.DiscardHandler))}, defaults[0], defaults[1]}
	return b.inEffect([]string{accessModes, callLogs, defaultWebPage, failedLoginFlow, maxFileSize, maxWebFiles, maxWebSize}, levels)
}

// stored returns what a settings file holds, which may not be there.
func (b *Base) stored(path string) (cgpdata.Value, error) {
	v, err := readDictionary(path, slog.New(slog.DiscardHandler))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return cgpdata.Dictionary(), nil
	case err != nil: // what is wrong with it is logged where it is used; a piece of a password may be in it
		return cgpdata.Value{}, fmt.Errorf("read settings: %s: %w", b.relative(path), withoutKeys(hostfile.WithoutPath(err)))
	}
	return v, nil
}

// inEffect returns all settings of levels, and the built-in ones of some keys.
func (b *Base) inEffect(builtIn []string, levels []level) (cgpdata.Value, error) {
	keys := map[string]struct{}{}
	for _, key := range builtIn {
		keys[key] = struct{}{}
	}
	for _, l := range levels {
		if l.err != nil {
			return cgpdata.Value{}, fmt.Errorf("read settings: %w", l.err)
		}
		for key := range l.values {
			keys[key] = struct{}{}
		}
	}
	delete(keys, accountDefaults)
	var pairs []cgpdata.Pair
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if v, ok, _ := effective(key, levels...); ok {
			pairs = append(pairs, cgpdata.Pair{Key: key, Value: v})
		}
	}
	return cgpdata.Dictionary(pairs...), nil
}

// AccountLocation returns where an account is: a slash-separated path below the base
// directory, of the directory of a multi-mailbox account (Accounts/john.macnt), or of the
// mailbox of another one (Accounts/fred.mbox). An account that does not exist gives
// fs.ErrNotExist.
//
// Source: CommuniGate Pro Guide, Command Line Interface.
func (b *Base) AccountLocation(ctx context.Context, address string) (string, error) {
	e, _, err := b.find(ctx, address)
	if err != nil {
		return "", err
	}
	return b.location(e.place), nil
}

func (b *Base) location(p *place) string {
	path := p.mailboxes
	if path == "" {
		stem := strings.TrimSuffix(p.web, ".web")
		path = stem + mailboxes[0] // that of an account which has got no mail yet
		for _, suffix := range mailboxes {
			if isMailbox(stem + suffix) {
				path = stem + suffix
				break
			}
		}
	}
	return b.relative(path)
}

// AccountLocations yields the locations of the accounts of a domain, in the order of
// [Base.Accounts], whose errors it yields as well.
func (b *Base) AccountLocations(ctx context.Context, domain string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for at, err := range b.walkAccounts(ctx, domain) {
			location := ""
			if err == nil {
				p := b.placeIn(at.dir, at.stored)
				if p == nil { // it has gone
					continue
				}
				location = b.location(p)
			}
			if !yield(location, err) {
				return
			}
		}
	}
}

// AccountAliases returns the aliases of an account, sorted, without its domain. An account
// that does not exist gives fs.ErrNotExist, a file that cannot be read another error.
func (b *Base) AccountAliases(ctx context.Context, address string) ([]string, error) {
	e, now, err := b.find(ctx, address)
	if err != nil {
		return nil, err
	}
	aliases, err := e.domain.aliases.get(now)
	if err != nil {
		return nil, fmt.Errorf("read aliases: %w", err)
	}
	return namesOf(aliases, e.name), nil
}

// AccountRights returns the stored names of the rights of an account, as they stand in
// Access.settings of its domain. The errors are those of AccountAliases.
func (b *Base) AccountRights(ctx context.Context, address string) ([]string, error) {
	e, now, err := b.find(ctx, address)
	if err != nil {
		return nil, err
	}
	rights, err := e.domain.rights.get(now)
	if err != nil {
		return nil, fmt.Errorf("read rights: %w", err)
	}
	return slices.Clone(rights[e.name]), nil
}

// AccountInfo returns a Dictionary: what the .info file of an account holds, which the
// server makes anew when it is lost. A file that cannot be read holds nothing. An account
// that does not exist gives fs.ErrNotExist.
func (b *Base) AccountInfo(ctx context.Context, address string) (cgpdata.Value, error) {
	e, _, err := b.find(ctx, address)
	if err != nil {
		return cgpdata.Value{}, err
	}
	v, err := readDictionary(e.place.info.path, slog.New(slog.DiscardHandler))
	if err != nil {
		return cgpdata.Dictionary(), nil
	}
	return v, nil
}
