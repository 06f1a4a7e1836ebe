package treestore

import (
	"context"
	"io/fs"
	"slices"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
	"github.com/cgpkit/cgpkit/filestore/locktable"
)

// upload is new content on its way. It is in memory until Commit.
type upload struct {
	s       *Store
	ctx     context.Context
	name    string
	o       filestore.CreateOptions
	limits  filestore.Limits
	base    Node // what was there at Create
	draft   *ledger.Draft
	held    filestore.Usage
	content []byte
	err     error // why the upload cannot be committed any more
}

// Create implements [filestore.Store].
func (s *Store) Create(ctx context.Context, name string, o filestore.CreateOptions, l filestore.Limits) (filestore.Upload, error) {
	u := &upload{s: s, ctx: ctx, name: name, o: o, limits: l}
	s.change.Lock()
	defer s.change.Unlock()
	if err := u.begin(); err != nil {
		return nil, fail("create", name, err)
	}
	return u, nil
}

// begin takes the old bytes over and holds what is known to be needed.
func (u *upload) begin() (err error) {
	if err := filestore.CheckEntryName(u.name); err != nil {
		return err
	}
	if err := ledger.CheckOptions(u.o); err != nil {
		return err
	}
	if u.base, err = u.place(); err != nil {
		return err
	}
	if u.draft, err = ledger.NewDraft(u.o, u.limits, size(u.base)); err != nil {
		return err
	}
	if err := u.s.locks.Check(covers(u.base), u.name, u.o.If); err != nil {
		return err
	}
	u.content = slices.Clone(u.base.Content[:u.draft.Start()])
	return u.reserve()
}

// place returns what the upload makes way for, if it may go there.
func (u *upload) place() (Node, error) {
	if err := u.ctx.Err(); err != nil {
		return Node{}, err
	}
	return u.s.place(u.ctx, u.name, func(old Node) error {
		if old.dir() {
			return filestore.ErrIsDirectory
		}
		return nil
	}, u.o.If)
}

// size is the size of what an upload makes way for as [ledger.Draft] has it.
func size(old Node) int64 {
	if !old.there() {
		return ledger.None
	}
	return old.Size
}

// covers tells which locks an upload is asked about that makes way for old.
func covers(old Node) locktable.Change {
	if old.there() {
		return locktable.Content
	}
	return locktable.Entry
}

func (u *upload) reserve() error {
	delta, err := u.draft.Delta(size(u.base))
	if err != nil {
		return err
	}
	return u.s.ledger.Hold(&u.held, delta, u.limits)
}

func (u *upload) Write(p []byte) (int, error) {
	if u.err == nil {
		u.err = u.write(p)
	}
	if u.err != nil {
		return 0, fail("write", u.name, u.err)
	}
	return len(p), nil
}

func (u *upload) write(p []byte) error {
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
	u.s.change.Lock()
	defer u.s.change.Unlock()
	n, err := u.commit()
	u.release()
	if err != nil {
		return nil, fail("commit", u.name, err)
	}
	return n.info(false), nil
}

func (u *upload) commit() (Node, error) {
	if u.err != nil {
		return Node{}, u.err
	}
	if err := u.draft.Complete(); err != nil {
		return Node{}, err
	}
	old, err := u.place()
	if err != nil {
		return Node{}, err
	}
	if u.draft.Keeps() && old.ETag != u.base.ETag {
		return Node{}, filestore.ErrChanged
	}
	if end := int64(len(u.content)); end < u.draft.Size() {
		u.content = append(u.content, u.base.Content[end:]...)
	}
	made := newFile(u.name, u.content, u.o.ModTime)
	made.Sidecar = old.Sidecar
	var c change
	c.take(old)
	c.add(made)
	if c.delta.Bytes > 0 {
		c.file = made.Size
	}
	c.asks(covers(old), u.name, u.o.If)
	return made, u.s.apply(u.ctx, c, &u.held, u.limits)
}

func (u *upload) Abort() error {
	u.release()
	return nil
}

// release gives back what the upload holds and ends it.
func (u *upload) release() {
	u.s.ledger.Settle(&u.held, filestore.Usage{})
	u.content, u.base, u.err = nil, Node{}, fs.ErrClosed
}
