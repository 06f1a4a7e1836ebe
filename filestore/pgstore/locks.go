package pgstore

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/locktable"
)

const lockColumns = "token, name, shared, deep, owner, note, expires"

// scanLocks reads locks in the order of their making.
func scanLocks(locks *[]filestore.Lock) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		*locks = (*locks)[:0]
		for rows.Next() {
			var l filestore.Lock
			if err := rows.Scan(&l.Token, &l.Name, &l.Shared, &l.Deep, &l.Owner, &l.Text, &l.Expires); err != nil {
				return err
			}
			l.Expires = resolution(l.Expires)
			*locks = append(*locks, l)
		}
		return rows.Err()
	}
}

// loadLocks reads the locks of the account into a table, in which they live for this change.
func (t *tx) loadLocks() error {
	if t.locks != nil {
		return nil
	}
	var locks []filestore.Lock
	if t.account.locks > 0 {
		err := t.query(scanLocks(&locks), "SELECT "+lockColumns+" FROM locks WHERE account = $1 ORDER BY number", t.account.id)
		if err != nil {
			return err
		}
	}
	t.locks = &locktable.Table{Now: func() time.Time { return t.now }}
	t.locks.Restore(locks)
	t.account.locks = int64(len(locks))
	for _, l := range locks {
		if !t.now.Before(l.Expires) {
			t.end(l)
		}
	}
	return nil
}

// end removes a lock with the commit.
func (t *tx) end(l filestore.Lock) {
	t.ended = append(t.ended, l.Token)
	t.account.locks--
}

// unlocked returns a *LockedError if p lacks the token of a lock that covers a change.
func (t *tx) unlocked(c locktable.Change, name string, p filestore.Precondition) error {
	if t.account.locks == 0 {
		return nil
	}
	if err := t.loadLocks(); err != nil {
		return err
	}
	return t.locks.Check(c, name, p)
}

// endLocks ends the locks of what has gone.
func (t *tx) endLocks(names ...string) error {
	if t.account.locks == 0 {
		return nil
	}
	if err := t.loadLocks(); err != nil {
		return err
	}
	before, err := t.locks.Locks(t.ctx, filestore.Root, true)
	if err != nil {
		return err
	}
	for _, name := range names {
		t.locks.Drop(name)
	}
	left, err := t.locks.Locks(t.ctx, filestore.Root, true)
	if err != nil {
		return err
	}
	for _, l := range before {
		if !slices.Contains(left, l) {
			t.end(l)
		}
	}
	return nil
}

// locking makes a change of locks alone.
func (s *Store) locking(ctx context.Context, op, name string, plan func(*tx) error) error {
	err := check(ctx, name)
	if err == nil {
		err = s.change(ctx, ask{}, func(t *tx) error {
			if err := t.loadLocks(); err != nil {
				return err
			}
			return plan(t)
		})
	}
	var told *fs.PathError // which the table has made
	if err == nil || errors.As(err, &told) {
		return err
	}
	return fail(op, name, err)
}

// Lock implements [filestore.Locks]. Its time is that of the database.
func (s *Store) Lock(ctx context.Context, name string, l filestore.Lock, timeout time.Duration) (made filestore.Lock, err error) {
	err = s.locking(ctx, "lock", name, func(t *tx) (err error) {
		if made, err = t.locks.Lock(t.ctx, name, l, timeout); err != nil {
			return err
		}
		made.Expires = resolution(made.Expires)
		t.account.locks++
		t.do(`INSERT INTO locks (account, number, `+lockColumns+`)
			VALUES ($1, (SELECT coalesce(max(number), 0) + 1 FROM locks WHERE account = $1), $2, $3, $4, $5, $6, $7, $8)`,
			t.account.id, made.Token, made.Name, made.Shared, made.Deep, made.Owner, made.Text, made.Expires)
		return nil
	})
	if err != nil {
		return filestore.Lock{}, err
	}
	return made, nil
}

// RefreshLock implements [filestore.Locks].
func (s *Store) RefreshLock(ctx context.Context, name, token, owner string, timeout time.Duration) (made filestore.Lock, err error) {
	err = s.locking(ctx, "refresh lock", name, func(t *tx) (err error) {
		if made, err = t.locks.RefreshLock(t.ctx, name, token, owner, timeout); err != nil {
			return err
		}
		made.Expires = resolution(made.Expires)
		t.do("UPDATE locks SET expires = $3 WHERE account = $1 AND token = $2", t.account.id, token, made.Expires)
		return nil
	})
	if err != nil {
		return filestore.Lock{}, err
	}
	return made, nil
}

// Unlock implements [filestore.Locks].
func (s *Store) Unlock(ctx context.Context, name, token, owner string) error {
	return s.locking(ctx, "unlock", name, func(t *tx) error {
		if err := t.locks.Unlock(t.ctx, name, token, owner); err != nil {
			return err
		}
		t.end(filestore.Lock{Token: token})
		return nil
	})
}

// Locks implements [filestore.Locks].
func (s *Store) Locks(ctx context.Context, name string, below bool) ([]filestore.Lock, error) {
	err := check(ctx, name)
	var locks []filestore.Lock
	if err == nil {
		err = s.look(ctx, scanLocks(&locks), "SELECT "+lockColumns+` FROM locks
			WHERE account = (SELECT id FROM accounts WHERE name = $1) AND expires > clock_timestamp() ORDER BY number`, s.account)
	}
	if err != nil {
		return nil, fail("locks", name, err)
	}
	if len(locks) == 0 {
		return nil, nil
	}
	table := locktable.Table{Now: func() time.Time { return time.Time{} }} // those that have ended are not among them
	table.Restore(locks)
	return table.Locks(ctx, name, below)
}
