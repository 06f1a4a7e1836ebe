package dirstore

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
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
func (s *Store) Mkdir(ctx context.Context, name string, sidecar []byte, l filestore.Limits) error {
	err := checkChange(ctx, name)
	if err == nil {
		err = s.changing(ctx, func(t tree) ([]string, error) { return s.mkdir(ctx, t, name, sidecar, l) })
	}
	if err != nil {
		return fail("mkdir", name, err)
	}
	return nil
}

func (s *Store) mkdir(ctx context.Context, t tree, name string, sidecar []byte, l filestore.Limits) (trash []string, err error) {
	if err := s.checkTarget(t, name, stat{kind: kindDir}, false, sidecar != nil); err != nil {
		return nil, err
	}
	want := filestore.Usage{Files: 1}
	if sidecar != nil {
		side, _ := filestore.SidecarName(name)
		switch old, err := t.lstat(s.at(side)); {
		case err != nil:
			return nil, err
		case old.kind != kindNone:
			sidecar = nil
		case int64(len(sidecar)) > l.FileSize:
			return nil, &filestore.LimitError{Kind: filestore.LimitFileSize, Limit: l.FileSize}
		default:
			want = filestore.Usage{Files: 2, Bytes: int64(len(sidecar))}
		}
	}
	var held, made filestore.Usage
	if err := s.hold(ctx, t, true, &held, want, l); err != nil {
		return nil, err
	}
	defer func() { s.ledger.settle(&held, made) }()
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
	err = s.do(t, []move{{inState(entry), inTree(side)}, {inState(dir), inTree(name)}})
	if err != nil && s.counted.Load() == nil {
		return nil, err // the intent may still need them
	}
	return trash, err
}

// checkTarget checks that st, with a sidecar or without, may be put under to.
func (s *Store) checkTarget(t tree, to string, st stat, replace, withSidecar bool) error {
	if err := s.checkParent(t, to); err != nil {
		return err
	}
	old, err := s.look(t, to)
	if err != nil {
		return err
	}
	if old.kind == kindForeign || old.kind != kindNone && !replace {
		return fs.ErrExist
	}
	if st.kind == kindDir && filestore.IsSidecar(to) {
		return filestore.ErrConflict
	}
	if _, ok := filestore.SidecarName(to); withSidecar && !ok {
		return filestore.ErrConflict
	}
	return nil
}

// sidecar returns the name of the sidecar of name and what stands there, if
// that is a file.
func (s *Store) sidecar(t tree, name string) (string, stat, error) {
	side, ok := filestore.SidecarName(name)
	if !ok {
		return "", stat{}, nil
	}
	st, err := s.look(t, side)
	if err != nil || st.kind != kindFile {
		return side, stat{}, err
	}
	return side, st, nil
}

// removal plans to take name and its sidecar, where they exist, out of the
// tree: the moves to the state directory, and what is less then.
func (s *Store) removal(ctx context.Context, t tree, name string) (moves []move, trash []string, u filestore.Usage, err error) {
	side, sideStat, err := s.sidecar(t, name)
	if err != nil {
		return nil, nil, u, err
	}
	st, err := s.look(t, name)
	if err != nil {
		return nil, nil, u, err
	}
	for _, e := range []info{{side, sideStat}, {name, st}} {
		if e.stat.kind != kindFile && e.stat.kind != kindDir {
			continue
		}
		counted, err := s.countTree(ctx, t, e.path, e.stat)
		if err != nil {
			return nil, nil, u, err
		}
		u = add(u, counted)
		entry := rand.Text()
		moves = append(moves, move{inTree(e.path), inState(entry)})
		trash = append(trash, entry)
	}
	return moves, trash, u, nil
}

// Remove implements [filestore.Store].
func (s *Store) Remove(ctx context.Context, name string, o filestore.RemoveOptions) error {
	err := checkChange(ctx, name)
	if err == nil {
		err = s.changing(ctx, func(t tree) ([]string, error) { return s.remove(ctx, t, name, o) })
	}
	if err != nil {
		return fail("remove", name, err)
	}
	return nil
}

