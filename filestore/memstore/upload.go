package memstore

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"math"

	"github.com/cgpkit/cgpkit/filestore"
)

// upload is new content on its way. All its methods lock the store.
type upload struct {
	s       *Store
	ctx     context.Context
	name    string
	o       filestore.CreateOptions
	limits  filestore.Limits
	base    *node // the file at Create, or nil
	content []byte
	written int64
	least   int64 // the end that room is held for, whatever is written
	held    filestore.Usage
	err     error // why the upload cannot be committed any more
}

// Create implements [filestore.Store].
func (s *Store) Create(ctx context.Context, name string, o filestore.CreateOptions, l filestore.Limits) (filestore.Upload, error) {
	if err := checkChange(ctx, name); err != nil {
		return nil, fail("create", name, err)
	}
	if o.Size < 0 || o.Reserve < 0 || o.Offset < filestore.End {
		return nil, fail("create", name, fs.ErrInvalid)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	base, err := s.target(name, o)
	if err != nil {
		return nil, fail("create", name, err)
	}
	u := &upload{s: s, ctx: ctx, name: name, o: o, limits: l, base: base}
	if err := u.start(); err != nil {
		return nil, fail("create", name, err)
	}
	return u, nil
}

// target returns the file under name, or nil, if the upload may go there.
// Callers hold s.mu.
func (s *Store) target(name string, o filestore.CreateOptions) (*node, error) {
	parent, last, err := s.place(name)
	if err != nil {
		return nil, err
	}
	if o.Paired {
		if of, ok := filestore.SidecarOf(last); !ok || parent.entries[of] == nil {
			return nil, fs.ErrNotExist
		}
	}
	n := parent.entries[last]
	switch {
	case n != nil && n.dir():
		return nil, filestore.ErrIsDirectory
	case n != nil && o.Exclusive:
		return nil, fs.ErrExist
	case n == nil && o.IfMatch != "":
		return nil, filestore.ErrChanged
	case n != nil && o.IfMatch != "" && o.IfMatch != "*" && o.IfMatch != n.info(name).ETag():
		return nil, filestore.ErrChanged
	}
	return n, nil
}

// start takes the old bytes over and holds what is known to be needed.
func (u *upload) start() error {
	if u.base == nil && (u.o.Offset > 0 || u.o.KeepTail) {
		return fs.ErrNotExist
	}
	if u.base != nil && u.o.Offset != 0 {
		offset := u.o.Offset
		if offset == filestore.End {
			offset = u.base.size()
		}
		if offset > u.base.size() {
			return fs.ErrInvalid
		}
		u.content = bytes.Clone(u.base.content[:offset])
	}
	if u.o.Size > math.MaxInt64-int64(len(u.content)) {
		return fs.ErrInvalid
	}
	if u.o.Size == 0 {
		u.least = int64(len(u.content)) + min(u.o.Reserve, math.MaxInt64-int64(len(u.content)))
	}
	return u.reserve(u.base, max(u.least, int64(len(u.content))+u.o.Size))
}

// reserve holds room for a file that old makes way for and that reaches up to
// end.
func (u *upload) reserve(old *node, end int64) error {
	if u.o.KeepTail {
		end = max(end, u.base.size())
	}
	delta := filestore.Usage{Files: 1, Bytes: end}
	if old != nil {
		delta = filestore.Usage{Bytes: end - old.size()}
	}
	if delta.Bytes > 0 && end > u.limits.FileSize {
		return &filestore.LimitError{Kind: filestore.LimitFileSize, Limit: u.limits.FileSize}
	}
	return u.s.hold(&u.held, growth(delta), u.limits)
}

func (u *upload) Write(p []byte) (int, error) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	if err := u.write(p); err != nil {
		u.err = err
		return 0, fail("write", u.name, err)
	}
	return len(p), nil
}

func (u *upload) write(p []byte) error {
	if u.err != nil {
		return u.err
	}
	if err := u.ctx.Err(); err != nil {
		return err
	}
	u.written += int64(len(p))
	if u.o.Size == 0 {
		if err := u.reserve(u.base, max(u.least, int64(len(u.content)+len(p)))); err != nil {
			return err
		}
	} else if u.written > u.o.Size {
		return fs.ErrInvalid
	}
	u.content = append(u.content, p...)
	return nil
}

func (u *upload) Commit() (filestore.FileInfo, error) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	info, err := u.commit()
	u.release()
	if err != nil {
		return nil, fail("commit", u.name, err)
	}
	return info, nil
}

func (u *upload) commit() (filestore.FileInfo, error) {
	if u.err != nil {
		return nil, u.err
	}
	if err := u.ctx.Err(); err != nil {
		return nil, err
	}
	if u.written < u.o.Size {
		return nil, io.ErrUnexpectedEOF
	}
	old, err := u.s.target(u.name, u.o)
	if err != nil {
		return nil, err
	}
	if (u.o.Offset != 0 || u.o.KeepTail) && old != u.base {
		return nil, filestore.ErrChanged
	}
	if err := u.reserve(old, int64(len(u.content))); err != nil {
		return nil, err
	}
	if u.o.KeepTail && len(u.content) < len(u.base.content) {
		u.content = append(u.content, u.base.content[len(u.content):]...)
	}
	n := u.s.newFile(u.content)
	if !u.o.ModTime.IsZero() {
		n.modTime = u.o.ModTime
	}
	u.s.settle(&u.held, sub(filestore.Usage{}, old.usage()))
	u.s.put(u.name, n, nil)
	return n.info(u.name), nil
}

func (u *upload) Abort() error {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.release()
	return nil
}

// release gives back what the upload holds and ends it.
func (u *upload) release() {
	u.s.settle(&u.held, filestore.Usage{})
	u.content, u.err = nil, fs.ErrClosed
}
