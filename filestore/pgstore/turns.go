package pgstore

import (
	"context"
	"sync"
)

// turns let the changes of one account come one after the other in this process too. The
// database would do that, but each change that waits there has a connection, and one busy account
// would have them all.
type turns struct {
	mu       sync.Mutex // guards all below
	accounts map[string]*turn
}

// turn is that of one account, for as long as anybody has it or waits for it.
type turn struct {
	changes int           // how many have it or wait for it
	taken   chan struct{} // full while one has it
}

// take waits for the turn of an account until ctx ends. Whoever has it ends it by end.
func (t *turns) take(ctx context.Context, account string) (end func(), err error) {
	own := t.join(account)
	select {
	case own.taken <- struct{}{}:
		return func() {
			<-own.taken
			t.leave(account, own)
		}, nil
	case <-ctx.Done():
		t.leave(account, own)
		return nil, ctx.Err()
	}
}

func (t *turns) join(account string) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	own := t.accounts[account]
	if own == nil {
		if t.accounts == nil {
			t.accounts = map[string]*turn{}
		}
		own = &turn{taken: make(chan struct{}, 1)}
		t.accounts[account] = own
	}
	own.changes++
	return own
}

func (t *turns) leave(account string, own *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if own.changes--; own.changes == 0 {
		delete(t.accounts, account)
	}
}
