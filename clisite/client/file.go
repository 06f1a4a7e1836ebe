package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/cgpkit/cgpkit/filestore"
)

// Open implements [filestore.FS]. A file that fits into a slice is read by this call.
// A longer one is read slice by slice; if it is changed meanwhile, by the size and the
// time (in seconds) that come with every slice, reading fails with
// filestore.ErrChanged and never mixes two contents. The File keeps ctx, and is for
// one goroutine at a time but for ReadAt.
func (s *Storage) Open(ctx context.Context, name string) (filestore.File, error) {
	return s.OpenAt(ctx, name, 0)
}

// OpenAt is Open with the reading to begin at an offset, where the slice begins that
// this call reads.
func (s *Storage) OpenAt(ctx context.Context, name string, offset int64) (filestore.File, error) {
	err := check(ctx, name)
	if err == nil && name == filestore.Root {
		err = filestore.ErrIsDirectory
	}
	if err == nil && offset < 0 {
		err = fs.ErrInvalid
	}
	var part Slice
	if err == nil {
		part, err = s.ReadStorageFile(ctx, name, offset, int64(s.Client.slice()))
	}
	if err != nil {
		return nil, pathError("open", name, s.why(ctx, name, err))
	}
	_, last := filestore.Split(name)
	return &file{
		s: s, ctx: ctx, position: offset, start: offset, part: part.Data,
		info: info{name, Entry{Name: last, Size: part.Size, Modified: part.Modified}},
	}, nil
}

// why finds out whether an answer that says nothing is about a directory.
func (s *Storage) why(ctx context.Context, name string, err error) error {
	var told *Error
	if !errors.As(err, &told) || told.meaning() != nil {
		return err
	}
	i, statErr := s.stat(ctx, name)
	switch {
	case statErr != nil:
		return statErr
	case i.IsDir():
		return filestore.ErrIsDirectory
	}
	return err
}

// file is a file open for reading.
type file struct {
	s        *Storage
	ctx      context.Context
	info     info
	position int64
	start    int64 // of part
	part     []byte
	closed   bool
}

// Stat implements [fs.File].
func (f *file) Stat() (fs.FileInfo, error) { return f.info, nil }

// Read implements [io.Reader].
func (f *file) Read(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	part, err := f.next()
	n = copy(p, part)
	f.position += int64(n)
	return n, err
}

// WriteTo implements [io.WriterTo]: it writes slices as they come.
func (f *file) WriteTo(w io.Writer) (written int64, err error) {
	for {
		part, err := f.next()
		if err == io.EOF {
			return written, nil
		}
		if err != nil {
			return written, err
		}
		n, err := w.Write(part)
		written += int64(n)
		f.position += int64(n)
		if err != nil {
			return written, err
		}
	}
}

// next returns what is known of the file from the position on, at least a byte.
func (f *file) next() ([]byte, error) {
	switch {
	case f.closed:
		return nil, f.fail(fs.ErrClosed)
	case f.position >= f.info.Size():
		return nil, io.EOF
	}
	if f.position < f.start || f.position >= f.start+int64(len(f.part)) {
		f.part = nil // before another one comes
		part, err := f.slice(f.position, int64(f.s.Client.slice()))
		if err != nil {
			return nil, err
		}
		f.start, f.part = f.position, part
	}
	return f.part[f.position-f.start:], nil
}

// slice reads a part of the file that was opened, which is at least a byte.
func (f *file) slice(offset, size int64) ([]byte, error) {
	part, err := f.s.ReadStorageFile(f.ctx, f.info.path, offset, size)
	switch {
	case err != nil:
		return nil, f.fail(err)
	case part.Size != f.info.Size() || !part.Modified.Equal(f.info.ModTime()):
		return nil, f.fail(filestore.ErrChanged)
	case len(part.Data) == 0:
		return nil, f.fail(fmt.Errorf("%w: a slice of no bytes", ErrProtocol))
	}
	return part.Data, nil
}

// ReadAt implements [io.ReaderAt].
func (f *file) ReadAt(p []byte, offset int64) (n int, err error) {
	if offset < 0 {
		return 0, f.fail(fs.ErrInvalid)
	}
	for n < len(p) {
		if offset >= f.info.Size() {
			return n, io.EOF
		}
		part, err := f.slice(offset, min(int64(len(p)-n), int64(f.s.Client.slice())))
		if err != nil {
			return n, err
		}
		copied := copy(p[n:], part)
		n += copied
		offset += int64(copied)
	}
	return n, nil
}

// Seek implements [io.Seeker].
func (f *file) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.position
	case io.SeekEnd:
		offset += f.info.Size()
	}
	if offset < 0 || whence < io.SeekStart || whence > io.SeekEnd {
		return 0, f.fail(fs.ErrInvalid)
	}
	f.position = offset
	return offset, nil
}

// Close implements [fs.File].
func (f *file) Close() error {
	if f.closed {
		return f.fail(fs.ErrClosed)
	}
	f.closed, f.part = true, nil
	return nil
}

func (f *file) fail(err error) error { return pathError("read", f.info.path, err) }
