package directory

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// ParseDomainAlias reads ALIAS=DOMAIN, for [Options]. Both names are brought
// into lower case, other letters than ASCII into A-labels (RFC 5891 §5).
func ParseDomainAlias(text string) (alias, domain string, err error) {
	alias, domain, ok := cut(text)
	if !ok {
		return "", "", fmt.Errorf("domain alias %q: want ALIAS=DOMAIN", clip(text))
	}
	if alias, err = domainName(alias); err == nil {
		domain, err = domainName(domain)
	}
	if err != nil {
		return "", "", fmt.Errorf("domain alias %q: %w", clip(text), err)
	}
	return alias, domain, nil
}

// ParseDomainIP reads IP=DOMAIN, for [Options]: an IPv4 or IPv6 address without
// a zone, and a domain as in [ParseDomainAlias].
func ParseDomainIP(text string) (ip netip.Addr, domain string, err error) {
	address, domain, ok := cut(text)
	if !ok {
		return netip.Addr{}, "", fmt.Errorf("domain address %q: want IP=DOMAIN", clip(text))
	}
	ip, err = netip.ParseAddr(address)
	if err != nil || ip.Zone() != "" {
		return netip.Addr{}, "", fmt.Errorf("domain address %q: %q is no IP address", clip(text), clip(address))
	}
	if domain, err = domainName(domain); err != nil {
		return netip.Addr{}, "", fmt.Errorf("domain address %q: %w", clip(text), err)
	}
	return ip.Unmap(), domain, nil
}

// cut splits a text at its first = and trims both parts.
func cut(text string) (left, right string, ok bool) {
	left, right, ok = strings.Cut(text, "=")
	return strings.TrimSpace(left), strings.TrimSpace(right), ok
}

// domainName is CleanHost for what an administrator wrote.
func domainName(name string) (string, error) {
	if host, err := filestore.CleanHost(name); err == nil && host != "" {
		return host, nil
	}
	return "", fmt.Errorf("%q is no name of a domain", clip(name))
}

// hosts are the Options that tell what a host means, with all names in the form
// that domains have. They are never changed.
type hosts struct {
	routes  routes
	aliases map[string]string // alias -> domain
	ips     map[netip.Addr]string
	trusted map[string]bool // domains
}

func newHosts(o *Options) (hosts, error) {
	routes, err := newRoutes(o.Routes)
	if err != nil {
		return hosts{}, err
	}
	h := hosts{routes, map[string]string{}, map[netip.Addr]string{}, map[string]bool{}}
	for alias, domain := range o.DomainAliases {
		alias, domain, err := ParseDomainAlias(alias + "=" + domain)
		if err != nil {
			return hosts{}, err
		}
		if err := once(h.aliases, alias, domain); err != nil {
			return hosts{}, fmt.Errorf("domain alias: %w", err)
		}
	}
	for ip, domain := range o.DomainIPs {
		name, err := domainName(domain)
		if err != nil {
			return hosts{}, fmt.Errorf("domain address: %w", err)
		}
		if err := once(h.ips, ip.Unmap().WithZone(""), name); err != nil {
			return hosts{}, fmt.Errorf("domain address: %w", err)
		}
	}
	for _, domain := range o.TrustPages {
		name, err := domainName(domain)
		if err != nil {
			return hosts{}, fmt.Errorf("trusted pages: %w", err)
		}
		h.trusted[name] = true
	}
	return h, nil
}

// once refuses a second, different value for a key.
func once[K comparable](m map[K]string, key K, value string) error {
	if old, ok := m[key]; ok && old != value {
		return fmt.Errorf("%v is given twice", key)
	}
	m[key] = value
	return nil
}

// Site tells what a connection to host, with or without a port, and to the local
// address means: the domain with the name or the alias host; else what a [Route]
// says; else the domain that the local address belongs to;
// else the Main Domain. An IP address as host is no name of a domain. A host
// that can be no name at all gives fs.ErrInvalid.
//
// A routed host shows its account and nothing else, even while that account does
// not exist; its pages are trusted, since they are alone in their origin.
//
// Source: CommuniGate Pro Guide, File Storage, "HTTP Access to File Storage";
// the rest is our choice.
func (b *Base) Site(ctx context.Context, host string, local netip.Addr) (filestore.Site, error) {
	if err := ctx.Err(); err != nil {
		return filestore.Site{}, err
	}
	now := b.now()
	name, err := filestore.CleanHost(host)
	if err != nil {
		return filestore.Site{}, err
	}
	if name != "" {
		if d := b.domainNamed(name, now); d != nil {
			return b.domainSite(d, now), nil
		}
		if account, ok := b.hosts.routes.find(name); ok {
			return b.routedSite(ctx, account)
		}
	}
	site := b.domainSite(b.main, now)
	if name, ok := b.hosts.ips[local.Unmap().WithZone("")]; ok {
		if d := b.domainNamed(name, now); d != nil {
			site = b.domainSite(d, now)
		}
	}
	site.Default = true
	return site, nil
}

func (b *Base) domainSite(d *domain, now time.Time) filestore.Site {
	levels := b.domainLevels(d, now)
	v, _, _ := effective(webSitePrefix, levels[:]...)
	prefix, _ := parsePrefix(v) // what cannot be read is not among the values
	return filestore.Site{
		Domain:     d.name,
		Prefix:     prefix,
		BareNames:  prefix == "",
		TrustPages: b.hosts.trusted[d.name],
	}
}

// routedSite is the site of an account, which may have been named by an alias.
func (b *Base) routedSite(ctx context.Context, account string) (filestore.Site, error) {
	_, domain, _ := splitAddress(account)
	site := filestore.Site{Domain: domain, Account: account, TrustPages: true}
	switch e, _, err := b.find(ctx, account); {
	case err == nil:
		site.Domain, site.Account = e.domain.name, e.address
	case !errors.Is(err, fs.ErrNotExist):
		return filestore.Site{}, err
	}
	return site, nil
}
