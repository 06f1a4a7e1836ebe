package dirstore

import (
	"context"
	"crypto/rand"
	"io"
	"io/fs"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// Copy implements [filestore.Store]. A nil function leaves all sidecars out,
// and so does a size above 1 MiB. A sidecar that is copied by its own name is
// copied as it stands. A copy is new: it has the time of copying, and no file
// in it may be above the limit of a file, whatever stood there before. Other
// changes of the account wait until the copy is done. The function must not
// call the store.
func (s *Store) Copy(ctx context.Context, from, to string, o filestore.CopyOptions, attributes filestore.SidecarFunc, l filestore.Limits) error {
	err := checkPair(ctx, from, to)
	if err == nil {
		c := copier{s: s, ctx: ctx, from: from, to: to, o: o, attributes: attributes, limits: l}
		err = s.changing(ctx, func(t tree) ([]string, error) {
			c.t = t
			return nil, c.run()
		})
		s.discard(c.trash...)
	}
	if err != nil {
		return fail("copy", from, err)
	}
	return nil
}

// copier does one copy: it builds the new tree in the state directory and
// moves it into place.
type copier struct {
	s          *Store
	t          tree
	ctx        context.Context
	from, to   string
	o          filestore.CopyOptions
	attributes filestore.SidecarFunc
	limits     filestore.Limits
	copied     filestore.Usage // what the new tree holds so far
	trash      []string        // entries of the state directory that are ours
}

func (c *copier) run() error {
	s, t := c.s, c.t
	st, err := s.find(t, c.from)
	if err != nil {
		return err
	}
	if c.o.IfMatch != "" && c.o.IfMatch != (info{c.from, st}).ETag() {
		return filestore.ErrChanged
	}
	attributes, err := c.attributesOf(info{c.from, st})
	if err != nil {
		return err
	}
	if err := s.checkTarget(t, c.to, st, c.o.Replace, attributes != nil); err != nil {
		return about(c.to, err)
	}
	toSide, _ := filestore.SidecarName(c.to)
	if toSide == c.from {
		return about(c.to, filestore.ErrConflict) // the source would go with the target
	}
	planned, err := c.plan(st)
	if err != nil {
		return err
	}
	moves, trash, less, err := s.removal(c.ctx, t, c.to)
	if err != nil {
		return err
	}
	var held, made filestore.Usage
	if err := s.hold(c.ctx, t, true, &held, sub(planned, less), c.limits); err != nil {
		return about(c.to, err)
	}
	defer func() { s.ledger.settle(&held, made) }()

	if err := s.makeStateDir(t); err != nil {
		return err
	}
	if attributes != nil {
		entry := c.entry()
		if err := c.write(s.staged(entry), attributes); err != nil {
			return err
		}
		moves = append(moves, move{inState(entry), inTree(toSide)})
	}
	entry := c.entry()
	if err := c.copy(c.from, st, s.staged(entry)); err != nil {
		return err
	}
	if err := s.hold(c.ctx, t, true, &held, sub(c.copied, less), c.limits); err != nil {
		return about(c.to, err)
	}
	if err := s.do(t, append(moves, move{inState(entry), inTree(c.to)})); err != nil {
		if s.counted.Load() == nil {
			c.trash = nil // the intent may still need it
		}
		return err
	}
	c.trash = trash
	made = sub(c.copied, less)
	return nil
}

// entry names a new entry of the state directory.
func (c *copier) entry() string {
	entry := rand.Text()
	c.trash = append(c.trash, entry)
	return entry
}

// plan checks what can be known before anything is copied, and returns what
// the copy will hold at least: all but the sidecars.
func (c *copier) plan(st stat) (filestore.Usage, error) {
	top := info{c.from, st}
	u := filestore.Usage{Files: 1, Bytes: top.Size()}
	if err := c.checkSize(top.Size()); err != nil {
		return u, err
	}
	if st.kind != kindDir || c.o.Shallow {
		return u, nil
	}
	err := c.s.walk(c.ctx, c.t, c.from, func(e info) error {
		if c.skips(e) {
			return fs.SkipDir
		}
		if isSidecar(e) {
			return nil
		}
		u = add(u, filestore.Usage{Files: 1, Bytes: e.Size()})
		if filestore.CheckName(c.to+strings.TrimPrefix(e.path, c.from)) != nil {
			return about(c.to, fs.ErrInvalid)
		}
		return c.checkSize(e.Size())
	})
	return u, err
}

func isSidecar(e info) bool { return !e.IsDir() && filestore.IsSidecar(e.path) }

func (c *copier) skips(e info) bool { return c.o.Skip != nil && c.o.Skip(e.path, e.IsDir()) }

func (c *copier) checkSize(size int64) error {
	if size > c.limits.FileSize {
		return about(c.to, &filestore.LimitError{Kind: filestore.LimitFileSize, Limit: c.limits.FileSize})
	}
	return nil
}

// copy copies one entry of the storage, and all below it, to a place in the
// state directory.
func (c *copier) copy(name string, st stat, to string) error {
	if st.kind == kindFile {
		return c.copyFile(name, to)
	}
	if err := c.t.mkdir(to, dirPerm); err != nil {
		return err
	}
	c.copied.Files++
	if name == c.from && c.o.Shallow {
		return c.s.sync(c.t, to)
	}
	for e, err := range c.s.entries(c.ctx, c.t, name) {
		if err != nil {
			return err
		}
		if c.skips(e) {
			continue
		}
		if err := c.copyEntry(e, to+"/"+e.Name()); err != nil {
			return err
		}
	}
	return c.s.sync(c.t, to)
}

func (c *copier) copyEntry(e info, to string) error {
	of, ok := filestore.SidecarOf(e.path)
	if ok && !e.IsDir() {
		return c.copyOrphan(e, of, to)
	}
	if err := c.copy(e.path, e.stat, to); err != nil {
		return err
	}
	content, err := c.attributesOf(e)
	if err != nil || content == nil {
		return err
	}
	side, _ := filestore.SidecarName(e.path)
	return c.writeSidecar(side, to+strings.TrimPrefix(side, e.path), content)
}

// copyOrphan copies a sidecar, unless it comes with what it belongs to.
func (c *copier) copyOrphan(e info, of, to string) error {
	st, err := c.t.lstat(c.s.at(of))
	if err != nil || st.kind == kindFile || st.kind == kindDir {
		return err
	}
	old, err := c.read(e.path, e.stat)
	if err != nil || old == nil || c.attributes == nil {
		return err
	}
	content := c.attributes(false, old)
	if content == nil {
		return nil
	}
	return c.writeSidecar(e.path, to, content)
}

// attributesOf returns the sidecar that the copy of e gets; nil for none.
func (c *copier) attributesOf(e info) ([]byte, error) {
	side, ok := filestore.SidecarName(e.path)
	if !ok || c.attributes == nil {
		return nil, nil
	}
	st, err := c.t.lstat(c.s.at(side))
	if err != nil || st.kind != kindFile && st.kind != kindNone {
		return nil, err
	}
	old, err := c.read(side, st)
	if err != nil || old == nil && !e.IsDir() {
		return nil, err
	}
	return c.attributes(e.IsDir(), old), nil
}

// read reads a sidecar; nil if it is too large, or none.
func (c *copier) read(name string, st stat) ([]byte, error) {
	if st.kind != kindFile || st.size > filestore.MaxSidecarBytes {
		return nil, nil
	}
	f, _, err := c.t.open(c.s.at(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, filestore.MaxSidecarBytes+1))
	if err != nil || len(content) > filestore.MaxSidecarBytes {
		return nil, err
	}
	return content, nil
}

// writeSidecar makes the copy of the sidecar name.
func (c *copier) writeSidecar(name, to string, content []byte) error {
	if filestore.CheckName(c.to+strings.TrimPrefix(name, c.from)) != nil {
		return about(c.to, fs.ErrInvalid)
	}
	return c.write(to, content)
}

// write makes a sidecar in the state directory.
func (c *copier) write(to string, content []byte) error {
	if err := c.checkSize(int64(len(content))); err != nil {
		return err
	}
	c.copied = add(c.copied, filestore.Usage{Files: 1, Bytes: int64(len(content))})
	return c.s.writeFile(c.t, to, content)
}

func (c *copier) copyFile(name, to string) error {
	from, st, err := c.t.open(c.s.at(name))
	if err != nil {
		return err
	}
	defer from.Close()
	if st.kind != kindFile {
		return filestore.ErrChanged
	}
	f, err := c.t.create(to)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := copyN(c.ctx, f, from, st.size); err != nil {
		return err
	}
	c.copied = add(c.copied, filestore.Usage{Files: 1, Bytes: st.size})
	if c.s.noSync {
		return nil
	}
	return f.Sync()
}
