package pgstore

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
	"github.com/cgpkit/cgpkit/filestore/locktable"
	"github.com/cgpkit/cgpkit/internal/othername"
)

// tx is a change of one account, from the lock of its row to its commit. What it changes is
// queued and sent with the commit, in one piece.
type tx struct {
	*Store
	ctx     context.Context
	conn    *pgx.Conn
	now     time.Time // by the clock of the database, so that it is the same for all servers
	account account
	paths   []path          // of the names that the change has asked for
	mine    filestore.Usage // what its upload holds
	upload  string          // the id of that
	locks   *locktable.Table
	ended   []string  // tokens of locks
	queue   pgx.Batch // what the change does
	lazy    bool      // the commit need not reach the disk before it is answered
}

// account is a row of accounts.
type account struct {
	id         int64
	used, held filestore.Usage
	locks      int64
	lastDir    int64
	stored     bool // something has been stored
}

const lockAccount = `SELECT id, files, bytes, held_files, held_bytes, locks, last_dir, stored IS NOT NULL, clock_timestamp()
	FROM accounts WHERE name = $1 FOR UPDATE`

const updateAccount = `UPDATE accounts SET files = $2, bytes = $3, held_files = $4, held_bytes = $5, locks = $6,
	last_dir = $7, stored = CASE WHEN $8 THEN coalesce(stored, $9) ELSE stored END WHERE id = $1`

// errNoAccount: the account has no row yet.
var errNoAccount = errors.New("account has no row")

// ask is what a change wants to know of from the start.
type ask struct {
	names  []string // which have been checked
	upload *upload  // what it holds; once its account is known
	ends   bool     // the upload ends: its row goes
	body   string   // which must not be removed before the change is made; "": none
}

// errSwept: the server slept for so long that its upload was taken for dead.
var errSwept = fmt.Errorf("%w: the content was removed before it was needed", filestore.ErrUnavailable)

// change makes one change, which plan plans: it may look at whatever it likes, queues what is
// to be done, and is called again if the transaction has to be made again.
func (s *Store) change(ctx context.Context, a ask, plan func(*tx) error) error {
	return s.retry(ctx, func(ctx context.Context) error {
		err := s.attempt(ctx, a, plan)
		if errors.Is(err, errNoAccount) {
			if _, err := s.pool.Exec(ctx, "INSERT INTO accounts (name) VALUES ($1) ON CONFLICT (name) DO NOTHING", s.account); err != nil {
				return fault{err}
			}
			err = s.attempt(ctx, a, plan)
		}
		return err
	})
}

// attempt is one attempt at a change.
func (s *Store) attempt(ctx context.Context, a ask, plan func(*tx) error) error {
	end, err := s.turns.take(ctx, s.account)
	if err != nil {
		return fault{err}
	}
	defer end()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return fault{err}
	}
	defer conn.Release() // which closes one that is in a transaction still
	t := &tx{Store: s, ctx: ctx, conn: conn.Conn()}
	err = t.begin(a)
	if err == nil {
		err = plan(t)
	}
	if err != nil {
		t.rollback()
		return err
	}
	token := newToken()
	err = t.commit(token)
	if err != nil && ambiguous(err) {
		t.conn.Close(closed) // or the transaction might wait there while it is asked about
		conn.Release()
		return s.findOut(ctx, token, err)
	}
	if err != nil {
		t.rollback()
	}
	return err
}

