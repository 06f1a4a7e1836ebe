package edit

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// Set makes v the value that path names. A value that is equal to v already stays as
// it is written; any other is replaced as a whole, with the comments inside it. A key
// that is not there is added: in its place if the keys of the dictionary ascend, at
// the end if not. The dictionary must be there, and so must an index
// ([Document.Append] adds to an array). The empty path names the whole value.
//
// The error is [ErrNotFound], one of a kind that does not fit the path, one of a
// content that the text cannot have (see [cgpdata.Append]), or a limit of [cgpdata.Options].
func (d *Document) Set(path cgpdata.Path, v cgpdata.Value) error {
	return failed("set", d.set(path, v))
}

// Append adds v to the end of the array that path names. Errors are as for
// [Document.Set].
func (d *Document) Append(path cgpdata.Path, v cgpdata.Value) error {
	return failed("append", d.append(path, v))
}

// Delete takes out the value that path names, with its key, the comments inside it and
// those behind it on its line; comments on lines of their own stay: our choice. Of a
// key that is repeated, all pairs go. The error is [ErrNotFound], one of a kind
// that does not fit the path, or one of the empty path.
func (d *Document) Delete(path cgpdata.Path) error { return failed("delete", d.delete(path)) }

// Rename gives the last key of path another name. Its pair stays where it is, even if
// the keys then no longer ascend. The error is [ErrNotFound], [ErrExists], or one of a
// path that does not end in a key or of a key that the text cannot have.
func (d *Document) Rename(path cgpdata.Path, key string) error {
	return failed("rename", d.rename(path, key))
}

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

func (d *Document) set(path cgpdata.Path, v cgpdata.Value) error {
	if d.hints != nil {
		return d.setIn(path, v)
	}
	if old, ok := d.Get(path); ok && old.Equal(v) {
		return nil
	}
	if len(path) == 0 {
		d.refresh()
		return d.setIn(path, v)
	}
	if err := d.inside(path[:len(path)-1], path[len(path)-1]); err != nil {
		return err
	}
	if _, ok := d.kind(path); !ok && isIndex(path[len(path)-1]) {
		return at(ErrNotFound, path)
	}
	if d.hasIndex() {
		return d.locally(path, true, func(e *Document, path cgpdata.Path) error { return e.setIn(path, v) })
	}
	return d.setIn(path, v)
}

// The methods below whose names end in In make edits that are possible, in the text.

func (d *Document) setIn(path cgpdata.Path, v cgpdata.Value) error {
	if len(path) == 0 {
		return d.edit(path).setRoot(v)
	}
	way, last := path[:len(path)-1], path[len(path)-1]
	e := d.edit(path)
	o := e.find(way)
	switch i := o.index(last); {
	case i >= 0:
		return e.replace(&o, i, v)
	case len(o.items) == 0:
		return e.fill(&o, way, cgpdata.Dictionary(cgpdata.Pair{Key: keyOf(last), Value: v}))
	}
	return e.insert(&o, keyOf(last), v)
}

// hasIndex reports whether there is an index, which it makes of a long text.
func (d *Document) hasIndex() bool {
	if d.index == nil {
		d.index = d.makeIndex()
	}
	return d.index != nil
}

// setRoot replaces the whole value.
func (e *edit) setRoot(v cgpdata.Value) error {
	start, end := e.rootSpan()
	text, err := e.newRoot(v)
	if err != nil {
		return err
	}
	if start == end {
		text = e.firstLines(text)
	}
	return e.document.apply(splice{start, end, text})
}

// replace replaces the value of item i of o.
func (e *edit) replace(o *outline, i int, v cgpdata.Value) error {
	it := o.items[i]
	_, own := e.lead(o, it)
	e.line = e.lineOf(it.start)
	if o.bracket != '(' {
		e.equals = e.equalsOf(it)
	}
	text, err := e.newValue(v, e.spreads(it.at, own))
	if err != nil {
		return err
	}
	return e.document.apply(splice{it.at, it.end, text})
}

// insert adds a pair to o, which has others.
func (e *edit) insert(o *outline, key string, v cgpdata.Value) error {
	n := len(o.items)
	if e.document.hints == nil || !e.document.hints.falls {
		n = o.place(key)
	}
	if _, own := e.lead(o, o.items[0]); n == 0 && !own && grammar.Scan(e.Src, o.open, e.Space) < o.items[0].start {
		n = len(o.items) // a comment of the first pair would come before the new one
	}
	near := o.items[min(n, len(o.items)-1)]
	lead, own := e.lead(o, near)
	if n > 0 && !own { // a comment may stand between
		if before, ok := e.lead(o, o.items[n-1]); ok {
			near, lead, own = o.items[n-1], before, true
		}
	}
	e.line, e.equals = e.lineOf(near.start), e.equalsOf(near)
	pair, err := e.newPair(key, v, own && e.indents())
	switch {
	case err != nil:
		return err
	case n > 0:
		return e.document.apply(e.behind(o.items[n-1].stop, lead, pair))
	case own && o.bracket != 0:
		return e.document.apply(e.behind(o.open, lead, pair))
	}
	lead, _ = e.lead(o, o.items[1]) // the first one often stands closer to the bracket
	return e.document.apply(splice{near.start, near.start, pair + lead})
}

// place returns the number that a new pair gets: below the last one only among two
// pairs or more.
func (o *outline) place(key string) int {
	keys := make([]string, len(o.items))
	for i, it := range o.items {
		keys[i] = it.key
	}
	if len(keys) < 2 || !ascend(keys) {
		return len(keys)
	}
	n, _ := slices.BinarySearch(keys, key)
	return n
}

