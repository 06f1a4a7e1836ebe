package memstore

import (
	"bytes"
	"context"
	"io/fs"
	"iter"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// Store is a [filestore.Store] in memory, safe for concurrent use. Make one
// with [New].
type Store struct {
	mu   sync.Mutex // guards everything below, and all nodes
	root *node
	used filestore.Usage // what is stored
	held filestore.Usage // what uploads in progress keep for themselves
	last uint64          // the newest entity tag

	notes map[string][]byte
}

var _ filestore.Store = (*Store)(nil)

// New returns an empty storage. Its entity tags are not those of another one,
// which may have stood in its place before.
func New() *Store {
	return &Store{root: newDir(), last: rand.Uint64()}
}

// Stat implements [filestore.Store].
func (s *Store) Stat(ctx context.Context, name string) (filestore.FileInfo, error) {
	if err := check(ctx, name); err != nil {
		return nil, fail("stat", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.lookup(name)
	if err != nil {
		return nil, fail("stat", name, err)
	}
	return n.info(name), nil
}

// Open implements [filestore.Store].
func (s *Store) Open(ctx context.Context, name string) (filestore.File, error) {
	if err := check(ctx, name); err != nil {
		return nil, fail("open", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.lookup(name)
	if err != nil {
		return nil, fail("open", name, err)
	}
	if n.dir() {
		return nil, fail("open", name, filestore.ErrIsDirectory)
	}
	return &file{Reader: bytes.NewReader(n.content), info: n.info(name)}, nil
}

// List implements [filestore.Store]. It shows the directory as it was when
// the walk began.
func (s *Store) List(ctx context.Context, dir string) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) {
		entries, err := s.entries(ctx, dir)
		if err != nil {
			yield(nil, fail("list", dir, err))
			return
		}
		for _, e := range entries {
			if err := ctx.Err(); err != nil {
				yield(nil, fail("list", dir, err))
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (s *Store) entries(ctx context.Context, dir string) ([]filestore.FileInfo, error) {
	if err := check(ctx, dir); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.lookupDir(dir)
	if err != nil {
		return nil, err
	}
	infos := make([]filestore.FileInfo, 0, len(n.entries))
	for last, e := range n.entries {
		infos = append(infos, e.info(filestore.Join(dir, last)))
	}
	return infos, nil
}

// Mkdir implements [filestore.Store].
func (s *Store) Mkdir(ctx context.Context, name string, sidecar []byte, l filestore.Limits) error {
	if err := checkChange(ctx, name); err != nil {
		return fail("mkdir", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	dir := newDir()
	if err := s.checkTarget(dir, name, false, sidecar != nil); err != nil {
		return fail("mkdir", name, err)
	}
	var side *node
	if sidecar != nil && s.sidecar(name) == nil {
		side = s.newFile(bytes.Clone(sidecar))
	}
	if err := s.checkSize(dir, side, l); err != nil {
		return fail("mkdir", name, err)
	}
	var held filestore.Usage
	if err := s.hold(&held, add(dir.usage(), side.usage()), l); err != nil {
		return fail("mkdir", name, err)
	}
	s.settle(&held, filestore.Usage{})
	s.put(name, dir, side)
	return nil
}

// Usage implements [filestore.Store].
func (s *Store) Usage(ctx context.Context, dir string) (filestore.Usage, error) {
	if err := check(ctx, dir); err != nil {
		return filestore.Usage{}, fail("usage", dir, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.lookupDir(dir)
	if err != nil {
		return filestore.Usage{}, fail("usage", dir, err)
	}
	if dir == filestore.Root {
		return s.used, nil
	}
	return n.below(), nil
}

// hold changes what a change keeps for itself from *held to want, and checks
// the numbers that grow. Callers hold s.mu.
func (s *Store) hold(held *filestore.Usage, want filestore.Usage, l filestore.Limits) error {
	files, size := want.Files-held.Files, want.Bytes-held.Bytes
	if files > 0 && files > l.Files-s.used.Files-s.held.Files {
		return &filestore.LimitError{Kind: filestore.LimitFiles, Limit: l.Files}
	}
	if size > 0 && size > l.Bytes-s.used.Bytes-s.held.Bytes {
		return &filestore.LimitError{Kind: filestore.LimitBytes, Limit: l.Bytes}
	}
	s.held.Files += files
	s.held.Bytes += size
	*held = want
	return nil
}

// settle turns what is held into what is stored: the change happened and
// made delta of it. Callers hold s.mu.
func (s *Store) settle(held *filestore.Usage, delta filestore.Usage) {
	s.held.Files -= held.Files
	s.held.Bytes -= held.Bytes
	*held = filestore.Usage{}
	s.used.Files += delta.Files
	s.used.Bytes += delta.Bytes
}

func check(ctx context.Context, name string) error {
	if err := filestore.CheckName(name); err != nil {
		return err
	}
	return ctx.Err()
}

// checkChange is check for a name that is to be made, changed or removed.
func checkChange(ctx context.Context, name string) error {
	if name == filestore.Root {
		return fs.ErrInvalid
	}
	return check(ctx, name)
}

func fail(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// file is an open file. Its content never changes.
type file struct {
	*bytes.Reader
	info filestore.FileInfo
}

func (f *file) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *file) Close() error               { return nil }

// info is what a node was like at one moment.
type info struct {
	path    string
	dir     bool
	size    int64
	modTime time.Time
	etag    string
}

func (i info) Path() string       { return i.path }
func (i info) ETag() string       { return i.etag }
func (i info) Size() int64        { return i.size }
func (i info) ModTime() time.Time { return i.modTime }
func (i info) IsDir() bool        { return i.dir }
func (i info) Sys() any           { return nil }

func (i info) Name() string {
	_, last := filestore.Split(i.path)
	return last
}

func (i info) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o750
	}
	return 0o640
}
