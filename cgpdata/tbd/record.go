package tbd

import (
	"iter"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// marks are the bytes that a field starts with if it is not plain text.
const marks = `{(["#`

// Record is one line of a table. It is immutable and safe for concurrent use.
// The zero value has no fields.
type Record struct {
	names  []string
	fields []string // as many as the line has, at most as many as there are names
}

// Len returns the number of fields, the ones that the line lacks included.
func (r Record) Len() int { return len(r.names) }

// At returns field i, counted from 0; field 0 is the key. A field that starts
// with one of { ( [ " # is parsed, each time it is asked for, as one value in
// single-line text. Any other field, and one that is no such value, is a string
// as it stands. A field that is not there is the empty string.
func (r Record) At(i int) cgpdata.Value {
	if i < 0 || i >= len(r.fields) {
		return cgpdata.String("")
	}
	field := r.fields[i]
	if field != "" && strings.IndexByte(marks, field[0]) >= 0 {
		if v, err := cgpdata.Parse([]byte(field), &cgpdata.Options{SingleLine: true}); err == nil {
			return v
		}
	}
	return cgpdata.String(field)
}

// Get returns the field of this name, and whether the table has one. Names are
// case-sensitive; of several equal ones the first counts. See At.
func (r Record) Get(name string) (cgpdata.Value, bool) {
	for i, n := range r.names {
		if n == name {
			return r.At(i), true
		}
	}
	return cgpdata.Value{}, false
}

// All returns the names and the fields in their order. See At.
func (r Record) All() iter.Seq2[string, cgpdata.Value] {
	return func(yield func(string, cgpdata.Value) bool) {
		for i, name := range r.names {
			if !yield(name, r.At(i)) {
				return
			}
		}
	}
}

// Value returns the record as a dictionary of its names and fields, in their
// order; of several equal names the first counts, and an empty one not. See At.
func (r Record) Value() cgpdata.Value {
	pairs := make([]cgpdata.Pair, 0, len(r.names))
	for i, name := range r.names {
		if name != "" && column(r.names, name) == i {
			pairs = append(pairs, cgpdata.Pair{Key: name, Value: r.At(i)})
		}
	}
	return cgpdata.Dictionary(pairs...)
}
