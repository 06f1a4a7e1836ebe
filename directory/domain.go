package directory

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/internal/fresh"
)

// domain is a domain, or the name of one that does not exist (yet).
type domain struct {
	name     string
	dir      string
	exists   fresh.Value[bool]
	settings *watched[settings]
	aliases  *watched[map[string]string]   // alias -> account
	rights   *watched[map[string][]string] // account -> rights
	folders  *folder                       // all but dir itself
}

// newDomain returns the domain whose directory is named by elem.
func (b *Base) newDomain(name string, elem ...string) *domain {
	in := func(file ...string) []string { return append(elem[:len(elem):len(elem)], file...) }
	dir := filepath.Join(append([]string{b.dir}, elem...)...)
	return &domain{
		name:     name,
		dir:      dir,
		settings: watch(b, readDomainSettings, in("Settings", "Domain.settings")...),
		aliases:  watch(b, readAliases, in("Settings", "Aliases.data")...),
		rights:   watch(b, rightsReader(name), in("Settings", "Access.settings")...),
		folders:  b.newFolder(dir, top),
	}
}

// domainNamed returns a domain by its name in lower case, or by an alias of it;
// nil if there is none.
func (b *Base) domainNamed(name string, now time.Time) *domain {
	if d := b.realDomain(name, now); d != nil {
		return d
	}
	if real, ok := b.hosts.aliases[name]; ok {
		return b.realDomain(real, now)
	}
	return nil
}

func (b *Base) realDomain(name string, now time.Time) *domain {
	if name == b.main.name {
		return b.main
	}
	if !validDomain(name) { // a name that reaches the file system has been checked
		return nil
	}
	if d := b.domainIn(name, name, now); d != nil {
		return d
	}
	others, _ := b.domainNames.get(now) // the error has been logged
	if stored, ok := others[name]; ok {
		return b.domainIn(name, stored, now)
	}
	return nil
}

// domainIn returns the domain of this name, if its directory is the one that is
// stored in Domains.
func (b *Base) domainIn(name, stored string, now time.Time) *domain {
	d, ok := b.domains.Get(stored)
	if !ok {
		d = b.domains.Add(stored, b.newDomain(name, "Domains", stored))
	}
	exists, ok := d.exists.Load(now)
	if !ok {
		exists = d.exists.Renew(now, func(bool) bool { return isDirectory(d.dir) })
	}
	if !exists {
		return nil
	}
	return d
}

// readDomainNames reads the directory Domains: names in lower case, and how they
// stand there, of those that are not in lower case, as the server writes them.
func readDomainNames(path string, _ *slog.Logger) (map[string]string, error) {
	entries, err := os.ReadDir(path)
	names := map[string]string{}
	for _, e := range entries {
		if name := e.Name(); name != strings.ToLower(name) && isDirectory(filepath.Join(path, name)) {
			addFolded(names, name)
		}
	}
	return names, err
}

// findDomain returns a domain as a caller names it; "" is the Main Domain.
func (b *Base) findDomain(ctx context.Context, name string) (*domain, time.Time, error) {
	if err := ctx.Err(); err != nil {
		return nil, time.Time{}, err
	}
	now := b.now()
	if name == "" {
		return b.main, now, nil
	}
	if len(name) <= maxName {
		if d := b.domainNamed(strings.ToLower(name), now); d != nil {
			return d, now, nil
		}
	}
	return nil, time.Time{}, fmt.Errorf("find domain: %w", fs.ErrNotExist)
}

// readAliases reads Aliases.data, which has the aliases of all accounts of a
// domain. Its inner shape is not documented (our choice): a string is the account
// that its key is an alias of, an array holds the aliases of the account that is
// its key; what is neither is passed over and logged.
func readAliases(path string, log *slog.Logger) (map[string]string, error) {
	v, err := readDictionary(path, log)
	if err != nil {
		return nil, err
	}
	aliases := map[string]string{}
	add := func(alias, account string) {
		alias, account = strings.ToLower(alias), strings.ToLower(account)
		switch old, ok := aliases[alias]; {
		case !validAccount(alias) || !validAccount(account):
			log.Warn("alias cannot be read", "alias", clip(alias), "account", clip(account))
		case ok && old != account:
			log.Warn("alias is given twice", "alias", alias)
		default:
			aliases[strings.Clone(alias)] = strings.Clone(account)
		}
	}
	for key, v := range v.Pairs() {
		switch v.Kind() {
		case cgpdata.KindString:
			add(key, v.Text())
		case cgpdata.KindArray:
			for alias := range v.Elements() {
				if alias.Kind() != cgpdata.KindString {
					log.Warn("alias cannot be read", "account", clip(key), "kind", alias.Kind())
					continue
				}
				add(alias.Text(), key)
			}
		default:
			log.Warn("alias cannot be read", "alias", clip(key), "kind", v.Kind())
		}
	}
	return aliases, nil
}

// isDirectory reports whether path, or what it links to, is a directory.
func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// isFile reports whether path, or what it links to, is a regular file.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
