// Package memstore keeps an account's files in memory.
//
// It is for tests, for demonstrations, and for storages that may be lost when
// the program ends. It writes nothing to disk:
//
//	store := memstore.New()
//	upload, err := store.Create(ctx, "hello.txt", filestore.CreateOptions{}, limits)
//	if err != nil {
//		return err
//	}
//	defer upload.Abort()
//	io.WriteString(upload, "Hello")
//	info, err := upload.Commit()
//
// It is a [treestore.Tree] in a map, and what package treestore makes of that is the
// yardstick for other stores, not a fast one.
package memstore
