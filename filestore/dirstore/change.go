package dirstore

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
	"github.com/cgpkit/cgpkit/filestore/locktable"
	"github.com/cgpkit/cgpkit/internal/othername"
)

// changing calls do while no other change runs, and deletes the entries of
// the state directory that do returns afterwards, when others can go on.
func (s *Store) changing(ctx context.Context, do func(tree) (trash []string, err error)) error {
	t, err := s.open(s.base)
	if err != nil {
		return err
	}
	defer t.close()
	trash, err := s.locked(ctx, t, do)
	s.discard(trash...)
	return err
}

func (s *Store) locked(ctx context.Context, t tree, do func(tree) ([]string, error)) ([]string, error) {
	if err := s.begin(ctx, t); err != nil {
		return nil, err
	}
	defer s.end()
	return do(t)
}

// makeRoot makes the directory of the tree if it is not there.
func (s *Store) makeRoot(t tree) error {
	counted := s.counted.Load()
	if s.noCreate || counted != nil && *counted != (birth{}) {
		return nil
	}
	err := t.mkdir(s.tree, dirPerm)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		err = s.sync(t, ".")
	}
	if err == nil && counted != nil {
		var born birth
		if born, err = t.birth(s.tree); err == nil {
			s.counted.Store(&born) // what is empty is counted
		}
	}
	return err
}

// Mkdir implements [filestore.Store].
func (s *Store) Mkdir(ctx context.Context, name string, o filestore.MkdirOptions, l filestore.Limits) error {
	err := checkChange(ctx, name)
	if err == nil {
		err = s.changing(ctx, func(t tree) ([]string, error) { return s.mkdir(ctx, t, name, o, l) })
	}
	if err != nil {
		return fail("mkdir", name, err)
	}
	return nil
}

func (s *Store) mkdir(ctx context.Context, t tree, name string, o filestore.MkdirOptions, l filestore.Limits) (trash []string, err error) {
	f, err := s.look(t, name, true)
	if err == nil {
		err = f.checkTarget(false, o.If)
	}
	if err != nil {
		return nil, err
	}
	sidecar := o.Sidecar
	if f.sidecar.kind == kindFile {
		sidecar = nil // that one is kept
	}
	if sidecar != nil {
		if err := f.checkRoom(name); err != nil {
			return nil, err
		}
	}
	if err := s.locks.Check(locktable.Entry, name, o.If); err != nil {
		return nil, err
	}
	want := filestore.Usage{Files: 1}
	if sidecar != nil {
		want = filestore.Usage{Files: 2, Bytes: int64(len(sidecar))}
		if err := ledger.CheckSidecar(ledger.None, int64(len(sidecar)), l); err != nil {
			return nil, err
		}
	}
	var held, made filestore.Usage
	if err := s.hold(ctx, t, true, &held, want, l); err != nil {
		return nil, err
	}
	defer func() { s.ledger.Settle(&held, made) }()
	if err := s.makeRoot(t); err != nil {
		return nil, err
	}
	if sidecar != nil {
		if trash, err = s.mkdirPaired(t, name, sidecar); err == nil {
			made = want
		}
		return trash, err
	}
	if err := t.mkdir(s.at(name), dirPerm); err != nil {
		return nil, err
	}
	made = want
	return nil, s.sync(t, path.Dir(s.at(name)))
}

// mkdirPaired makes a directory and its sidecar in one step: both come from
// the state directory.
func (s *Store) mkdirPaired(t tree, name string, sidecar []byte) (trash []string, err error) {
	f, entry, err := s.stage(t)
	if err != nil {
		return nil, err
	}
	dir := entry + ".d"
	trash = []string{entry, dir}
	_, err = f.Write(sidecar)
	if err == nil && !s.noSync {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = t.mkdir(s.staged(dir), dirPerm)
	}
	if err != nil {
		return trash, err
	}
	side, _ := filestore.SidecarName(name)
	err = s.moveAll(t, []move{{inState(entry), inTree(side)}, {inState(dir), inTree(name)}})
	if err != nil && s.counted.Load() == nil {
		return nil, err // the intent may still need them
	}
	return trash, err
}

// checkTarget checks that something may be put under the name, in the place of what
// is there if replace.
func (f found) checkTarget(replace bool, p filestore.Precondition) error {
	if err := f.checkDir(); err != nil {
		return err
	}
	if f.entry.kind == kindForeign || f.entry.kind != kindNone && !replace {
		return fs.ErrExist
	}
	return f.check(p)
}

// planRemoval plans to take out of the tree what was found under name: the moves to
// the state directory, and what is less then.
func (s *Store) planRemoval(ctx context.Context, t tree, name string, f found) (moves []move, trash []string, less filestore.Usage, err error) {
	side, _ := sideName(name)
	if f.sidecar.kind != kindFile {
		f.sidecar = stat{}
	}
	for _, e := range []info{{path: side, stat: f.sidecar}, {path: name, stat: f.entry}} {
		if e.stat.kind != kindFile && e.stat.kind != kindDir {
			continue
		}
		counted, err := s.countTree(ctx, t, e.path, e.stat)
		if err != nil {
			return nil, nil, less, err
		}
		less = ledger.Add(less, counted)
		entry := rand.Text()
		moves = append(moves, move{inTree(e.path), inState(entry)})
		trash = append(trash, entry)
	}
	return moves, trash, less, nil
}

// Remove implements [filestore.Store].
func (s *Store) Remove(ctx context.Context, name string, o filestore.RemoveOptions) error {
	err := check(ctx, name)
	if err == nil && name == filestore.Root {
		err = fs.ErrInvalid
	}
	if err == nil {
		err = s.changing(ctx, func(t tree) ([]string, error) { return s.remove(ctx, t, name, o) })
	}
	if err != nil {
		return fail("remove", name, err)
	}
	return nil
}

