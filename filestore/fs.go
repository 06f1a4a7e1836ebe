package filestore

import (
	"context"
	"io"
	"io/fs"
	"iter"
	"time"

	"github.com/cgpkit/cgpkit/meta"
)

// FS is one account's storage as one caller may see it. [View] implements it.
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
	// List walks the direct entries of a directory, in no particular order,
	// without those that the caller may not open. An entry that cannot be
	// read yields an error, and the walk goes on; breaking out of the loop
	// frees what the walk holds.
	List(ctx context.Context, dir string) iter.Seq2[FileInfo, error]
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

// FileInfo describes one entry. Name is the last segment of Path; Root has
// the name ".". ModTime has the resolution of the store.
type FileInfo interface {
	fs.FileInfo
	// Path is the storage path of the entry.
	Path() string
	// ETag is a strong entity tag with its quotes (RFC 9110 §8.8.3), which
	// changes whenever the content does. Directories have none: "".
	ETag() string
}

// File is a file open for reading. A file on a local disk is an *os.File or
// embeds one, so that its content can be sent without passing through the
// process.
//
// What Stat of a File returns is a FileInfo. A File goes on showing the content it was opened with, whatever happens to
// its name afterwards. Read and Seek are for one goroutine at a time.
type File interface {
	fs.File
	io.Seeker
	io.ReaderAt
}

// Upload receives the new content of one file.
//
// Until Commit returns without an error the file is as it was. After a failed
// Write, Commit fails too. Abort gives up the upload and everything it holds;
// after Commit it does nothing, so it can be deferred. An upload whose
// declared size was not reached fails at Commit with io.ErrUnexpectedEOF.
//
// An Upload keeps the context it was created with and fails when that ends.
// It is for one goroutine at a time.
type Upload interface {
	io.Writer
	Commit() (FileInfo, error)
	Abort() error
}

// End as an Offset means the end of the old content: what is written is
// appended, and the file is created if it does not exist.
const End int64 = -1

// CreateOptions say how an upload changes its file. The zero value replaces
// the file or creates it. Use field names.
type CreateOptions struct {
	// Size is the number of bytes that will be written; 0: not known. A known
	// size is reserved at once, so that a lack of room is told before the
	// data, and it is checked at Commit.
	Size int64
	// Reserve is a number of bytes that is likely to come. Room for it is held,
	// as for Size, but fewer or more may come. Where Size is known it counts for
	// nothing.
	Reserve int64
	// Offset is where writing begins. Old bytes before it stay. A positive
	// offset needs an existing file that is at least so long: otherwise
	// Create fails with fs.ErrNotExist or fs.ErrInvalid.
	Offset int64
	// KeepTail keeps old bytes behind the last one written; the file must
	// exist.
	KeepTail bool
	// Exclusive demands that the file does not exist (fs.ErrExist).
	Exclusive bool
	// IfMatch, if not empty, demands that the file exists with this entity
	// tag at Create and still at Commit, else ErrChanged. "*" stands for any.
	IfMatch string
	// Paired demands of a sidecar that what it belongs to exists, at Create and
	// still at Commit, else fs.ErrNotExist.
	Paired bool
	// ModTime, if not zero, becomes the modification time.
	ModTime time.Time
}

// RemoveOptions say what Remove may take along. Use field names.
type RemoveOptions struct {
	// Recursive removes a directory with all below it. Without it only empty
	// directories go, and others give ErrNotEmpty.
	Recursive bool
	// IfMatch, if not empty, demands a file with this entity tag, else
	// ErrChanged.
	IfMatch string
}

// RenameOptions say what Rename may move and replace. Use field names.
type RenameOptions struct {
	// Replace removes an existing target, whatever it is, in the same step.
	// Without it an existing target gives fs.ErrExist.
	Replace bool
	// ReplaceFile is Replace for files alone: where a directory stands at
	// either end, an existing target gives fs.ErrExist.
	ReplaceFile bool
	// IfMatch, if not empty, demands a file with this entity tag as the source,
	// else ErrChanged.
	IfMatch string
}

// CopyOptions say how Copy works. Use field names.
type CopyOptions struct {
	// Replace removes an existing target, whatever it is, in the same step.
	// Without it an existing target gives fs.ErrExist.
	Replace bool
	// Shallow copies a directory without its entries (RFC 4918 §9.8.3,
	// Depth: 0).
	Shallow bool
	// Skip tells which entries below a directory are left out, with all below
	// them and their sidecars. nil: none. It must not call the store. A View
	// leaves out what nobody could store, too.
	Skip func(name string, directory bool) bool
	// IfMatch, if not empty, demands a file with this entity tag as the source,
	// else ErrChanged.
	IfMatch string
}

// Usage is what a storage or a part of it holds.
type Usage struct {
	Files int64 // files and directories, the starting directory not counted
	Bytes int64 // the sum of all file sizes
}

// Unlimited as a limit allows everything.
const Unlimited int64 = 1<<63 - 1

// Limits bound what may be stored. A limit of 0 allows nothing. Only a change
// that makes a number larger, and ends above its limit, is refused.
type Limits struct {
	Files    int64 // files and directories together (MaxWebFiles)
	Bytes    int64 // the sum of all file sizes (MaxWebSize)
	FileSize int64 // the size of one file (MaxFileSize)
}
