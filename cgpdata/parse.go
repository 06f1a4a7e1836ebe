package cgpdata

import (
	"bytes"
	"sync"
)

// Parse reads a text that holds exactly one value, with white space and, in
// multi-line text, comments around it. A nil o is strict reading of multi-line
// text with all limits on. The error is a [*SyntaxError], and the Value is then
// the zero Value. src is not kept.
func Parse(src []byte, o *Options) (Value, error) {
	p := newParser(src, o)
	defer p.release()
	if p.err == nil {
		p.text = string(src)
		if v, ok := p.document(); ok {
			return v, nil
		}
	}
	return Value{}, p.err
}

// Valid returns nil for a text that Parse would accept with the same options, and
// otherwise the error that Parse would return. It makes no values: apart from XML
// and IPv6 addresses, which the standard library reads, a valid text costs no
// allocation.
func Valid(src []byte, o *Options) error {
	p := newParser(src, o)
	defer p.release()
	if p.err == nil {
		fresh := *p
		if p.valid() {
			return nil
		}
		*p = fresh
		p.document()
	}
	if p.err != nil { // not a nil *SyntaxError in an error
		return p.err
	}
	return nil
}

// A parser reads one text from start to end. It keeps the arrays and dictionaries
// that are open on a stack of its own, so depth costs no Go stack.
//
// Its methods take the position where something begins and return the one where it
// ends, or -1 after a failure, whose error is then in err.
type parser struct {
	src  []byte
	text string // a copy of src for values to point into; empty to make no values

	single   bool
	space    uint16 // the class of white space
	blank    uint16 // the lowest class of what may begin white space or a comment
	allow    Tolerance
	warn     func(*SyntaxError)
	maxDepth int
	items    int  // how many more values may come
	outer    int  // how many arrays and dictionaries the value is in
	part     bool // anything may follow the value
	ended    int  // where it ends then

	warnings int
	err      *SyntaxError // the first one

	// Of the open arrays and dictionaries, all together:
	open    []frame
	keys    []span
	elems   []elem  // their finished elements, if values are made
	values  []Value // those of them that are no elem by themselves
	used    int     // how many values there have been at once
	scratch []byte  // the keys that had to be decoded

	order []int32 // for repeatedKeys
	slabs slabs

	before [8]*keyList // for each depth, the keys of the last dictionary there
}

// A frame is an open array or dictionary.
type frame struct {
	bracket   byte  // '(' or '{', or 0 for a dictionary without braces, up to the end of the text
	unordered bool  // a key was not greater than the one before
	count     int32 // finished elements
	keys      int32 // where its part of the stacks begins
	elems     int32
	values    int32
	scratch   int32
}

// An elem is an element that is complete: a string of the source from start to end, or, if
// end is negative, a value at start on the stack of them. Most are such strings, and it is
// the copying of pointers, of which the garbage collector keeps account, that would cost
// most of the time.
type elem struct{ start, end int32 }

// A span is where a string stands: in the source, or decoded on the scratch stack.
type span struct {
	at         int32 // where its text begins in the source
	start, end int32
	decoded    bool
}

// parsers keeps the stacks of parsers for the next one, and nothing else of them.
var parsers = sync.Pool{New: func() any { return new(parser) }}

func newParser(src []byte, o *Options) *parser {
	if o == nil {
		o = &Options{}
	}
	p := parsers.Get().(*parser)
	p.src, p.single, p.space, p.blank = src, o.SingleLine, classSpace, classComment
	if p.single {
		p.space, p.blank = classBlank, classBlank
	}
	p.allow, p.warn = o.Allow, o.Warn
	p.maxDepth = orDefault(o.MaxDepth, defaultDepth, ceilingDepth)
	p.items = orDefault(o.MaxItems, defaultItems, ceilingBytes)
	if limit := orDefault(o.MaxBytes, defaultBytes, ceilingBytes); int64(len(src)) > limit {
		p.fail(int(limit), ErrSize)
	}
	return p
}

// release gives the stacks of p back, unless they have become big.
func (p *parser) release() {
	clear(p.values[:max(p.used, len(p.values))])
	kept := parser{open: p.open[:0], keys: p.keys[:0], elems: p.elems[:0], values: p.values[:0], scratch: p.scratch[:0], order: p.order[:0]}
	const big = 1 << 12
	if cap(kept.keys) <= big && cap(kept.elems) <= big && cap(kept.values) <= big && cap(kept.scratch) <= big*16 && cap(kept.order) <= big {
		*p = kept
		parsers.Put(p)
	}
}

// start returns where the text begins, behind a byte order mark and white space.
func (p *parser) start() int {
	if bytes.HasPrefix(p.src, []byte(bom)) {
		return p.skip(len(bom))
	}
	return p.skip(0)
}

