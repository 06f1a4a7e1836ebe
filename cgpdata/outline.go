package cgpdata

import (
	"bytes"
	"unicode/utf8"
)

// bom is the byte order mark, with which a text may begin.
const bom = "\xEF\xBB\xBF"

// An outline is where the parts of an array or dictionary stand in a text.
type outline struct {
	bracket byte // '(' or '{', 0 for a dictionary without braces
	open    int  // behind the opening bracket, or where the text begins
	close   int  // at the closing bracket, or where the text ends
	items   []item
}

// An item is an element or a pair of an outline.
type item struct {
	key     string
	start   int // of the element or of the key
	keyEnd  int
	at, end int  // of the value; both are before the ';' if it is missing
	stop    int  // behind the ',' or ';', or at end if it has none
	ended   bool // it has a ',' or ';'
}

// find returns the outline of the array or dictionary that path names, which must be
// there.
func (p *parser) find(path Path) outline {
	o := p.outline(p.root())
	for _, s := range path {
		o = p.outline(o.items[o.index(s)].at, true)
	}
	return o
}

// index returns the number of the item to which s leads, -1 if there is none. Of equal
// keys the last one counts.
func (o *outline) index(s Step) int {
	i := len(o.items) - 1
	for i >= 0 && !o.leads(s, i) {
		i--
	}
	return i
}

// leads reports whether s leads to item i.
func (o *outline) leads(s Step, i int) bool {
	if s.indexed {
		return s.index == i
	}
	return s.key == o.items[i].key
}

// rootSpan returns where the value of the text stands: at the end if there is none.
func (p *parser) rootSpan() (start, end int) {
	at, braced := p.root()
	if braced {
		return at, p.valueEnd(at)
	}
	if o := p.outline(at, false); len(o.items) > 0 {
		return o.items[0].start, o.items[len(o.items)-1].stop
	}
	return len(p.src), len(p.src)
}

// root returns where the value of the text begins, and whether it is not a dictionary
// without braces.
func (p *parser) root() (at int, braced bool) {
	if bytes.HasPrefix(p.src, []byte(bom)) {
		at = len(bom)
	}
	first := p.skip(at)
	if first == len(p.src) || p.startsWithKey(first) {
		return at, false
	}
	return first, true
}

// outline reads the array or dictionary at i, or, not braced, the pairs from i to the
// end of the text.
func (p *parser) outline(i int, braced bool) outline {
	o := outline{open: i}
	if braced {
		o.bracket = p.at(i)
		o.open++
	}
	for i = p.skip(o.open); i < len(p.src) && p.src[i] != ')' && p.src[i] != '}'; i = p.skip(i) {
		it := item{start: i}
		if o.bracket != '(' {
			p.scratch = p.scratch[:0]
			s, end := p.str(i)
			it.key, it.keyEnd = string(p.keyText(s)), p.leafEnd(i)
			i = p.skip(p.skip(end) + 1)
		}
		it.at, it.end = i, i
		if p.at(i) != ';' {
			it.end = p.valueEnd(i)
		}
		it.stop = it.end
		if i = p.skip(it.end); p.at(i) == ',' || p.at(i) == ';' {
			i++
			it.stop, it.ended = i, true
		}
		o.items = append(o.items, it)
	}
	o.close = i
	return o
}

// valueEnd returns the end of the value at i.
func (p *parser) valueEnd(i int) int {
	for depth := 0; i < len(p.src); i = p.skip(i) {
		switch p.at(i) {
		case '(', '{':
			depth++
			i++
		case ')', '}':
			depth--
			i++
		case ',', ';', '=':
			i++
		default:
			i = p.leafEnd(i)
		}
		if depth == 0 {
			return i
		}
	}
	return i
}

// leafEnd returns the end of the value at i, which is neither array nor dictionary,
// without the white space and the comments behind it.
func (p *parser) leafEnd(i int) int {
	c := p.at(i)
	for next := i; p.at(next) == c; next = p.skip(i) {
		i = p.pieceEnd(next)
		if c != '"' && c != '[' {
			break
		}
	}
	return i
}

// pieceEnd is leafEnd for one of the strings or datablocks that are one value.
func (p *parser) pieceEnd(i int) int {
	switch p.at(i) {
	case '"':
		for i++; i < len(p.src) && p.src[i] != '"'; i++ {
			if p.src[i] == '\\' {
				i++
			}
		}
		return i + 1
	case '[':
		return i + bytes.IndexByte(p.src[i:], ']') + 1
	case '#', '<':
		_, i = p.other(i)
		return i
	}
	for i++; i < len(p.src) && (class[p.src[i]]&classAtom != 0 || p.src[i] >= utf8.RuneSelf); i++ {
	}
	return i
}

// blanks returns the end of the white space at i that is on the same line.
func (p *parser) blanks(i int) int {
	for i < len(p.src) && class[p.src[i]]&p.space != 0 && !isBreak(p.src[i]) {
		i++
	}
	return i
}

func isBreak(c byte) bool { return c == '\r' || c == '\n' }

// A tail is what stands behind an item, or behind an opening bracket, on the same line.
type tail struct {
	end       int  // of the comments that belong to it
	commented bool // there are some
	lineEnds  bool // nothing else is on the line
	closes    bool // the closing bracket is on the line
}

// tail returns the tail at i. Comments with another item behind them belong to that.
func (p *parser) tail(i int) tail {
	t := tail{end: i}
	for behind := i; ; behind = t.end {
		next := p.blanks(behind)
		switch c := p.at(next); {
		case next == len(p.src) || isBreak(c):
			t.end, t.lineEnds = next, true
			return t
		case c == ')' || c == '}':
			t.closes = true
			return t
		case c != '/' || p.single:
			return tail{end: i}
		}
		t.end, t.commented = p.comment(next), true
	}
}
