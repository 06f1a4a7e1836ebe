// Package lending lends the stores of the local directories of many accounts: it is
// the [filestore.Stores] of a mail server whose storages are on this machine.
//
//	stores := lending.New(places, nil)
//	defer stores.Close()
//	views := filestore.NewViews(directory, stores, nil)
//
// [Places] tell where the storage of an account is. There is one [filestore.Store]
// for each directory, whatever number of accounts and links lead to it: two would
// not see each other's uploads and limits. So another process is kept out as well,
// by a lock on a directory above ([Place].Claim). A store is opened when somebody
// wants it. It is lent for each call, and for an upload until that ends; those that
// nobody has used for the longest time are closed when there are many.
//
// What the system refuses, such as room on a full disk, is logged once for as long
// as it goes on, and not for each call.
package lending