// document reads the whole text.
func (p *parser) document() (v Value, ok bool) {
	i := p.start()
	if i == len(p.src) {
		return leaf(KindDictionary, ""), p.err == nil && p.tolerate(EmptyText, i)
	}
	if p.startsWithKey(i) {
		if !p.tolerate(MissingBraces, i) || !p.push(0, i) {
			return v, false
		}
		return p.content(p.advance(i, true))
	}
	return p.content(i, true)
}

// content reads from i on to the end of the text. due tells that a value begins there;
// otherwise the innermost array or dictionary ends there. This is the inner loop of
// everything, and spares calls.
func (p *parser) content(i int, due bool) (v Value, ok bool) {
	for i >= 0 {
		c := p.at(i)
		if !due {
			if v, ok = p.close(i); !ok {
				return v, false
			}
		} else if p.items--; p.items < 0 {
			p.fail(i, ErrItems)
			break
		} else if class[c]&classString != 0 {
			if start, stop, end := p.plain(i); end >= 0 && len(p.open) > p.outer {
				if p.text != "" {
					p.elems = append(p.elems, elem{int32(start), int32(stop)})
				}
				i, due = p.next(end)
				continue
			}
			var s span
			if s, i = p.str(i); i < 0 {
				break
			}
			v = p.cut(s)
		} else if c == '(' || c == '{' {
			if !p.push(c, i) {
				break
			}
			i, due = p.first(i + 1)
			continue
		} else if v, i = p.other(i); i < 0 {
			break
		}
		// v is complete, and ends at i.
		if len(p.open) == p.outer {
			return v, p.end(i)
		}
		if p.text != "" {
			p.add(v)
		}
		i, due = p.next(i)
	}
	return Value{}, false
}

// add makes v an element of the innermost array or dictionary.
func (p *parser) add(v Value) {
	p.elems = append(p.elems, elem{int32(len(p.values)), -1})
	p.values = append(p.values, v)
}

// end makes sure that the text is over, unless more may follow.
func (p *parser) end(i int) bool {
	if p.part {
		p.ended = i
		return p.err == nil
	}
	if i = p.skip(i); i < len(p.src) {
		p.fail(i, p.unexpected(i, "the end of the text"))
	}
	return p.err == nil
}

// other reads the value at i, which is neither string nor array nor dictionary.
func (p *parser) other(i int) (v Value, end int) {
	switch p.at(i) {
	case '#':
		return p.hash(i)
	case '[':
		return p.data(i)
	case '<':
		return p.xml(i)
	}
	return v, p.fail(i, p.unexpected(i, "a value"))
}

// push opens the array or dictionary whose bracket is at i; bracket 0 opens a
// dictionary without braces.
func (p *parser) push(bracket byte, i int) bool {
	if len(p.open) >= p.maxDepth {
		return p.fail(i, ErrDepth) >= 0
	}
	p.open = append(p.open, frame{})
	f := &p.open[len(p.open)-1] // filled in place: a copy of so many fields is slow
	f.bracket, f.keys, f.scratch = bracket, int32(len(p.keys)), int32(len(p.scratch))
	f.elems, f.values = int32(len(p.elems)), int32(len(p.values))
	return true
}

// advance goes on to the next value of the innermost array or dictionary, from its
// start if first or else from behind a value. due tells that a value begins at end;
// otherwise the closing bracket stands before it.
func (p *parser) advance(i int, first bool) (end int, due bool) {
	i = p.skip(i)
	f := &p.open[len(p.open)-1]
	if f.bracket == '(' {
		return p.nextElement(f, i, first)
	}
	return p.nextPair(f, i, first)
}

// first is advance from behind the opening bracket. Like next, it reads by itself what
// mostly comes.
func (p *parser) first(i int) (end int, due bool) {
	f := &p.open[len(p.open)-1]
	end = p.skip(i)
	switch {
	case f.bracket == '{':
		if next, due := p.usualPair(f, end); next >= 0 {
			return next, due
		}
	case f.bracket == '(' && end < len(p.src):
		if p.src[end] == ')' {
			return end + 1, false
		}
		return end, true
	}
	return p.advance(i, true)
}

// next is advance from behind a value.
func (p *parser) next(i int) (end int, due bool) {
	f := &p.open[len(p.open)-1]
	switch c := p.at(i); {
	case c == ',' && f.bracket == '(':
		if end = scan(p.src, i+1, p.space); end < len(p.src) && p.src[end] != ')' && p.src[end] != '/' {
			f.count++
			return end, true
		}
	case c == ')' && f.bracket == '(':
		return i + 1, false
	case c == ';' && f.bracket == '{':
		if end, due = p.usualPair(f, scan(p.src, i+1, p.space)); end >= 0 {
			f.count++
			return end, due
		}
	}
	return p.advance(i, false)
}

