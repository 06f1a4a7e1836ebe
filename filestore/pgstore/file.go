package pgstore

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"sync"

	"github.com/cgpkit/cgpkit/filestore"
)

// bodyFile is an open large file. Read goes on with one request for as long as it is not
// moved; ReadAt makes one of its own.
type bodyFile struct {
	ctx    context.Context
	stores *Stores
	place  place
	body   body
	entry  filestore.Entry
	closed sync.Once
	ended  bool

	at     int64         // where Read goes on
	stream io.ReadCloser // nil: none yet
	moved  int64         // where stream is
}

func (f *bodyFile) Stat() (fs.FileInfo, error) { return f.entry.Info(), nil }

func (f *bodyFile) fail(op string, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	if f.ctx.Err() != nil {
		err = f.ctx.Err()
	}
	return fail(op, f.entry.Path, err)
}

// Read reads from a stream that is opened where reading goes on.
func (f *bodyFile) Read(p []byte) (int, error) {
	switch {
	case f.ended:
		return 0, f.fail("read", fs.ErrClosed)
	case f.ctx.Err() != nil:
		return 0, f.fail("read", f.ctx.Err())
	case f.at >= f.body.size:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	if f.stream != nil && f.moved != f.at {
		f.stream.Close()
		f.stream = nil
	}
	if f.stream == nil {
		f.stream, f.moved = f.place.read(f.ctx, f.body, f.at, f.body.size-f.at), f.at
	}
	n, err := f.stream.Read(p)
	f.at, f.moved = f.at+int64(n), f.moved+int64(n)
	if errors.Is(err, io.EOF) {
		if err = nil; f.at < f.body.size && n == 0 {
			err = io.ErrUnexpectedEOF
		}
	}
	return n, f.fail("read", err)
}

func (f *bodyFile) ReadAt(p []byte, offset int64) (int, error) {
	switch {
	case f.ended:
		return 0, f.fail("read", fs.ErrClosed)
	case offset < 0:
		return 0, f.fail("read", fs.ErrInvalid)
	case offset >= f.body.size:
		return 0, io.EOF
	}
	short := int64(len(p)) > f.body.size-offset
	if short {
		p = p[:f.body.size-offset]
	}
	if len(p) == 0 {
		return 0, nil
	}
	r := f.place.read(f.ctx, f.body, offset, int64(len(p)))
	defer r.Close()
	n, err := io.ReadFull(r, p)
	if err == nil && short {
		err = io.EOF
	}
	return n, f.fail("read", err)
}

func (f *bodyFile) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.at
	case io.SeekEnd:
		offset += f.body.size
	}
	if f.ended {
		return 0, f.fail("seek", fs.ErrClosed)
	}
	if offset < 0 {
		return 0, f.fail("seek", fs.ErrInvalid)
	}
	f.at = offset
	return offset, nil
}

func (f *bodyFile) Close() error {
	err := f.fail("close", fs.ErrClosed)
	f.closed.Do(func() {
		f.ended = true
		if err = nil; f.stream != nil {
			f.stream.Close()
		}
		f.stores.keeper.release(f.body)
	})
	return err
}
