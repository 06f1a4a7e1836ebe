package pgstore

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
	"github.com/cgpkit/cgpkit/filestore/locktable"
)

// upload is new content on its way. What it holds is a row of uploads, which the keeper renews;
// its content is in memory until it is too large for a row, and then a body.
type upload struct {
	s       *Store
	ctx     context.Context
	name    string
	id      string
	account int64 // its number; 0: not known
	o       filestore.CreateOptions
	limits  filestore.Limits
	draft   *ledger.Draft
	base    node           // what was there at Create
	old     filestore.File // base, for an upload that keeps bytes of it
	content []byte
	body    body       // where the content is
	to      bodyWriter // nil: in memory
	written bool       // to has ended
	err     error      // why the upload cannot be committed any more
}

func newTag() string { return `"` + rand.Text() + `"` }

// Create implements [filestore.Store]. An upload that keeps old bytes copies them.
func (s *Store) Create(ctx context.Context, name string, o filestore.CreateOptions, l filestore.Limits) (filestore.Upload, error) {
	u := &upload{s: s, ctx: ctx, name: name, id: rand.Text(), o: o, limits: l}
	err := filestore.CheckEntryName(name)
	if err == nil {
		err = ledger.CheckOptions(o)
	}
	if err == nil {
		err = u.change(u.begin)
	}
	if err != nil {
		return nil, fail("create", name, err)
	}
	s.keeper.begin(u.account, u.id)
	if err := u.keepHead(); err != nil {
		u.release()
		return nil, fail("create", name, err)
	}
	return u, nil
}

// change makes a change of the upload, which knows its row.
func (u *upload) change(plan func(*tx) error) error {
	return u.s.change(u.ctx, ask{names: []string{u.name}, upload: u}, plan)
}

// begin holds what is known to be needed.
func (u *upload) begin(t *tx) (err error) {
	if _, u.base, err = u.place(t); err != nil {
		return err
	}
	u.account = t.account.id
	if u.draft, err = ledger.NewDraft(u.o, u.limits, size(u.base)); err != nil {
		return err
	}
	if err := t.unlocked(covers(u.base), u.name, u.o.If); err != nil {
		return err
	}
	return u.hold(t)
}

// place returns what the upload makes way for, if it may go there.
func (u *upload) place(t *tx) (in int64, old node, err error) {
	return t.paths[0].place(func(old node) error {
		if old.isDir() {
			return filestore.ErrIsDirectory
		}
		return nil
	}, u.o.If)
}

// size is the size of what an upload makes way for as [ledger.Draft] has it.
func size(old node) int64 {
	if !old.there() {
		return ledger.None
	}
	return old.Size
}

// covers tells which locks an upload is asked about that makes way for old.
func covers(old node) locktable.Change {
	if old.there() {
		return locktable.Content
	}
	return locktable.Entry
}

// hold holds room for what the upload makes larger now.
func (u *upload) hold(t *tx) error {
	delta, err := u.draft.Delta(size(u.base))
	if err != nil {
		return err
	}
	if err := t.hold(delta, u.limits); err != nil {
		return err
	}
	t.lazy = true
	t.do(`INSERT INTO uploads (account, id, files, bytes, expires) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account, id) DO UPDATE SET files = excluded.files, bytes = excluded.bytes, expires = excluded.expires`,
		t.account.id, u.id, t.mine.Files, t.mine.Bytes, t.now.Add(uploadLease))
	return nil
}

// keepHead copies the old bytes before the new ones.
func (u *upload) keepHead() error {
	if !u.draft.Keeps() || !u.base.there() {
		return nil
	}
	old, err := u.s.Open(u.ctx, u.name)
	if err == nil {
		u.old = old
		var info fs.FileInfo
		if info, err = old.Stat(); err == nil && info.(filestore.FileInfo).ETag() != u.base.ETag {
			err = filestore.ErrChanged
		}
	}
	if err == nil {
		_, err = io.CopyN(storer{u}, old, u.draft.Start())
	}
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, filestore.ErrIsDirectory) || errors.Is(err, filestore.ErrChanged) {
		u.err = filestore.ErrChanged // which Commit tells
		return nil
	}
	return err
}

// Write implements [filestore.Upload].
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
	if !u.draft.Declared() && len(p) > 0 {
		if err := u.change(u.hold); err != nil {
			return err
		}
	}
	_, err := storer{u}.Write(p)
	return err
}

// readSize is how much ReadFrom reads before it asks for room.
const readSize = 256 << 10

// ReadFrom implements [io.ReaderFrom], with fewer and larger writes than io.Copy makes.
func (u *upload) ReadFrom(r io.Reader) (n int64, err error) {
	buf := make([]byte, readSize)
	for {
		got, failed := fill(buf, r)
		if got > 0 {
			if _, err := u.Write(buf[:got]); err != nil {
				return n, err
			}
			n += int64(got)
		}
		switch {
		case failed == io.EOF:
			return n, nil
		case failed != nil:
			return n, failed
		}
	}
}

// fill reads until p is full. Unlike that of [io.ReadFull], its error is always that of r: a
// connection that breaks gives io.ErrUnexpectedEOF, which is no end.
func fill(p []byte, r io.Reader) (n int, err error) {
	for n < len(p) && err == nil {
		var got int
		got, err = r.Read(p[n:])
		n += got
	}
	return n, err
}

