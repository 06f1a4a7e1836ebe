package cgpdata

import "unicode/utf8"

// leaf reads the value at pos, which is neither array nor dictionary.
func (d *Decoder) leaf(wanted bool) (v Value) {
	n, c := 0, d.in.at(0)
	switch {
	case class[c]&classString != 0:
		if text := d.str(); wanted && d.in.err == nil {
			v = String(string(text))
		}
		return v
	case c == '[':
		return d.data(wanted)
	case c == '#':
		n = d.in.hash()
	case c == '<':
		n = d.in.elements(d.p.maxDepth)
		d.in.at(n)
	}
	if !d.piece(n, n) {
		return v
	}
	if len(d.stack.open) == 0 && d.o.SingleLine && len(d.p.src) > n && isLineEnd(d.p.src[n]) {
		d.p.src = d.p.src[:n] // the text ends here
	}
	if wanted {
		d.p.text = string(d.p.src[:n])
	}
	v, end := d.p.other(0)
	d.parsed(end)
	return v
}

// piece gives the parser the n bytes at pos, and the one behind them. They are part of
// a token that has size bytes up to here; in a tree it is that which has a limit.
func (d *Decoder) piece(n, size int) bool {
	if d.inTree {
		size = d.in.pos + n - d.in.mark
	}
	if d.in.err == nil && size > d.in.limit {
		d.in.fail(d.in.pos+n-(size-d.in.limit), ErrSize)
	}
	d.p.src = d.in.buf[d.in.pos:min(d.in.pos+n+1, len(d.in.buf))]
	d.p.text = ""
	return d.in.err == nil
}

// parsed goes to the end of what the parser has read, or takes over its error.
func (d *Decoder) parsed(end int) bool {
	if end < 0 {
		err := d.p.err
		d.p.err = nil
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
		n := d.in.while(0, classAtom, true)
		if !d.piece(n, n) {
			return nil
		}
		if !d.p.checkUTF8(0, n) {
			n = -1
		}
		d.parsed(n)
		return d.p.src[:max(n, 0)]
	}
	d.p.scratch = d.p.scratch[:0]
	for size := 0; ; {
		d.in.spent = size
		n := d.in.end(d.in.quoted())
		size += n
		if !d.piece(n, size) || !d.parsed(d.p.decodeOne(1)) || !d.in.skip() {
			return nil
		}
		if d.in.at(0) != '"' {
			return d.p.scratch
		}
	}
}

// plain reads a string of the usual sort, which the window holds as it is together with
// the byte that ends it; it returns nil for any other.
func (d *Decoder) plain() (text []byte) {
	from, start, bit := d.in.pos, d.in.pos, classAtom
	if d.inTree {
		from = d.in.mark
	}
	if d.in.buf[start] == '"' {
		start, bit = start+1, classPlain
	}
	stop := scan(d.in.buf, start, bit)
	end := stop
	if bit == classPlain {
		end++
	}
	if end >= len(d.in.buf) || end-from > d.in.limit {
		return nil
	}
	if bit == classPlain {
		if next := d.in.buf[end]; d.in.buf[stop] != '"' || next == '"' || class[next]&(classSpace|classComment) != 0 {
			return nil
		}
	} else if d.in.buf[end] >= utf8.RuneSelf {
		return nil
	}
	d.in.pos = end
	return d.in.buf[start:stop]
}

// data reads the datablock at pos, or several that are one.
func (d *Decoder) data(wanted bool) (v Value) {
	d.p.scratch = d.p.scratch[:0]
	for size := 0; d.in.at(0) == '['; {
		d.in.spent = size
		n := d.in.end(d.in.block())
		size += n
		if !d.piece(n, size) {
			return v
		}
		if wanted {
			d.p.text = "wanted"
		}
		if !d.parsed(d.p.block(0)) || !d.in.skip() {
			return v
		}
	}
	if wanted {
		v = leaf(KindData, string(d.p.scratch))
	}
	return v
}
