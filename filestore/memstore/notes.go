package memstore

import (
	"bytes"
	"context"

	"github.com/cgpkit/cgpkit/filestore"
)

var _ filestore.Notebook = (*Store)(nil)

// Note implements [filestore.Notebook].
func (s *Store) Note(ctx context.Context, name string) ([]byte, error) {
	if err := checkNote(ctx, name, nil); err != nil {
		return nil, fail("note", filestore.Root, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.notes[name]), nil
}

// SetNote implements [filestore.Notebook].
func (s *Store) SetNote(ctx context.Context, name string, text []byte) error {
	if err := checkNote(ctx, name, text); err != nil {
		return fail("set note", filestore.Root, err)
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

func checkNote(ctx context.Context, name string, text []byte) error {
	if err := filestore.CheckNote(name, text); err != nil {
		return err
	}
	return ctx.Err()
}
