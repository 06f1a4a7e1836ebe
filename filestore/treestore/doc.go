// Package treestore makes a whole [filestore.Store], with locks, of a [Tree]: of whatever
// can get, list and change nodes by their names, such as a map, a file or a table.
//
//	store, err := treestore.New(ctx, tree, nil)
//
// The author of a Tree writes three methods. All that every store has to do alike is done
// here: names and preconditions, the order of refusals, limits and the room of uploads,
// locks, sidecars, and the walk through what is moved or copied. Package memstore is a
// Tree in a map, and examples/ownstore one in a file.
//
// A node comes whole, with the content of its file: this is for storages of which
// several files at a time fit into memory. Changes wait for each other; reading waits for
// nothing, but for the Usage of a directory below Root. A rename of a directory writes all nodes below it anew. Limits and locks are
// kept in memory, so there must be one Store for a Tree at a time.
//
// A store that this does not suit finds its parts in packages ledger and locktable.
package treestore
