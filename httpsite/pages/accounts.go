package pages

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// The pages of administrators: domains and accounts with what their storages hold, what
// they share, and the mounts for skins and applications (CommuniGate Pro Guide, WebAdmin,
// Accounts; File Storage, "Virtual Files and Folders").

// Administration is an addition to a [filestore.Directory] that tells about domains and
// accounts. Without it there are no pages for administrators. It must be safe for
// concurrent use. Base of package directory is one.
type Administration interface {
	// Administers reports whether caller may ask about a domain, by its real name.
	Administers(ctx context.Context, caller filestore.Caller, domain string) (bool, error)
	// Domains yields the names of all domains. An error is about one of them.
	Domains(ctx context.Context) iter.Seq2[string, error]
	// DomainName returns the real name of a domain. One that does not exist gives
	// fs.ErrNotExist.
	DomainName(ctx context.Context, name string) (string, error)
	// Accounts yields the names of the accounts of a domain, without the domain. An error
	// is about one of them.
	Accounts(ctx context.Context, domain string) iter.Seq2[string, error]
}

// Bounds of these pages. Our choice.
const (
	accountsPart = 50
	maxLooked    = 100_000 // accounts that are looked through
	maxDomains   = 1000    // that are offered for choice
	sharingTime  = 10 * time.Second
	sharingPart  = 20
)

type accountsPage struct {
	Domains        []string // for choice; one is chosen already
	Domain, Search string
	All            bool // of all domains
	Accounts       []accountRow
	Found          int64
	Cut            bool // there may be more
	Previous, Next string
	Sharing        string // the page of what they share
	Mounts         []mountRow
	NewMount       string // what was typed in
}

type accountRow struct {
	Address       string
	Files, Shares string // links
	Site          bool   // shown to everybody
	Known         bool   // the caller may see the storage
	Usage         filestore.Usage
	Limits        filestore.Limits
}

// Percent tells how full the storage is, by what is nearer to its limit; -1: there is none.
func (a accountRow) Percent() int64 {
	return max(percent(a.Usage.Bytes, a.Limits.Bytes), percent(a.Usage.Files, a.Limits.Files))
}

func percent(n, limit int64) int64 {
	switch {
	case limit == filestore.Unlimited:
		return -1
	case limit <= 0 || n >= limit:
		return 100
	}
	return int64(float64(n) / float64(limit) * 100)
}

// mountRow is a mount, whether or not there is something in it.
type mountRow struct{ Name, Link string }

// mountNames are the mounts in which the page makes folders.
var mountNames = []string{"$DomainSkins", "$DomainPBXApp", "$ServerSkins", "$ServerPBXApp", "$ClusterSkins", "$ClusterPBXApp"}

// administration returns what the caller administers: all domains (of is ""), or that
// domain; nil: nothing.
func (v *visit) administration() (a Administration, of string, err error) {
	if v.Views == nil || v.Accounts == "" || v.Caller.IsStranger() {
		return nil, "", nil
	}
	a, ok := v.Views.Directory().(Administration)
	if !ok {
		return nil, "", nil
	}
	ctx := v.HTTP.Context()
	role, err := v.Views.Directory().Role(ctx, v.Caller, "")
	if err != nil {
		return nil, "", err
	}
	if role == filestore.Administrator {
		return a, "", nil
	}
	_, domain, _ := strings.Cut(v.Caller.Account, "@")
	if may, err := a.Administers(ctx, v.Caller, domain); err != nil || !may {
		return nil, "", err
	}
	return a, domain, nil
}

func isAdministrator(v *visit) bool {
	a, _, err := v.administration()
	return err == nil && a != nil
}

func getAccounts(v *visit) error { return v.showAccounts(http.StatusOK, v.HTTP.URL.Query(), "") }

