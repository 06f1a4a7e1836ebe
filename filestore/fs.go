package filestore

import (
	"context"
	"io"
	"io/fs"
	"iter"
	"time"

	"github.com/cgpkit/cgpkit/meta"
)

// FS is one account's storage as one caller may see it. [View] implements it, [Locker]
// and [Describer].
//
// Names are storage paths: clean in the sense of [CheckName], without a
// leading slash, [Root] for the top. Whatever the caller may not do fails with
// an error that satisfies errors.Is(err, fs.ErrPermission); whatever the
// caller may not see fails with fs.ErrNotExist, exactly as if it were not
// there. The other errors are those of [Store]. All of them are
// *fs.PathError values that hold storage paths, never paths of the host.
//
// An FS is safe for concurrent use.
type FS interface {
	// Stat tells what is stored under name.
	Stat(ctx context.Context, name string) (FileInfo, error)
	// Open opens a file for reading. A directory gives ErrIsDirectory.
	Open(ctx context.Context, name string) (File, error)
	// List walks the direct entries of a directory behind the name after, in byte
	// order of their names, without those that the caller may not open. "" is before
	// all names; after need not be there. An entry that cannot be read yields an
	// error with its path, and the walk goes on; breaking out of the loop frees what
	// the walk holds.
	List(ctx context.Context, dir, after string) iter.Seq2[FileInfo, error]
	// Create begins an upload. Nothing of it is visible before Commit.
	Create(ctx context.Context, name string, o CreateOptions) (Upload, error)
	// Mkdir makes one directory. Its parent must exist. The access control list
	// of that becomes its own, unless a sidecar waits for it already.
	Mkdir(ctx context.Context, name string) error
	// Remove removes a file or a directory, and its sidecar with it.
	Remove(ctx context.Context, name string, o RemoveOptions) error
	// Rename moves a file or a directory, and its sidecar with it.
	Rename(ctx context.Context, from, to string, o RenameOptions) error
	// Copy copies a file or a directory with all below it. Attributes are
	// copied too, apart from access rights and share keys; directories get the
	// list of the target's directory.
	Copy(ctx context.Context, from, to string, o CopyOptions) error
	// Attributes returns the attributes of a file or a directory, those that
	// the caller may know of. Root has none. ErrConflict says that they cannot
	// be understood.
	Attributes(ctx context.Context, name string) ([]meta.Attribute, error)
	// SetAttributes changes attributes, all of it or nothing. Changes that
	// cannot be made give fs.ErrInvalid; a name that has no room for a sidecar,
	// or one that cannot be understood, ErrConflict.
	SetAttributes(ctx context.Context, name string, changes ...meta.Change) error
	// Usage counts what is stored below dir. It is for the owner and for
	// administrators.
	Usage(ctx context.Context, dir string) (Usage, error)
	// Limits returns the limits of the account. It is for the owner and for
	// administrators.
	Limits(ctx context.Context) (Limits, error)
}

// Locker is an addition to [FS] for the locks of a storage. Whoever may write under
// a name may lock it and see its locks, by a deep lock if they may write all below it as
// well; the owner of a lock is the account of the caller. Storages without [Locks] give errors.ErrUnsupported.
type Locker interface {
	Lock(ctx context.Context, name string, l Lock, timeout time.Duration) (Lock, error)
	RefreshLock(ctx context.Context, name, token string, timeout time.Duration) (Lock, error)
	Unlock(ctx context.Context, name, token string) error
	Locks(ctx context.Context, name string, below bool) ([]Lock, error)
	// WithTokens returns the same storage for a request that has submitted lock
	// tokens: every change goes with them.
	WithTokens(tokens ...string) FS
}

// File is a file open for reading. One on a local disk is a [syscall.Conn] as well, so
// that the kernel can send its content.
//
// What Stat of a File returns is a FileInfo. A File goes on showing the content it
// was opened with, whatever happens to its name or its store afterwards, until it is
// closed. It needs the context that it was opened with: when that ends, a store
// across a network may end the File too, and reading fails with the error of the
// context. Read and Seek are for one goroutine at a time.
type File interface {
	fs.File
	io.Seeker
	io.ReaderAt
}

// Upload receives the new content of one file.
//
// Until Commit returns without an error the file is as it was. After a failed
// Write, Commit fails too. Abort gives up the upload and everything it holds;
// after Commit it does nothing, so it can be deferred. After either, Write and
// Commit give fs.ErrClosed. An upload whose declared size was not reached fails at
// Commit with io.ErrUnexpectedEOF.
//
// An Upload keeps the context it was created with and fails when that ends.
// It is for one goroutine at a time.
type Upload interface {
	io.Writer
	Commit() (FileInfo, error)
	Abort() error
}