// closed is a context that waits for nothing.
var closed = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// begin locks the account and looks the names up, in one round trip.
func (t *tx) begin(ask ask) error {
	b := &pgx.Batch{}
	b.Queue("BEGIN")
	b.Queue(lockAccount, t.Store.account).QueryRow(func(row pgx.Row) error {
		a := &t.account
		return row.Scan(&a.id, &a.used.Files, &a.used.Bytes, &a.held.Files, &a.held.Bytes, &a.locks, &a.lastDir, &a.stored, &t.now)
	})
	if u := ask.upload; u != nil && u.account != 0 {
		t.upload = u.id
		held := "SELECT files, bytes FROM uploads WHERE account = $1 AND id = $2"
		if ask.ends {
			held = "DELETE FROM uploads WHERE account = $1 AND id = $2 RETURNING files, bytes"
		}
		b.Queue(held, u.account, u.id).Query(scanOne(&t.mine.Files, &t.mine.Bytes)) // none: its time has ended
	}
	swept := false
	if ask.body != "" {
		b.Queue("SELECT dying FROM bodies WHERE account = $1 AND key = $2 FOR UPDATE", ask.upload.account, ask.body).Query(func(rows pgx.Rows) error {
			swept = true
			return scanOne(&swept)(rows)
		})
	}
	for _, name := range ask.names {
		t.paths = append(t.paths, path{name: name})
		at := len(t.paths) - 1
		b.Queue(walk, t.Store.account, segments(name)).Query(func(rows pgx.Rows) error { return t.paths[at].scan(rows) })
	}
	err := t.conn.SendBatch(t.ctx, b).Close()
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return errNoAccount
	case err != nil:
		return fault{err}
	}
	t.now = resolution(t.now)
	if swept {
		return errSwept
	}
	return nil
}

// do queues a statement.
func (t *tx) do(sql string, args ...any) { t.queue.Queue(sql, args...) }

// commit does what is queued, writes the account back and commits, in one round trip. From
// here on the caller is waited for no more: whether it is made must become known.
func (t *tx) commit(token []byte) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), t.timeout)
	defer cancel()
	a := t.account
	if len(t.ended) > 0 {
		t.do("DELETE FROM locks WHERE account = $1 AND token = ANY($2)", a.id, t.ended)
	}
	t.do(updateAccount, a.id, a.used.Files, a.used.Bytes, a.held.Files, a.held.Bytes, a.locks, a.lastDir, a.stored, t.now)
	if t.lazy { // done again, it does the same: nobody has to find out
		t.do("SET LOCAL synchronous_commit = off")
	} else {
		t.do("INSERT INTO commits (token, made) VALUES ($1, true)", token)
	}
	rolledBack := false
	t.queue.Queue("COMMIT").Exec(func(tag pgconn.CommandTag) error {
		rolledBack = tag.String() != "COMMIT"
		return nil
	})
	switch err := t.conn.SendBatch(ctx, &t.queue).Close(); {
	case err != nil:
		return fault{err}
	case rolledBack:
		return fault{errors.New("transaction was rolled back")}
	}
	return nil
}

// rollback ends a transaction that comes to nothing.
func (t *tx) rollback() {
	if t.conn.IsClosed() || t.conn.PgConn().TxStatus() == 'I' {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), time.Second)
	defer cancel()
	t.conn.Exec(ctx, "ROLLBACK") // else the connection is closed, which does the same
}

// findOut tells whether a commit was made of which the answer was lost: it takes the
// token of that transaction. If that is still on its way, the database lets us wait for its
// end; if it has not begun to end, it never will, as its token is taken. The row tells who took it,
// since the answer to this may be lost as well. nil: it was made.
func (s *Stores) findOut(ctx context.Context, token []byte, lost error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	for wait := backoff(0); ; {
		var made bool
		err := s.pool.QueryRow(ctx, `INSERT INTO commits (token, made) VALUES ($1, false)
			ON CONFLICT (token) DO UPDATE SET made = commits.made RETURNING made`, token).Scan(&made)
		switch {
		case err == nil && made:
			return nil
		case err == nil:
			return lost
		}
		if s.lifetime.Err() != nil || !wait.sleep(ctx) {
			return lostError{err}
		}
	}
}

// newToken names a change: its time, so that old ones are found, and 128 random bits.
func newToken() []byte {
	token := binary.BigEndian.AppendUint64(nil, uint64(time.Now().UnixMilli()))
	var b [16]byte
	rand.Read(b[:]) // never fails
	return append(token, b[:]...)
}

