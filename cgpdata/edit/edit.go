package edit

import (
	"errors"
	"fmt"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// Each verb has a file. Its methods whose names end in In make edits that are possible, in the text.

// What Delete and Rename cannot do.
var (
	errWhole = errors.New("not for the whole value")
	errNoKey = errors.New("not for an element of an array")
)

func failed(op string, err error) error {
	if err != nil {
		return fmt.Errorf("cgpdata: %s: %w", op, err)
	}
	return nil
}

// hasIndex reports whether there is an index, which it makes of a long text.
func (d *Document) hasIndex() bool {
	if d.index == nil {
		d.index = d.makeIndex()
	}
	return d.index != nil
}

func isIndex(s cgpdata.Step) bool {
	_, indexed := s.Index()
	return indexed
}

func keyOf(s cgpdata.Step) string {
	key, _ := s.Key()
	return key
}
