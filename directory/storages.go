package directory

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore/lending"
)

var _ lending.Places = (*Base)(nil)

// Stores returns what keeps the files of the accounts: [Options].Stores, or else the
// directories that CommuniGate Pro has for them, of which [Base.Storage] and
// [Base.Mount] tell.
func (b *Base) Stores() filestore.Stores {
	if b.lending == nil {
		return b.elsewhere
	}
	return b.lending
}

// Storage returns the directory of the storage of the account with this real address
// (CommuniGate Pro Guide, Account Data). That of a multi-mailbox account is made by
// its first file; a single-mailbox account has one if its directory exists, and none
// otherwise. An account that does not exist gives fs.ErrNotExist.
func (b *Base) Storage(ctx context.Context, account string) (lending.Place, error) {
	e, _, err := b.find(ctx, account)
	if err != nil {
		return lending.Place{}, err
	}
	return b.storageAt(e.place), nil
}

func (b *Base) storageAt(p *place) lending.Place {
	return lending.Place{Dir: p.web, Create: p.create, Claim: b.dir}
}

// forget closes the storage of an account that is gone.
func (b *Base) forget(p *place, account string) {
	if b.lending == nil {
		return
	}
	if err := b.lending.Forget(b.storageAt(p)); err != nil {
		b.log.Error("storage of an account that is gone cannot be closed", "account", account, "err", err)
	}
}

// Mount returns the directory that stands under a name such as $DomainSkins at the top
// of the storages of a domain: WebSkins or PBXApp, in the settings of the domain, or in
// the base directory for those of the server. domain counts for the former only. What
// the Cluster shares is in [Options.ClusterDir]. A directory is made when something is
// first put into it, as long as the one above it is there; otherwise it is
// fs.ErrNotExist.
//
// Source: CommuniGate Pro Guide, File Storage, "Virtual Files and Folders", and
// Domains; PBXApp, and where the server's are, is our choice.
func (b *Base) Mount(ctx context.Context, domain, name string) (lending.Place, error) {
	if err := ctx.Err(); err != nil {
		return lending.Place{}, err
	}
	above, claim := b.mountsIn(domain, name)
	var dir string
	switch {
	case strings.HasSuffix(name, "Skins"):
		dir = "WebSkins"
	case strings.HasSuffix(name, "PBXApp"):
		dir = "PBXApp"
	}
	if above == "" || dir == "" || !isDirectory(above) {
		return lending.Place{}, fmt.Errorf("find mount: %w", fs.ErrNotExist)
	}
	return lending.Place{Dir: filepath.Join(above, dir), Create: true, Claim: claim}, nil
}

// mountsIn returns the directory that holds what is mounted under a name, "" if there
// is none, and the one to claim for it.
func (b *Base) mountsIn(domain, name string) (above, claim string) {
	switch {
	case strings.HasPrefix(name, "$Server"):
		return b.dir, b.dir
	case strings.HasPrefix(name, "$Cluster"):
		return b.clusterDir, b.clusterDir
	case !strings.HasPrefix(name, "$Domain") || !validDomain(domain):
		return "", ""
	}
	if d := b.realDomain(domain, b.now()); d != nil {
		return filepath.Join(d.dir, "Settings"), b.dir
	}
	return "", ""
}

// Claim makes sure now that no other process has storages of this base directory
// open, and that none opens any until Close: two would not see each other's
// uploads and limits. Otherwise the first use of a storage does so, and the
// first use of a mount for [Options.ClusterDir]. The error tells that there is
// another one, or that the directory cannot be opened; after Close it is
// fs.ErrClosed. With [Options.OpenStore] or [Options.Stores], and where the system
// has no locks, it does nothing.
func (b *Base) Claim() error {
	if b.lending == nil {
		return nil
	}
	return b.lending.Claim(b.dir)
}

// Close closes the storages. Call it when nothing uses them any more, at the end
// of the program: what accounts hold then need not be counted again. Storages cannot
// be had after it. The error names all storages that could not be closed; nothing
// that users stored is lost by that. [Options.Stores] are for their host to close.
func (b *Base) Close() error {
	if b.lending == nil {
		return nil
	}
	return b.lending.Close()
}
