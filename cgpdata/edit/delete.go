package edit

import (
	"github.com/cgpkit/cgpkit/cgpdata"
)

// Delete takes out the value that path names, with its key, the comments inside it and
// those behind it on its line; comments on lines of their own stay: our choice. Of a
// key that is repeated, all pairs go. The error is [ErrNotFound], one of a kind
// that does not fit the path, or one of the empty path.
func (d *Document) Delete(path cgpdata.Path) error { return failed("delete", d.delete(path)) }

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
