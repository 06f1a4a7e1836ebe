package dirstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
	"github.com/cgpkit/cgpkit/filestore/locktable"
)

// Permissions of what the store makes, less the umask.
const (
	filePerm  = 0o640
	dirPerm   = 0o750
	statePerm = 0o700
)

// Sync says when a change is on the disk, where it survives a loss of power.
// A process that is killed loses nothing in either case.
type Sync uint8

const (
	// SyncBefore: before the call that makes the change returns.
	SyncBefore Sync = iota
	// SyncLater: when the system gets to it. Changes become much faster. A
	// loss of power may take the last ones back or leave them half done, and
	// the usage may be wrong then: see [Store.Rescan].
	SyncLater
)

// String returns "before" or "later".
func (s Sync) String() string {
	switch s {
	case SyncBefore:
		return "before"
	case SyncLater:
		return "later"
	}
	return fmt.Sprintf("Sync(%d)", uint8(s))
}

// Options say how a Store works. The zero value is safe. Use field names.
type Options struct {
	// Sync says when changes are written to the disk.
	Sync Sync
	// NoCreate never makes the directory: where it does not exist, all names
	// give fs.ErrNotExist, [filestore.Root] too. So it is with the fred.web
	// of an account that has but one mailbox.
	NoCreate bool
	// Now tells the time by which locks end. nil: time.Now.
	Now func() time.Time
}

// Store is a [filestore.Store] in a local directory, safe for concurrent use.
// Make one with [Open], and end it with [Store.Close].
type Store struct {
	base     string // the directory that holds the tree and the state
	tree     string // the name of the tree in base
	noSync   bool
	noCreate bool
	open     opener
	ledger   ledger.Ledger
	locks    locktable.Table

	change           chan struct{}  // holds a token while a change runs
	mayHaveUsageFile bool           // guarded by change: there may be a usage file
	closed           atomic.Bool    // set by the holder of change
	syncs            sync.WaitGroup // commits that are visible and not yet on the disk; added to by the holder of change
	timer            *time.Timer    // calls afterQuiet

	counted    atomic.Pointer[birth] // the tree that the ledger is right for, or nil
	budget     recountBudget
	changes    atomic.Uint64   // that have begun, and those that have ended; added to by the holder of change
	life       context.Context // until Close is called
	endLife    context.CancelFunc
	usageTimes atomic.Pointer[usageTimes] // nil: there is no usage file to be trusted
	appended   atomic.Pointer[appended]
	leastSpare int64        // bytes; below it, it costs less to copy a file
	names      sync.RWMutex // held for writing while a change has done only some of its renames
}

var (
	_ filestore.Store     = (*Store)(nil)
	_ filestore.Locks     = (*Store)(nil)
	_ filestore.Rescanner = (*Store)(nil)
	_ io.Closer           = (*Store)(nil)
)

// Open returns the storage in the directory root and settles what a crash has
// left there. It makes nothing: root may be missing, and is made by the first
// change; the directory above it must exist. Options may be nil.
//
// Open fails if root is something else than a directory, or a link to what is
// not there, or if it cannot settle the state. There must not be another Store
// for the same directory that is not closed.
func Open(root string, o *Options) (*Store, error) {
	return openWith(root, o, bestOpener())
}

func openWith(root string, o *Options, open opener) (*Store, error) {
	if o == nil {
		o = &Options{}
	}
	root, err := resolve(root)
	if err != nil {
		return nil, fmt.Errorf("open storage: %w", err)
	}
	s := &Store{
		base:     filepath.Dir(root),
		tree:     filepath.Base(root),
		noSync:   o.Sync == SyncLater,
		noCreate: o.NoCreate,
		open:     open,
		change:   make(chan struct{}, 1),

		leastSpare: leastSpare,
	}
	s.locks.Now = o.Now
	if err := s.recover(); err != nil {
		return nil, fmt.Errorf("open storage: %w", err)
	}
	s.life, s.endLife = context.WithCancel(context.Background())
	s.timer = time.AfterFunc(quietTime, s.afterQuiet)
	s.timer.Stop() // until there is something to write down
	return s, nil
}

// resolve follows the links down to root itself, which may be missing.
func resolve(root string) (string, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	if _, err := os.Lstat(root); errors.Is(err, fs.ErrNotExist) {
		base, err := filepath.EvalSymlinks(filepath.Dir(root))
		return filepath.Join(base, filepath.Base(root)), err
	}
	root, err = filepath.EvalSymlinks(root)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(root)
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "open", Path: root, Err: filestore.ErrNotDirectory}
	}
	return root, err
}

