package directory

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/hostfile"
)

var _ filestore.Mounts = (*Base)(nil)

// Mount returns the directory that stands under a name such as $DomainSkins at
// the top of the storage of an account: WebSkins and PBXApp in the settings of
// its domain, and those of the server in the base directory. What the Cluster
// shares is in [Options.ClusterDir]. A directory is made when something is first
// put into it, as long as the one above it is there.
//
// Source: CommuniGate Pro Guide, File Storage, "Virtual Files and Folders", and
// Domains; PBXApp, and where the server's are, is our choice.
func (b *Base) Mount(ctx context.Context, account, name string) (filestore.Store, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	above := b.mountsIn(account, name)
	var dir string
	switch {
	case strings.HasSuffix(name, "Skins"):
		dir = "WebSkins"
	case strings.HasSuffix(name, "PBXApp"):
		dir = "PBXApp"
	}
	if above == "" || dir == "" || !isDirectory(above) {
		return nil, fs.ErrNotExist
	}
	var store filestore.Store
	root, err := hostfile.Resolve(filepath.Join(above, dir)) // one store for one directory, whether or not it is there yet
	if err == nil && above == b.clusterDir {
		err = b.claimCluster()
	}
	if err == nil {
		store, err = b.stores.storeAt(root, true)
	}
	if err = b.stores.incidents.report(root, filestore.HostError(err)); err != nil { // opaque, as in Account
		if filestore.HostKind(err) == nil {
			b.log.ErrorContext(ctx, "mount cannot be opened", "name", name, "err", err)
		}
		return nil, fmt.Errorf("open mount: %w", err)
	}
	return store, nil
}

// mountsIn returns the directory that holds what is mounted under a name; "" if
// there is none.
func (b *Base) mountsIn(account, name string) string {
	switch {
	case strings.HasPrefix(name, "$Server"):
		return b.dir
	case strings.HasPrefix(name, "$Cluster"):
		return b.clusterDir
	}
	_, domain, ok := splitAddress(account)
	if !ok || !strings.HasPrefix(name, "$Domain") {
		return ""
	}
	if d := b.realDomain(domain, b.now()); d != nil {
		return filepath.Join(d.dir, "Settings")
	}
	return ""
}
