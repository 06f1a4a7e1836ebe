package edit

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"sync"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// ErrNotFound is the error of an edit whose path names nothing.
var ErrNotFound = errors.New("no such key or index")

// ErrExists is the error of [Document.Rename] to a key that is there already.
var ErrExists = errors.New("key exists already")

// Document is a text that can be edited without loss: comments, layout, the order of
// keys and the spelling of values stay as they are, save where an edit changes them.
//
// Each edit changes only the bytes that it must, and what it writes looks like its
// neighbours: line ends, indentation, the blanks around '=', and whether values are
// on one line or many. An edit that returns an error has changed nothing. The text can
// be parsed at any time with the Options of [ParseDocument], whose limits hold for it.
// The first edit of a long text looks at all of it, and each further one only at what
// is around the change and at the array or dictionary in which that is. Value, and Get of
// what has more than some KiB, read all of the text after an edit.
//
// The zero Document is an empty text, in which [Document.Set] makes a first
// dictionary. A Document may be read from several goroutines at once while nobody
// edits it.
type Document struct {
	mu      sync.Mutex    // guards src, value and stale, when nobody edits
	src     []byte        // never written: an edit makes a new one
	value   cgpdata.Value // of src
	options cgpdata.Options

	index *index // of a long text that has been edited
	stale bool   // src and value are those before edits in the index
	long  int    // see threshold
	hints *hints // in an excerpt
	read  int    // how many bytes have been read for edits, for the tests
}

// threshold is the size from which on a text gets an index.
func (d *Document) threshold() int { return cmp.Or(d.long, longText) }

// ParseDocument reads a text as [cgpdata.Parse] does, with the same errors, to be edited. The
// text is kept as it is, byte for byte, faults that o allows included. src is not kept.
func ParseDocument(src []byte, o *cgpdata.Options) (*Document, error) {
	if o == nil {
		o = &cgpdata.Options{}
	}
	v, err := cgpdata.Parse(src, o)
	if err != nil {
		return nil, err
	}
	d := &Document{src: bytes.Clone(src), value: v, options: *o}
	d.options.Warn = nil // of the faults in src it has been told
	return d, nil
}

// Bytes returns a copy of the text.
func (d *Document) Bytes() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stale {
		return d.index.root.appendTo(make([]byte, 0, d.index.size))
	}
	return bytes.Clone(d.src)
}

// Value returns the value that the text now has.
func (d *Document) Value() cgpdata.Value {
	d.refresh()
	if len(d.src) == 0 {
		return cgpdata.Dictionary()
	}
	return d.value
}

// refresh makes src and value those of the index.
func (d *Document) refresh() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stale {
		d.src = d.index.root.appendTo(make([]byte, 0, d.index.size))
		d.value, _ = cgpdata.Parse(d.src, &d.options) // each edit has been checked
		d.stale = false
	}
}

// Get returns the value that path names; ok is false if there is none.
func (d *Document) Get(path cgpdata.Path) (v cgpdata.Value, ok bool) {
	if d.index != nil {
		if _, v, whole, ok := d.look(path); whole || !ok {
			return v, ok
		}
	}
	return d.Value().Lookup(path)
}

// kind returns the kind of the value that path names.
func (d *Document) kind(path cgpdata.Path) (k cgpdata.Kind, ok bool) {
	if d.index != nil {
		k, _, _, ok = d.look(path)
		return k, ok
	}
	v, ok := d.Value().Lookup(path)
	return v.Kind(), ok
}

// A splice replaces src[start:end].
type splice struct {
	start, end int
	text       string
}

// apply makes changes, which come in the order of the text, where two removals may
// overlap.
func (d *Document) apply(changes ...splice) error {
	var text []byte
	done := 0
	for _, c := range changes {
		if c.start > done {
			text = append(text, d.src[done:c.start]...)
		}
		text = append(text, c.text...)
		done = max(done, c.end)
	}
	text = append(text, d.src[done:]...)
	d.read += len(text)
	v, err := cgpdata.Parse(text, &d.options)
	if err != nil { // a limit: its place is in a text that nobody sees
		return errors.Unwrap(err)
	}
	d.src, d.value, d.index, d.stale = text, v, nil, false
	return nil
}

// inside returns nil if path names an array or dictionary into which s leads.
func (d *Document) inside(path cgpdata.Path, s cgpdata.Step) error {
	for i := 0; ; i++ {
		next := s
		if i < len(path) {
			next = path[i]
		}
		want := cgpdata.KindDictionary
		if isIndex(next) {
			want = cgpdata.KindArray
		}
		switch kind, ok := d.kind(path[:i]); {
		case !ok:
			return at(ErrNotFound, path[:i])
		case kind != want:
			return at(fmt.Errorf("%v in place of %v", kind, want), path[:i])
		case i == len(path):
			return nil
		}
	}
}

// at adds the path of a value to an error; a long one is cut.
func at(err error, path cgpdata.Path) error {
	var text []byte
	for _, s := range path {
		key, index := "", -1
		if i, indexed := s.Index(); indexed {
			index = max(i, 0)
		} else {
			key, _ = s.Key()
		}
		text = grammar.AppendStep(text, key, index)
	}
	if len(text) == 0 {
		return err
	}
	return fmt.Errorf("%w at %s", err, text)
}
