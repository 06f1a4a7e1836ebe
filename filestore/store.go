package filestore

import (
	"context"
	"iter"

	"github.com/cgpkit/cgpkit/meta"
)

// MaxSidecarBytes bounds the content of a sidecar. Our choice.
const MaxSidecarBytes = meta.MaxBytes

// Store keeps the tree of one account. It knows names, sidecars and limits,
// but no callers and no rights: those are the business of [View].
//
// What every store promises:
//
//   - A name that [CheckName] refuses gives fs.ErrInvalid, before anything is
//     touched.
//   - One call is one step: others see all of it or nothing, and a crash
//     leaves all of it or nothing.
//   - A file or directory X and its sidecar X.meta ([SidecarName]) are one
//     thing. Removing and renaming X does the same to its sidecar. The target
//     of Rename and Copy ends with the sidecar that came with the source, or
//     with none. Writing over X keeps the sidecar.
//   - A sidecar may be stored, read, renamed and removed by its own name, and
//     before its file exists. ErrConflict is the answer to whatever would leave
//     a sidecar without its place: something that has one is renamed or copied
//     to the name of a sidecar or to a name too long for its own, a sidecar is
//     copied over its file, a directory gets the name of a sidecar.
//   - Limits are exact, however many goroutines write: a change that makes a
//     number larger and would end above its limit fails with a *LimitError
//     and changes nothing. A copy is new: all of it is counted.
//   - Only directories and regular files exist. Links and special files that
//     somebody else put into the tree are as if they were not there, but their
//     names are taken (fs.ErrExist), and a directory that holds them is not
//     empty: nothing of theirs is overwritten.
//
// The errors callers may branch on: fs.ErrNotExist (also for a missing
// parent), fs.ErrExist, fs.ErrInvalid, ErrIsDirectory, ErrNotDirectory,
// ErrNotEmpty, ErrConflict, ErrChanged, and ErrLimit by way of *LimitError.
// All come in an *fs.PathError, whose Path is the storage path that the error
// is about: Rename and Copy with a missing source name from, with a missing
// parent of the target they name to. Looking at something below a file gives
// fs.ErrNotExist, making it ErrNotDirectory.
//
// [Root] always exists, with the zero ModTime while a store keeps nothing for
// it. It cannot be created, removed, renamed or replaced (fs.ErrInvalid). To copy or rename something onto itself, into its own tree
// or onto a directory above it is fs.ErrInvalid too, and so is what would make
// the name of anything below it invalid.
//
// Limits are those of the call: a change of them is in effect from the next call
// on, and an upload keeps those that it was created with.
//
// A store that has something to do before it is let go of is an [io.Closer]
// too, and whoever opened it closes it. Changes after Close, commits included,
// give fs.ErrClosed.
//
// A Store is safe for concurrent use. Package storetest holds the tests that
// every store passes.
type Store interface {
	Stat(ctx context.Context, name string) (FileInfo, error)
	Open(ctx context.Context, name string) (File, error)
	List(ctx context.Context, dir string) iter.Seq2[FileInfo, error]
	Create(ctx context.Context, name string, o CreateOptions, l Limits) (Upload, error)
	// Mkdir makes a directory and, if sidecar is not nil, a sidecar for it in
	// the same step. A sidecar that stands there already is kept as it is. A
	// name that has no room for one gives ErrConflict.
	Mkdir(ctx context.Context, name string, sidecar []byte, l Limits) error
	Remove(ctx context.Context, name string, o RemoveOptions) error
	Rename(ctx context.Context, from, to string, o RenameOptions) error
	// Copy passes the content of the sidecars that go with what is copied
	// through attributes, and stores what that returns. It asks for every
	// sidecar of at most MaxSidecarBytes, and with a nil sidecar for every
	// directory that has none and room for one. A nil result leaves the
	// sidecar out, a nil attributes all of them. attributes must not call the
	// store.
	Copy(ctx context.Context, from, to string, o CopyOptions, attributes SidecarFunc, l Limits) error
	// Usage counts what is below dir. For Root the answer is kept at hand and
	// is exact.
	Usage(ctx context.Context, dir string) (Usage, error)
}

// Rescanner is an addition to [Store] for one that keeps its usage, which others
// can make wrong by changing what it stores.
type Rescanner interface {
	// Rescan counts anew. It returns what the usage was taken for, and what it is.
	Rescan(ctx context.Context) (before, after Usage, err error)
}

// SidecarFunc tells [Store] what becomes of a sidecar when something is copied,
// and whether that is a directory. It may change or keep the slice.
type SidecarFunc func(directory bool, sidecar []byte) []byte
