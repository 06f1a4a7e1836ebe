package memstore

import (
	"bytes"
	"context"
	"io/fs"

	"github.com/cgpkit/cgpkit/filestore"
)

// Note implements [filestore.Notebook].
func (s *Store) Note(ctx context.Context, name string) ([]byte, error) {
	if err := checkNote(ctx, name, nil); err != nil {
		return nil, fail("note", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.notes[name]), nil
}

// SetNote implements [filestore.Notebook].
func (s *Store) SetNote(ctx context.Context, name string, text []byte) error {
	if err := checkNote(ctx, name, text); err != nil {
		return fail("set note", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.notes, name)
	if len(text) > 0 {
		if s.notes == nil {
			s.notes = map[string][]byte{}
		}
		s.notes[name] = bytes.Clone(text)
	}
	return nil
}

func fail(op string, err error) error {
	return &fs.PathError{Op: op, Path: filestore.Root, Err: err}
}

func checkNote(ctx context.Context, name string, text []byte) error {
	if err := filestore.CheckNote(name, text); err != nil {
		return err
	}
	return ctx.Err()
}