// showAccounts shows what a query asks for.
func (v *visit) showAccounts(code int, query url.Values, newMount string) error {
	p, addresses, err := v.findAccounts(query, accountsPart)
	if err != nil {
		return err
	}
	ctx := v.HTTP.Context()
	for _, address := range addresses {
		row := accountRow{Address: address, Files: v.storage(address) + PageName}
		row.Shares = row.Files + "/shares"
		if account, err := v.Views.Directory().Account(ctx, address); err == nil {
			row.Site = account.WebSite
		}
		view := v.Views.View(v.Caller, address)
		if row.Usage, err = view.Usage(ctx, filestore.Root); err == nil {
			row.Limits, err = view.Limits(ctx)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		row.Known = err == nil // what is wrong with one keeps nobody from the others
		p.Accounts = append(p.Accounts, row)
	}
	p.NewMount = newMount
	if !p.All {
		v.fillMounts(ctx, p)
	}
	return v.show(code, "accounts.html", v.T("accounts.title")+cmp.Or(": "+p.Domain, ""), *p)
}

// storage is the address of a storage, with a slash at its end.
func (v *visit) storage(address string) string { return v.Accounts + url.PathEscape(address) + "/" }

// findAccounts returns the part of the accounts that a query asks for.
//
//	domain=client1.com    those of this domain; * is all
//	search=jo             whose names have this in them
//	after=john@client1.com
func (v *visit) findAccounts(query url.Values, part int) (*accountsPage, []string, error) {
	if v.Folder != filestore.Root {
		return nil, nil, fs.ErrNotExist
	}
	a, of, err := v.administration()
	if err != nil {
		return nil, nil, err
	}
	if a == nil {
		return nil, nil, fs.ErrPermission
	}
	ctx := v.HTTP.Context()
	p := &accountsPage{Search: strings.TrimSpace(query.Get("search")), All: of == "" && query.Get("domain") == "*"}
	if p.Domains, err = v.domains(ctx, a, of); err != nil {
		return nil, nil, err
	}
	_, own, _ := strings.Cut(v.Caller.Account, "@")
	if !p.All {
		wanted := strings.TrimSpace(query.Get("domain"))
		if wanted == "" || wanted == "*" {
			wanted = own
		}
		p.Domain, err = a.DomainName(ctx, wanted)
		switch {
		case errors.Is(err, fs.ErrNotExist) && of == "":
			v.message, p.Domain = v.T("accounts.noDomain"), own
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return nil, nil, err
		case of != "" && p.Domain != of: // what others have is not told, nor whether it is there
			return nil, nil, fs.ErrPermission
		}
	}
	found, err := v.matching(ctx, a, p)
	if err != nil {
		return nil, nil, err
	}
	p.Found = int64(len(found))
	from := 0
	if after := query.Get("after"); after != "" {
		from, _ = slices.BinarySearch(found, after+"\x00")
	}
	to := min(from+part, len(found))
	link := func(after string) string {
		q := url.Values{"domain": {cmp.Or(p.Domain, "*")}}
		if p.Search != "" {
			q.Set("search", p.Search)
		}
		if after != "" {
			q.Set("after", after)
		}
		return "?" + q.Encode()
	}
	p.Sharing = v.Link("sharing") + link(query.Get("after"))
	if to < len(found) {
		p.Next = link(found[to-1])
	}
	if from > 0 {
		p.Previous = link("")
		if from > part {
			p.Previous = link(found[from-part-1])
		}
	}
	return p, found[from:to], nil
}

// domains are those that the caller can choose from.
func (v *visit) domains(ctx context.Context, a Administration, of string) (all []string, err error) {
	if of != "" {
		return []string{of}, nil
	}
	for name, err := range a.Domains(ctx) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil && len(all) < maxDomains {
			all = append(all, name)
		}
	}
	return all, nil
}

// matching returns the accounts that are looked for, sorted.
func (v *visit) matching(ctx context.Context, a Administration, p *accountsPage) (found []string, err error) {
	domains := []string{p.Domain}
	if p.All {
		domains = p.Domains
		p.Cut = len(domains) == maxDomains
	}
	search := strings.ToLower(p.Search)
	looked := 0
look:
	for _, domain := range domains {
		for name, err := range a.Accounts(ctx, domain) {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if looked == maxLooked {
				p.Cut = true
				break look
			}
			looked++
			if address := name + "@" + domain; err == nil && strings.Contains(address, search) {
				found = append(found, address)
			}
		}
	}
	slices.Sort(found)
	return found, nil
}