// storer takes the bytes of a file, old ones and new ones, and counts none.
type storer struct{ u *upload }

func (s storer) Write(p []byte) (int, error) {
	u := s.u
	if len(p) == 0 {
		return 0, nil
	}
	if u.to == nil && int64(len(u.content)+len(p)) <= u.s.inline {
		u.content = append(u.content, p...)
		return len(p), nil
	}
	if u.to == nil {
		if err := u.enlarge(); err != nil {
			return 0, err
		}
	}
	return u.to.Write(p)
}

// enlarge goes on with a body.
func (u *upload) enlarge() (err error) {
	var whole int64
	if u.draft.Declared() && !u.draft.Keeps() {
		whole = u.o.Size
	}
	if u.body, err = u.s.newBody(u.ctx, u.account); err != nil {
		return err
	}
	u.s.keeper.need(u.body)
	u.to = u.s.places[*u.body.place].write(u.ctx, u.body, whole)
	head := u.content
	if u.content = nil; len(head) > 0 {
		_, err = u.to.Write(head)
	}
	return err
}

// Commit implements [filestore.Upload].
func (u *upload) Commit() (filestore.FileInfo, error) {
	made, err := u.commit()
	u.end(err)
	if err != nil {
		return nil, fail("commit", u.name, err)
	}
	return made.Info(), nil
}

func (u *upload) commit() (made node, err error) {
	if u.err != nil {
		return node{}, u.err
	}
	if err := u.ctx.Err(); err != nil {
		return node{}, err
	}
	if err := u.draft.Complete(); err != nil {
		return node{}, err
	}
	if err := u.keepTail(); err != nil {
		return node{}, err
	}
	if u.to != nil {
		u.written = true
		if err := u.to.finish(); err != nil {
			return node{}, err
		}
	}
	a := ask{names: []string{u.name}, upload: u, ends: true}
	if u.to != nil {
		a.body = u.body.key
	}
	err = u.s.change(u.ctx, a, func(t *tx) (err error) {
		made, err = u.put(t)
		return err
	})
	return made, err
}

// keepTail copies the old bytes behind the new ones.
func (u *upload) keepTail() error {
	end := u.draft.Start() + u.draft.Written()
	if end >= u.draft.Size() {
		return nil
	}
	_, err := io.Copy(storer{u}, io.NewSectionReader(u.old, end, u.draft.Size()-end))
	return err
}

// put makes the file of what was uploaded.
func (u *upload) put(t *tx) (node, error) {
	in, old, err := u.place(t)
	if err != nil {
		return node{}, err
	}
	if u.draft.Keeps() && old.ETag != u.base.ETag {
		return node{}, filestore.ErrChanged
	}
	if err := t.unlocked(covers(old), u.name, u.o.If); err != nil {
		return node{}, err
	}
	delta, err := u.draft.Made(size(old))
	if err != nil {
		return node{}, err
	}
	if err := t.make(delta, u.limits); err != nil {
		return node{}, err
	}
	made := newNode(in, u.name)
	made.Mode, made.Size, made.ModTime, made.ETag = filePerm, u.draft.Size(), t.orNow(u.o.ModTime), newTag()
	var body *string
	if u.to != nil {
		made.body, body = u.body.key, &u.body.key
		t.do("UPDATE bodies SET refs = refs + 1, upload = NULL WHERE account = $1 AND key = $2", t.account.id, u.body.key)
	}
	if old.body != "" {
		t.do(unrefer, t.account.id, old.body, 1, t.now)
	}
	content := u.content
	if u.to == nil {
		content = whole(content)
	}
	if old.Path == "" {
		t.put(&t.paths[0], made, content)
		return made, nil
	}
	t.do("UPDATE entries SET kind = $4, size = $5, modified = $6, tag = $7, content = $8, body = $9 WHERE account = $1 AND parent = $2 AND name = $3",
		t.account.id, in, made.last, fileKind, made.Size, made.ModTime, made.ETag, content, body)
	return made, nil
}

// Abort implements [filestore.Upload].
func (u *upload) Abort() error {
	if u.err == nil || !errors.Is(u.err, fs.ErrClosed) {
		u.release()
	}
	return nil
}

// end ends the upload after a commit that has given its room back, if there was no error.
func (u *upload) end(err error) {
	var lost lostError
	switch {
	case errors.Is(u.err, fs.ErrClosed):
	case err == nil, errors.As(err, &lost): // or nobody knows, and the sweeper does what is to be done
		u.forget()
	default:
		u.release()
	}
}

// forget ends what the process keeps for the upload.
func (u *upload) forget() {
	u.s.keeper.end(u.account, u.id)
	if u.old != nil {
		u.old.Close()
	}
	if u.to != nil {
		u.s.keeper.release(u.body)
	}
	u.content, u.old, u.to, u.err = nil, nil, nil, fs.ErrClosed
}

// releaseTimeout bounds how long an end waits for a database that does not answer. What it
// cannot give back then ends by itself.
const releaseTimeout = 2 * time.Second

// release gives back what the upload holds, and ends it.
func (u *upload) release() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(u.ctx), releaseTimeout)
	defer cancel()
	if u.to != nil {
		if !u.written {
			u.to.abort()
		}
		u.s.dropBody(ctx, u.body)
	}
	u.s.attempt(ctx, ask{upload: u, ends: true}, func(t *tx) error {
		t.giveBack()
		t.lazy = true
		return nil
	})
	u.forget()
}
