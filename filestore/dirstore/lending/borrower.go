package lending

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// borrower is a [filestore.Store] that stands for the one of a root. It borrows
// that for each call, and for an upload until that ends: in between it may be
// closed, and be opened again by the next call. Files need it no longer once they
// are open.
type borrower struct {
	loans  *loans
	root   string
	create bool
	claim  string
}

var errNoStorage = errors.New("there is no storage any more")

func (b borrower) borrow(op, name string) (loan, error) {
	l, err := b.loans.borrow(b.root, b.create, b.claim)
	switch {
	case errors.Is(err, fs.ErrClosed):
	case err != nil: // opaque: a disk that is not there must not look like files that are not
		err = fmt.Errorf("open storage: %w", b.told(filestore.HostError(err)))
	case l.of == nil:
		err = errNoStorage
	default:
		return l, nil
	}
	return loan{}, &fs.PathError{Op: op, Path: name, Err: err}
}

// told logs what the system refuses.
func (b borrower) told(err error) error { return b.loans.incidents.report(b.root, err) }

func (b borrower) Stat(ctx context.Context, name string) (filestore.FileInfo, error) {
	l, err := b.borrow("stat", name)
	if err != nil {
		return nil, err
	}
	defer l.end()
	info, err := l.Stat(ctx, name)
	return info, b.told(err)
}

func (b borrower) Open(ctx context.Context, name string) (filestore.File, error) {
	l, err := b.borrow("open", name)
	if err != nil {
		return nil, err
	}
	defer l.end()
	f, err := l.Open(ctx, name)
	return f, b.told(err)
}

func (b borrower) List(ctx context.Context, dir string, o filestore.ListOptions) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) {
		l, err := b.borrow("list", dir)
		if err != nil {
			yield(nil, err)
			return
		}
		defer l.end()
		for info, err := range l.List(ctx, dir, o) {
			if !yield(info, b.told(err)) {
				return
			}
		}
	}
}

func (b borrower) Create(ctx context.Context, name string, o filestore.CreateOptions, limits filestore.Limits) (filestore.Upload, error) {
	l, err := b.borrow("create", name)
	if err != nil {
		return nil, err
	}
	kept := false
	defer func() { // after a panic as well
		if !kept {
			l.end()
		}
	}()
	u, err := l.Create(ctx, name, o, limits)
	if err != nil {
		return nil, b.told(err)
	}
	kept = true
	lent := &lentUpload{u, b, l, false}
	if from, ok := u.(io.ReaderFrom); ok {
		return lentFastUpload{lent, from}, nil
	}
	return lent, nil
}

func (b borrower) Mkdir(ctx context.Context, name string, o filestore.MkdirOptions, limits filestore.Limits) error {
	l, err := b.borrow("mkdir", name)
	if err != nil {
		return err
	}
	defer l.end()
	return b.told(l.Mkdir(ctx, name, o, limits))
}

func (b borrower) Remove(ctx context.Context, name string, o filestore.RemoveOptions) error {
	l, err := b.borrow("remove", name)
	if err != nil {
		return err
	}
	defer l.end()
	return b.told(l.Remove(ctx, name, o))
}

func (b borrower) Rename(ctx context.Context, from, to string, o filestore.RenameOptions) error {
	l, err := b.borrow("rename", from)
	if err != nil {
		return err
	}
	defer l.end()
	return b.told(l.Rename(ctx, from, to, o))
}

func (b borrower) Copy(ctx context.Context, from, to string, o filestore.CopyOptions, limits filestore.Limits) error {
	l, err := b.borrow("copy", from)
	if err != nil {
		return err
	}
	defer l.end()
	return b.told(l.Copy(ctx, from, to, o, limits))
}

func (b borrower) Usage(ctx context.Context, dir string) (filestore.Usage, error) {
	l, err := b.borrow("usage", dir)
	if err != nil {
		return filestore.Usage{}, err
	}
	defer l.end()
	u, err := l.Usage(ctx, dir)
	return u, b.told(err)
}

// Note implements [filestore.Notebook] for a Store that is one.
func (b borrower) Note(ctx context.Context, name string) (text []byte, err error) {
	err = b.notebook("note", func(book filestore.Notebook) error {
		text, err = book.Note(ctx, name)
		return err
	})
	return text, err
}

// SetNote implements [filestore.Notebook] for a Store that is one.
func (b borrower) SetNote(ctx context.Context, name string, text []byte) error {
	return b.notebook("set note", func(book filestore.Notebook) error { return book.SetNote(ctx, name, text) })
}