// usualPair goes from a key that is an atom to its value, or behind the closing bracket
// that stands there instead. What is unusual or wrong, comments too, it leaves alone, and
// returns -1.
func (p *parser) usualPair(f *frame, i int) (end int, due bool) {
	src := p.src
	stop := scan(src, i, classAtom)
	equals := scan(src, stop, p.space)
	switch {
	case equals == len(src):
		return -1, false
	case i == stop:
		if src[i] == '}' {
			return i + 1, false
		}
		return -1, false
	case src[i] == '#' || src[equals] != '=':
		return -1, false
	}
	if end = scan(src, equals+1, p.space); end == len(src) || src[end] == ';' || src[end] == '/' {
		return -1, false
	}
	p.pushKey(f, span{int32(i), int32(i), int32(stop), false})
	return end, true
}

func (p *parser) nextElement(f *frame, i int, first bool) (end int, due bool) {
	if !first && p.at(i) == ',' {
		comma := i
		f.count++
		if i = p.skip(i + 1); p.at(i) != ')' {
			return i, true
		}
		if !p.tolerate(TrailingComma, comma) {
			return -1, false
		}
	}
	switch {
	case p.at(i) == ')':
		return i + 1, false
	case i == len(p.src):
		return p.fail(i, truncated("array")), false
	case first:
		return i, true
	}
	return p.fail(i, p.unexpected(i, "',' or ')'")), false
}

func (p *parser) nextPair(f *frame, i int, first bool) (end int, due bool) {
	for ; ; first = false {
		if !first {
			if p.at(i) != ';' {
				return p.failPair(i, "';'"), false
			}
			f.count++
			i = p.skip(i + 1)
		}
		switch c := p.at(i); {
		case class[c]&classString != 0:
			i = p.key(f, i)
		case c == '}' && f.bracket == '{':
			return i + 1, false
		case i == len(p.src) && f.bracket == 0:
			return i, false
		default:
			i = p.failPair(i, keyOrEnd(f.bracket))
		}
		if i < 0 || p.at(i) != ';' {
			return i, true
		}
		if !p.tolerate(MissingValue, i) {
			return -1, false
		}
		if p.items--; p.items < 0 {
			return p.fail(i, ErrItems), false
		}
		if p.text != "" {
			p.add(Null())
		}
	}
}

// key reads a key, the '=' behind it, and the white space behind that.
func (p *parser) key(f *frame, i int) (end int) {
	s, i := p.str(i)
	if i < 0 || s.start == s.end && !p.tolerate(EmptyKey, int(s.at)) {
		return -1
	}
	p.pushKey(f, s)
	if i = p.skip(i); p.at(i) != '=' {
		return p.failPair(i, "'='")
	}
	return p.skip(i + 1)
}

// keyOrEnd tells what may stand where a key may.
func keyOrEnd(bracket byte) string {
	if bracket == 0 {
		return "a key or the end of the text"
	}
	return "a key or '}'"
}

func (p *parser) failPair(i int, want string) int {
	if i == len(p.src) {
		return p.fail(i, truncated("dictionary"))
	}
	return p.fail(i, p.unexpected(i, want))
}

// close takes the innermost array or dictionary, which ends at i, off the stacks.
func (p *parser) close(i int) (v Value, ok bool) {
	f := &p.open[len(p.open)-1]
	keys := p.keys[f.keys:]
	repeated := false
	if f.unordered {
		if repeated, ok = p.repeatedKeys(keys); !ok {
			return v, false
		}
	}
	if p.text != "" {
		v = p.build(i, f, keys, p.elems[f.elems:], repeated)
		p.used = max(p.used, len(p.values))
		p.elems, p.values = p.elems[:f.elems], p.values[:f.values]
	}
	p.keys = p.keys[:f.keys]
	p.scratch = p.scratch[:f.scratch]
	p.open = p.open[:len(p.open)-1]
	return v, true
}

// build makes the value of the array or dictionary that ends at i.
func (p *parser) build(i int, f *frame, keys []span, elems []elem, repeated bool) Value {
	kind := KindArray
	if f.bracket != '(' {
		kind = KindDictionary
	}
	if len(elems) == 0 {
		return leaf(kind, "")
	}
	left := len(p.src) - i
	n := p.slabs.node(left)
	n.kind, n.elems = kind, p.slabs.values(len(elems), left)
	for j, e := range elems {
		if e.end < 0 {
			n.elems[j] = p.values[e.start]
		} else {
			n.elems[j].s = p.text[e.start:e.end]
		}
	}
	if kind == KindArray {
		return Value{n: n}
	}
	if repeated {
		return dictionary(p.newKeys(keys, left), n.elems)
	}
	n.keys = p.keyList(keys, f.unordered, left)
	return Value{n: n}
}
