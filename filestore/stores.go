package filestore

import "context"

// Stores knows where the files of accounts are kept. Package lending, below dirstore,
// does so for local directories; a host that keeps files elsewhere, all in one
// database, say, implements it. It must be safe for concurrent use, and quick: a
// [View] asks it once.
type Stores interface {
	// Store returns what keeps the files of the account with this real address.
	// Where nothing has been stored yet that is an empty Store, which may come to be
	// with its first file; fs.ErrNotExist: the account has no storage. Any other
	// error is a fault, and must not be fs.ErrNotExist.
	Store(ctx context.Context, account string) (Store, error)
}

// Mounts is an addition to [Stores] for the directories that stand at the top of
// every storage for administrators: skins and real-time applications
// (CommuniGate Pro Guide, File Storage, "Virtual Files and Folders"). It must be
// safe for concurrent use, and quick.
type Mounts interface {
	// Mount returns what is mounted under one of the six names, as "$DomainSkins", in
	// the storages of all accounts of a domain. domain is in lower case, and empty for
	// what the server and the Cluster have, which is the same in all storages.
	// fs.ErrNotExist: nothing is mounted. Rights have been checked. In a store of
	// skins each directory is one, and the plain files directly in it are those of
	// the nameless skin.
	Mount(ctx context.Context, domain, name string) (Store, error)
}
