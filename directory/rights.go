package directory

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/filestore"
)

// The stored names of the rights that open other accounts' storages. They are
// compared exactly; the names that administration pages show grant nothing.
const (
	rightMaster      = "Master"            // all rights
	rightAccounts    = "UserAccounts"      // shown as "All Domains and Accounts"
	rightFiles       = "CanAccessWebSites" // CommuniGate Pro Guide, File Storage, "Private Folder"
	rightFilesLater  = "CanViewWebSites"   // the same in later versions
	rightDomain      = "Domain"            // an administrator of the domain, whatever else they may
	rightImpersonate = "CanImpersonate"
)

// Role tells what caller is to the account with this real address:
//
//   - Administrator, if caller is an account of the Main Domain with the right
//     Master or UserAccounts, or an account of the same domain as the account
//     with the right CanAccessWebSites or CanViewWebSites. This comes before
//     Owner, as an administrator may do more.
//   - Owner, if caller is the account, and not Limited;
//   - Other, if caller has logged in, and Stranger if not.
//
// An empty address is an account that does not exist: Administrator for an
// administrator of the server, otherwise Other or Stranger. The error is that
// of ctx only; rights in a file that cannot be read are not granted.
//
// Source: CommuniGate Pro Guide, File Storage, "HTML-based Management"; which
// rights are looked for in which domain is our choice.
func (b *Base) Role(ctx context.Context, caller filestore.Caller, account string) (filestore.Role, error) {
	if err := ctx.Err(); err != nil {
		return filestore.Stranger, err
	}
	name, domain, ok := splitAddress(caller.Account)
	if !ok {
		return filestore.Stranger, nil
	}
	now := b.now()
	target, targetDomain, ok := splitAddress(account)
	switch {
	case b.rules(name, domain, now):
		return filestore.Administrator, nil
	case !ok:
		return filestore.Other, nil
	case domain == targetDomain && b.granted(name, domain, now, rightFiles, rightFilesLater):
		return filestore.Administrator, nil
	case name == target && domain == targetDomain && !caller.Limited:
		return filestore.Owner, nil
	}
	return filestore.Other, nil
}

// MayActFor reports whether caller may give commands in the name of the account with
// this real address. They may if it is their own, or if they are an administrator of
// the server. Who has the right CanImpersonate in the account's domain may too, unless
// the account is an administrator of the server. Strangers and limited callers may not.
// The error is that of ctx only. Our choice.
func (b *Base) MayActFor(ctx context.Context, caller filestore.Caller, account string) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	name, domain, ok := splitAddress(caller.Account)
	target, targetDomain, found := splitAddress(account)
	if !ok || !found || caller.Limited {
		return false, nil
	}
	now := b.now()
	return name == target && domain == targetDomain || b.rules(name, domain, now) ||
		domain == targetDomain && b.granted(name, domain, now, rightImpersonate) &&
			!b.rules(target, targetDomain, now), nil
}

// rules reports whether an account is an administrator of the server.
func (b *Base) rules(name, domain string, now time.Time) bool {
	return domain == b.main.name && b.granted(name, domain, now, rightMaster, rightAccounts)
}

// granted reports whether an account has one of these rights in its own domain.
func (b *Base) granted(name, domain string, now time.Time, wanted ...string) bool {
	d := b.realDomain(domain, now)
	if d == nil {
		return false
	}
	rights, _ := d.rights.get(now) // the error has been logged
	for _, right := range rights[name] {
		if slices.Contains(wanted, right) {
			return true
		}
	}
	return false
}

// rightsReader returns a function that reads Access.settings of a domain: names
// of its accounts, in any letter case, each with an array of rights. A name with
// another domain grants nothing (our choice).
func rightsReader(domain string) func(string, *slog.Logger) (map[string][]string, error) {
	return func(path string, log *slog.Logger) (map[string][]string, error) {
		v, err := readDictionary(path, log)
		if err != nil {
			return nil, err
		}
		rights := map[string][]string{}
		for key, v := range v.Pairs() {
			name := strings.TrimSuffix(strings.ToLower(key), "@"+domain)
			if v.Kind() != cgpdata.KindArray || !validAccount(name) {
				log.Warn("rights cannot be read", "account", clip(key), "kind", v.Kind())
				continue
			}
			name = strings.Clone(name)
			if _, ok := rights[name]; ok {
				log.Warn("rights are given twice", "account", name) // the last ones count
			}
			rights[name] = nil
			for right := range v.Elements() {
				if right.Kind() == cgpdata.KindString {
					rights[name] = append(rights[name], strings.Clone(right.Text()))
				}
			}
		}
		return rights, nil
	}
}
