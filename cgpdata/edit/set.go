package edit

import (
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

// ascend reports whether each key is greater than the one before, in byte order.
func ascend(keys []string) bool {
	for i := 1; i < len(keys); i++ {
		if keys[i] <= keys[i-1] {
			return false
		}
	}
	return true
}
