// Package locktable keeps the write locks of a store in memory, so that any
// [filestore.Store] can have [filestore.Locks].
//
// A store keeps one [Table]. It hands the four methods of filestore.Locks on to it,
// asks it as the last thing before each change, and tells it what has gone:
//
//	func (s *Store) Remove(ctx context.Context, name string, o filestore.RemoveOptions) error {
//		s.mu.Lock()
//		defer s.mu.Unlock()
//		...
//		if err := s.locks.Check(locktable.Tree, name, o.If); err != nil {
//			return err
//		}
//		...
//		s.locks.Drop(name)
//		return nil
//	}
//
// A lock that is made between the check and the change comes after the change: it
// promises nothing about what has been decided before.
//
// Locks end with the process. Source: RFC 4918 §6 and §7; the bounds are our choice.
package locktable
