package filestore

import (
	"io/fs"
	"time"
)

// Views makes the views of the storages of one mail server: what a way in (HTTP,
// FTP, ...) is given, and asks for a [View] for each request or command. The views share
// what is remembered of sidecars, so that a large one is parsed once and not for each
// request; who has named wrong share keys, so that guessing comes to an end; and what is
// being built. So a program makes one Views for its mail server, by [NewViews], and gives
// it to everything that serves.
//
// Views is safe for concurrent use, and what it remembers is bounded.
type Views struct {
	directory Directory
	stores    Stores
	memory    memory
}

// ViewsOptions are what [NewViews] can do without. A nil *ViewsOptions is the zero
// ViewsOptions. Use field names: fields may be added.
type ViewsOptions struct {
	// Namespace is the XML namespace of new sidecars. Empty: that of a sidecar
	// that has been read before, else none.
	Namespace string
	// WrongKeys is how many different wrong share keys of one account a client
	// may name within WrongKeysWithin, and ten times as many over all accounts.
	// After that only keys of 22 bytes and more, which nobody guesses, open
	// anything there for its address (IPv6: for its network of 64 bits), until
	// the time has passed. All clients together may name ten times as many of one
	// account; after that the same holds for those that have not named a right key
	// there before. Clients with [Caller].RemoteUnverified are counted apart, and
	// not together. 0: 20 in 10 minutes.
	WrongKeys       int
	WrongKeysWithin time.Duration
	// Observer hears of every operation of the views, once it has ended. nil: nobody
	// does, and that costs nothing.
	Observer Observer
	// Now tells the time. nil: time.Now.
	Now func() time.Time
}

// NewViews returns the views of the accounts of a directory, whose files are in
// stores. If the directory implements [Groups] or [FreeBusyBuilder] as well, and the stores
// [Mounts], these count. Options may be nil.
func NewViews(d Directory, s Stores, o *ViewsOptions) *Views {
	v := &Views{directory: d, stores: s}
	if o != nil {
		v.memory.options = *o
	}
	return v
}

// Directory returns the directory that the views are of.
func (v *Views) Directory() Directory { return v.directory }

// Stores returns the stores that the files are in.
func (v *Views) Stores() Stores { return v.stores }

// View returns the storage of the account at address as caller may see it, for one
// request or command. Nothing is looked up yet: an account that does not exist makes a
// View as well, and its operations answer.
func (v *Views) View(caller Caller, address string) *View {
	made := &struct { // in one piece of memory
		view  View
		found lookups
	}{view: View{views: v, caller: caller, address: address}}
	made.view.lookups = &made.found
	return &made.view
}

// Mounts returns a storage with nothing in it but what is mounted in those of a domain,
// which has that whether or not it has accounts.
func (v *Views) Mounts(caller Caller, domain string) *View {
	view := v.View(caller, "postmaster@"+domain)
	view.lookups.account.known, view.lookups.account.value = true, Account{Address: view.address}
	view.lookups.store.known, view.lookups.store.err = true, fs.ErrNotExist
	return view
}
