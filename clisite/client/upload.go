package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/meta"
)

// AsidePrefix begins the names of files that are not in their place yet, or not any
// more: an upload of several slices until its Commit, and what it replaces for a
// moment. They stand in the directory of the file. One that is left over, since the
// program or the connection has ended, may be removed.
const AsidePrefix = ".cgp-"

// asideOf returns a name next to name.
func asideOf(name, key string) string {
	dir, _ := filestore.Split(name)
	return filestore.Join(dir, AsidePrefix+key)
}

// Create implements [filestore.FS]. What fits into one slice (Client.SliceBytes) is held
// in memory and written by one command at Commit: that is one step, in every way that
// the options have but ModTime and preconditions on what is there.
//
// More is written to a file aside, slice by slice, and takes the name at Commit:
// nobody sees a part of it, and what was there before is whole until then. A file
// that is replaced so goes away a moment before the new one comes, since the protocol
// has no word for replacing; if it cannot come, the old one comes back, or else the
// error tells under which name it is. Its sidecar goes along, which owners and
// administrators may do; for others Commit fails with fs.ErrPermission. Until the end
// both count for the limits. With Offset or KeepTail the old bytes are read and sent
// again, unless all that is written fits into one slice.
//
// That the name cannot be written at all (no directory above, no room, no rights) is told
// when the first bytes are sent: by a Write, or by Commit. With Offset above 0 and with
// KeepTail, Create finds out whether the file is there.
//
// If may demand that nothing is there. What else it demands the protocol cannot hold:
// errors.ErrUnsupported.
// ModTime has no effect: the time is that of the server. Commit asks for it.
func (s *Storage) Create(ctx context.Context, name string, o filestore.CreateOptions) (filestore.Upload, error) {
	u, err := s.newUpload(ctx, name, o)
	if err != nil {
		return nil, pathError("create", name, err)
	}
	return u, nil
}

// Resume is Create for an upload that may have been begun before: with the same name,
// Size and key, which stands for the content. It returns how many bytes are there
// already; writing goes on behind them. Abort keeps what is there, for another time.
// The options Offset and KeepTail are fs.ErrInvalid, and so is a Size of 0.
func (s *Storage) Resume(ctx context.Context, name, key string, o filestore.CreateOptions) (filestore.Upload, int64, error) {
	u, err := s.newUpload(ctx, name, o)
	if err == nil && (o.Size == 0 || o.Offset != 0 || o.KeepTail) {
		err = fs.ErrInvalid
	}
	if err == nil && o.Size > int64(s.Client.slice()) {
		err = u.resume(key)
	}
	if err != nil {
		return nil, 0, pathError("create", name, err)
	}
	return u, u.sent, nil
}

func (s *Storage) newUpload(ctx context.Context, name string, o filestore.CreateOptions) (*upload, error) {
	err := check(ctx, name)
	switch {
	case err != nil:
		return nil, err
	case name == filestore.Root, o.Size < 0, o.Reserve < 0, o.Offset < filestore.End:
		return nil, fs.ErrInvalid
	case o.If.ETag != "", o.If.Exists:
		return nil, errors.ErrUnsupported
	}
	u := &upload{s: s, ctx: ctx, name: name, o: o}
	if o.Offset > 0 || o.KeepTail {
		old, err := s.stat(ctx, name)
		switch {
		case err != nil:
			return nil, err
		case old.IsDir():
			return nil, filestore.ErrIsDirectory
		case o.Offset > old.Size():
			return nil, fs.ErrInvalid
		}
		u.base = &old
	}
	return u, nil
}

// upload is new content on its way.
type upload struct {
	s       *Storage
	ctx     context.Context
	name    string
	o       filestore.CreateOptions
	base    *info  // the old file, where its bytes are needed; nil: not known yet
	part    []byte // at most a slice
	written int64  // by the caller, with what was there to resume
	aside   string // the file aside; "": none yet
	sent    int64  // the size of the file aside
	keep    bool   // the file aside outlives Abort
	err     error  // why there can be no Commit
	ended   bool
}

// resume finds what is there of an upload.
func (u *upload) resume(key string) error {
	sum := sha256.Sum256([]byte(u.name + "\x00" + key))
	u.aside, u.keep = asideOf(u.name, hex.EncodeToString(sum[:16])), true
	i, err := u.s.stat(u.ctx, u.aside)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case i.IsDir() || i.Size() > u.o.Size:
		return filestore.ErrChanged
	}
	u.sent, u.written = i.Size(), i.Size()
	return nil
}