func (b borrower) notebook(op string, use func(filestore.Notebook) error) error {
	l, err := b.borrow(op, filestore.Root)
	if err != nil {
		return err
	}
	defer l.end()
	book, ok := l.Store.(filestore.Notebook)
	if !ok {
		return &fs.PathError{Op: op, Path: filestore.Root, Err: errors.ErrUnsupported}
	}
	return b.told(use(book))
}

func (b borrower) Sidecar(ctx context.Context, name, known string) (filestore.Sidecar, error) {
	l, err := b.borrow("read sidecar", name)
	if err != nil {
		return filestore.Sidecar{}, err
	}
	defer l.end()
	side, err := l.Sidecar(ctx, name, known)
	return side, b.told(err)
}

func (b borrower) SetSidecar(ctx context.Context, name string, content []byte, o filestore.SidecarOptions, limits filestore.Limits) (filestore.Sidecar, error) {
	l, err := b.borrow("set sidecar", name)
	if err != nil {
		return filestore.Sidecar{}, err
	}
	defer l.end()
	side, err := l.SetSidecar(ctx, name, content, o, limits)
	return side, b.told(err)
}

// A Store that may have locks stays open: they would end with it.

func (b borrower) Lock(ctx context.Context, name string, lock filestore.Lock, timeout time.Duration) (filestore.Lock, error) {
	return b.keeping("lock", name, func(locks filestore.Locks) (filestore.Lock, error) { return locks.Lock(ctx, name, lock, timeout) })
}

func (b borrower) RefreshLock(ctx context.Context, name, token, owner string, timeout time.Duration) (filestore.Lock, error) {
	return b.keeping("refresh lock", name, func(locks filestore.Locks) (filestore.Lock, error) {
		return locks.RefreshLock(ctx, name, token, owner, timeout)
	})
}

func (b borrower) keeping(op, name string, do func(filestore.Locks) (filestore.Lock, error)) (made filestore.Lock, err error) {
	err = b.lock(op, name, func(at *storage, locks filestore.Locks) error {
		if made, err = do(locks); err == nil {
			at.keepUntil(made.Expires)
		}
		return err
	})
	return made, err
}

func (b borrower) Unlock(ctx context.Context, name, token, owner string) error {
	return b.lock("unlock", name, func(at *storage, locks filestore.Locks) error {
		err := locks.Unlock(ctx, name, token, owner)
		if err == nil {
			at.keepFor(func() ([]filestore.Lock, error) { return locks.Locks(ctx, filestore.Root, true) })
		}
		return err
	})
}

func (b borrower) Locks(ctx context.Context, name string, below bool) (found []filestore.Lock, err error) {
	err = b.lock("locks", name, func(_ *storage, locks filestore.Locks) error {
		found, err = locks.Locks(ctx, name, below)
		return err
	})
	return found, err
}

func (b borrower) lock(op, name string, do func(*storage, filestore.Locks) error) error {
	l, err := b.borrow(op, name)
	if err != nil {
		return err
	}
	defer l.end()
	locks, ok := l.Store.(filestore.Locks)
	if !ok {
		return &fs.PathError{Op: op, Path: name, Err: errors.ErrUnsupported}
	}
	return b.told(do(l.of, locks))
}

// Rescan has nothing to do where the Store keeps no usage that can be wrong.
func (b borrower) Rescan(ctx context.Context) (before, after filestore.Usage, err error) {
	l, err := b.borrow("rescan", filestore.Root)
	if err != nil {
		return before, after, err
	}
	defer l.end()
	r, ok := l.Store.(filestore.Rescanner)
	if !ok {
		return before, after, nil
	}
	before, after, err = r.Rescan(ctx)
	return before, after, b.told(err)
}

// lentUpload is an upload that gives its Store back when it ends.
type lentUpload struct {
	filestore.Upload
	of    borrower
	loan  loan
	ended bool
}

func (u *lentUpload) Commit() (filestore.FileInfo, error) {
	defer u.end()
	info, err := u.Upload.Commit()
	return info, u.of.told(err)
}

func (u *lentUpload) Write(p []byte) (int, error) {
	n, err := u.Upload.Write(p)
	return n, u.of.told(err)
}

func (u *lentUpload) Abort() error {
	defer u.end()
	return u.Upload.Abort()
}

func (u *lentUpload) end() {
	if !u.ended {
		u.ended = true
		u.loan.end()
	}
}

// lentFastUpload keeps the short way of an upload that has one.
type lentFastUpload struct {
	*lentUpload
	from io.ReaderFrom
}

func (u lentFastUpload) ReadFrom(r io.Reader) (int64, error) {
	n, err := u.from.ReadFrom(r)
	return n, u.of.told(err)
}
