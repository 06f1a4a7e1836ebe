package dirstore

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
	"github.com/cgpkit/cgpkit/filestore/locktable"
	"github.com/cgpkit/cgpkit/internal/othername"
)

// Copy implements [filestore.Store]. A copy is new: it has the time of copying, and
// no file in it may be above the limit of a file, whatever stood there before. Other
// changes of the account wait until the copy is done.
func (s *Store) Copy(ctx context.Context, from, to string, o filestore.CopyOptions, l filestore.Limits) error {
	err := checkPair(ctx, from, to)
	if err == nil {
		c := copier{s: s, ctx: ctx, from: from, to: to, o: o, limits: l}
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
	s        *Store
	t        tree
	ctx      context.Context
	from, to string
	o        filestore.CopyOptions
	limits   filestore.Limits
	copied   filestore.Usage // what the new tree holds so far
	trash    []string        // entries of the state directory that are ours
}

func (c *copier) run() error {
	s, t := c.s, c.t
	source, err := s.find(t, c.from)
	if err == nil {
		err = source.check(c.o.From)
	}
	if err != nil {
		return err
	}
	target, err := s.look(t, c.to, true)
	if err == nil {
		err = target.checkTarget(c.o.Replace, c.o.To)
	}
	if err != nil {
		return othername.Of(c.to, err)
	}
	sidecar, err := c.sidecarOf(newInfo(c.from, source))
	if err != nil {
		return err
	}
	if sidecar != nil {
		if err := target.checkRoom(c.to); err != nil {
			return othername.Of(c.to, err)
		}
	}
	planned, largest, err := c.plan(source.entry)
	if err == nil {
		err = s.locks.Check(locktable.Tree, c.to, c.o.To)
	}
	if err == nil {
		err = c.checkSize(largest)
	}
	if err != nil {
		return othername.Of(c.to, err)
	}
	moves, trash, less, err := s.planRemoval(c.ctx, t, c.to, target)
	if err != nil {
		return err
	}
	var held, made filestore.Usage
	if err := s.hold(c.ctx, t, true, &held, ledger.Sub(planned, less), c.limits); err != nil {
		return othername.Of(c.to, err)
	}
	defer func() { s.ledger.Settle(&held, made) }()

	if err := s.makeStateDir(t); err != nil {
		return err
	}
	if sidecar != nil {
		entry := c.entry()
		if err := c.write(s.staged(entry), sidecar); err != nil {
			return err
		}
		toSide, _ := filestore.SidecarName(c.to)
		moves = append(moves, move{inState(entry), inTree(toSide)})
	}
	entry := c.entry()
	if err := c.copy(c.from, source.entry, s.staged(entry)); err != nil {
		return err
	}
	if err := s.hold(c.ctx, t, true, &held, ledger.Sub(c.copied, less), c.limits); err != nil {
		return othername.Of(c.to, err)
	}
	if err := s.moveAll(t, append(moves, move{inState(entry), inTree(c.to)})); err != nil {
		if s.counted.Load() == nil {
			c.trash = nil // the intent may still need it
		}
		return err
	}
	c.trash = trash
	made = ledger.Sub(c.copied, less)
	s.locks.Drop(c.to)
	return nil
}

// entry names a new entry of the state directory.
func (c *copier) entry() string {
	entry := rand.Text()
	c.trash = append(c.trash, entry)
	return entry
}

// plan checks the names that the copy will have, and returns what it will hold at
// least, which is all but the sidecars, and the size of the largest file.
func (c *copier) plan(st stat) (u filestore.Usage, largest int64, err error) {
	top := info{path: c.from, stat: st}
	u, largest = filestore.Usage{Files: 1, Bytes: top.Size()}, top.Size()
	if st.kind != kindDir || c.o.Shallow {
		return u, largest, nil
	}
	err = c.s.walk(c.ctx, c.t, c.from, func(e info) error {
		if c.leavesOut(e) {
			return fs.SkipDir
		}
		u = ledger.Add(u, filestore.Usage{Files: 1, Bytes: e.Size()})
		largest = max(largest, e.Size())
		return filestore.CheckName(c.target(e.path))
	})
	return u, largest, err
}

// leavesOut reports whether something is no entry of the copy: a sidecar, which
// comes with its entry, what another program has given the name of one, and what
// nobody wants.
func (c *copier) leavesOut(e info) bool {
	return filestore.IsSidecar(e.path) || c.skips(e.path, e.IsDir())
}

func (c *copier) skips(name string, directory bool) bool {
	return c.o.Skip != nil && c.o.Skip(name, directory)
}

func (c *copier) checkSize(size int64) error {
	if size > c.limits.FileSize {
		return &filestore.LimitError{Kind: filestore.LimitFileSize, Limit: c.limits.FileSize}
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
	for e, err := range c.s.rawEntries(c.ctx, c.t, name) {
		if err == nil {
			err = c.copyEntry(e, to+"/"+e.Name())
		}
		if err != nil {
			return err
		}
	}
	return c.s.sync(c.t, to)
}

func (c *copier) copyEntry(e info, to string) error {
	if of, ok := filestore.SidecarOf(e.path); ok {
		if e.IsDir() {
			return nil
		}
		return c.copyOrphan(e, of, to)
	}
	if c.leavesOut(e) {
		return nil
	}
	if err := c.copy(e.path, e.stat, to); err != nil {
		return err
	}
	content, err := c.sidecarOf(e)
	if err != nil || content == nil {
		return err
	}
	return c.writeSidecar(e.path+sidecarSuffix, to+sidecarSuffix, content)
}

// copyOrphan copies a sidecar, unless it comes with what it belongs to.
func (c *copier) copyOrphan(e info, of, to string) error {
	if _, ok := filestore.SidecarName(of); !ok || c.o.Sidecar == nil {
		return nil
	}
	st, err := c.t.lstat(c.s.at(of))
	if err != nil || st.kind == kindFile || st.kind == kindDir || c.skips(of, false) {
		return err
	}
	old, _, err := c.t.read(c.s.at(e.path), wantContent)
	if err != nil || old == nil {
		return err
	}
	content := c.o.Sidecar(false, old)
	if content == nil {
		return nil
	}
	return c.writeSidecar(e.path, to, content)
}

// sidecarOf returns the sidecar that the copy of e gets; nil for none.
func (c *copier) sidecarOf(e info) (content []byte, err error) {
	if c.o.Sidecar == nil {
		return nil, nil
	}
	if side, ok := filestore.SidecarName(e.path); ok {
		content, _, err = c.t.read(c.s.at(side), wantContent)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	if content == nil && e.IsDir() {
		if _, ok := filestore.SidecarName(c.target(e.path)); !ok {
			return nil, nil
		}
	} else if content == nil {
		return nil, nil
	}
	return c.o.Sidecar(e.IsDir(), content), nil
}

// target returns the name of the copy of name.
func (c *copier) target(name string) string { return c.to + strings.TrimPrefix(name, c.from) }

// writeSidecar makes the copy of the sidecar name.
func (c *copier) writeSidecar(name, to string, content []byte) error {
	if filestore.CheckName(c.target(name)) != nil {
		return othername.Of(c.to, fs.ErrInvalid)
	}
	return c.write(to, content)
}

// write makes a sidecar in the state directory.
func (c *copier) write(to string, content []byte) error {
	if err := c.checkSize(int64(len(content))); err != nil {
		return othername.Of(c.to, err)
	}
	c.copied = ledger.Add(c.copied, filestore.Usage{Files: 1, Bytes: int64(len(content))})
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
	c.copied = ledger.Add(c.copied, filestore.Usage{Files: 1, Bytes: st.size})
	if c.s.noSync {
		return nil
	}
	return f.Sync()
}
