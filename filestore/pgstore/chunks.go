package pgstore

import (
	"context"
	"errors"
	"io"

	"github.com/jackc/pgx/v5"
)

// chunkSize is the size of a piece of a body in the database, in bytes; chunksAtOnce is how
// many of them are sent in one round trip.
const (
	chunkSize    = 256 << 10
	chunksAtOnce = 4
)

// chunks keeps bodies in the database.
type chunks struct{ s *Stores }

func (c chunks) ready(context.Context) error { return nil } // as the database is

func (c chunks) opens(context.Context) error { return nil }

func (c chunks) remove(ctx context.Context, b body, _ string) error {
	_, err := c.s.pool.Exec(ctx, "DELETE FROM chunks WHERE account = $1 AND body = $2", b.account, b.key)
	return err
}

func (c chunks) write(ctx context.Context, b body, _ int64) bodyWriter {
	return &chunkWriter{s: c.s, ctx: ctx, body: b}
}

type chunkWriter struct {
	s       *Stores
	ctx     context.Context
	body    body
	number  int
	pending []byte
}

func (w *chunkWriter) Write(p []byte) (int, error) {
	for done := 0; done < len(p); {
		n := min(len(p)-done, chunksAtOnce*chunkSize-len(w.pending))
		w.pending = append(w.pending, p[done:done+n]...)
		done += n
		if len(w.pending) == chunksAtOnce*chunkSize {
			if err := w.flush(); err != nil {
				return done, err
			}
		}
	}
	return len(p), nil
}

// flush writes what is pending. Done again it does the same. It waits for the disk: the upload may
// outlive a crash of the database that its earlier pieces would not.
func (w *chunkWriter) flush() error {
	if len(w.pending) == 0 {
		return nil
	}
	err := w.s.retry(w.ctx, func(ctx context.Context) error {
		b := &pgx.Batch{} // which is one transaction
		number := w.number
		for rest := w.pending; len(rest) > 0; number++ {
			n := min(len(rest), chunkSize)
			b.Queue("INSERT INTO chunks (account, body, number, content) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", w.body.account, w.body.key, number, rest[:n])
			rest = rest[n:]
		}
		if err := w.s.pool.SendBatch(ctx, b).Close(); err != nil {
			return fault{err}
		}
		return nil
	})
	if err == nil {
		w.number += (len(w.pending) + chunkSize - 1) / chunkSize
		w.pending = w.pending[:0]
	}
	return err
}

func (w *chunkWriter) finish() error { return w.flush() }

func (w *chunkWriter) abort() {} // whoever drops the body removes them

func (c chunks) read(ctx context.Context, b body, offset, length int64) io.ReadCloser {
	return &chunkReader{s: c.s, ctx: ctx, body: b, at: offset, end: offset + length}
}

// chunkReader reads some chunks at a time.
type chunkReader struct {
	s       *Stores
	ctx     context.Context
	body    body
	at, end int64
	ahead   []byte
}

func (r *chunkReader) Read(p []byte) (int, error) {
	if r.at >= r.end {
		return 0, io.EOF
	}
	if len(r.ahead) == 0 {
		if err := r.fetch(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.ahead)
	r.ahead, r.at = r.ahead[n:], r.at+int64(n)
	return n, nil
}

func (r *chunkReader) fetch() error {
	first := r.at / chunkSize
	last := min(first+chunksAtOnce-1, (r.end-1)/chunkSize)
	var got []byte
	err := r.s.look(r.ctx, func(rows pgx.Rows) error {
		got = got[:0]
		for rows.Next() {
			var content []byte
			if err := rows.Scan(&content); err != nil {
				return err
			}
			got = append(got, content...)
		}
		return rows.Err()
	}, "SELECT content FROM chunks WHERE account = $1 AND body = $2 AND number BETWEEN $3 AND $4 ORDER BY number", r.body.account, r.body.key, first, last)
	if err != nil {
		return err
	}
	from, to := r.at-first*chunkSize, min(r.end-first*chunkSize, (last-first+1)*chunkSize)
	if int64(len(got)) < to {
		return errors.New("content is incomplete")
	}
	r.ahead = got[from:to]
	return nil
}

func (r *chunkReader) Close() error { return nil }
