package pgstore

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	sweepEvery = 10 * time.Minute // or as often as Grace, if that is shorter
	sweepPage  = 100              // bodies that are removed at a time
	// commitsKept is how long it is known which changes were made. Nobody asks for longer
	// than Timeout.
	commitsKept = 24 * time.Hour
)

// Swept is what Sweep has removed.
type Swept struct {
	Bodies  int // contents that nothing referred to
	Uploads int // uploads of servers that have died
}

// sweepOften sweeps until the Stores is closed. Servers that were started together do not stay
// together.
func (s *Stores) sweepOften() {
	interval := min(sweepEvery, s.grace)
	interval += rand.N(interval/4 + 1)
	every(s.lifetime, interval, func() {
		if _, err := s.Sweep(s.lifetime); err != nil && s.lifetime.Err() == nil {
			s.log.Warn("contents that are not needed could not be removed", "err", err)
		}
	})
}

// Sweep removes what nothing needs any more: contents that nothing has referred to for
// [Config].Grace, and the room of uploads whose servers have died. Stores do so by themselves
// every ten minutes. Any number of them may do it at the same time.
func (s *Stores) Sweep(ctx context.Context) (Swept, error) {
	var done Swept
	uploads, err := s.sweepUploads(ctx)
	done.Uploads = uploads
	if err != nil {
		return done, err
	}
	oldest := binary.BigEndian.AppendUint64(nil, uint64(time.Now().Add(-commitsKept).UnixMilli()))
	if _, err := s.pool.Exec(ctx, "DELETE FROM commits WHERE token < $1", oldest); err != nil {
		return done, err
	}
	for {
		dying, err := s.condemn(ctx)
		if err != nil || len(dying) == 0 {
			return done, err
		}
		var failed []error
		for _, d := range dying {
			if err := s.removeBody(ctx, d.body, d.upload); err != nil {
				failed = append(failed, err)
				continue
			}
			done.Bodies++
		}
		if len(failed) > 0 { // they stay condemned, and are tried again next time
			return done, errors.Join(failed...)
		}
	}
}

type dyingBody struct {
	body
	upload string
}

// condemn chooses bodies and makes sure that nothing refers to them any more. Those that another
// sweeper has chosen but not removed come again after a while. Those in a place that is not set up
// here are left to servers that have it.
func (s *Stores) condemn(ctx context.Context) (dying []dyingBody, err error) {
	err = s.look(ctx, func(rows pgx.Rows) error {
		dying = dying[:0]
		for rows.Next() {
			var d dyingBody
			if err := rows.Scan(&d.account, &d.key, &d.place, &d.upload); err != nil {
				return err
			}
			dying = append(dying, d)
		}
		return rows.Err()
	}, `UPDATE bodies SET dying = true, needed = clock_timestamp() WHERE (account, key) IN (
			SELECT account, key FROM bodies WHERE refs = 0 AND needed < clock_timestamp() - $1::bigint * interval '1 microsecond' AND place = ANY($3)
			ORDER BY needed LIMIT $2 FOR UPDATE SKIP LOCKED)
		RETURNING account, key, place, coalesce(upload, '')`, s.grace.Microseconds(), sweepPage, s.reachable())
	return dying, err
}

// reachable lists the places that are set up.
func (s *Stores) reachable() (numbers []int16) {
	for n, p := range s.places {
		if p != nil {
			numbers = append(numbers, int16(n))
		}
	}
	return numbers
}

// sweepUploads gives back what uploads hold whose servers have died.
func (s *Stores) sweepUploads(ctx context.Context) (n int, err error) {
	var names []string
	err = s.look(ctx, func(rows pgx.Rows) (err error) {
		names, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	}, "SELECT DISTINCT a.name FROM uploads u JOIN accounts a ON a.id = u.account WHERE u.expires < clock_timestamp()")
	for _, name := range names {
		store := &Store{s, name}
		if err := store.change(ctx, ask{}, func(t *tx) error {
			t.lazy = true
			return t.collect()
		}); err != nil {
			return n, err
		}
		n++
	}
	return n, err
}
