package dirstore

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"github.com/cgpkit/cgpkit/filestore"
)

// chunk is how many bytes are copied between two looks at the limits and at
// the context.
const chunk = 1 << 20

// upload is new content on its way, in a file of the state directory.
type upload struct {
	s       *Store
	ctx     context.Context
	name    string
	o       filestore.CreateOptions
	limits  filestore.Limits
	base    stat // the file at Create; kindNone if there was none
	tree    tree // open until the upload ends
	file    newFile
	staged  string // the entry of the state directory, until it is renamed
	offset  int64  // old bytes before the new ones
	written int64
	held    filestore.Usage
	err     error // why the upload cannot be committed any more
}

// Create implements [filestore.Store]. The Upload is an [io.ReaderFrom], which
// takes data from a TCP connection or a file without reading it.
func (s *Store) Create(ctx context.Context, name string, o filestore.CreateOptions, l filestore.Limits) (filestore.Upload, error) {
	u := &upload{s: s, ctx: ctx, name: name, o: o, limits: l}
	if err := u.create(); err != nil {
		u.release()
		return nil, fail("create", name, err)
	}
	return u, nil
}

func (u *upload) create() error {
	if err := checkChange(u.ctx, u.name); err != nil {
		return err
	}
	if u.o.Size < 0 || u.o.Reserve < 0 || u.o.Offset < filestore.End {
		return fs.ErrInvalid
	}
	t, err := u.s.open(u.s.base)
	if err != nil {
		return err
	}
	u.tree = t
	if err := u.s.ready(u.ctx, t); err != nil {
		return err
	}
	u.s.names.RLock()
	u.base, err = u.target()
	u.s.names.RUnlock()
	if err != nil {
		return err
	}
	if err := u.place(); err != nil {
		return err
	}
	if u.o.Size > 0 {
		u.o.Reserve = 0
	}
	u.o.Reserve = min(u.o.Reserve, math.MaxInt64-u.offset)
	if err := u.reserve(u.base, max(u.o.Size, u.o.Reserve), false); err != nil {
		return err
	}
	if u.file, u.staged, err = u.s.stage(t); err != nil {
		return err
	}
	return u.keepOld()
}

// target returns the file that the upload makes way for, if the upload may go
// there.
func (u *upload) target() (stat, error) {
	s, t := u.s, u.tree
	if err := s.checkParent(t, u.name); err != nil {
		return stat{}, err
	}
	if u.o.Paired {
		if of, ok := filestore.SidecarOf(u.name); !ok {
			return stat{}, fs.ErrNotExist
		} else if _, err := s.find(t, of); err != nil {
			return stat{}, err
		}
	}
	st, err := s.look(t, u.name)
	switch {
	case err != nil:
		return stat{}, err
	case st.kind == kindDir:
		return stat{}, filestore.ErrIsDirectory
	case st.kind == kindForeign, st.kind == kindFile && u.o.Exclusive:
		return stat{}, fs.ErrExist
	case u.o.IfMatch == "" || u.o.IfMatch == "*" && st.kind == kindFile:
		return st, nil
	case st.kind == kindNone, u.o.IfMatch != info{u.name, st}.ETag():
		return stat{}, filestore.ErrChanged
	}
	return st, nil
}

// checkParent demands that the directory of name exists.
func (s *Store) checkParent(t tree, name string) error {
	dir, _ := filestore.Split(name)
	st, err := s.find(t, dir)
	if err == nil && st.kind != kindDir {
		return filestore.ErrNotDirectory
	}
	return err
}

// place finds out where the new bytes go.
func (u *upload) place() error {
	if u.base.kind == kindNone {
		if u.o.Offset > 0 || u.o.KeepTail {
			return fs.ErrNotExist
		}
	} else if u.offset = u.o.Offset; u.offset == filestore.End {
		u.offset = u.base.size
	}
	if u.offset > u.base.size || u.o.Size > math.MaxInt64-u.offset {
		return fs.ErrInvalid
	}
	return nil
}

// reserve holds room for a file that old makes way for and that gets size new
// bytes.
func (u *upload) reserve(old stat, size int64, locked bool) error {
	end := u.offset + size
	if u.o.KeepTail {
		end = max(end, u.base.size)
	}
	delta := filestore.Usage{Files: 1, Bytes: end}
	if old.kind == kindFile {
		delta = filestore.Usage{Bytes: end - old.size}
	}
	if delta.Bytes > 0 && end > u.limits.FileSize {
		return &filestore.LimitError{Kind: filestore.LimitFileSize, Limit: u.limits.FileSize}
	}
	return u.s.hold(u.ctx, u.tree, locked, &u.held, delta, u.limits)
}

// stage makes a new file in the state directory, and that if need be.
func (s *Store) stage(t tree) (f newFile, entry string, err error) {
	entry = rand.Text()
	f, err = t.create(s.staged(entry))
	if errors.Is(err, fs.ErrNotExist) {
		if err := s.makeStateDir(t); err != nil {
			return nil, "", err
		}
		f, err = t.create(s.staged(entry))
	}
	return f, entry, err
}

// errState: what stands in the place of the state directory is none.
var errState = errors.New("state directory is no directory")

func (s *Store) makeStateDir(t tree) error {
	err := t.mkdir(s.stateDir(), statePerm)
	if errors.Is(err, fs.ErrExist) {
		st, err := t.lstat(s.stateDir())
		if err == nil && st.kind != kindDir {
			err = errState
		}
		return err
	}
	if err == nil {
		err = s.sync(t, ".")
	}
	return err
}

// sync makes the entries of a directory survive the loss of power.
func (s *Store) sync(t tree, dir string) error {
	if s.noSync {
		return nil
	}
	return t.sync(dir)
}

