package pgstore

import (
	"context"
	"sync"
	"time"
)

// uploadLease is how long the room of an upload stays held after its server was heard of
// last.
const uploadLease = time.Minute

// keeper knows what this process still needs, and tells the database so now and then: uploads
// on their way, and bodies that are being written or read.
type keeper struct {
	mu      sync.Mutex // guards all below
	uploads map[uploadKey]struct{}
	bodies  map[bodyKey]int // how often each is needed
}

type uploadKey struct {
	account int64
	id      string
}

type bodyKey struct {
	account int64
	key     string
}

func (k *keeper) begin(account int64, id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.uploads == nil {
		k.uploads = map[uploadKey]struct{}{}
	}
	k.uploads[uploadKey{account, id}] = struct{}{}
}

func (k *keeper) end(account int64, id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.uploads, uploadKey{account, id})
}

func (k *keeper) need(b body) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.bodies == nil {
		k.bodies = map[bodyKey]int{}
	}
	k.bodies[bodyKey{b.account, b.key}]++
}

func (k *keeper) release(b body) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := bodyKey{b.account, b.key}
	if k.bodies[key]--; k.bodies[key] == 0 {
		delete(k.bodies, key)
	}
}

// needed lists what is needed, as two columns each.
func (k *keeper) needed() (uploads, bodies columnsOf) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for u := range k.uploads {
		uploads.add(u.account, u.id)
	}
	for b := range k.bodies {
		bodies.add(b.account, b.key)
	}
	return uploads, bodies
}

type columnsOf struct {
	accounts []int64
	keys     []string
}

func (c *columnsOf) add(account int64, key string) {
	c.accounts, c.keys = append(c.accounts, account), append(c.keys, key)
}

// keep renews until the Stores is closed, four times as often as is needed.
func (s *Stores) keep() {
	every(s.lifetime, min(uploadLease, s.grace)/4, func() {
		ctx, cancel := context.WithTimeout(s.lifetime, s.timeout)
		defer cancel()
		if err := s.renew(ctx); err != nil && s.lifetime.Err() == nil {
			s.log.Warn("uploads and open files could not be renewed", "err", err)
		}
	})
}

// renew says once what this process needs. What is locked just now is being changed by whoever
// needs it.
func (s *Stores) renew(ctx context.Context) error {
	uploads, bodies := s.keeper.needed()
	if len(uploads.keys) > 0 {
		_, err := s.pool.Exec(ctx, `UPDATE uploads SET expires = clock_timestamp() + $3::bigint * interval '1 microsecond' WHERE (account, id) IN (
			SELECT u.account, u.id FROM unnest($1::bigint[], $2::text[]) AS n (account, id) JOIN uploads u ON u.account = n.account AND u.id = n.id FOR UPDATE OF u SKIP LOCKED)`,
			uploads.accounts, uploads.keys, uploadLease.Microseconds())
		if err != nil {
			return err
		}
	}
	if len(bodies.keys) > 0 {
		_, err := s.pool.Exec(ctx, `UPDATE bodies SET needed = clock_timestamp() WHERE (account, key) IN (
			SELECT b.account, b.key FROM unnest($1::bigint[], $2::text[]) AS n (account, key) JOIN bodies b ON b.account = n.account AND b.key = n.key
			WHERE b.refs = 0 FOR UPDATE OF b SKIP LOCKED)`, bodies.accounts, bodies.keys)
		return err
	}
	return nil
}

// every calls do again and again until ctx ends.
func every(ctx context.Context, interval time.Duration, do func()) {
	ticker := time.NewTicker(max(interval, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			do()
		}
	}
}
