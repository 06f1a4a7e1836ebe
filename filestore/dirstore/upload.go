package dirstore

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
	"github.com/cgpkit/cgpkit/filestore/locktable"
)

// chunk is how many bytes are copied between two looks at the limits and at
// the context.
const chunk = 1 << 20

// upload is new content on its way, in a file of the state directory: that of a
// file, or of the sidecar of a name.
type upload struct {
	s       *Store
	ctx     context.Context
	name    string
	sidecar *filestore.SidecarOptions // nil: it is the file itself
	o       filestore.CreateOptions
	limits  filestore.Limits
	base    stat // the file at Create; kindNone if there was none
	tree    tree // open until the upload ends
	file    newFile
	staged  string // the entry of the state directory, until it is renamed
	draft   *ledger.Draft
	held    filestore.Usage
	err     error // why the upload cannot be committed any more
}

// Create implements [filestore.Store]. The Upload is an [io.ReaderFrom], which
// takes data from a TCP connection or a file without reading it.
func (s *Store) Create(ctx context.Context, name string, o filestore.CreateOptions, l filestore.Limits) (filestore.Upload, error) {
	u := &upload{s: s, ctx: ctx, name: name, o: o, limits: l}
	err := checkChange(ctx, name)
	if err == nil {
		err = ledger.CheckOptions(o)
	}
	if err == nil {
		err = u.create()
	}
	if err != nil {
		u.release()
		return nil, fail("create", name, err)
	}
	return u, nil
}

// create begins an upload whose name and options are those of a file or a sidecar.
func (u *upload) create() error {
	t, err := u.s.open(u.s.base)
	if err != nil {
		return err
	}
	u.tree = t
	if err := u.s.ensureCounted(u.ctx, t); err != nil {
		return err
	}
	u.s.names.RLock()
	f, err := u.target()
	u.s.names.RUnlock()
	if err != nil {
		return err
	}
	u.base = u.replaced(f)
	if u.draft, err = ledger.NewDraft(u.o, u.limits, sizeOf(u.base)); err != nil {
		return err
	}
	if err := u.checkLocks(u.base); err != nil {
		return err
	}
	if err := u.reserve(); err != nil {
		return err
	}
	has := u.takeSpare()
	if u.file == nil {
		if u.file, u.staged, err = u.s.stage(t); err != nil {
			return err
		}
	}
	return u.keepOld(has)
}

// target looks where the upload goes, and whether it may.
func (u *upload) target() (found, error) {
	f, err := u.s.look(u.tree, u.name, true)
	if err == nil {
		err = f.checkDir()
	}
	switch {
	case err != nil:
	case u.sidecar != nil:
		if err = f.checkSidecar(*u.sidecar); err == nil {
			err = f.checkRoom(u.name)
		}
	case f.entry.kind == kindDir:
		err = filestore.ErrIsDirectory
	case f.entry.kind == kindForeign:
		err = fs.ErrExist
	default:
		err = f.check(u.o.If)
	}
	return f, err
}

// checkDir demands that there is a directory that holds the name.
func (f found) checkDir() error {
	switch f.dir.kind {
	case kindDir:
		return nil
	case kindFile:
		return filestore.ErrNotDirectory
	}
	return fs.ErrNotExist
}

// replaced returns the file that the upload makes way for.
func (u *upload) replaced(f found) stat {
	if u.sidecar != nil {
		return f.sidecar
	}
	return f.entry
}

// path returns the name under which the upload is stored.
func (u *upload) path() string {
	if u.sidecar != nil {
		side, _ := filestore.SidecarName(u.name)
		return side
	}
	return u.name
}

// sizeOf is the size of a file as [ledger.Draft] has it.
func sizeOf(st stat) int64 {
	if st.kind != kindFile {
		return ledger.None
	}
	return st.size
}

// checkLocks checks the locks, where old makes way for the upload.
func (u *upload) checkLocks(old stat) error {
	switch {
	case u.sidecar != nil:
		return u.s.locks.Check(locktable.Sidecar, u.name, u.sidecar.If)
	case old.kind == kindFile:
		return u.s.locks.Check(locktable.Content, u.name, u.o.If)
	}
	return u.s.locks.Check(locktable.Entry, u.name, u.o.If)
}

