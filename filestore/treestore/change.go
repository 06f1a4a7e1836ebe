package treestore

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
	"github.com/cgpkit/cgpkit/filestore/locktable"
	"github.com/cgpkit/cgpkit/internal/othername"
)

// change is one step of a store, once all that can be against it was asked but for locks
// and limits.
type change struct {
	gone  []string
	put   []Node // what is made, moved or replaced by the call itself comes first
	delta filestore.Usage

	// What limits of one file are asked about: the largest of those that grow.
	file, sidecar int64

	covered []covered // what locks are asked about
	ends    []string  // names whose locks end
}

type covered struct {
	by   locktable.Change
	name string
	p    filestore.Precondition
}

func (c *change) take(n Node) {
	if n.Path != "" {
		c.gone = append(c.gone, n.Path)
		c.delta = ledger.Sub(c.delta, n.usage())
	}
}

func (c *change) add(n Node) {
	if n.there() || n.Sidecar != nil {
		c.put = append(c.put, n)
		c.delta = ledger.Add(c.delta, n.usage())
	}
}

func (c *change) asks(by locktable.Change, name string, p filestore.Precondition) {
	c.covered = append(c.covered, covered{by, name, p})
}

// fit checks that all that is put has a valid name, and room for its sidecar.
func (c *change) fit() error {
	for i, n := range c.put {
		_, room := filestore.SidecarName(n.Path)
		switch {
		case n.Sidecar != nil && !room && i == 0:
			return filestore.ErrConflict
		case n.Sidecar != nil && !room, filestore.CheckName(n.Path) != nil:
			return fs.ErrInvalid
		}
	}
	return nil
}

// do makes the change that plan plans.
func (s *Store) do(ctx context.Context, op, name string, l filestore.Limits, plan func(*change) error) error {
	s.change.Lock()
	defer s.change.Unlock()
	var held filestore.Usage
	defer func() { s.ledger.Settle(&held, filestore.Usage{}) }()
	var c change
	err := ctx.Err()
	if err == nil {
		err = plan(&c)
	}
	if err == nil {
		err = s.apply(ctx, c, &held, l)
	}
	if err != nil {
		return fail(op, name, err)
	}
	return nil
}

// apply makes a change, for which room may be held already, if locks and limits allow
// it. Callers hold s.change.
func (s *Store) apply(ctx context.Context, c change, held *filestore.Usage, l filestore.Limits) error {
	for _, a := range c.covered {
		if err := s.locks.Check(a.by, a.name, a.p); err != nil {
			return othername.Of(a.name, err)
		}
	}
	err := cmp.Or(ledger.CheckFile(ledger.None, c.file, l), ledger.CheckSidecar(ledger.None, c.sidecar, l))
	if err == nil {
		err = s.ledger.Hold(held, c.delta, l)
	}
	if err == nil {
		err = s.tree.Change(ctx, c.gone, c.put)
	}
	if err != nil {
		return err
	}
	s.ledger.Settle(held, c.delta)
	for _, name := range c.ends {
		s.locks.Drop(name)
	}
	return nil
}

// place returns what has the name under which something is made, if replaces has no
// error for that and p holds of it.
func (s *Store) place(ctx context.Context, name string, replaces func(old Node) error, p filestore.Precondition) (Node, error) {
	dir, _ := filestore.Split(name)
	if _, err := s.findDir(ctx, dir); err != nil {
		return Node{}, err
	}
	old, err := s.node(ctx, name)
	if err == nil && old.there() {
		err = replaces(old)
	}
	if err == nil {
		err = p.Check(old.there(), old.ETag)
	}
	return old, err
}

// allow replaces what is there, or not.
func allow(replace bool) func(Node) error {
	return func(Node) error {
		if replace {
			return nil
		}
		return fs.ErrExist
	}
}

// takeAll takes n away, if it is anything, with all below it.
func (s *Store) takeAll(ctx context.Context, c *change, n Node) error {
	c.take(n)
	return s.all(ctx, n, c.take)
}

// Mkdir implements [filestore.Store].
func (s *Store) Mkdir(ctx context.Context, name string, o filestore.MkdirOptions, l filestore.Limits) error {
	return s.do(ctx, "mkdir", name, l, func(c *change) error {
		if err := filestore.CheckEntryName(name); err != nil {
			return err
		}
		old, err := s.place(ctx, name, allow(false), o.If)
		if err != nil {
			return err
		}
		made := newDir(name)
		if made.Sidecar = old.Sidecar; old.Sidecar == nil && o.Sidecar != nil {
			made.Sidecar = newSidecar(o.Sidecar, time.Time{})
			c.sidecar = made.Sidecar.Size
		}
		c.take(old)
		c.add(made)
		c.asks(locktable.Entry, name, o.If)
		return c.fit()
	})
}

