package memstore

import (
	"bytes"
	"context"
	"io/fs"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
	"github.com/cgpkit/cgpkit/filestore/locktable"
)

// upload is new content on its way. All its methods lock the store.
type upload struct {
	s       *Store
	ctx     context.Context
	name    string
	o       filestore.CreateOptions
	limits  filestore.Limits
	base    *node // the file at Create, or nil
	draft   *ledger.Draft
	held    filestore.Usage
	content []byte
	err     error // why the upload cannot be committed any more
}

// Create implements [filestore.Store].
func (s *Store) Create(ctx context.Context, name string, o filestore.CreateOptions, l filestore.Limits) (filestore.Upload, error) {
	err := checkMade(ctx, name)
	if err == nil {
		err = ledger.CheckOptions(o)
	}
	if err != nil {
		return nil, fail("create", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := &upload{s: s, ctx: ctx, name: name, o: o, limits: l}
	if err := u.begin(); err != nil {
		return nil, fail("create", name, err)
	}
	return u, nil
}

// begin takes the old bytes over and holds what is known to be needed.
func (u *upload) begin() (err error) {
	if u.base, err = u.target(); err != nil {
		return err
	}
	if u.draft, err = ledger.NewDraft(u.o, u.limits, u.base.oldSize()); err != nil {
		return err
	}
	if err := u.unlocked(u.base); err != nil {
		return err
	}
	if start := u.draft.Start(); start > 0 {
		u.content = bytes.Clone(u.base.content[:start])
	}
	return u.reserve()
}

// target returns the file that the upload makes way for, or nil, if it may go there.
func (u *upload) target() (*node, error) {
	parent, last, err := u.s.place(u.name)
	if err != nil {
		return nil, err
	}
	n := parent.entries[last]
	if n != nil && n.dir() {
		return nil, filestore.ErrIsDirectory
	}
	return n, u.o.If.Check(n != nil, n.tag())
}

// unlocked checks the locks, where old makes way.
func (u *upload) unlocked(old *node) error {
	change := locktable.Content
	if old == nil {
		change = locktable.Entry
	}
	return u.s.locks.Check(change, u.name, u.o.If)
}

func (u *upload) reserve() error {
	delta, err := u.draft.Delta(u.base.oldSize())
	if err != nil {
		return err
	}
	return u.s.ledger.Hold(&u.held, delta, u.limits)
}

func (u *upload) Write(p []byte) (int, error) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	if err := u.write(p); err != nil {
		u.err = err
		return 0, fail("write", u.name, err)
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
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	info, err := u.commit()
	u.release()
	if err != nil {
		return nil, fail("commit", u.name, err)
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
	old, err := u.target()
	if err != nil {
		return nil, err
	}
	if u.draft.Keeps() && old != u.base {
		return nil, filestore.ErrChanged
	}
	if err := u.unlocked(old); err != nil {
		return nil, err
	}
	delta, err := u.draft.Made(old.oldSize())
	if err == nil {
		err = u.s.ledger.Hold(&u.held, delta, u.limits)
	}
	if err != nil {
		return nil, err
	}
	if end := int64(len(u.content)); end < u.draft.Size() {
		u.content = append(u.content, u.base.content[end:]...)
	}
	n := u.s.newFile(u.content)
	if !u.o.ModTime.IsZero() {
		n.modTime = u.o.ModTime
	}
	u.s.ledger.Settle(&u.held, delta)
	side := u.s.sidecar(u.name)
	u.s.put(u.name, n, side)
	return n.info(u.name, side.about(false)), nil
}

func (u *upload) Abort() error {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.release()
	return nil
}

// release gives back what the upload holds and ends it.
func (u *upload) release() {
	u.s.ledger.Settle(&u.held, filestore.Usage{})
	u.content, u.err = nil, fs.ErrClosed
}