// fill makes v, which has one item, out of the array or dictionary o, which has none
// and stands at path.
func (e *edit) fill(o *outline, path cgpdata.Path, v cgpdata.Value) error {
	end, own := e.comments(o)
	if o.bracket == 0 || end == o.open && !own {
		return e.document.set(path, v) // nothing is there to be kept
	}
	lead := ""
	switch {
	case own:
		lead = e.lineOf(o.close) + e.unit
	case end > o.open:
		lead = " "
	}
	e.line = e.lineOf(o.close) + e.unit
	var text string
	var err error
	if v.Kind() == cgpdata.KindArray {
		text, err = e.newValue(v.Index(0), own && e.indents())
	} else {
		if !own {
			e.equals = "="
		}
		for key, value := range v.Pairs() {
			text, err = e.newPair(key, value, own && e.indents())
		}
	}
	if err != nil {
		return err
	}
	return e.document.apply(splice{end, end, lead + text})
}

func (d *Document) append(path cgpdata.Path, v cgpdata.Value) error {
	if err := d.inside(path, cgpdata.Index(0)); err != nil {
		return err
	}
	target := append(slices.Clip(path), cgpdata.Index(d.length(path)))
	if d.hasIndex() {
		return d.locally(target, true, func(e *Document, target cgpdata.Path) error { return e.appendIn(target, v) })
	}
	return d.appendIn(target, v)
}

func (d *Document) appendIn(target cgpdata.Path, v cgpdata.Value) error {
	path := target[:len(target)-1]
	e := d.edit(target)
	o := e.find(path)
	if len(o.items) == 0 {
		return e.fill(&o, path, cgpdata.Array(v))
	}
	last := o.items[len(o.items)-1]
	lead, own := e.lead(&o, last)
	if len(o.items) == 1 && lead == "" && e.indents() {
		lead = " "
	}
	e.line = e.lineOf(last.start)
	text, err := e.newValue(v, own && e.indents())
	switch {
	case err != nil:
		return err
	case last.ended: // with a comma, as the new one will be
		return e.document.apply(e.behind(last.stop, lead, text+","))
	}
	return e.document.apply(splice{last.end, last.end, ","}, e.behind(last.end, lead, text))
}

func (d *Document) delete(path cgpdata.Path) error {
	if len(path) == 0 {
		return errWhole
	}
	way, last := path[:len(path)-1], path[len(path)-1]
	if err := d.inside(way, last); err != nil {
		return err
	}
	if _, ok := d.kind(path); !ok {
		return at(ErrNotFound, path)
	}
	if d.hasIndex() {
		return d.locally(path, false, (*Document).deleteIn)
	}
	return d.deleteIn(path)
}

func (d *Document) deleteIn(path cgpdata.Path) error {
	way, last := path[:len(path)-1], path[len(path)-1]
	e := d.edit(path)
	o := e.find(way)
	var gone []splice
	for i, it := range o.items {
		if !o.leads(last, i) {
			continue
		}
		if !it.ended && i > 0 { // the last element of an array: the one before loses its comma
			comma := o.items[i-1].stop - 1
			gone = append(gone, splice{comma, comma + 1, ""})
		}
		gone = append(gone, e.removal(&o, i))
	}
	if len(gone) == len(o.items) && o.bracket == 0 { // an empty text would be none
		start, end := e.rootSpan()
		return e.document.apply(splice{start, end, "{}"})
	}
	return e.document.apply(gone...)
}

// removal takes out item i of o: its whole line if nothing else is on it.
func (e *edit) removal(o *outline, i int) splice {
	it := o.items[i]
	lead, own := e.lead(o, it)
	t := e.tail(it.stop)
	start := it.start - len(lead)
	switch {
	case !t.lineEnds && !t.closes: // something follows
		return splice{it.start, e.blanks(it.stop), ""}
	case start < o.open: // the text begins with it
		start, t.end = o.open, e.nextLine(t.end)
	case own && !t.lineEnds: // a comment may end with the line before
		start = it.start
	}
	return splice{start, t.end, ""}
}

func (d *Document) rename(path cgpdata.Path, key string) error {
	if len(path) == 0 {
		return errWhole
	}
	way, last := path[:len(path)-1], path[len(path)-1]
	if isIndex(last) {
		return at(errNoKey, path)
	}
	if err := d.inside(way, last); err != nil {
		return err
	}
	other := append(slices.Clip(way), cgpdata.Key(key))
	if _, ok := d.kind(path); !ok {
		return at(ErrNotFound, path)
	} else if key == keyOf(last) {
		return nil
	} else if _, ok := d.kind(other); ok {
		return at(ErrExists, other)
	}
	if d.hasIndex() {
		return d.locally(path, false, func(e *Document, path cgpdata.Path) error { return e.renameIn(path, key) })
	}
	return d.renameIn(path, key)
}

func (d *Document) renameIn(path cgpdata.Path, key string) error {
	way, last := path[:len(path)-1], path[len(path)-1]
	e := d.edit(path)
	o := e.find(way)
	text, err := e.newKey(key)
	if err != nil {
		return err
	}
	var changes []splice
	for _, it := range o.items {
		if it.key == keyOf(last) {
			changes = append(changes, splice{it.start, it.keyEnd, text})
		}
	}
	return e.document.apply(changes...)
}

func isIndex(s cgpdata.Step) bool {
	_, indexed := s.Index()
	return indexed
}

// ascend reports whether each key is greater than the one before, in byte order.
func ascend(keys []string) bool {
	for i := 1; i < len(keys); i++ {
		if keys[i] <= keys[i-1] {
			return false
		}
	}
	return true
}

func keyOf(s cgpdata.Step) string {
	key, _ := s.Key()
	return key
}
