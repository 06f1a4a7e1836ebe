package dirstore

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

var _ filestore.Notebook = (*Store)(nil)

// notePrefix begins the names of entries of the state directory that are notes.
const notePrefix = "note."

// outlives reports whether an entry of the state directory outlives Open.
func outlives(entry string) bool { return entry == usageFile || strings.HasPrefix(entry, notePrefix) }

// Note implements [filestore.Notebook].
func (s *Store) Note(ctx context.Context, name string) ([]byte, error) {
	text, err := s.note(ctx, name)
	if err != nil {
		return nil, fail("note", filestore.Root, err)
	}
	return text, nil
}

func (s *Store) note(ctx context.Context, name string) ([]byte, error) {
	if err := checkNote(ctx, name, nil); err != nil {
		return nil, err
	}
	t, err := s.open(s.base)
	if err != nil {
		return nil, err
	}
	defer t.close()
	f, st, err := t.open(s.staged(notePrefix + name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if st.kind != kindFile {
		return nil, nil
	}
	text, err := io.ReadAll(io.LimitReader(f, filestore.MaxNoteBytes+1))
	if err == nil {
		err = filestore.CheckNote(name, text)
	}
	if err != nil {
		return nil, err
	}
	return text, nil
}

// SetNote implements [filestore.Notebook]. The text is written aside and renamed into
// place.
func (s *Store) SetNote(ctx context.Context, name string, text []byte) error {
	if err := s.setNote(ctx, name, text); err != nil {
		return fail("set note", filestore.Root, err)
	}
	return nil
}

func (s *Store) setNote(ctx context.Context, name string, text []byte) error {
	if err := checkNote(ctx, name, text); err != nil {
		return err
	}
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	t, err := s.open(s.base)
	if err != nil {
		return err
	}
	defer t.close()
	place := s.staged(notePrefix + name)
	if len(text) == 0 {
		err := t.remove(place)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			err = s.sync(t, s.stateDir())
		}
		return err
	}
	f, entry, err := s.stage(t)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil && !s.noSync {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = t.rename(s.staged(entry), place, true)
	}
	if err != nil {
		s.discard(entry)
		return err
	}
	return s.sync(t, s.stateDir())
}

func checkNote(ctx context.Context, name string, text []byte) error {
	if err := filestore.CheckNote(name, text); err != nil {
		return err
	}
	return ctx.Err()
}