// keepOld copies the old bytes that stay.
func (u *upload) keepOld() error {
	size := u.offset
	if u.o.KeepTail {
		size = u.base.size
	}
	if size == 0 {
		return nil
	}
	old, st, err := u.tree.open(u.s.at(u.name))
	if err != nil {
		return err
	}
	defer old.Close()
	if st != u.base {
		return filestore.ErrChanged
	}
	if err := copyN(u.ctx, u.file, old, size); err != nil {
		return err
	}
	_, err = u.file.Seek(u.offset, io.SeekStart)
	return err
}

// copyN copies size bytes, without reading them where the system can do that.
// Fewer give io.ErrUnexpectedEOF.
func copyN(ctx context.Context, to newFile, from *os.File, size int64) error {
	for size > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := io.CopyN(to, from, min(size, chunk))
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		size -= n
	}
	return nil
}

func (u *upload) Write(p []byte) (int, error) {
	n, err := u.write(p)
	if err != nil {
		u.err = err
		return n, fail("write", u.name, err)
	}
	return n, nil
}

func (u *upload) write(p []byte) (int, error) {
	if err := u.check(); err != nil {
		return 0, err
	}
	if err := u.grow(int64(len(p))); err != nil {
		return 0, err
	}
	return u.file.Write(p)
}

// check tells whether the upload may go on.
func (u *upload) check() error {
	if u.err != nil {
		return u.err
	}
	return u.ctx.Err()
}

// grow counts n new bytes.
func (u *upload) grow(n int64) error {
	u.written += n
	if u.o.Size == 0 {
		return u.reserve(u.base, max(u.written, u.o.Reserve), false)
	}
	if u.written > u.o.Size {
		return fs.ErrInvalid
	}
	return nil
}

// ReadFrom writes what r has. It counts each piece when it is in the state
// directory: only there may an upload be over its limits for a moment.
func (u *upload) ReadFrom(r io.Reader) (int64, error) {
	var total int64
	for {
		if err := u.check(); err != nil {
			u.err = err
			return total, fail("write", u.name, err)
		}
		n, err := u.file.ReadFrom(&io.LimitedReader{R: r, N: chunk})
		total += n
		if n > 0 {
			if err := u.grow(n); err != nil {
				u.err = err
				return total, fail("write", u.name, err)
			}
		}
		if err != nil {
			u.err = err
			return total, fail("write", u.name, err)
		}
		if n < chunk {
			return total, nil
		}
	}
}

func (u *upload) Commit() (filestore.FileInfo, error) {
	st, err := u.commit()
	u.release()
	if err != nil {
		return nil, fail("commit", u.name, err)
	}
	return info{u.name, st}, nil
}

func (u *upload) commit() (stat, error) {
	if err := u.check(); err != nil {
		return stat{}, err
	}
	if u.written < u.o.Size {
		return stat{}, io.ErrUnexpectedEOF
	}
	if !u.o.ModTime.IsZero() {
		if err := u.tree.chtimes(u.s.staged(u.staged), u.o.ModTime); err != nil {
			return stat{}, err
		}
	}
	if !u.s.noSync {
		if err := u.file.Sync(); err != nil {
			return stat{}, err
		}
	}
	st, err := u.publish()
	if err != nil {
		return stat{}, err
	}
	defer u.s.syncs.Done()
	dir, _ := filestore.Split(u.name)
	return st, u.s.sync(u.tree, u.s.at(dir))
}

// errLost: somebody has cleared the state directory.
var errLost = errors.New("the upload was removed")

// publish renames the upload into place. If that was done the caller syncs the
// directory, which others need not wait for, and tells u.s.syncs.
func (u *upload) publish() (stat, error) {
	s, t := u.s, u.tree
	if err := s.begin(u.ctx, t); err != nil {
		return stat{}, err
	}
	defer s.end()
	old, err := u.target()
	if err != nil {
		return stat{}, err
	}
	if (u.o.Offset != 0 || u.o.KeepTail) && old != u.base {
		return stat{}, filestore.ErrChanged
	}
	if err := u.reserve(old, u.written, true); err != nil {
		return stat{}, err
	}
	if err := s.makeRoot(t); err != nil {
		return stat{}, err
	}
	err = t.rename(s.staged(u.staged), s.at(u.name), old.kind == kindFile)
	if errors.Is(err, fs.ErrNotExist) { // the directory it goes to was there just now
		err = errLost
	}
	if err != nil {
		return stat{}, err
	}
	u.staged = ""
	st, err := t.fstat(u.file)
	if err != nil {
		s.distrust()
		return stat{}, err
	}
	delta := filestore.Usage{Files: 1, Bytes: st.size}
	if old.kind == kindFile {
		delta = filestore.Usage{Bytes: st.size - old.size}
	}
	s.ledger.settle(&u.held, delta)
	s.syncs.Add(1)
	return st, nil
}

func (u *upload) Abort() error {
	u.release()
	return nil
}

// release gives back what the upload holds and ends it.
func (u *upload) release() {
	if u.file != nil {
		u.file.Close()
		u.file = nil
	}
	if u.staged != "" {
		u.s.discard(u.staged)
		u.staged = ""
	}
	if u.tree != nil {
		u.tree.close()
		u.tree = nil
	}
	u.s.ledger.settle(&u.held, filestore.Usage{})
	u.err = fs.ErrClosed
}

// discard deletes entries of the state directory. What cannot be deleted now
// is tried again when the storage is next opened.
func (s *Store) discard(entries ...string) {
	for _, entry := range entries {
		os.RemoveAll(filepath.Join(s.base, s.stateDir(), entry))
	}
}
