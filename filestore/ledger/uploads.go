package ledger

import (
	"bytes"
	"context"
	"io/fs"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/locktable"
)

// Uploads makes the uploads of a store that keeps new content in memory until Commit:
//
//	func (s *Store) Create(ctx context.Context, name string, o filestore.CreateOptions, l filestore.Limits) (filestore.Upload, error) {
//		u := ledger.Uploads{Mutex: &s.mu, Ledger: &s.ledger, Locks: &s.locks, Old: s.old, Put: s.put}
//		return u.Create(ctx, name, o, l)
//	}
//
// It checks names and options, offsets and sizes, preconditions and locks, both at
// Create and at Commit, and holds room meanwhile. All fields must be set but Locks.
type Uploads struct {
	// Mutex guards the store. It is locked while Old and Put are called.
	Mutex  *sync.Mutex
	Ledger *Ledger
	Locks  *locktable.Table // nil: the store has none
	// Old returns the content of the file under name, which must never change, and
	// its entity tag; "" if nothing is there. What lets no file be written there is
	// an error: fs.ErrNotExist, ErrNotDirectory or ErrIsDirectory.
	Old func(name string) (content []byte, tag string, err error)
	// Put stores content, which is its own, as a file, and tells of it. The zero
	// modTime is the present. The ledger has counted it already.
	Put func(name string, content []byte, modTime time.Time) filestore.FileInfo
}

// Create implements [filestore.Store].
func (s Uploads) Create(ctx context.Context, name string, o filestore.CreateOptions, l filestore.Limits) (filestore.Upload, error) {
	u := &upload{s: s, ctx: ctx, name: name, o: o, limits: l}
	s.Mutex.Lock()
	defer s.Mutex.Unlock()
	if err := u.begin(); err != nil {
		return nil, u.fail("create", err)
	}
	return u, nil
}

// upload is new content on its way.
type upload struct {
	s       Uploads
	ctx     context.Context
	name    string
	o       filestore.CreateOptions
	limits  filestore.Limits
	base    old // what was there at Create
	draft   *Draft
	held    filestore.Usage
	content []byte
	err     error // why the upload cannot be committed any more
}

// old is what an upload makes way for.
type old struct {
	content []byte
	tag     string // "": nothing
}

func (o old) size() int64 {
	if o.tag == "" {
		return None
	}
	return int64(len(o.content))
}

// begin takes the old bytes over and holds what is known to be needed.
func (u *upload) begin() (err error) {
	if u.name == filestore.Root || filestore.IsSidecar(u.name) || filestore.CheckName(u.name) != nil {
		return fs.ErrInvalid
	}
	if err := CheckOptions(u.o); err != nil {
		return err
	}
	if err := u.ctx.Err(); err != nil {
		return err
	}
	if u.base, err = u.old(); err != nil {
		return err
	}
	if u.draft, err = NewDraft(u.o, u.limits, u.base.size()); err != nil {
		return err
	}
	if err := u.unlocked(u.base); err != nil {
		return err
	}
	u.content = bytes.Clone(u.base.content[:u.draft.Start()])
	return u.reserve()
}

// old returns what the upload makes way for, if it may go there.
func (u *upload) old() (o old, err error) {
	if o.content, o.tag, err = u.s.Old(u.name); err != nil {
		return o, err
	}
	return o, u.o.If.Check(o.tag != "", o.tag)
}

// unlocked checks the locks, where something makes way.
func (u *upload) unlocked(o old) error {
	switch {
	case u.s.Locks == nil:
		return nil
	case o.tag == "":
		return u.s.Locks.Check(locktable.Entry, u.name, u.o.If)
	}
	return u.s.Locks.Check(locktable.Content, u.name, u.o.If)
}

func (u *upload) reserve() error {
	delta, err := u.draft.Delta(u.base.size())
	if err != nil {
		return err
	}
	return u.s.Ledger.Hold(&u.held, delta, u.limits)
}

func (u *upload) Write(p []byte) (int, error) {
	u.s.Mutex.Lock()
	defer u.s.Mutex.Unlock()
	if err := u.write(p); err != nil {
		u.err = err
		return 0, u.fail("write", err)
	}
	return len(p), nil
}

func (u *upload) write(p []byte) error {
	if u.err != nil {
		return u.err
	}
	if err := u.ctx.Err(); err != nil {
		return err
	}
	if err := u.draft.Write(len(p)); err != nil {
		return err
	}
	if !u.draft.Declared() {
		if err := u.reserve(); err != nil {
			return err
		}
	}
	u.content = append(u.content, p...)
	return nil
}

func (u *upload) Commit() (filestore.FileInfo, error) {
	u.s.Mutex.Lock()
	defer u.s.Mutex.Unlock()
	info, err := u.commit()
	u.release()
	if err != nil {
		return nil, u.fail("commit", err)
	}
	return info, nil
}

func (u *upload) commit() (filestore.FileInfo, error) {
	if u.err != nil {
		return nil, u.err
	}
	if err := u.ctx.Err(); err != nil {
		return nil, err
	}
	if err := u.draft.Complete(); err != nil {
		return nil, err
	}
	old, err := u.old()
	if err != nil {
		return nil, err
	}
	if u.draft.Keeps() && old.tag != u.base.tag {
		return nil, filestore.ErrChanged
	}
	if err := u.unlocked(old); err != nil {
		return nil, err
	}
	delta, err := u.draft.Made(old.size())
	if err == nil {
		err = u.s.Ledger.Hold(&u.held, delta, u.limits)
	}
	if err != nil {
		return nil, err
	}
	if end := int64(len(u.content)); end < u.draft.Size() {
		u.content = append(u.content, u.base.content[end:]...)
	}
	u.s.Ledger.Settle(&u.held, delta)
	return u.s.Put(u.name, u.content, u.o.ModTime), nil
}

func (u *upload) Abort() error {
	u.s.Mutex.Lock()
	defer u.s.Mutex.Unlock()
	u.release()
	return nil
}

// release gives back what the upload holds and ends it.
func (u *upload) release() {
	u.s.Ledger.Settle(&u.held, filestore.Usage{})
	u.content, u.base, u.err = nil, old{}, fs.ErrClosed
}

func (u *upload) fail(op string, err error) error {
	return &fs.PathError{Op: op, Path: u.name, Err: err}
}
