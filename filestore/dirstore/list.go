package dirstore

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"

	"github.com/cgpkit/cgpkit/filestore"
)

// batch is how many names are read from a directory at a time.
const batch = 256

// List implements [filestore.Store]. An entry that is made, removed or renamed
// while the walk goes on may be missing.
func (s *Store) List(ctx context.Context, dir string) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) {
		if err := check(ctx, dir); err != nil {
			yield(nil, fail("list", dir, err))
			return
		}
		t, err := s.open(s.base)
		if err != nil {
			yield(nil, fail("list", dir, err))
			return
		}
		defer t.close()
		for e, err := range s.entries(ctx, t, dir) {
			var shown filestore.FileInfo
			if err == nil {
				shown = e
			} else {
				err = fail("list", e.path, err)
			}
			if !yield(shown, err) {
				return
			}
		}
	}
}

// entries walks the files and directories in dir. An error comes with the
// name it is about; if that is an entry the walk goes on.
func (s *Store) entries(ctx context.Context, t tree, dir string) iter.Seq2[info, error] {
	return func(yield func(info, error) bool) {
		s.names.RLock()
		f, st, err := t.open(s.at(dir))
		s.names.RUnlock()
		if errors.Is(err, fs.ErrNotExist) && dir == filestore.Root {
			if _, err = s.find(t, dir); err == nil {
				return // not made yet
			}
		}
		if err != nil {
			yield(info{path: dir}, err)
			return
		}
		defer f.Close()
		if st.kind != kindDir {
			yield(info{path: dir}, filestore.ErrNotDirectory)
			return
		}
		s.meet(st)
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
				st, err := t.entry(f, s.at(dir), last)
				if err == nil && st.kind != kindFile && st.kind != kindDir {
					continue
				}
				s.meet(st)
				if !yield(info{path, st}, err) {
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

// walk calls visit for everything below dir, directories before what is in
// them. It passes over directories that have gone meanwhile, those that the
// process may not read, and those for which visit returns [fs.SkipDir], and
// ends at the first other error.
func (s *Store) walk(ctx context.Context, t tree, dir string, visit func(info) error) error {
	for e, err := range s.entries(ctx, t, dir) {
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
		u = add(u, filestore.Usage{Files: 1, Bytes: e.Size()})
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
		return add(u, filestore.Usage{Files: 1}), err
	}
	return filestore.Usage{}, nil
}
