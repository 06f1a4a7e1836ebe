package dirstore

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
)

// batch is how many names are read from a directory at a time.
const batch = 256

// List implements [filestore.Store]. It reads all names behind o.After before it
// yields the first entry, and looks at each entry when it comes to it.
func (s *Store) List(ctx context.Context, dir string, o filestore.ListOptions) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) {
		l := &listing{s: s, dir: dir, at: s.at(dir), o: o}
		if err := l.begin(ctx); err != nil {
			l.close()
			yield(nil, fail("list", dir, err))
			return
		}
		defer l.close()
		var infos []info
		for e, err := range l.entries() {
			if ctx.Err() != nil {
				yield(nil, fail("list", dir, ctx.Err()))
				return
			}
			var shown filestore.FileInfo
			if err == nil {
				if len(infos) == cap(infos) {
					infos = make([]info, 0, min(group, len(l.names.places)))
				}
				infos = append(infos, e)
				shown = &infos[len(infos)-1]
			} else {
				err = fail("list", e.path, err)
			}
			if !yield(shown, err) {
				return
			}
		}
	}
}

// longestName is as long as a name may be.
var longestName = strings.Repeat("x", 255)

// listing is one listing of a directory.
type listing struct {
	s       *Store
	dir     string
	at      string // of dir, below the base of the store
	o       filestore.ListOptions
	tree    tree
	file    *os.File // nil: the root, which is not made yet
	names   nameList
	changes uint64 // Store.changes before the names were read
	// later are directories that somebody has given the name of a sidecar, by their
	// names. They were met with the entry that it would belong to.
	later []info
}

func (l *listing) close() {
	if l.file != nil {
		l.file.Close()
	}
	if l.tree != nil {
		l.tree.close()
	}
}