// Remove implements [filestore.Store].
func (s *Store) Remove(ctx context.Context, name string, o filestore.RemoveOptions) error {
	return s.do(ctx, "remove", name, filestore.Limits{}, func(c *change) error {
		if name == filestore.Root || filestore.CheckName(name) != nil {
			return fs.ErrInvalid
		}
		n, err := s.find(ctx, name)
		if err == nil {
			err = o.If.Check(true, n.ETag)
		}
		if err != nil {
			return err
		}
		if n.dir() && !o.Recursive {
			for _, err := range s.below(ctx, name, "") {
				return cmp.Or(err, filestore.ErrNotEmpty)
			}
		}
		c.asks(locktable.Tree, name, o.If)
		c.ends = []string{name}
		return s.takeAll(ctx, c, n)
	})
}

// Rename implements [filestore.Store].
func (s *Store) Rename(ctx context.Context, from, to string, o filestore.RenameOptions) error {
	return s.do(ctx, "rename", to, filestore.Limits{}, func(c *change) error {
		source, err := s.source(ctx, from, to, o.From)
		if err != nil {
			return err
		}
		old, err := s.place(ctx, to, func(old Node) error {
			return allow(o.Replace || o.ReplaceFile && !source.dir() && !old.dir())(old)
		}, o.To)
		if err != nil {
			return err
		}
		move := func(n Node) {
			c.take(n)
			n.Path = to + strings.TrimPrefix(n.Path, from)
			c.add(n)
		}
		move(source)
		if err := cmp.Or(s.all(ctx, source, move), s.takeAll(ctx, c, old)); err != nil {
			return err
		}
		c.asks(locktable.Tree, from, o.From)
		c.asks(locktable.Tree, to, o.To)
		c.ends = []string{from, to}
		return c.fit()
	})
}

// source returns what is moved or copied.
func (s *Store) source(ctx context.Context, from, to string, p filestore.Precondition) (Node, error) {
	if err := filestore.CheckEntryName(from); err != nil {
		return Node{}, othername.Of(from, err)
	}
	if filestore.CheckEntryName(to) != nil || filestore.Within(to, from) || filestore.Within(from, to) {
		return Node{}, fs.ErrInvalid
	}
	n, err := s.find(ctx, from)
	if err == nil {
		err = p.Check(true, n.ETag)
	}
	return n, othername.Of(from, err)
}

// Copy implements [filestore.Store].
func (s *Store) Copy(ctx context.Context, from, to string, o filestore.CopyOptions, l filestore.Limits) error {
	return s.do(ctx, "copy", to, l, func(c *change) error {
		source, err := s.source(ctx, from, to, o.From)
		if err != nil {
			return err
		}
		old, err := s.place(ctx, to, allow(o.Replace), o.To)
		if err != nil {
			return err
		}
		if err := cmp.Or(s.copy(ctx, c, source, to, o), s.takeAll(ctx, c, old)); err != nil {
			return err
		}
		c.asks(locktable.Tree, to, o.To)
		c.ends = []string{to}
		return c.fit()
	})
}

// copy copies n with all below it.
func (s *Store) copy(ctx context.Context, c *change, n Node, to string, o filestore.CopyOptions) error {
	made := n.copied(to, o.Sidecar)
	c.add(made)
	c.file = max(c.file, made.Size)
	if made.Sidecar != nil {
		c.sidecar = max(c.sidecar, made.Sidecar.Size)
	}
	if !n.dir() || o.Shallow {
		return nil
	}
	for e, err := range s.below(ctx, n.Path, "") {
		if err != nil {
			return err
		}
		if o.Skip != nil && o.Skip(e.Path, e.dir()) {
			continue
		}
		_, last := filestore.Split(e.Path)
		if err := s.copy(ctx, c, e, filestore.Join(to, last), o); err != nil {
			return err
		}
	}
	return nil
}

// SetSidecar implements [filestore.Store].
func (s *Store) SetSidecar(ctx context.Context, name string, content []byte, o filestore.SidecarOptions, l filestore.Limits) (filestore.Sidecar, error) {
	var made Node
	err := s.do(ctx, "set sidecar", name, l, func(c *change) error {
		if err := filestore.CheckName(name); err != nil {
			return err
		}
		old, err := s.place(ctx, name, allow(true), filestore.Precondition{})
		switch {
		case content == nil && errors.Is(err, filestore.ErrNotDirectory):
			return fs.ErrNotExist // nothing is made there
		case err != nil:
			return err
		case o.Paired && !old.there(), content == nil && old.Sidecar == nil:
			return fs.ErrNotExist
		case o.EntryETag != "" && o.EntryETag != old.ETag:
			return filestore.ErrChanged
		}
		if err := o.If.Check(old.Sidecar != nil, old.tag()); err != nil {
			return err
		}
		side, room := filestore.SidecarName(name)
		if !room {
			return filestore.ErrConflict
		}
		if made = old; !old.there() {
			made = newOrphan(name)
		}
		if made.Sidecar = nil; content != nil {
			made.Sidecar = newSidecar(content, o.ModTime)
		} else {
			c.ends = []string{side}
		}
		c.take(old)
		c.add(made)
		if c.delta.Bytes > 0 {
			c.sidecar = made.Sidecar.Size
		}
		c.asks(locktable.Sidecar, name, o.If)
		return nil
	})
	if err != nil || made.Sidecar == nil {
		return filestore.Sidecar{}, err
	}
	return made.about(false), nil
}
