// Package lending lends the stores of the local directories of many accounts: it is
// the [filestore.Stores] of a mail server whose storages are on this machine.
//
//	stores := lending.New(places, nil)
//	defer stores.Close()
//	views := filestore.NewViews(directory, stores, nil)
//
// [Places] tell where the storage of an account is. However many accounts and links
// lead to a directory, it has one [filestore.Store]: two would not see each other's
// uploads and limits. For the same reason a lock on a directory above keeps other
// processes out ([Place].Claim). A store is opened when somebody wants it, and lent for
// one call, or until an upload ends. When many are open, the one that was used longest
// ago is closed.
//
// What the system refuses, such as room on a full disk, is logged once for as long
// as it goes on, and not for each call.
package lending