// at returns where a name of the storage is, as [tree] has it.
func (s *Store) at(name string) string {
	if name == filestore.Root {
		return s.tree
	}
	return s.tree + "/" + name
}

// stateDir is the state directory as [tree] has it.
func (s *Store) stateDir() string { return s.tree + ".state" }

// staged returns where an entry of the state directory is, as [tree] has it.
func (s *Store) staged(entry string) string { return s.stateDir() + "/" + entry }

// Stat implements [filestore.Store].
func (s *Store) Stat(ctx context.Context, name string) (filestore.FileInfo, error) {
	if err := check(ctx, name); err != nil {
		return nil, fail("stat", name, err)
	}
	t, err := s.open(s.base)
	if err != nil {
		return nil, fail("stat", name, err)
	}
	defer t.close()
	s.names.RLock()
	f, err := s.find(t, name)
	s.names.RUnlock()
	if err != nil {
		return nil, fail("stat", name, err)
	}
	return newInfo(name, f), nil
}

// look tells what is stored under name, with its sidecar, and what the directory
// that holds it is like if withDir. The file of a sidecar is nothing by its own name.
func (s *Store) look(t tree, name string, withDir bool) (found, error) {
	dir, last := filestore.Split(name)
	side := ""
	if sidecar, ok := sideName(name); ok {
		_, side = filestore.Split(sidecar)
	}
	f, err := t.look(s.at(dir), last, side, withDir)
	if err != nil {
		return found{}, err
	}
	if f.entry.kind == kindFile && filestore.IsSidecar(name) {
		f.entry = stat{}
	}
	if f.dir.kind == kindFile && filestore.IsSidecar(dir) {
		f.dir = stat{}
	}
	if f.dir.kind == kindNone && dir == filestore.Root && !s.noCreate {
		f.dir.kind = kindDir // it is made by the first change
	}
	for _, st := range []stat{f.dir, f.entry, f.sidecar} {
		s.noticeOutsideChange(st)
	}
	return f, nil
}

// find is look for what a caller may know of: a file or a directory. The root
// exists even while its directory does not.
func (s *Store) find(t tree, name string) (f found, err error) {
	if name == filestore.Root {
		if f.entry, err = t.lstat(s.tree); err != nil {
			return found{}, err
		}
		s.noticeOutsideChange(f.entry)
		if f.entry.kind == kindNone && !s.noCreate {
			f.entry.kind = kindDir
		}
	} else if f, err = s.look(t, name, false); err != nil {
		return found{}, err
	}
	if !f.exists() {
		return found{}, fs.ErrNotExist
	}
	return f, nil
}

// exists reports whether something has the name that a caller may know of.
func (f found) exists() bool { return f.entry.kind == kindFile || f.entry.kind == kindDir }

// check checks a precondition, but for locks.
func (f found) check(p filestore.Precondition) error { return p.Check(f.exists(), f.entry.etag()) }

// Open implements [filestore.Store]. The File is a [syscall.Conn], of which the kernel
// can send.
func (s *Store) Open(ctx context.Context, name string) (filestore.File, error) {
	if err := check(ctx, name); err != nil {
		return nil, fail("open", name, err)
	}
	if name == filestore.Root {
		return nil, fail("open", name, filestore.ErrIsDirectory)
	}
	t, err := s.open(s.base)
	if err != nil {
		return nil, fail("open", name, err)
	}
	defer t.close()
	s.names.RLock()
	f, st, err := t.content(s.at(name))
	s.names.RUnlock()
	if err != nil {
		return nil, fail("open", name, err)
	}
	s.noticeOutsideChange(st)
	if st.kind == kindDir {
		err = filestore.ErrIsDirectory
	} else if filestore.IsSidecar(name) {
		err = fs.ErrNotExist
	}
	if err != nil {
		f.Close()
		return nil, fail("open", name, err)
	}
	return &openFile{f, info{path: name, stat: st}}, nil
}

func (s *Store) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.change <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.closed.Load() {
		s.unlock()
		return fs.ErrClosed
	}
	return nil
}

func (s *Store) unlock() { <-s.change }

func check(ctx context.Context, name string) error {
	if err := filestore.CheckName(name); err != nil {
		return err
	}
	return ctx.Err()
}

// checkChange is check for a name that is to be made, moved or copied.
func checkChange(ctx context.Context, name string) error {
	if err := filestore.CheckEntryName(name); err != nil {
		return err
	}
	return ctx.Err()
}
