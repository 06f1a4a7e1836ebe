// Package storetest holds the tests that every [filestore.Store] passes.
//
// The author of a store calls [Run] from a test:
//
//	func TestStore(t *testing.T) {
//		t.Parallel()
//		storetest.Run(t, func(t *testing.T) filestore.Store {
//			return mystore.New(t.TempDir())
//		})
//	}
//
// and [Play] from a fuzz target, to compare the store with memstore over
// sequences of operations that nobody thought of.
//
// The tests need a store whose names are case-sensitive and are kept byte for
// byte, as the CommuniGate Pro Guide, File Storage and our own choice of valid
// names have it. They check what a store does, not how fast it does it.
package storetest
