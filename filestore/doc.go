// Package filestore holds the rules of CommuniGate Pro Account File Storages:
// which names there are, who may do what, and what a store has to promise.
//
// A way in (HTTP, FTP, ...) asks a [View]: one account's storage as one caller
// may see it. Everything about rights is decided there, so that a new protocol
// cannot get it wrong:
//
//	view := filestore.NewView(directory, caller, "john@client1.com")
//	name, _, err := filestore.CleanName("pictures/cat.jpg") // once, at the edge
//	upload, err := view.Create(ctx, name, filestore.CreateOptions{Size: size})
//	if err != nil {
//		return err // errors.Is: fs.ErrPermission, filestore.ErrLimit, ...
//	}
//	defer upload.Abort()
//	_, err = io.Copy(upload, body)
//	if err == nil {
//		_, err = upload.Commit() // until here the old file is untouched
//	}
//
// Accounts, roles and limits come from a [Directory]: package directory reads
// those of a CommuniGate Pro base directory, and a mail server with its own
// user database implements the interface. Files are kept by a [Store]:
// package dirstore keeps them in a local directory, memstore in memory; package
// storetest is the test suite for more.
//
// # Who may do what
//
// Owners and administrators may do everything that the names below allow.
// Others and strangers may read what is public, as long as the WebSite service
// is on for the account and its domain; the rest is refused or not there:
//
//	                         stranger       other user     owner, administrator
//	public file              if WebSite     if WebSite     yes
//	private, or below        refused        refused        yes
//	public directory, list   if WebSite     if WebSite     yes
//	sidecar X.meta           not there      not there      yes
//	share path, right key    if WebSite     if WebSite     if WebSite
//	share path, wrong key    not there      not there      not there
//	$ mounts                 refused        refused        administrators
//	any change               refused        refused        yes
//	account that is missing  not there; refused where it would be refused if it existed
//
// A caller that stands for a service ([Caller].Limited) is never an owner,
// reaches no sidecar and no mount, and needs the WebSite service everywhere.
//
// # Names
//
// Names that restrict do so in every letter case: private and the $ mounts as
// first segment, index.wssp as any segment, the suffix .meta, and at the top
// freebusy.wssp and freebusy.vfb. Names that grant (protected, pwd, a key)
// count only exactly as they are written here. What nobody can create, rename
// or copy to:
//
//	in any directory  index.wssp; the suffix .meta in other letters; a directory X.meta
//	at the top        names that start with ~; the six $ mounts; freebusy.wssp;
//	                  a directory freebusy.vfb; a file private; private in other letters
//
// The root and the private directory itself are neither renamed nor copied.
//
// Sources: CommuniGate Pro Guide, File Storage (5.2), for names, sidecars,
// sharing and the rights of owners and administrators; where it is silent the
// choice is ours, and made for safety.
package filestore
