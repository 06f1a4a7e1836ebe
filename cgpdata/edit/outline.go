package edit

import (
	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// A reader reads a text that has been found to be right.
type reader struct{ grammar.Parser }

// reader returns one of the text.
func (d *Document) reader() *reader {
	r := new(reader)
	r.Reset(d.src, d.rules())
	return r
}

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
func (p *reader) find(path cgpdata.Path) outline {
	o := p.outline(p.root())
	for _, s := range path {
		o = p.outline(o.items[o.index(s)].at, true)
	}
	return o
}

// index returns the number of the item to which s leads, -1 if there is none. Of equal
// keys the last one counts.
func (o *outline) index(s cgpdata.Step) int {
	i := len(o.items) - 1
	for i >= 0 && !o.leads(s, i) {
		i--
	}
	return i
}

// leads reports whether s leads to item i.
func (o *outline) leads(s cgpdata.Step, i int) bool {
	if n, indexed := s.Index(); indexed {
		return n == i
	}
	key, _ := s.Key()
	return key == o.items[i].key
}

// rootSpan returns where the value of the text stands: at the end if there is none.
func (p *reader) rootSpan() (start, end int) {
	at, braced := p.root()
	if braced {
		return at, p.valueEnd(at)
	}
	if o := p.outline(at, false); len(o.items) > 0 {
		return o.items[0].start, o.items[len(o.items)-1].stop
	}
	return len(p.Src), len(p.Src)
}

// root returns where the value of the text begins, and whether it is not a dictionary
// without braces.
func (p *reader) root() (at int, braced bool) {
	at = grammar.Mark(p.Src)
	first := p.Skip(at)
	if first == len(p.Src) || p.StartsWithKey(first) {
		return at, false
	}
	return first, true
}

// outline reads the array or dictionary at i, or, not braced, the pairs from i to the
// end of the text.
func (p *reader) outline(i int, braced bool) outline { return p.outlineOf(i, braced, true) }

// outlineOf is outline, with or without the keys.
func (p *reader) outlineOf(i int, braced, keys bool) outline {
	o := outline{open: i}
	if braced {
		o.bracket = p.At(i)
		o.open++
	}
	for i = p.Skip(o.open); i < len(p.Src) && p.Src[i] != ')' && p.Src[i] != '}'; i = p.Skip(i) {
		it := item{start: i}
		if o.bracket != '(' {
			p.Scratch = p.Scratch[:0]
			s, end := p.Str(i)
			if it.keyEnd = p.LeafEnd(i); keys {
				it.key = string(p.KeyText(s))
			}
			i = p.Skip(p.Skip(end) + 1)
		}
		it.at, it.end = i, i
		if p.At(i) != ';' {
			it.end = p.valueEnd(i)
		}
		it.stop = it.end
		if i = p.Skip(it.end); p.At(i) == ',' || p.At(i) == ';' {
			i++
			it.stop, it.ended = i, true
		}
		o.items = append(o.items, it)
	}
	o.close = i
	return o
}

// valueEnd returns the end of the value at i.
func (p *reader) valueEnd(i int) int {
	for depth := 0; i < len(p.Src); i = p.Skip(i) {
		switch p.At(i) {
		case '(', '{':
			depth++
			i++
		case ')', '}':
			depth--
			i++
		case ',', ';', '=':
			i++
		default:
			i = p.LeafEnd(i)
		}
		if depth == 0 {
			return i
		}
	}
	return i
}

// blanks returns the end of the white space at i that is on the same line.
func (p *reader) blanks(i int) int {
	for i < len(p.Src) && grammar.Class[p.Src[i]]&p.Space != 0 && !isBreak(p.Src[i]) {
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
func (p *reader) tail(i int) tail {
	t := tail{end: i}
	for behind := i; ; behind = t.end {
		next := p.blanks(behind)
		switch c := p.At(next); {
		case next == len(p.Src) || isBreak(c):
			t.end, t.lineEnds = next, true
			return t
		case c == ')' || c == '}':
			t.closes = true
			return t
		case c != '/' || p.Single:
			return tail{end: i}
		}
		t.end, t.commented = p.Comment(next), true
	}
}