// fillMounts adds the mounts that the caller may manage in a domain.
func (v *visit) fillMounts(ctx context.Context, p *accountsPage) {
	_, own, _ := strings.Cut(v.Caller.Account, "@")
	at := v.Caller.Account // the account in whose storage they are shown
	if own != p.Domain {
		if len(p.Accounts) == 0 {
			return
		}
		at = p.Accounts[0].Address
	}
	there := v.Views.Mounts(v.Caller, p.Domain).Mounts(ctx)
	for _, name := range mountNames {
		row := mountRow{Name: name}
		if slices.Contains(there, name) {
			row.Link = v.storage(at) + escapePath(name) + "/" + PageName
		}
		// What the caller may not manage is refused by shape, whether or not it is there.
		if row.Link != "" || v.mayMount(ctx, p.Domain, name) {
			p.Mounts = append(p.Mounts, row)
		}
	}
}

// mayMount reports whether the caller may put something into a mount.
func (v *visit) mayMount(ctx context.Context, domain, name string) bool {
	if strings.HasPrefix(name, "$Cluster") {
		return false // which exists only if the host has one, and then it is there
	}
	return v.Views.Mounts(v.Caller, domain).Manage(ctx, name) == nil
}

// postAccounts makes a folder in a mount: a skin, or the files of a language.
func postAccounts(v *visit) error {
	values, err := v.readValues(maxSmallForm)
	if err != nil {
		return err
	}
	query := url.Values{"domain": {values.Get("domain")}}
	if err = v.makeInMount(values); err == nil {
		return v.redirect("?" + query.Encode())
	}
	code, message := v.tell(err)
	if message == "" {
		return err
	}
	v.message = message
	return v.showAccounts(code, query, values.Get("folder"))
}

func (v *visit) makeInMount(values url.Values) error {
	if !v.isToken(values.Get("token")) {
		return errTooOld
	}
	a, of, err := v.administration()
	switch {
	case err != nil:
		return err
	case a == nil:
		return fs.ErrPermission
	case !slices.Contains(mountNames, values.Get("mount")):
		return errNotUnderstood
	}
	ctx := v.HTTP.Context()
	domain, err := a.DomainName(ctx, values.Get("domain"))
	if of != "" && domain != of {
		return fs.ErrPermission
	}
	if err != nil {
		return err
	}
	name, err := entryName(values.Get("mount"), strings.TrimSpace(values.Get("folder")))
	if err == nil {
		err = about(values.Get("folder"), v.Views.Mounts(v.Caller, domain).Mkdir(ctx, name))
	}
	return err
}

// sharingPage is what several accounts share.
type sharingPage struct {
	Domain         string
	Accounts       []sharingAccount
	Previous, Next string
	Incomplete     bool
	Back           string
}

type sharingAccount struct {
	Address, Link string
	Entries       []sharedEntry
	Known         bool
}

// getSharing shows what the accounts share that a query finds.
func getSharing(v *visit) error {
	found, addresses, err := v.findAccounts(v.HTTP.URL.Query(), sharingPart)
	if err != nil {
		return err
	}
	p := sharingPage{Domain: found.Domain, Previous: found.Previous, Next: found.Next, Incomplete: found.Cut, Back: v.Link("accounts") + "?" + v.HTTP.URL.RawQuery}
	ctx, cancel := context.WithTimeout(v.HTTP.Context(), sharingTime)
	defer cancel()
	for _, address := range addresses {
		row := sharingAccount{Address: address, Link: v.storage(address) + PageName + "/shares"}
		entries, incomplete, err := v.sharedIn(ctx, v.Views.View(v.Caller, address))
		if v.HTTP.Context().Err() != nil {
			return v.HTTP.Context().Err()
		}
		late := err != nil && ctx.Err() != nil
		row.Known = err == nil || late
		p.Incomplete = p.Incomplete || incomplete || late
		for _, entry := range entries {
			entry.Link = v.storage(address) + strings.TrimPrefix(entry.Link, v.Top())
			row.Entries = append(row.Entries, entry)
		}
		if len(row.Entries) > 0 || !row.Known {
			p.Accounts = append(p.Accounts, row)
		}
		if late {
			break // of the others nothing is known yet
		}
	}
	return v.show(http.StatusOK, "sharing.html", v.T("sharing.title"), p)
}
