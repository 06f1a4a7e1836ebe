package filestore

import (
	"context"
	"errors"
	"io/fs"
)

// MaxNoteBytes bounds a note. Our choice.
const MaxNoteBytes = 64 << 10

// Notebook is an addition to [Store] for one that keeps small texts of its account
// that are no files of it: no name reaches them, and they do not count.
type Notebook interface {
	// Note returns the text that is kept under a name; nil if there is none.
	Note(ctx context.Context, name string) ([]byte, error)
	// SetNote keeps a text in the place of the old one, in one step. An empty one is
	// removed. A text longer than MaxNoteBytes gives a *LimitError. It has no limits of
	// the account to keep to.
	SetNote(ctx context.Context, name string, text []byte) error
}

// CheckNote returns fs.ErrInvalid for what cannot be the name of a note, which is 1 to 32
// letters a to z, and a *LimitError for a text that is too long.
func CheckNote(name string, text []byte) error {
	if name == "" || len(name) > 32 {
		return fs.ErrInvalid
	}
	for i := range len(name) {
		if name[i] < 'a' || name[i] > 'z' {
			return fs.ErrInvalid
		}
	}
	if len(text) > MaxNoteBytes {
		return &LimitError{Kind: LimitFileSize, Limit: MaxNoteBytes}
	}
	return nil
}

// Note returns what is noted for the account under a name; nil if nothing is. It is for the
// owner and for administrators. A store that is no [Notebook] gives
// errors.ErrUnsupported.
func (v *View) Note(ctx context.Context, name string) (_ []byte, err error) {
	defer v.begin(ctx, "Note", Root, "").end(&err)
	book, err := v.notebook(ctx, "note")
	if err != nil {
		return nil, err
	}
	text, err := book.Note(ctx, name)
	if err != nil {
		return nil, pathError("note", Root, withoutPath(err))
	}
	return text, nil
}

// SetNote notes a text for the account. The errors are those of Note and of
// [Notebook].
func (v *View) SetNote(ctx context.Context, name string, text []byte) (err error) {
	defer v.begin(ctx, "SetNote", Root, "").end(&err)
	book, err := v.notebook(ctx, "set note")
	if err != nil {
		return err
	}
	if err := book.SetNote(ctx, name, text); err != nil {
		return pathError("set note", Root, withoutPath(err))
	}
	return nil
}

func (v *View) notebook(ctx context.Context, op string) (Notebook, error) {
	a, err := v.manage(ctx, op, Root)
	if err != nil {
		return nil, err
	}
	book, ok := a.Store.(Notebook)
	if !ok {
		return nil, pathError(op, Root, errors.ErrUnsupported)
	}
	return book, nil
}
