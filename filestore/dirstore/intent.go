package dirstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall"

	"github.com/cgpkit/cgpkit/filestore"
)

// An intent is a file of the state directory that tells the renames of a
// change, one a line with a tab between, in their order, and the word end. Its
// presence means that they must all be done.
const (
	intentFile     = "intent"
	intentEnd      = "end"
	maxIntentBytes = 1 << 16
	maxIntentMoves = 4
)

// place is where a rename begins or ends: a name of the storage behind
// "tree/", or an entry of the state directory behind "state/". It stays true
// when the directories are given other names.
type place string

func inTree(name string) place   { return place("tree/" + name) }
func inState(entry string) place { return place("state/" + entry) }

func (p place) valid() bool {
	area, rest, _ := strings.Cut(string(p), "/")
	if filestore.CheckName(rest) != nil || rest == filestore.Root {
		return false
	}
	return area == "tree" || area == "state" && !strings.Contains(rest, "/")
}

// where returns where a place is, as [tree] has it.
func (s *Store) where(p place) string {
	if name, ok := strings.CutPrefix(string(p), "tree/"); ok {
		return s.at(name)
	}
	return s.staged(strings.TrimPrefix(string(p), "state/"))
}

// move is one rename. Its target does not exist when its turn comes.
type move struct{ from, to place }

func encodeIntent(moves []move) []byte {
	var b []byte
	for _, m := range moves {
		b = fmt.Appendf(b, "%s\t%s\n", m.from, m.to)
	}
	return append(b, intentEnd+"\n"...)
}

// decodeIntent reads an intent. One without its end was never begun and gives
// nothing. One that encodeIntent does not write is an error: nobody knows what
// it has left behind.
func decodeIntent(b []byte) ([]move, error) {
	text, ok := strings.CutSuffix(string(b), intentEnd+"\n")
	if !ok || text != "" && !strings.HasSuffix(text, "\n") {
		return nil, nil
	}
	var moves []move
	for line := range strings.Lines(text) {
		from, to, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		m := move{place(from), place(to)}
		if !m.from.valid() || !m.to.valid() || len(moves) == maxIntentMoves {
			return nil, errors.New("read intent: not one of ours")
		}
		moves = append(moves, m)
	}
	return moves, nil
}

// moveAll does a change: all of it or, with an error, nothing. An error that
// leaves that open has the next change bring the intent to its end and count
// again. Callers hold s.change, and may discard what was moved to the state
// directory only when there was no error.
func (s *Store) moveAll(t tree, moves []move) error {
	several := len(moves) > 1
	if several {
		if err := s.writeIntent(t, encodeIntent(moves)); err != nil {
			return err
		}
	}
	s.names.Lock()
	undone, err := s.rename(t, moves)
	s.names.Unlock()
	if err == nil {
		err = s.syncMoves(t, moves)
	}
	clear := err == nil || undone
	if several && clear {
		if removeErr := s.removeIntent(t); removeErr != nil {
			clear, err = false, errors.Join(err, removeErr)
		}
	}
	if !clear {
		s.forgetCount()
	}
	return err
}

// rename does the moves, and takes them back after an error.
func (s *Store) rename(t tree, moves []move) (undone bool, err error) {
	for i, m := range moves {
		err := t.rename(s.where(m.from), s.where(m.to), false)
		if err == nil {
			continue
		}
		if errors.Is(err, syscall.ENAMETOOLONG) && filestore.IsSidecar(string(m.to)) {
			err = filestore.ErrConflict // this file system has shorter names
		}
		for _, done := range slices.Backward(moves[:i]) {
			if t.rename(s.where(done.to), s.where(done.from), false) != nil {
				return false, err
			}
		}
		return true, err
	}
	return false, nil
}

func (s *Store) syncMoves(t tree, moves []move) error {
	var dirs []string
	for _, m := range moves {
		dirs = append(dirs, path.Dir(s.where(m.from)), path.Dir(s.where(m.to)))
	}
	slices.Sort(dirs)
	for _, dir := range slices.Compact(dirs) {
		if err := s.sync(t, dir); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) writeIntent(t tree, content []byte) error {
	err := s.writeFile(t, s.staged(intentFile), content)
	if err == nil {
		err = s.sync(t, s.stateDir())
	}
	if err != nil && t.remove(s.staged(intentFile)) != nil {
		s.forgetCount()
	}
	return err
}

// writeFile makes a file in the state directory.
func (s *Store) writeFile(t tree, name string, content []byte) error {
	f, err := t.create(name)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil && !s.noSync {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func (s *Store) removeIntent(t tree) error {
	if err := t.remove(s.staged(intentFile)); err != nil {
		return err
	}
	return s.sync(t, s.stateDir())
}

// rollForward brings the change that was cut to its end, if there is one.
func (s *Store) rollForward(ctx context.Context, t tree) error {
	if err := s.endIntent(t); err != nil {
		return err
	}
	return s.endRemovals(ctx, t)
}

// endIntent brings the intent to its end, if there is one. A move whose source
// has gone, or whose target is there, was done before.
func (s *Store) endIntent(t tree) error {
	moves, err := s.readIntent(t)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(moves) > 0 { // otherwise it was never begun
		if err := s.removeUsageFile(t); err != nil {
			return err
		}
	}
	s.names.Lock()
	s.changes.Add(2)
	err = s.moveRest(t, moves)
	s.names.Unlock()
	if err == nil {
		err = s.syncMoves(t, moves)
	}
	if err != nil {
		return err
	}
	return s.removeIntent(t)
}

// moveRest does those moves that were not done yet.
func (s *Store) moveRest(t tree, moves []move) error {
	for _, m := range moves {
		from, err := t.lstat(s.where(m.from))
		if err != nil {
			return err
		}
		to, err := t.lstat(s.where(m.to))
		if err != nil {
			return err
		}
		if from.kind == kindNone || to.kind != kindNone {
			continue
		}
		if err := t.rename(s.where(m.from), s.where(m.to), false); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) readIntent(t tree) ([]move, error) {
	f, _, err := t.open(s.staged(intentFile))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxIntentBytes))
	if err != nil {
		return nil, err
	}
	return decodeIntent(b)
}

// recover settles what a crash has left: it ends the change that was begun,
// and clears the state directory.
func (s *Store) recover() error {
	t, err := s.open(s.base)
	if err != nil {
		return err
	}
	defer t.close()
	dir, st, err := t.open(s.stateDir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	if st.kind != kindDir {
		return filestore.ErrNotDirectory
	}
	if err := s.findUsageFile(t); err != nil {
		return err
	}
	if err := s.rollForward(context.Background(), t); err != nil {
		return err
	}
	entries, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	entries = slices.DeleteFunc(entries, outlives)
	s.discard(entries...)
	return nil
}