func (s *Store) remove(ctx context.Context, t tree, name string, o filestore.RemoveOptions) ([]string, error) {
	f, err := s.find(t, name)
	if err == nil {
		err = f.check(o.If)
	}
	if err == nil && f.entry.kind == kindDir && !o.Recursive {
		err = s.checkEmpty(t, name)
	}
	if err == nil {
		err = s.locks.Check(locktable.Tree, name, o.If)
	}
	if err != nil {
		return nil, err
	}
	moves, trash, less, err := s.planRemoval(ctx, t, name, f)
	if err != nil {
		return nil, err
	}
	var held filestore.Usage
	if len(moves) == 1 && (f.entry.kind == kindFile || !o.Recursive) {
		// One step, without the state directory: that works on a full disk.
		if err := t.remove(s.at(name)); err != nil {
			return nil, err
		}
		s.ledger.Settle(&held, ledger.Sub(held, less))
		s.locks.Drop(name)
		return nil, s.sync(t, path.Dir(s.at(name)))
	}
	if len(moves) == 2 {
		side, _ := sideName(name)
		trash, err = s.removePair(t, name, side, f.entry)
	} else if err = s.makeStateDir(t); err == nil {
		err = s.moveAll(t, moves)
	}
	if err != nil {
		return nil, err
	}
	s.ledger.Settle(&held, ledger.Sub(held, less))
	s.locks.Drop(name)
	return trash, nil
}

// checkEmpty looks for entries of any kind.
func (s *Store) checkEmpty(t tree, dir string) error {
	f, _, err := t.open(s.at(dir))
	if err != nil {
		return err
	}
	defer f.Close()
	names, err := f.Readdirnames(1)
	if len(names) > 0 {
		return filestore.ErrNotEmpty
	}
	if err != io.EOF {
		return err
	}
	return nil
}

// checkPair checks the names of a rename or copy.
func checkPair(ctx context.Context, from, to string) error {
	if err := checkChange(ctx, from); err != nil {
		return err
	}
	if err := checkChange(ctx, to); err != nil {
		return othername.Of(to, err)
	}
	if filestore.Within(to, from) || filestore.Within(from, to) {
		return othername.Of(to, fs.ErrInvalid)
	}
	return nil
}

// Rename implements [filestore.Store].
func (s *Store) Rename(ctx context.Context, from, to string, o filestore.RenameOptions) error {
	err := checkPair(ctx, from, to)
	if err == nil {
		err = s.changing(ctx, func(t tree) ([]string, error) { return s.renamePair(ctx, t, from, to, o) })
	}
	if err != nil {
		return fail("rename", from, err)
	}
	return nil
}

func (s *Store) renamePair(ctx context.Context, t tree, from, to string, o filestore.RenameOptions) ([]string, error) {
	source, err := s.find(t, from)
	if err == nil {
		err = source.check(o.From)
	}
	if err != nil {
		return nil, err
	}
	target, err := s.look(t, to, true)
	if err != nil {
		return nil, othername.Of(to, err)
	}
	replace := o.Replace || o.ReplaceFile && source.entry.kind == kindFile && target.entry.kind == kindFile
	if err := target.checkTarget(replace, o.To); err != nil {
		return nil, othername.Of(to, err)
	}
	paired := source.sidecar.kind == kindFile
	if paired {
		if err := target.checkRoom(to); err != nil {
			return nil, othername.Of(to, err)
		}
	}
	if source.entry.kind == kindDir {
		if err := s.checkFits(ctx, t, from, to); err != nil {
			return nil, err
		}
	}
	if err := s.locks.Check(locktable.Tree, from, o.From); err != nil {
		return nil, err
	}
	if err := s.locks.Check(locktable.Tree, to, o.To); err != nil {
		return nil, othername.Of(to, err)
	}
	moves, trash, less, err := s.planRemoval(ctx, t, to, target)
	if err != nil {
		return nil, err
	}
	if paired {
		side, _ := sideName(from)
		toSide, _ := filestore.SidecarName(to)
		moves = append(moves, move{inTree(side), inTree(toSide)})
	}
	moves = append(moves, move{inTree(from), inTree(to)})
	if err := s.performRename(t, moves, source, target); err != nil {
		return nil, err
	}
	var held filestore.Usage
	s.ledger.Settle(&held, ledger.Sub(held, less))
	s.locks.Drop(from)
	s.locks.Drop(to)
	return trash, nil
}

// performRename does a rename. A file that takes the place of a file, and no
// sidecar about, needs no intent.
func (s *Store) performRename(t tree, moves []move, source, target found) error {
	last := moves[len(moves)-1]
	if len(moves) == 2 && source.entry.kind == kindFile && target.entry.kind == kindFile {
		if err := t.rename(s.where(last.from), s.where(last.to), true); err != nil {
			return err
		}
		if err := s.syncMoves(t, []move{last}); err != nil {
			s.forgetCount()
			return err
		}
		return nil
	}
	if len(moves) > 1 {
		if err := s.makeStateDir(t); err != nil {
			return err
		}
	}
	return s.moveAll(t, moves)
}

// checkFits demands that everything below from keeps a valid name below to.
func (s *Store) checkFits(ctx context.Context, t tree, from, to string) error {
	if len(to) <= len(from) && strings.Count(to, "/") <= strings.Count(from, "/") {
		return nil
	}
	return s.walk(ctx, t, from, func(e info) error {
		return othername.Of(to, filestore.CheckName(to+strings.TrimPrefix(e.path, from)))
	})
}
