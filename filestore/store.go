package filestore

import (
	"context"
	"io/fs"
	"iter"
	"time"

	"github.com/cgpkit/cgpkit/meta"
)

// MaxSidecarBytes bounds the content of a sidecar. Our choice.
const MaxSidecarBytes = meta.MaxBytes

// Store keeps the tree of one account: files and directories, each with its
// sidecar, and what limits allow. It knows no callers and no rights: those are
// the business of [View].
//
// Whoever writes one implements all methods, or the three of a Tree, of which package
// treestore makes a Store. Package storetest tests what stands here. [Locks], [Notebook],
// [Rescanner] and [io.Closer] are additions. A Closer is closed by whoever opened it;
// changes after that, commits included, give fs.ErrClosed.
//
// One call is one step: others see all of it or nothing, and a crash leaves all
// of it or nothing. A call that fails changes nothing, and its error comes with zero
// values. A Store is safe for concurrent use, and keeps no slice that it is given.
// The package documentation tells which calls a request makes.
//
// # Names
//
// Names are bytes, compared one by one. One that [CheckName] refuses is fs.ErrInvalid.
// [Root] is always there, with the zero ModTime until something is stored. Also
// fs.ErrInvalid is to make, remove, move or replace Root; to move or copy something onto
// itself, into its own tree or onto a directory above it; and what would make a name
// below it invalid.
//
// X.meta is the name of the sidecar of X, and no entry ([IsSidecar]). To make,
// move or copy it, or something to it, is fs.ErrInvalid; elsewhere it is not there.
// A directory that another program gave such a name is an entry like others; a
// copy of a tree leaves it out.
//
// There are only directories and regular files. The names of links and special
// files that somebody else made are taken (fs.ErrExist), and a directory that holds one
// is not empty. Otherwise they are not there, and nothing of theirs is overwritten.
//
// # Sidecars
//
// A sidecar goes where its entry goes: Remove and Rename take it along, Create
// keeps it. What Rename and Copy replace loses its own. A sidecar without an entry is
// an orphan: it waits for Create or Mkdir, and Rename and Copy to its name replace it.
// To put one where its name has no room ([SidecarName]) is ErrConflict.
//
// # Limits
//
// Limits are those of the call, and exact, however many goroutines write. A
// change that makes a number larger and would end above its limit gives a
// *LimitError. A sidecar counts as one file, with its bytes. A copy is new: all of it
// is counted, less what it replaces. An upload keeps the limits of its Create. Until it
// ends it holds room for what it makes larger, for one more file and a declared size
// from Create on, else with each Write; others have what is left of their limits.
//
// # Errors
//
// Callers may branch on fs.ErrNotExist, fs.ErrExist, fs.ErrInvalid, ErrIsDirectory,
// ErrNotDirectory, ErrNotEmpty, ErrConflict, ErrChanged, ErrLocked (a *LockedError),
// ErrLimit (a *LimitError) and the error of the context. All come in an *fs.PathError
// with the storage path that they are about; of two names that of the source for what
// is wrong with it, else that of the target.
//
// Looking below a file is fs.ErrNotExist, making something below it ErrNotDirectory,
// and below what is not there fs.ErrNotExist. Refusals come in this order:
//
//  1. names, options and context;
//  2. the source, and the precondition on it;
//  3. the parent of what is made, then what stands in the place of it, then the
//     precondition on it;
//  4. a directory that is not empty, an offset that does not fit, a sidecar without
//     room for its name, an invalid name below the target;
//  5. locks;
//  6. limits.
type Store interface {
	// Stat tells what is stored under name, and of its sidecar all but the content.
	Stat(ctx context.Context, name string) (FileInfo, error)
	// Open opens a file for reading. A directory gives ErrIsDirectory.
	Open(ctx context.Context, name string) (File, error)
	// List walks the direct entries of a directory in byte order of their names.
	// An orphan comes under the name of what it waits for, with the mode
	// fs.ModeIrregular and the size 0. What is made or removed meanwhile may come
	// or not; nothing else is missing or comes twice. A store across a network asks
	// for a page of entries at a time, sidecars with them.
	//
	// An error about dir is the last that comes. One with the path of an entry
	// leaves that out, and the walk goes on. Breaking out of the loop frees what the
	// walk holds.
	List(ctx context.Context, dir string, o ListOptions) iter.Seq2[FileInfo, error]
	// Create begins an upload.
	Create(ctx context.Context, name string, o CreateOptions, l Limits) (Upload, error)
	// Mkdir makes a directory. Its parent must exist.
	Mkdir(ctx context.Context, name string, o MkdirOptions, l Limits) error
	// Remove removes a file or a directory.
	Remove(ctx context.Context, name string, o RemoveOptions) error
	// Rename moves a file or a directory.
	Rename(ctx context.Context, from, to string, o RenameOptions) error
	// Copy copies a file, or a directory with all below it.
	Copy(ctx context.Context, from, to string, o CopyOptions, l Limits) error
	// Usage counts what is below dir. For Root the answer is kept at hand and
	// is exact.
	Usage(ctx context.Context, dir string) (Usage, error)

	// Sidecar returns the sidecar of name, whether or not name is there itself;
	// fs.ErrNotExist: there is none. If its tag is known, which is the one that the
	// caller has seen last or "", there is no content: one call tells that nothing
	// has changed, or brings what is new. Nor is there any of one above
	// MaxSidecarBytes, which somebody else has stored.
	Sidecar(ctx context.Context, name, known string) (Sidecar, error)
	// SetSidecar stores content as the sidecar of name, or removes that if content
	// is nil; fs.ErrNotExist: there is none to remove. Above MaxSidecarBytes it is
	// a *LimitError. name need not be there, but its parent must. ErrConflict:
	// something that is no sidecar has the name X.meta.
	SetSidecar(ctx context.Context, name string, content []byte, o SidecarOptions, l Limits) (Sidecar, error)
}