func (s *Store) remove(ctx context.Context, t tree, name string, o filestore.RemoveOptions) ([]string, error) {
	st, err := s.find(t, name)
	if err != nil {
		return nil, err
	}
	if o.IfMatch != "" && o.IfMatch != (info{name, st}).ETag() {
		return nil, filestore.ErrChanged
	}
	if st.kind == kindDir && !o.Recursive {
		if err := s.checkEmpty(t, name); err != nil {
			return nil, err
		}
	}
	moves, trash, less, err := s.removal(ctx, t, name)
	if err != nil {
		return nil, err
	}
	var held filestore.Usage
	if len(moves) == 1 && (st.kind == kindFile || !o.Recursive) {
		// One step, without the state directory: that works on a full disk.
		if err := t.remove(s.at(name)); err != nil {
			return nil, err
		}
		s.ledger.settle(&held, sub(held, less))
		return nil, s.sync(t, path.Dir(s.at(name)))
	}
	if len(moves) == 2 {
		side, _ := filestore.SidecarName(name)
		trash, err = s.removePair(t, name, side, st)
	} else if err = s.makeStateDir(t); err == nil {
		err = s.do(t, moves)
	}
	if err != nil {
		return nil, err
	}
	s.ledger.settle(&held, sub(held, less))
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
		return about(to, err)
	}
	if filestore.Within(to, from) || filestore.Within(from, to) {
		return about(to, fs.ErrInvalid)
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
	st, err := s.find(t, from)
	if err != nil {
		return nil, err
	}
	if o.IfMatch != "" && o.IfMatch != (info{from, st}).ETag() {
		return nil, filestore.ErrChanged
	}
	side, sideStat, err := s.sidecar(t, from)
	if err != nil {
		return nil, err
	}
	paired := sideStat.kind == kindFile
	if err := s.checkTarget(t, to, st, o.Replace || o.ReplaceFile && st.kind == kindFile, paired); err != nil {
		return nil, about(to, err)
	}
	if old, err := s.look(t, to); !o.Replace && (err != nil || old.kind == kindDir) {
		return nil, about(to, cmp.Or(err, fs.ErrExist)) // ReplaceFile replaces no directory
	}
	if st.kind == kindDir {
		if err := s.checkFits(ctx, t, from, to); err != nil {
			return nil, err
		}
	}
	moves, trash, less, err := s.removal(ctx, t, to)
	if err != nil {
		return nil, err
	}
	toSide, _ := filestore.SidecarName(to)
	if toSide == from && st.kind == kindFile {
		// The sidecar becomes its file: it is not in the way.
		moves, trash, less = moves[1:], trash[1:], sub(less, filestore.Usage{Files: 1, Bytes: st.size})
	}
	if paired {
		moves = append(moves, move{inTree(side), inTree(toSide)})
	}
	moves = append(moves, move{inTree(from), inTree(to)})
	if err := s.doOrReplace(t, moves, st); err != nil {
		return nil, err
	}
	var held filestore.Usage
	s.ledger.settle(&held, sub(held, less))
	return trash, nil
}

// doOrReplace performs a rename. A file that takes the place of a file, and
// no sidecar about, needs no intent.
func (s *Store) doOrReplace(t tree, moves []move, st stat) error {
	last := moves[len(moves)-1]
	if len(moves) == 2 && moves[0].from == last.to && st.kind == kindFile {
		old, err := t.lstat(s.where(last.to))
		if err != nil {
			return err
		}
		if old.kind == kindFile {
			if err := t.rename(s.where(last.from), s.where(last.to), true); err != nil {
				return err
			}
			if err := s.syncMoves(t, []move{last}); err != nil {
				s.distrust()
				return err
			}
			return nil
		}
	}
	if len(moves) > 1 {
		if err := s.makeStateDir(t); err != nil {
			return err
		}
	}
	return s.do(t, moves)
}

// checkFits demands that everything below from keeps a valid name below to.
func (s *Store) checkFits(ctx context.Context, t tree, from, to string) error {
	if len(to) <= len(from) && strings.Count(to, "/") <= strings.Count(from, "/") {
		return nil
	}
	return s.walk(ctx, t, from, func(e info) error {
		return about(to, filestore.CheckName(to+strings.TrimPrefix(e.path, from)))
	})
}
