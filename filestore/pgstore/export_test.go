package pgstore

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/cgpkit/cgpkit/filestore"
)

// Renew says once what the process needs, as it does by itself now and then.
func (s *Stores) Renew(ctx context.Context) error { return s.renew(ctx) }

// MakeReadOnly lets no connection that is open write any more, as if its server was a standby now.
func (s *Stores) MakeReadOnly(ctx context.Context) error {
	var all []*pgxpool.Conn
	defer func() {
		for _, c := range all {
			c.Release()
		}
	}()
	for range s.pool.Stat().TotalConns() {
		c, err := s.pool.Acquire(ctx)
		if err != nil {
			return err
		}
		all = append(all, c)
		if _, err := c.Exec(ctx, "SET default_transaction_read_only = on"); err != nil {
			return err
		}
	}
	return nil
}

// FindOut tells whether the change with a token was made whose answer was lost.
func (s *Stores) FindOut(ctx context.Context, token []byte, lost error) error {
	return s.findOut(ctx, token, lost)
}

// Changes is how many changes of an account this process makes or has waiting.
func (s *Stores) Changes(account string) int {
	s.turns.mu.Lock()
	defer s.turns.mu.Unlock()
	if own := s.turns.accounts[account]; own != nil {
		return own.changes
	}
	return 0
}

// Acquired is how many connections are in use.
func (s *Stores) Acquired() int { return int(s.pool.Stat().AcquiredConns()) }

// DropBody removes the large content of an upload of this package, unless a file has it.
func (s *Stores) DropBody(ctx context.Context, u filestore.Upload) {
	s.dropBody(ctx, u.(*upload).body)
}
