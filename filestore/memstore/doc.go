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
// The whole tree stands under one mutex: every call is one step because
// nothing else runs beside it. That makes it the yardstick for other stores,
// not a fast one.
//
// What it does is the contract of [filestore.Store]. Where that leaves a
// choice: entity tags are a counter, a directory keeps the modification time
// of its making, and a copy gets the time of copying.
package memstore
