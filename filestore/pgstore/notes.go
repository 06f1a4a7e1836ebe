package pgstore

import (
	"context"

	"github.com/cgpkit/cgpkit/filestore"
)

// Note implements [filestore.Notebook].
func (s *Store) Note(ctx context.Context, name string) (text []byte, err error) {
	err = filestore.CheckNote(name, nil)
	if err == nil {
		err = s.look(ctx, scanOne(&text), "SELECT content FROM notes WHERE account = (SELECT id FROM accounts WHERE name = $1) AND name = $2", s.account, name)
	}
	if err != nil {
		return nil, fail("note", filestore.Root, err)
	}
	return text, nil
}

// SetNote implements [filestore.Notebook].
func (s *Store) SetNote(ctx context.Context, name string, text []byte) error {
	err := filestore.CheckNote(name, text)
	if err == nil {
		err = s.change(ctx, ask{}, func(t *tx) error {
			t.do("DELETE FROM notes WHERE account = $1 AND name = $2", t.account.id, name)
			if len(text) > 0 {
				t.do("INSERT INTO notes (account, name, content) VALUES ($1, $2, $3)", t.account.id, name, text)
			}
			return nil
		})
	}
	if err != nil {
		return fail("set note", filestore.Root, err)
	}
	return nil
}
