package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io/fs"
	"iter"
	"maps"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
	"github.com/cgpkit/cgpkit/filestore/locktable"
)

// store is a [filestore.Store] over a map, with [filestore.Locks].
type store struct {
	locktable.Table
	mu     sync.Mutex // guards what follows
	nodes  nodes
	ledger ledger.Ledger
}

func newStore() *store { return &store{nodes: nodes{filestore.Root: {dir: true}}} }

// step does one step of the store, and tells with the name what goes wrong.
func step[T any](ctx context.Context, s *store, op, name string, do func() (T, error)) (done T, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err = cmp.Or(filestore.CheckName(name), ctx.Err()); err == nil {
		if done, err = do(); err == nil {
			return done, nil
		}
	}
	return *new(T), about(op, name, err)
}

func about(op, name string, err error) error {
	if err == nil || errors.As(err, new(*fs.PathError)) {
		return err
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// change is step for what makes, moves or removes something.
func (s *store) change(ctx context.Context, op, name string, do func() error) error {
	_, err := step(ctx, s, op, name, func() (any, error) { return nil, do() })
	return err
}

// swap takes nodes away and puts others there, if limits allow it.
func (s *store) swap(away, there nodes, l filestore.Limits) error {
	var held filestore.Usage
	delta := ledger.Sub(there.usage(), away.usage())
	if err := s.ledger.Hold(&held, delta, l); err != nil {
		return err
	}
	s.ledger.Settle(&held, delta)
	maps.DeleteFunc(s.nodes, func(name string, _ node) bool { return away.has(name) })
	maps.Copy(s.nodes, there)
	return nil
}

func (s *store) Stat(ctx context.Context, name string) (filestore.FileInfo, error) {
	return step(ctx, s, "stat", name, func() (filestore.FileInfo, error) {
		_, err := s.nodes.entry(name)
		return s.nodes.info(name, false).Info(), err
	})
}

func (s *store) Open(ctx context.Context, name string) (filestore.File, error) {
	return step(ctx, s, "open", name, func() (filestore.File, error) {
		n, err := s.nodes.entry(name)
		if n.dir {
			err = filestore.ErrIsDirectory
		}
		return s.nodes.info(name, false).Open(n.content), err
	})
}

func (s *store) List(ctx context.Context, dir string, o filestore.ListOptions) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) {
		entries, err := step(ctx, s, "list", dir, func() (entries []filestore.FileInfo, err error) {
			for _, last := range s.nodes.names(dir, o.After) {
				entries = append(entries, s.nodes.info(filestore.Join(dir, last), o.Sidecars).Info())
			}
			return entries, s.nodes.directory(dir)
		})
		if err != nil {
			yield(nil, err)
			return
		}
		for _, e := range entries {
			if err := about("list", dir, ctx.Err()); err != nil {
				yield(nil, err)
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (s *store) Usage(ctx context.Context, dir string) (filestore.Usage, error) {
	return step(ctx, s, "usage", dir, func() (filestore.Usage, error) {
		return s.nodes.below(dir).usage(), s.nodes.directory(dir)
	})
}

func (s *store) Create(ctx context.Context, name string, o filestore.CreateOptions, l filestore.Limits) (filestore.Upload, error) {
	old := func(name string) ([]byte, string, error) {
		n := s.nodes[name]
		if n.dir {
			return nil, "", filestore.ErrIsDirectory
		}
		return n.content, n.tag, s.nodes.parent(name)
	}
	put := func(name string, content []byte, modTime time.Time) filestore.FileInfo {
		s.nodes[name] = newFile(content, modTime)
		return s.nodes.info(name, false).Info()
	}
	return ledger.Uploads{Mutex: &s.mu, Ledger: &s.ledger, Locks: &s.Table, Old: old, Put: put}.Create(ctx, name, o, l)
}

func (s *store) Mkdir(ctx context.Context, name string, o filestore.MkdirOptions, l filestore.Limits) error {
	return s.change(ctx, "mkdir", name, func() error {
		made := nodes{name: {dir: true, modTime: time.Now()}}
		if o.Sidecar != nil && !s.nodes.has(name+".meta") {
			made[name+".meta"] = newFile(bytes.Clone(o.Sidecar), time.Time{})
		}
		err := s.nodes.place(name, made, nil, o.If)
		if err = cmp.Or(err, s.Check(locktable.Entry, name, o.If), made.fit(nil, l)); err != nil {
			return err
		}
		return s.swap(nil, made, l)
	})
}

func (s *store) Remove(ctx context.Context, name string, o filestore.RemoveOptions) error {
	return s.change(ctx, "remove", name, func() error {
		n, err := s.nodes.entry(name)
		if err = cmp.Or(err, o.If.Check(true, n.tag)); err == nil && !o.Recursive && len(s.nodes.below(name)) > 0 {
			err = filestore.ErrNotEmpty
		}
		if name == filestore.Root {
			err = fs.ErrInvalid
		}
		if err = cmp.Or(err, s.Check(locktable.Tree, name, o.If)); err != nil {
			return err
		}
		s.Drop(name)
		return s.swap(s.nodes.tree(name), nil, filestore.Limits{})
	})
}

func (s *store) Rename(ctx context.Context, from, to string, o filestore.RenameOptions) error {
	return s.transfer(ctx, "rename", from, to, func(n node) error {
		made, away := nodes{}, s.nodes.tree(from)
		for name, moved := range away {
			made[to+name[len(from):]] = moved
		}
		replace := func(old node) bool { return o.Replace || o.ReplaceFile && !n.dir && !old.dir }
		err := cmp.Or(about("rename", from, o.From.Check(true, n.tag)), s.nodes.place(to, made, replace, o.To))
		err = cmp.Or(err, about("rename", from, s.Check(locktable.Tree, from, o.From)), s.Check(locktable.Tree, to, o.To))
		if err != nil {
			return err
		}
		s.Drop(from)
		s.Drop(to)
		maps.Copy(away, s.nodes.tree(to))
		return s.swap(away, made, filestore.Limits{})
	})
}

func (s *store) Copy(ctx context.Context, from, to string, o filestore.CopyOptions, l filestore.Limits) error {
	return s.transfer(ctx, "copy", from, to, func(n node) error {
		made := nodes{}
		s.nodes.copy(made, from, to, o)
		replace := func(node) bool { return o.Replace }
		err := cmp.Or(about("copy", from, o.From.Check(true, n.tag)), s.nodes.place(to, made, replace, o.To))
		if err = cmp.Or(err, s.Check(locktable.Tree, to, o.To), made.fit(nil, l)); err != nil {
			return err
		}
		if err := s.swap(s.nodes.tree(to), made, l); err != nil {
			return err
		}
		s.Drop(to)
		return nil
	})
}

// transfer moves or copies the node under from.
func (s *store) transfer(ctx context.Context, op, from, to string, do func(node) error) error {
	if from == filestore.Root || filestore.IsSidecar(from) || filestore.CheckName(from) != nil {
		return about(op, from, fs.ErrInvalid)
	}
	return s.change(ctx, op, to, func() error {
		if filestore.IsSidecar(to) || filestore.Within(to, from) || filestore.Within(from, to) {
			return fs.ErrInvalid
		}
		n, err := s.nodes.entry(from)
		if err != nil {
			return about(op, from, err)
		}
		return do(n)
	})
}

func (s *store) Sidecar(ctx context.Context, name, known string) (filestore.Sidecar, error) {
	return step(ctx, s, "read sidecar", name, func() (filestore.Sidecar, error) {
		side, _ := filestore.SidecarName(name)
		n, ok := s.nodes[side]
		if !ok {
			return filestore.Sidecar{}, fs.ErrNotExist
		}
		return n.about(n.tag != known), nil
	})
}

func (s *store) SetSidecar(ctx context.Context, name string, content []byte, o filestore.SidecarOptions, l filestore.Limits) (filestore.Sidecar, error) {
	return step(ctx, s, "set sidecar", name, func() (filestore.Sidecar, error) {
		old, made, err := nodes{}, nodes{}, s.nodes.parent(name)
		side, room := filestore.SidecarName(name)
		if n, ok := s.nodes[side]; ok {
			old[side] = n
		} else if content == nil {
			err = fs.ErrNotExist
		}
		if err == nil && o.Paired {
			_, err = s.nodes.entry(name)
		}
		if err = cmp.Or(err, o.If.Check(len(old) > 0, old[side].tag)); err == nil && !room {
			err = filestore.ErrConflict
		}
		if content != nil {
			made[side] = newFile(bytes.Clone(content), o.ModTime)
		}
		if err = cmp.Or(err, s.Check(locktable.Sidecar, name, o.If), made.fit(old, l)); err == nil {
			err = s.swap(old, made, l)
		}
		if err == nil && content == nil {
			s.DropSidecar(name)
		}
		return made[side].about(false), err
	})
}
