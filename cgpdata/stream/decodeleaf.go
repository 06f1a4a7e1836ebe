package stream

import (
	"unicode/utf8"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// leaf reads the value at pos, which is neither array nor dictionary.
func (d *Decoder) leaf(wanted bool) (v cgpdata.Value) {
	n, c := 0, d.in.at(0)
	switch {
	case grammar.Class[c]&grammar.ClassString != 0:
		if text := d.str(); wanted && d.in.err == nil {
			v = cgpdata.String(d.texts.fresh(text))
		}
		return v
	case c == '[':
		return d.data(wanted)
	case c == '#':
		n = d.in.hash()
	case c == '<':
		n = d.in.elements(d.p.MaxDepth)
		d.in.at(n)
	}
	if !d.piece(n, n) {
		return v
	}
	if len(d.stack.open) == 0 && d.o.SingleLine && len(d.p.Src) > n && isLineEnd(d.p.Src[n]) {
		d.p.Src = d.p.Src[:n] // the text ends here
	}
	l, end := d.p.Leaf(0)
	if d.parsed(end) && wanted {
		v = cgpdata.LeafWith(l.Kind, d.texts.fresh(d.p.Content(l)))
	}
	return v
}

// piece gives the parser the n bytes at pos, and the one behind them. They are part of
// a token that has size bytes up to here; in a tree it is that which has a limit.
func (d *Decoder) piece(n, size int) bool {
	if d.inTree {
		size = d.in.pos + n - d.in.mark
	}
	if d.in.err == nil && size > d.in.limit {
		d.in.fail(d.in.pos+n-(size-d.in.limit), grammar.ErrSize)
	}
	d.p.Src = d.in.buf[d.in.pos:min(d.in.pos+n+1, len(d.in.buf))]
	return d.in.err == nil
}

// parsed goes to the end of what the parser has read, or takes over its error.
func (d *Decoder) parsed(end int) bool {
	if end < 0 {
		err := d.p.Err
		d.p.Err = nil
		return d.in.fail(d.in.pos+int(err.Offset), err.Err)
	}
	d.in.pos += end
	return true
}

// str reads the string at pos, an atom or quoted, and returns its text, which is valid
// until the next read.
func (d *Decoder) str() []byte {
	if text := d.plain(); text != nil {
		return text
	}
	if d.in.buf[d.in.pos] != '"' {
		n := d.in.while(0, grammar.ClassAtom, true)
		if !d.piece(n, n) {
			return nil
		}
		if !d.p.CheckUTF8(0, n) {
			n = -1
		}
		d.parsed(n)
		return d.p.Src[:max(n, 0)]
	}
	d.p.Scratch = d.p.Scratch[:0]
	for size := 0; ; {
		d.in.spent = size
		n := d.in.end(d.in.quoted())
		size += n
		if !d.piece(n, size) || !d.parsed(d.p.DecodeOne(1)) || !d.in.skip() {
			return nil
		}
		if d.in.at(0) != '"' {
			return d.p.Scratch
		}
	}
}

// plain reads a string of the usual sort, which the window holds as it is together with
// the byte that ends it; it returns nil for any other.
func (d *Decoder) plain() (text []byte) {
	from, start, bit := d.in.pos, d.in.pos, grammar.ClassAtom
	if d.inTree {
		from = d.in.mark
	}
	if d.in.buf[start] == '"' {
		start, bit = start+1, grammar.ClassPlain
	}
	stop := grammar.Scan(d.in.buf, start, bit)
	end := stop
	if bit == grammar.ClassPlain {
		end++
	}
	if end >= len(d.in.buf) || end-from > d.in.limit {
		return nil
	}
	if bit == grammar.ClassPlain {
		if next := d.in.buf[end]; d.in.buf[stop] != '"' || next == '"' || grammar.Class[next]&(grammar.ClassSpace|grammar.ClassComment) != 0 {
			return nil
		}
	} else if d.in.buf[end] >= utf8.RuneSelf {
		return nil
	}
	d.in.pos = end
	return d.in.buf[start:stop]
}

// data reads the datablock at pos, or several that are one.
func (d *Decoder) data(wanted bool) (v cgpdata.Value) {
	d.p.Scratch = d.p.Scratch[:0]
	for size := 0; d.in.at(0) == '['; {
		d.in.spent = size
		n := d.in.end(d.in.block())
		size += n
		if !d.piece(n, size) {
			return v
		}
		d.p.Data = wanted
		if !d.parsed(d.p.Block(0)) || !d.in.skip() {
			return v
		}
	}
	if wanted {
		v = cgpdata.Data(d.p.Scratch)
	}
	return v
}
