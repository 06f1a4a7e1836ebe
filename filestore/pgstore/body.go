package pgstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"github.com/cgpkit/cgpkit/filestore"
)

// Numbers of places, as in bodies.
const (
	inChunks = 0
	inS3     = 1
)

// body is the content of a large file: a row of bodies, and what has its key in a place. It is
// written once, and read whatever becomes of the entries that had it.
type body struct {
	account int64
	key     string
	place   *int16 // nil: not known
	size    int64
}

// place keeps bodies. It is safe for concurrent use.
type place interface {
	// write begins a body. size is what will come; 0: not known.
	write(ctx context.Context, b body, size int64) bodyWriter
	// opens returns an error if it is known that the place cannot be read just now.
	opens(ctx context.Context) error
	// read reads so many bytes from an offset on.
	read(ctx context.Context, b body, offset, length int64) io.ReadCloser
	// remove removes what there is of a body, if there is anything. upload is that of its
	// row.
	remove(ctx context.Context, b body, upload string) error
	// ready returns an error if the place does not answer.
	ready(ctx context.Context) error
}

// bodyWriter writes one body. Exactly one of finish and abort ends it; after an error of
// Write that is abort.
type bodyWriter interface {
	io.Writer
	finish() error
	abort()
}

// errPlace: a file was stored with S3, and there is none now.
var errPlace = errors.New("content is in S3, which is not configured")

// find returns the place of a body.
func (s *Stores) find(b body) (place, error) {
	if b.place == nil {
		return nil, fmt.Errorf("content %s is not known", b.key)
	}
	if n := int(*b.place); n < len(s.places) && s.places[n] != nil {
		return s.places[n], nil
	}
	return nil, errPlace
}

// newBody makes the row of a body that nothing refers to yet, which tells the sweeper of it
// before anything of it is written.
func (s *Stores) newBody(ctx context.Context, account int64) (body, error) {
	where := int16(inChunks)
	if s.places[inS3] != nil {
		where = inS3
	}
	b := body{account: account, key: rand.Text(), place: &where}
	err := s.retry(ctx, func(ctx context.Context) error {
		_, err := s.pool.Exec(ctx, "INSERT INTO bodies (account, key, place, refs, needed) VALUES ($1, $2, $3, 0, clock_timestamp()) ON CONFLICT DO NOTHING", account, b.key, where)
		if err != nil {
			return fault{err}
		}
		return nil
	})
	return b, err
}

// drop condemns a body that nothing refers to, and tells what to abort, and whether the body can be
// removed: one of which there is no row can.
const drop = `WITH dropped AS (
		UPDATE bodies SET dying = true WHERE account = $1 AND key = $2 AND refs = 0 RETURNING coalesce(upload, '') AS upload)
	SELECT coalesce((SELECT upload FROM dropped), ''),
		EXISTS (SELECT FROM dropped) OR NOT EXISTS (SELECT FROM bodies WHERE account = $1 AND key = $2)`

// dropBody removes a body that never became visible, if that can be done at once. If not, the
// sweeper does it.
func (s *Stores) dropBody(ctx context.Context, b body) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	var upload string
	var unused bool
	if err := s.pool.QueryRow(ctx, drop, b.account, b.key).Scan(&upload, &unused); err == nil && unused {
		s.removeBody(ctx, b, upload)
	}
}

// removeBody removes a dying body.
func (s *Stores) removeBody(ctx context.Context, b body, upload string) error {
	p, err := s.find(b)
	if err == nil {
		err = p.remove(ctx, b, upload)
	}
	if err == nil {
		_, err = s.pool.Exec(ctx, "DELETE FROM bodies WHERE account = $1 AND key = $2 AND dying", b.account, b.key)
	}
	return err
}

// openBody opens a large file. Its body is kept until the file is closed.
func (s *Stores) openBody(ctx context.Context, e filestore.Entry, b body) (filestore.File, error) {
	p, err := s.find(b)
	if err == nil {
		err = p.opens(ctx)
	}
	if err != nil {
		return nil, fail("open", e.Path, err)
	}
	f := &bodyFile{ctx: ctx, stores: s, place: p, body: b, entry: e}
	s.keeper.need(b)
	return f, nil
}