// reserve holds room for what has come so far, or was announced.
func (u *upload) reserve() error {
	if u.sidecar != nil && u.o.Size > filestore.MaxSidecarBytes {
		return ledger.CheckSidecar(ledger.None, u.o.Size, u.limits)
	}
	delta, err := u.draft.Delta(sizeOf(u.base))
	if err != nil {
		return err
	}
	return u.s.hold(u.ctx, u.tree, false, &u.held, delta, u.limits)
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

// keepOld copies the old bytes that stay, of which so many are there already.
func (u *upload) keepOld(has int64) error {
	size := u.draft.Size()
	if size == 0 {
		return nil
	}
	old, st, err := u.tree.open(u.s.at(u.path()))
	if err != nil {
		return err
	}
	defer old.Close()
	if st != u.base {
		return filestore.ErrChanged
	}
	if has > 0 {
		if _, err := old.Seek(has, io.SeekStart); err != nil {
			return err
		}
		if _, err := u.file.Seek(has, io.SeekStart); err != nil {
			return err
		}
	}
	if err := copyN(u.ctx, u.file, old, size-has); err != nil {
		return err
	}
	_, err = u.file.Seek(u.draft.Start(), io.SeekStart)
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
	if err := u.grow(len(p)); err != nil {
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
func (u *upload) grow(n int) error {
	if err := u.draft.Write(n); err != nil || u.draft.Declared() {
		return err
	}
	return u.reserve()
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
			if err := u.grow(int(n)); err != nil {
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
	f, err := u.commit()
	u.release()
	if err != nil {
		return nil, fail("commit", u.name, err)
	}
	return newInfo(u.name, f), nil
}

// commit returns what then stands where the upload went.
func (u *upload) commit() (found, error) {
	if err := u.check(); err != nil {
		return found{}, err
	}
	if err := u.draft.Complete(); err != nil {
		return found{}, err
	}
	if !u.o.ModTime.IsZero() {
		if err := u.tree.chtimes(u.s.staged(u.staged), u.o.ModTime); err != nil {
			return found{}, err
		}
	}
	if !u.s.noSync {
		if err := u.file.Sync(); err != nil {
			return found{}, err
		}
	}
	f, err := u.publish()
	if err != nil {
		return found{}, err
	}
	defer u.s.syncs.Done()
	dir, _ := filestore.Split(u.name)
	return f, u.s.sync(u.tree, u.s.at(dir))
}

// errLost: somebody has cleared the state directory.
var errLost = errors.New("the upload was removed")

// publish renames the upload into place. If that was done the caller syncs the
// directory, which others need not wait for, and tells u.s.syncs.
func (u *upload) publish() (found, error) {
	s, t := u.s, u.tree
	if err := s.begin(u.ctx, t); err != nil {
		return found{}, err
	}
	defer s.end()
	f, err := u.target()
	if err != nil {
		return found{}, err
	}
	old := u.replaced(f)
	if u.draft.Keeps() && old != u.base {
		return found{}, filestore.ErrChanged
	}
	if err := u.checkLocks(old); err != nil {
		return found{}, err
	}
	delta, err := u.draft.Made(sizeOf(old))
	if err == nil {
		err = s.hold(u.ctx, t, true, &u.held, delta, u.limits)
	}
	if err != nil {
		return found{}, err
	}
	if err := s.makeRoot(t); err != nil {
		return found{}, err
	}
	spare, err := u.put(old)
	switch {
	case errors.Is(err, fs.ErrNotExist): // the directory it goes to was there just now
		return found{}, errLost
	case u.sidecar != nil && errors.Is(err, syscall.ENAMETOOLONG): // this file system has shorter names
		return found{}, filestore.ErrConflict
	case err != nil:
		return found{}, err
	}
	u.staged = spare
	st, err := t.fstat(u.file)
	if err != nil {
		s.forgetCount()
		return found{}, err
	}
	u.staged = ""
	u.keepSpare(spare, old, st)
	delta = filestore.Usage{Files: 1, Bytes: st.size}
	if old.kind == kindFile {
		delta = filestore.Usage{Bytes: st.size - old.size}
	}
	s.ledger.Settle(&u.held, delta)
	s.syncs.Add(1)
	if u.sidecar != nil {
		f.sidecar = st
	} else {
		f.entry = st
	}
	return f, nil
}

func (u *upload) Abort() error {
	u.release()
	return nil
}

// dropFile deletes what has come.
func (u *upload) dropFile() {
	if u.file != nil {
		u.file.Close()
		u.file = nil
	}
	if u.staged != "" {
		u.s.discard(u.staged)
		u.staged = ""
	}
}

// release gives back what the upload holds and ends it.
func (u *upload) release() {
	u.dropFile()
	if u.tree != nil {
		u.tree.close()
		u.tree = nil
	}
	u.s.ledger.Settle(&u.held, filestore.Usage{})
	u.err = fs.ErrClosed
}

// discard deletes entries of the state directory. What cannot be deleted now
// is tried again when the storage is next opened.
func (s *Store) discard(entries ...string) {
	for _, entry := range entries {
		os.RemoveAll(filepath.Join(s.base, s.stateDir(), entry))
	}
}