// Write implements [io.Writer].
func (u *upload) Write(p []byte) (n int, err error) {
	if u.err == nil {
		u.err = u.ctx.Err()
	}
	if u.ended {
		u.err = fs.ErrClosed
	}
	if u.err == nil && u.o.Size > 0 && u.written+int64(len(p)) > u.o.Size {
		u.err = fs.ErrInvalid
	}
	for u.err == nil && n < len(p) {
		room := u.s.Client.sliceAt(u.sent) - len(u.part)
		if room == 0 {
			u.err = u.flush()
			continue
		}
		m := min(room, len(p)-n)
		u.part = append(u.part, p[n:n+m]...)
		n += m
	}
	u.written += int64(n)
	if u.err != nil {
		return n, pathError("write", u.name, u.err)
	}
	return n, nil
}

// flush sends a slice to the file aside.
func (u *upload) flush() error {
	if u.aside == "" {
		if err := u.begin(); err != nil {
			return err
		}
	}
	if err := u.send(u.part); err != nil {
		return err
	}
	u.part = u.part[:0]
	return nil
}

// begin makes the file aside, with the old bytes that stay before the new ones.
func (u *upload) begin() error {
	if u.o.If.Absent {
		if _, err := u.s.stat(u.ctx, u.name); err == nil {
			return fs.ErrExist
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	u.aside = asideOf(u.name, meta.NewKey())
	if u.o.Offset == 0 {
		return nil
	}
	return u.copyOld(func(size int64) (from, to int64) {
		if u.o.Offset == filestore.End {
			return 0, size
		}
		return 0, u.o.Offset
	})
}

// send appends to the file aside, and makes it.
func (u *upload) send(data []byte) error {
	if err := u.s.WriteStorageFile(u.ctx, u.aside, At(u.sent), data); err != nil {
		return err
	}
	u.sent += int64(len(data))
	return nil
}

// copyOld appends a part of the old file, which is told by its size, to the file
// aside.
func (u *upload) copyOld(part func(size int64) (from, to int64)) error {
	old, err := u.s.OpenAt(u.ctx, u.name, 0)
	if errors.Is(err, fs.ErrNotExist) && u.o.Offset == filestore.End {
		return nil
	}
	if err != nil {
		return withoutPath(err)
	}
	defer old.Close()
	now := old.(*file).info
	if u.base == nil {
		u.base = &now
	}
	if u.base.Size() != now.Size() || !u.base.ModTime().Equal(now.ModTime()) {
		return filestore.ErrChanged
	}
	from, to := part(now.Size())
	for data := make([]byte, u.s.Client.slice()); from < to; {
		n, err := old.ReadAt(data[:min(to-from, int64(len(data)))], from)
		if err != nil && !errors.Is(err, io.EOF) {
			return withoutPath(err)
		}
		if err := u.send(data[:n]); err != nil {
			return err
		}
		from += int64(n)
	}
	return nil
}

func withoutPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// Commit implements [filestore.Upload].
func (u *upload) Commit() (filestore.FileInfo, error) {
	if u.ended {
		return nil, pathError("commit", u.name, fs.ErrClosed)
	}
	err := u.err
	if err == nil {
		err = u.ctx.Err()
	}
	if err == nil && u.o.Size > 0 && u.written != u.o.Size {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		err = u.commit()
	}
	if err != nil {
		u.Abort()
		return nil, pathError("commit", u.name, err)
	}
	u.ended, u.part = true, nil
	i, err := u.s.stat(u.ctx, u.name)
	if err != nil {
		return nil, pathError("commit", u.name, err)
	}
	return i, nil
}

func (u *upload) commit() error {
	if u.aside == "" {
		if at, ok := u.position(); ok {
			return u.s.WriteStorageFile(u.ctx, u.name, at, u.part)
		}
	}
	if len(u.part) > 0 || u.sent == 0 {
		if err := u.flush(); err != nil {
			return err
		}
	}
	if u.o.KeepTail {
		if err := u.copyOld(func(size int64) (from, to int64) { return min(u.sent, size), size }); err != nil {
			return err
		}
	}
	return u.s.place(u.ctx, u.aside, u.name, !u.o.If.Absent)
}

// position tells how one command does it; ok is false if none can.
func (u *upload) position() (at Position, ok bool) {
	switch {
	case u.o.If.Absent:
		return New, u.o.Offset == 0 && !u.o.KeepTail
	case u.o.Offset == filestore.End:
		return Append, true
	case u.o.Offset == 0 && u.o.KeepTail:
		return Begin, true
	}
	return At(u.o.Offset), u.o.Offset == 0 || u.o.KeepTail
}

// Abort implements [filestore.Upload].
func (u *upload) Abort() error {
	if u.ended {
		return nil
	}
	u.ended, u.part = true, nil
	if u.aside == "" || u.keep {
		return nil
	}
	ctx, cancel := undoing(u.ctx)
	defer cancel()
	err := u.s.DeleteStorageFile(ctx, u.aside)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return pathError("abort", u.name, err)
}
