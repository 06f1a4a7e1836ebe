package pgstore

import "context"

// Renew says once what the process needs, as it does by itself now and then.
func (s *Stores) Renew(ctx context.Context) error { return s.renew(ctx) }