// begin reads the names.
func (l *listing) begin(ctx context.Context) error {
	if err := check(ctx, l.dir); err != nil {
		return err
	}
	t, err := l.s.open(l.s.base)
	if err != nil {
		return err
	}
	l.tree = t
	l.changes = l.s.changes.Load()
	if l.file, err = l.s.openDir(t, l.dir); err != nil || l.file == nil {
		return err
	}
	// Most directories have room for every name: then that alone is checked.
	prefix := filestore.Join(l.dir, "")
	if filestore.CheckName(filestore.Join(l.dir, longestName)) == nil {
		prefix = ""
	}
	for {
		names, err := l.file.Readdirnames(batch)
		for _, last := range names {
			if filestore.CheckName(prefix+last) == nil {
				l.names.addEntry(last, l.o.After)
			}
		}
		if err == io.EOF {
			l.names.sort()
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
	}
}

// openDir opens a directory for its names; nil for the root that is not made yet.
func (s *Store) openDir(t tree, dir string) (*os.File, error) {
	s.names.RLock()
	f, st, err := t.open(s.at(dir))
	s.names.RUnlock()
	if errors.Is(err, fs.ErrNotExist) && dir == filestore.Root {
		_, err = s.find(t, dir)
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	if st.kind != kindDir {
		f.Close()
		if filestore.IsSidecar(dir) {
			return nil, fs.ErrNotExist
		}
		return nil, filestore.ErrNotDirectory
	}
	s.noticeOutsideChange(st)
	return f, nil
}

// entries yields the entries by name. An error comes with the name that it is about.
func (l *listing) entries() iter.Seq2[info, error] {
	return func(yield func(info, error) bool) {
		for n := range l.names.in(l.dir) {
			for len(l.later) > 0 && l.later[0].path < n.path {
				if !yield(l.later[0], nil) {
					return
				}
				l.later = l.later[1:]
			}
			if len(l.later) > 0 && l.later[0].Name() == n.last {
				l.later = l.later[1:] // it has a sidecar itself
			}
			e, err := l.entry(n)
			if err == nil && e.path == "" {
				continue
			}
			if !yield(e, err) {
				return
			}
		}
		for _, e := range l.later {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// entry looks at what has a name. The zero info is of what is not there.
func (l *listing) entry(n listedName) (info, error) {
	f, content, err := l.look(n)
	if err != nil {
		return info{path: n.path}, err
	}
	l.s.noticeOutsideChange(f.entry)
	l.s.noticeOutsideChange(f.sidecar)
	if f.sidecar.kind == kindDir {
		l.keepForLater(info{path: n.path + sidecarSuffix, stat: f.sidecar})
	}
	if f.entry.kind == kindFile && filestore.IsSidecar(n.last) || f.entry.kind == kindForeign {
		f.entry = stat{}
	}
	if !f.exists() && f.sidecar.kind != kindFile {
		return info{}, nil
	}
	e := newInfo(n.path, f)
	if e.sidecar != nil {
		e.sidecar.Content = content
	}
	return e, nil
}

// look looks at an entry and its sidecar in one step. What the directory did not
// have when its names were read may be there now, with the other.
func (l *listing) look(n listedName) (f found, content []byte, err error) {
	l.s.names.RLock()
	defer l.s.names.RUnlock()
	if now := l.s.changes.Load(); now != l.changes || now%2 != 0 {
		_, ok := filestore.SidecarName(n.last)
		n.entry, n.sidecar = true, n.sidecar || ok
	}
	n.entry = n.entry || filestore.IsSidecar(n.last) // perhaps a directory
	t := l.tree
	if n.entry {
		if f.entry, err = t.entry(l.file, l.at, n.last); err != nil {
			return f, nil, err
		}
	}
	if !n.sidecar {
		return f, nil, nil
	}
	side := n.last + sidecarSuffix
	if !l.o.Sidecars {
		f.sidecar, err = t.entry(l.file, l.at, side)
		return f, nil, err
	}
	content, f.sidecar, err = t.readEntry(l.file, l.at, side, wantContent)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return f, content, err
}

// wantContent reports whether a sidecar is small enough to be read.
func wantContent(st stat) bool { return st.size <= filestore.MaxSidecarBytes }

// keepForLater keeps an entry until its name has come.
func (l *listing) keepForLater(e info) {
	i, _ := slices.BinarySearchFunc(l.later, e, func(a, b info) int { return strings.Compare(a.path, b.path) })
	l.later = slices.Insert(l.later, i, e)
}

// rawEntries walks all files and directories in dir as they are on the disk: those
// of sidecars under their own names, in no order. An error comes with the name it
// is about; if that is an entry the walk goes on.
func (s *Store) rawEntries(ctx context.Context, t tree, dir string) iter.Seq2[info, error] {
	return func(yield func(info, error) bool) {
		f, err := s.openDir(t, dir)
		if err != nil {
			yield(info{path: dir}, err)
			return
		}
		if f == nil {
			return
		}
		defer f.Close()
		at := s.at(dir)
		for {
			names, err := f.Readdirnames(batch)
			for _, last := range names {
				path := filestore.Join(dir, last)
				if filestore.CheckName(path) != nil {
					continue // nothing reaches it
				}
				if err := ctx.Err(); err != nil {
					yield(info{path: dir}, err)
					return
				}
				st, err := t.entry(f, at, last)
				if err == nil && st.kind != kindFile && st.kind != kindDir {
					continue
				}
				s.noticeOutsideChange(st)
				if !yield(info{path: path, stat: st}, err) {
					return
				}
			}
			if err != nil && err != io.EOF {
				yield(info{path: dir}, err)
			}
			if err != nil {
				return
			}
		}
	}
}

// walk calls visit for all of rawEntries below dir, directories before what is in
// them. It passes over directories that have gone meanwhile, those that the
// process may not read, and those for which visit returns [fs.SkipDir], and
// ends at the first other error.
func (s *Store) walk(ctx context.Context, t tree, dir string, visit func(info) error) error {
	for e, err := range s.rawEntries(ctx, t, dir) {
		if err != nil {
			return err
		}
		err = visit(e)
		if err == fs.SkipDir || err == nil && !e.IsDir() {
			continue
		}
		if err != nil {
			return err
		}
		err = s.walk(ctx, t, e.path, visit)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	return nil
}

// count counts what is below dir.
func (s *Store) count(ctx context.Context, t tree, dir string) (filestore.Usage, error) {
	var u filestore.Usage
	err := s.walk(ctx, t, dir, func(e info) error {
		u = ledger.Add(u, filestore.Usage{Files: 1, Bytes: e.Size()})
		return nil
	})
	return u, err
}

// countTree counts name, where st stands, and all below it.
func (s *Store) countTree(ctx context.Context, t tree, name string, st stat) (filestore.Usage, error) {
	switch st.kind {
	case kindFile:
		return filestore.Usage{Files: 1, Bytes: st.size}, nil
	case kindDir:
		u, err := s.count(ctx, t, name)
		return ledger.Add(u, filestore.Usage{Files: 1}), err
	}
	return filestore.Usage{}, nil
}
