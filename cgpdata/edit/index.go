package edit

import (
	"bytes"
	"slices"
	"sort"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// An index is a long text in pieces. With it an edit looks at the neighbours of what it
// changes, and not at all of the text.
type index struct {
	root  *node
	size  int // of the text
	items int // values in it

	line    string // its first line break
	indents bool   // see edit.indents
	unsure  bool   // indents was true before an edit
}

// A node is an array or dictionary with many bytes. Without its braces it is none.
type node struct {
	head, tail []byte // the text before the first part and behind the last one
	array      bool
	parts      []*part
	order      []int32          // the numbers of the parts, in the order of the text
	byKey      map[string]*part // if the keys do not ascend and somebody has looked for one
	falls      int              // how many keys are less than the one before
}

// A part is an element or a pair of a node: its text in three pieces, from behind the part
// before it.
type part struct {
	key           string
	before, after []byte // before and behind the value
	text          []byte // of the value,
	value         cgpdata.Value
	inner         *node // or the value in pieces
}

// longText is the size of a text for which an index is worth its making.
const longText = 16 << 10

// makeIndex returns the index of a text, nil if it is not worth one or cannot have one.
func (d *Document) makeIndex() *index {
	if d.hints != nil || len(d.src) < d.threshold() {
		return nil
	}
	r := d.reader()
	at, braced := r.root()
	if !braced {
		return nil
	}
	d.read += 2 * len(d.src) // and edit.indents
	n := r.node(d.src, 0, at, len(d.src), d.value)
	if n == nil {
		return nil
	}
	e := &edit{reader: r, document: d}
	return &index{root: n, size: len(d.src), items: count(d.value), line: e.newLine(), indents: e.indents()}
}

// node cuts src[start:end] into pieces, in which the array or dictionary v begins at i; it
// returns nil for other values, and for keys that are repeated.
func (r *reader) node(src []byte, start, i, end int, v cgpdata.Value) *node {
	if c := r.At(i); c != '(' && c != '{' {
		return nil
	}
	o := r.outlineOf(i, true, false)
	if len(o.items) != v.Len() {
		return nil
	}
	n := &node{head: src[start:o.open], array: o.bracket == '(', parts: make([]*part, len(o.items)), order: make([]int32, len(o.items))}
	all, done := make([]part, len(o.items)), o.open
	for i, it := range o.items {
		all[i] = part{before: src[done:it.at], text: src[it.at:it.end], after: src[it.end:it.stop], value: v.Index(i)}
		n.parts[i], n.order[i] = &all[i], int32(i)
		done = it.stop
	}
	i = 0
	for key := range v.Pairs() {
		all[i].key = key
		i++
	}
	n.tail = src[done:end]
	n.falls = n.fallsIn(0, len(n.order))
	return n
}

// part returns part number i.
func (n *node) part(i int) *part { return n.parts[n.order[i]] }

// insert makes p part number i. Numbers are moved, as they are small.
func (n *node) insert(i int, p *part) {
	n.order = slices.Insert(n.order, i, int32(len(n.parts)))
	n.parts = append(n.parts, p)
}

// remove takes part number i out.
func (n *node) remove(i int) {
	n.parts[n.order[i]] = nil
	n.order = slices.Delete(n.order, i, i+1)
}

// fallsIn counts the keys that are less than the one before, of those from one number to
// another and of the one behind.
func (n *node) fallsIn(from, to int) (falls int) {
	for i := max(from, 1); i <= to && i < len(n.order); i++ {
		if n.part(i).key < n.part(i-1).key {
			falls++
		}
	}
	return falls
}

// count returns the number of values in v, with v.
func count(v cgpdata.Value) int {
	n := 0
	for todo := []cgpdata.Value{v}; len(todo) > 0; n++ {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if v.Len() > 0 {
			todo = slices.AppendSeq(todo, v.Elements())
		}
	}
	return n
}

// items returns the number of values in the part.
func (p *part) items() int {
	if p.inner == nil {
		return count(p.value)
	}
	n := 1
	for i := range p.inner.order {
		n += p.inner.part(i).items()
	}
	return n
}

// kind returns the kind of the value.
func (p *part) kind() cgpdata.Kind {
	switch {
	case p.inner == nil:
		return p.value.Kind()
	case p.inner.array:
		return cgpdata.KindArray
	}
	return cgpdata.KindDictionary
}

// find returns the number of the part to which a step leads, -1 if there is none.
func (n *node) find(s cgpdata.Step) int {
	if i, indexed := s.Index(); indexed {
		if !n.array || i < 0 || i >= len(n.order) {
			return -1
		}
		return i
	}
	key, _ := s.Key()
	if n.falls == 0 {
		if i := n.place(key); i < len(n.order) && n.part(i).key == key && !n.array {
			return i
		}
		return -1
	}
	if n.byKey == nil {
		n.byKey = make(map[string]*part, len(n.order))
		for i := range n.order {
			n.byKey[n.part(i).key] = n.part(i)
		}
	}
	p := n.byKey[key]
	if p == nil {
		return -1
	}
	return slices.IndexFunc(n.order, func(i int32) bool { return n.parts[i] == p })
}

// place returns the number of the first part whose key is not less, if the keys ascend.
func (n *node) place(key string) int {
	return sort.Search(len(n.order), func(i int) bool { return n.part(i).key >= key })
}

// size returns the length of the text.
func (n *node) size() int {
	size := len(n.head) + len(n.tail)
	for i := range n.order {
		p := n.part(i)
		if size += len(p.before) + len(p.text) + len(p.after); p.inner != nil {
			size += p.inner.size()
		}
	}
	return size
}

// appendTo appends the text.
func (n *node) appendTo(text []byte) []byte {
	text = append(text, n.head...)
	for i := range n.order {
		p := n.part(i)
		text = append(text, p.before...)
		if p.inner != nil {
			text = p.inner.appendTo(text)
		} else {
			text = append(text, p.text...)
		}
		text = append(text, p.after...)
	}
	return append(text, n.tail...)
}

// open cuts a part with many bytes into pieces.
func (d *Document) open(p *part) {
	if p.inner != nil || len(p.text) < d.threshold()/2 || p.value.Len() == 0 {
		return
	}
	d.read += len(p.text)
	r := new(reader)
	r.Reset(p.text, d.rules())
	if p.inner = r.node(p.text, 0, 0, len(p.text), p.value); p.inner != nil {
		p.text, p.value = nil, cgpdata.Value{}
	}
}

// A way leads to a node: through nodes, and the numbers of the parts between them.
type way struct {
	nodes []*node
	parts []int
}

// way returns the way along path as far as there are nodes. The last step of the path is
// not gone.
func (d *Document) way(path cgpdata.Path) way {
	n := d.index.root
	w := way{nodes: []*node{n}}
	for i := 0; i < len(path)-1; i++ {
		at := n.find(path[i])
		if at < 0 {
			break
		}
		d.open(n.part(at))
		if n.part(at).inner == nil {
			break
		}
		n = n.part(at).inner
		w.nodes, w.parts = append(w.nodes, n), append(w.parts, at)
	}
	return w
}

// look returns the kind of the value that path names, and the value if it is not in pieces.
func (d *Document) look(path cgpdata.Path) (k cgpdata.Kind, v cgpdata.Value, whole, ok bool) {
	n := d.index.root
	for i, s := range path {
		at := n.find(s)
		if at < 0 {
			return k, v, false, false
		}
		p := n.part(at)
		if p.inner == nil {
			v, ok = p.value.Lookup(path[i+1:])
			return v.Kind(), v, true, ok
		}
		if n = p.inner; i == len(path)-1 {
			return p.kind(), v, false, true
		}
	}
	k = cgpdata.KindDictionary
	if d.index.root.array {
		k = cgpdata.KindArray
	}
	return k, v, false, true
}

// length returns the number of elements of the array that path names.
func (d *Document) length(path cgpdata.Path) int {
	if d.index != nil {
		if w := d.way(append(slices.Clip(path), cgpdata.Index(0))); len(w.parts) == len(path) {
			return len(w.nodes[len(path)].order)
		}
	}
	array, _ := d.Get(path)
	return array.Len()
}

// spread reports whether there are arrays or dictionaries on many lines in a node, or itself
// if it is inside another.
func (d *Document) spread(n *node, inside bool) bool {
	if inside && d.opensLine(n) {
		return true
	}
	for i := range n.order {
		if p := n.part(i); p.inner != nil && d.spread(p.inner, true) || p.inner == nil && d.spreadPart(p) {
			return true
		}
	}
	return false
}

// opensLine reports whether nothing is behind the opening bracket of a node on its line.
func (d *Document) opensLine(n *node) bool {
	behind := n.tail
	if len(n.order) > 0 {
		behind = append(slices.Clip(n.part(0).before), 'x')
	}
	r := new(reader)
	r.Reset(behind, d.rules())
	return r.tail(0).lineEnds
}

// spreadPart is spread for a part that is not in pieces.
func (d *Document) spreadPart(p *part) bool {
	if k := p.value.Kind(); k != cgpdata.KindArray && k != cgpdata.KindDictionary || !bytes.ContainsAny(p.text, "\r\n") {
		return false
	}
	r := new(reader)
	r.Reset(p.text, d.rules())
	return r.spreadsIn(0, 1)
}

// rules are those of a text that has been found to be right.
func (d *Document) rules() *grammar.Options {
	return &grammar.Options{SingleLine: d.options.SingleLine, Allow: grammar.Lenient,
		MaxBytes: grammar.CeilingBytes, MaxDepth: d.options.MaxDepth, MaxItems: grammar.CeilingBytes}
}
