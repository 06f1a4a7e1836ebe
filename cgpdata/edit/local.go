package edit

import (
	"bytes"
	"slices"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// An edit of a text that has an index is made in an excerpt of it: what is around the place,
// with the array or dictionary in which that is, and those around it. It is a Document of
// its own, which knows what it cannot see.
type hints struct {
	line    string       // a line break
	indents bool         // see edit.indents
	falls   bool         // not all keys ascend where the place is
	target  cgpdata.Path // the way to the place, in the whole text
}

// An excerpt is a part of a text.
type excerpt struct {
	*Document
	path  cgpdata.Path // to the node in which the place is, in the excerpt
	parts []int        // that it has of this node
	node  *node
	size  int // of its text, before the edit
}

// locally makes an edit at path in an excerpt. replaces tells that it is the value that becomes
// another one, and not the key.
func (d *Document) locally(path cgpdata.Path, replaces bool, change func(*Document, cgpdata.Path) error) error {
	x := d.index
	if x.unsure {
		x.indents, x.unsure = d.spread(x.root, false), false
	}
	w := d.way(path)
	n, step := w.nodes[len(w.nodes)-1], path[len(w.parts)]
	at := n.find(step)
	if at < 0 {
		if at = len(n.order); !n.array && n.falls == 0 && len(n.order) > 1 {
			key, _ := step.Key()
			at = n.place(key)
		}
	}
	e := d.excerpt(w, at)
	e.hints = &hints{line: x.line, indents: x.indents, falls: n.falls > 0, target: path}
	inner := slices.Clone(path[len(w.parts):])
	if n.array {
		inner[0] = cgpdata.Index(len(e.parts))
		if i, found := slices.BinarySearch(e.parts, at); found {
			inner[0] = cgpdata.Index(i)
		}
	}
	d.read += 4 * len(e.src) // to find the places before and after, and by Parse
	if err := change(e.Document, append(slices.Clip(e.path), inner...)); err != nil {
		return err
	}
	return d.take(e, at, replaces || len(inner) > 1)
}

// excerpt returns the excerpt at part number at of the last node of the way.
func (d *Document) excerpt(w way, at int) *excerpt {
	last := len(w.nodes) - 1
	n := w.nodes[last]
	e := &excerpt{node: n}
	for _, i := range []int{0, 1, at - 1, at, at + 1, len(n.order) - 2, len(n.order) - 1} {
		if i >= 0 && i < len(n.order) {
			e.parts = append(e.parts, i)
		}
	}
	const near = 16
	for i := at - 1; i > max(0, at-near) && i < len(n.order) && !bytes.ContainsAny(n.part(i).before, "\r\n"); i-- {
		e.parts = append(e.parts, i-1)
	}
	slices.Sort(e.parts)
	e.parts = slices.Compact(e.parts)

	var text, tail []byte
	for i, outer := range w.nodes[:last] {
		text = append(text, outer.head...)
		step := cgpdata.Index(0)
		if w.parts[i] > 0 {
			text = outer.part(0).excerpt(text)
			step = cgpdata.Index(1)
		}
		p := outer.part(w.parts[i])
		if !outer.array {
			step = cgpdata.Key(p.key)
		}
		e.path = append(e.path, step)
		text = append(text, p.before...)
		behind := p.after
		if last := len(outer.order) - 1; outer.array && w.parts[i] < last { // it has the comma
			behind = outer.part(last).excerpt(slices.Clip(behind))
		}
		tail = slices.Concat(behind, outer.tail, tail)
	}
	text = append(text, n.head...)
	for _, i := range e.parts {
		if p := n.part(i); i == at && p.inner == nil {
			text = slices.Concat(text, p.before, p.text, p.after)
		} else {
			text = p.excerpt(text)
		}
	}
	text = slices.Concat(text, n.tail, tail)

	o := d.options
	o.MaxBytes, o.MaxItems = grammar.CeilingBytes, grammar.CeilingBytes
	e.Document, e.size = &Document{src: text, options: o}, len(text)
	return e
}

// excerpt appends the part, and of a long value what tells its layout.
func (p *part) excerpt(text []byte) []byte {
	text = append(text, p.before...)
	switch {
	case p.inner != nil:
		text = append(text, p.inner.head...)
		if n := len(p.inner.order); n > 0 {
			text = append(append(text, p.inner.part(0).before...), 'x')
			text = append(text, p.inner.part(n-1).after...)
		}
		text = append(text, p.inner.tail...)
	case len(p.text) > 64 && p.value.Len() > 0:
		if last := p.text[max(bytes.LastIndexAny(p.text, "\r\n"), 1):]; len(bytes.TrimSpace(last)) == 1 {
			text = append(append(text, p.text[0]), last...) // the last line alone
		} else {
			text = append(text, p.text...)
		}
	default:
		text = append(text, p.text...)
	}
	return append(text, p.after...)
}

// take puts what has become of an excerpt back into the text. replaced tells that the value
// of part number at is another one, or gone.
func (d *Document) take(e *excerpt, at int, replaced bool) error {
	x, n := d.index, e.node
	o := e.reader().find(e.path)
	v, _ := e.value.Lookup(e.path)
	added := len(o.items) - len(e.parts)
	k, _ := slices.BinarySearch(e.parts, at) // the number in the excerpt
	if added > 0 {                           // the excerpt knows where
		k, at = len(e.parts), len(n.order)
		for i, number := range e.parts {
			if !n.array && o.items[i].key != n.part(number).key {
				k, at = i, number
				break
			}
		}
	}
	size, items := x.size+len(e.src)-e.size, x.items
	if added >= 0 && (replaced || added > 0) {
		items += count(v.Index(k))
	}
	if added <= 0 && (replaced || added < 0) {
		gone := n.part(at)
		if items -= gone.items(); gone.inner != nil { // the excerpt did not have it
			size -= len(gone.before) + gone.inner.size() + len(gone.after) - len(gone.excerpt(nil))
		}
	}
	switch {
	case int64(size) > grammar.OrDefault(d.options.MaxBytes, grammar.DefaultBytes, grammar.CeilingBytes):
		return cgpdata.ErrSize
	case items > grammar.OrDefault(d.options.MaxItems, grammar.DefaultItems, grammar.CeilingBytes):
		return cgpdata.ErrItems
	}
	x.size, x.items, d.stale = size, items, true
	x.unsure = x.unsure || x.indents && (replaced || added < 0)

	parts := make([]*part, len(e.parts), len(e.parts)+1)
	for i, number := range e.parts {
		parts[i] = n.part(number)
	}
	n.falls -= n.fallsIn(at, at+1-max(added, 0))
	switch {
	case added > 0:
		p := &part{key: o.items[k].key}
		parts = slices.Insert(parts, k, p)
		n.insert(at, p)
		replaced = true
	case added < 0:
		delete(n.byKey, parts[k].key)
		parts = slices.Delete(parts, k, k+1)
		n.remove(at)
		k = -1
	}
	done := o.open
	for i, it := range o.items {
		p := parts[i]
		p.before, p.after = kept(p.before, e.src[done:it.at]), kept(p.after, e.src[it.end:it.stop])
		done = it.stop
		if i != k {
			continue
		}
		if !n.array {
			delete(n.byKey, p.key)
			if p.key = it.key; n.byKey != nil {
				n.byKey[p.key] = p
			}
		}
		if replaced {
			p.text, p.value, p.inner = bytes.Clone(e.src[it.at:it.end]), v.Index(i).Clone(), nil
		}
	}
	end := len(e.src)
	if len(e.path) > 0 {
		end = o.close + 1
	}
	n.tail = kept(n.tail, e.src[done:end])
	n.falls += n.fallsIn(at, at+1-max(-added, 0))
	x.indents = x.indents || len(e.path) > 0 && d.opensLine(n) || k >= 0 && parts[k].inner == nil && d.spreadPart(parts[k])
	return nil
}

// kept returns the old text if the new one, which is part of another, is the same.
func kept(old, text []byte) []byte {
	if bytes.Equal(old, text) {
		return old
	}
	return bytes.Clone(text)
}