// hold changes what the change holds to the growth of delta, if limits allow it.
func (t *tx) hold(delta filestore.Usage, limits filestore.Limits) error {
	was := t.mine
	err := t.tryHold(delta, limits)
	if errors.Is(err, filestore.ErrLimit) && t.account.held != was {
		if err := t.collect(); err != nil {
			return err
		}
		err = t.tryHold(delta, limits)
	}
	return err
}

func (t *tx) tryHold(delta filestore.Usage, limits filestore.Limits) error {
	var l ledger.Ledger
	l.Set(ledger.Add(t.account.used, t.account.held))
	was := t.mine
	if err := l.Hold(&t.mine, delta, limits); err != nil {
		return err
	}
	t.account.held = ledger.Add(t.account.held, ledger.Sub(t.mine, was))
	return nil
}

// giveBack gives back what the change holds.
func (t *tx) giveBack() {
	t.account.held = ledger.Sub(t.account.held, t.mine)
	t.mine = filestore.Usage{}
}

// make counts what a change makes, if limits allow it, in the place of what it holds.
func (t *tx) make(delta filestore.Usage, limits filestore.Limits) error {
	if err := t.hold(delta, limits); err != nil {
		return err
	}
	t.giveBack()
	t.account.used = ledger.Add(t.account.used, delta)
	return nil
}

// collect gives back what uploads hold whose servers have died.
func (t *tx) collect() error {
	return t.query(func(rows pgx.Rows) error {
		for rows.Next() {
			var dead filestore.Usage
			if err := rows.Scan(&dead.Files, &dead.Bytes); err != nil {
				return err
			}
			t.account.held = ledger.Sub(t.account.held, dead)
		}
		return rows.Err()
	}, "DELETE FROM uploads WHERE account = $1 AND expires < $2 AND id <> $3 RETURNING files, bytes", t.account.id, t.now, t.upload)
}

// takes notes that something is stored under the name of p, with so much below it: the
// directories above it must allow for that.
func (t *tx) takes(p *path, height, reach int32) {
	t.account.stored = true
	last := p.name
	for depth := len(segments(p.name)); depth > 1; depth-- {
		_, last = filestore.Split(last)
		height, reach = height+1, reach+1+int32(len(last))
		above := &p.nodes[depth-1]
		if above.height < height || above.reach < reach {
			above.height, above.reach = max(above.height, height), max(above.reach, reach)
			t.do("UPDATE entries SET height = greatest(height, $4), reach = greatest(reach, $5) WHERE account = $1 AND parent = $2 AND name = $3",
				t.account.id, above.parent, above.last, above.height, above.reach)
		}
		height, reach, last = above.height, above.reach, above.Path
	}
}

// query asks during a change.
func (t *tx) query(read func(pgx.Rows) error, sql string, args ...any) error {
	rows, err := t.conn.Query(t.ctx, sql, args...)
	return readAll(rows, err, read)
}

// look asks a question that is no change.
func (s *Stores) look(ctx context.Context, read func(pgx.Rows) error, sql string, args ...any) error {
	return s.retry(ctx, func(ctx context.Context) error {
		rows, err := s.pool.Query(ctx, sql, args...)
		return readAll(rows, err, read)
	})
}

// readAll reads the answer to a question, unless asking has failed.
func readAll(rows pgx.Rows, err error, read func(pgx.Rows) error) error {
	if err == nil {
		err = read(rows)
		rows.Close()
		err = errors.Join(err, rows.Err())
	}
	if err != nil {
		return fault{err}
	}
	return nil
}

// resolution is that of the times in the database, in the zone of the host.
func resolution(t time.Time) time.Time { return time.UnixMicro(t.UnixMicro()) }

// fail makes the error of a call.
func fail(op, name string, err error) error {
	name, err = othername.Take(name, err)
	return &fs.PathError{Op: op, Path: name, Err: err}
}

func check(ctx context.Context, name string) error {
	if err := filestore.CheckName(name); err != nil {
		return err
	}
	return ctx.Err()
}