// Sidecar is what a store tells of a sidecar.
type Sidecar struct {
	// Content must not be changed by whoever gets it. nil: it was not asked for,
	// or is known; an empty sidecar has an empty slice.
	Content []byte
	Size    int64
	ModTime time.Time
	// ETag is a strong entity tag, as those of files are.
	ETag string
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
	// Sidecar tells of the sidecar of the entry; nil: there is none. Only a listing
	// that was asked for it brings the content, and only Stat and List of a store
	// must tell of it at all: what an open File and a Commit tell may leave it out.
	Sidecar() *Sidecar
}

// ListOptions say what a listing is to show. Use field names.
type ListOptions struct {
	// After begins the listing behind this name of an entry, which need not be
	// there. "": at the first.
	After string
	// Sidecars brings the content of sidecars of at most MaxSidecarBytes.
	Sidecars bool
}

// End as an Offset means the end of the old content: what is written is
// appended, and the file is created if it does not exist.
const End int64 = -1

// CreateOptions say how an upload changes its file. The zero value replaces
// the file or creates it. Use field names. Negative numbers other than End give
// fs.ErrInvalid, and so do those whose sum no int64 holds.
type CreateOptions struct {
	// Size is the number of bytes that will be written; 0: not known. A known
	// size is reserved at once, so that a lack of room is told before the
	// data. A Write beyond it fails with fs.ErrInvalid, and Commit below it with
	// io.ErrUnexpectedEOF.
	Size int64
	// Reserve is a number of bytes that is likely to come. Room for it is held,
	// as for Size, but fewer or more may come. Where Size is known it counts for
	// nothing.
	Reserve int64
	// Offset is where writing begins. Old bytes before it stay, and those behind
	// it go unless KeepTail says otherwise. A positive offset needs an existing
	// file that is at least so long: otherwise Create fails with fs.ErrNotExist
	// or fs.ErrInvalid.
	//
	// An upload that keeps old bytes, by Offset or KeepTail, is of the content that
	// it found at Create: if there is another file at Commit, or none, or one where
	// none was, that fails with ErrChanged.
	Offset int64
	// KeepTail keeps old bytes behind the last one written; the file must
	// exist (fs.ErrNotExist).
	KeepTail bool
	// ModTime, if not zero, becomes the modification time.
	ModTime time.Time
	// If must hold at Create and still at Commit.
	If Precondition
}

// MkdirOptions say how Mkdir makes a directory. Use field names.
type MkdirOptions struct {
	// Sidecar, if not nil, is stored as the sidecar of the directory in the same
	// step. One that waits already is kept instead.
	Sidecar []byte
	// If must hold of the name. Whatever is there gives fs.ErrExist anyway.
	If Precondition
}

// RemoveOptions say what Remove may take along. Use field names.
type RemoveOptions struct {
	// Recursive removes a directory with all below it. Without it only empty
	// directories go, and others give ErrNotEmpty.
	Recursive bool
	// If must hold of what is removed.
	If Precondition
}

// RenameOptions say what Rename may move and replace. Use field names.
type RenameOptions struct {
	// Replace removes an existing target, whatever it is, in the same step.
	// Without it an existing target gives fs.ErrExist.
	Replace bool
	// ReplaceFile is Replace for files alone: where a directory stands at
	// either end, an existing target gives fs.ErrExist.
	ReplaceFile bool
	// From must hold of the source, and To of the target.
	From, To Precondition
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
	// them and their sidecars; it is asked about orphans by the names that they wait
	// for. nil: none. It must not call the store. A View leaves out what nobody
	// could store, too.
	Skip func(name string, directory bool) bool
	// Sidecar says what becomes of the sidecars of what is copied. nil: they are
	// left out. A View has a function of its own.
	Sidecar SidecarFunc
	// From must hold of the source, and To of the target.
	From, To Precondition
}

// SidecarFunc returns what becomes of a sidecar when something is copied; nil: it
// is left out. It is called for every sidecar of at most MaxSidecarBytes, larger
// ones are left out. It is also called for every directory that has none and
// room for one, with nil. It may change or keep the slice, may be called several times
// with the same result, and must not call the store.
type SidecarFunc func(directory bool, sidecar []byte) []byte

// SidecarOptions say how a sidecar is changed. Use field names.
type SidecarOptions struct {
	// If must hold of the sidecar itself.
	If Precondition
	// Paired demands that what it belongs to is there, else fs.ErrNotExist.
	Paired bool
	// EntryETag, if not empty, is the entity tag that what it belongs to must have, else
	// ErrChanged.
	EntryETag string
	// ModTime, if not zero, becomes the modification time.
	ModTime time.Time
}

// Usage is what a storage or a part of it holds.
type Usage struct {
	Files int64 // files, directories and sidecars, the starting directory not counted
	Bytes int64 // the sum of the sizes of files and sidecars
}

// Unlimited as a limit allows everything.
const Unlimited int64 = 1<<63 - 1

// Limits bound what may be stored. A limit of 0 allows nothing. Only a change
// that makes a number larger, and ends above its limit, is refused.
type Limits struct {
	Files    int64 // files, directories and sidecars together (MaxWebFiles)
	Bytes    int64 // the sum of all sizes (MaxWebSize)
	FileSize int64 // the size of one file or sidecar (MaxFileSize)
}

// Rescanner is an addition to [Store] for one that keeps its usage, which others
// can make wrong by changing what it stores.
type Rescanner interface {
	// Rescan counts anew. It returns what the usage was taken for, and what it is.
	Rescan(ctx context.Context) (before, after Usage, err error)
}
