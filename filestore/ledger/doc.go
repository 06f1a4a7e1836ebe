// Package ledger counts what a store holds, and keeps its limits exact however
// many goroutines write, so that no [filestore.Store] has to do these sums itself.
//
// A [Ledger] counts what is stored, and what changes on their way hold for
// themselves. A change first holds room for what it makes larger, and then settles
// what it has made of it:
//
//	var held filestore.Usage
//	if err := s.ledger.Hold(&held, filestore.Usage{Files: 1}, limits); err != nil {
//		return err // a *filestore.LimitError, and nothing is held
//	}
//	defer s.ledger.Settle(&held, filestore.Usage{}) // gives it back if it comes to nothing
//	...
//	s.ledger.Settle(&held, filestore.Usage{Files: 1})
//
// A [Draft] does the sums of an upload: where it begins, what it holds, and whether
// it is complete.
package ledger
