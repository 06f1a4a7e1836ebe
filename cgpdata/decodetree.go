package cgpdata

import "errors"

// tree reads the array or dictionary at pos: it finds the end, with all of the text in
// the window, and leaves the rest to the parser.
func (d *Decoder) tree() (v Value) {
	missing, warn := d.missing, d.warnAll
	d.in.mark = d.in.pos
	if missing || !d.findEnd() {
		warn = d.warnKey // of the rest the user knows
		depth := len(d.stack.open)
		d.inTree = true
		d.skipValue()
		d.inTree = false
		d.checkTree(depth)
	}
	if d.in.err == nil {
		v = d.parse(missing, warn)
	}
	d.in.mark = -1
	return v
}

// findEnd goes past the array or dictionary at pos, if the window has it all and nothing is
// wrong with it. It is a shortcut for skipValue.
func (d *Decoder) findEnd() bool {
	o := d.treeOptions()
	o.MaxDepth, o.MaxItems = d.p.maxDepth-len(d.stack.open), d.items
	if o.MaxDepth <= 0 || o.MaxItems <= 0 {
		return false // 0 has another meaning in Options
	}
	p := newParser(d.in.buf[d.in.pos:], &o)
	defer p.release()
	p.part = true
	if _, ok := p.content(0, true); !ok || p.ended > d.in.limit {
		return false
	}
	d.in.pos += p.ended
	d.items, d.next = p.items, NoToken
	d.stack.valueDone()
	d.done = len(d.stack.open) == 0
	return true
}

// treeOptions are those for a text whose limits are checked by the Decoder.
func (d *Decoder) treeOptions() Options {
	return Options{SingleLine: d.o.SingleLine, Allow: d.o.Allow, MaxBytes: ceilingBytes, MaxDepth: ceilingDepth, MaxItems: ceilingBytes}
}

// parse makes the value of the text from the mark to pos, with which nothing is wrong
// but what is allowed, and perhaps a repeated key.
func (d *Decoder) parse(missing bool, warn func(*SyntaxError)) Value {
	text := d.in.buf[d.in.mark:d.in.pos]
	if len(text) == 0 {
		return leaf(KindDictionary, "") // EmptyText
	}
	o := d.treeOptions()
	p := newParser(text, &o)
	defer p.release()
	if d.o.Warn != nil {
		p.warn = warn
	}
	p.text = string(text)
	i, due := 0, true
	if missing {
		p.push(0, 0)
		i, due = p.advance(0, true)
	}
	v, ok := p.content(i, due)
	if !ok {
		d.in.err = d.treeError(p.err)
	}
	return v
}

// checkTree makes sure that the text of the tree has no more than MaxBytes. Whatever
// else was found to be wrong behind that does not count.
func (d *Decoder) checkTree(depth int) {
	end := d.in.mark + d.in.limit
	e, isSyntax := errors.AsType[*SyntaxError](d.in.err)
	if d.in.pos <= end && !(isSyntax && e.Offset > d.in.start.offset+int64(end)) && !errors.Is(d.in.err, ErrSize) {
		return
	}
	for len(d.stack.open) > depth {
		d.stack.pop()
	}
	d.in.err = d.in.syntaxError(d.in.place(end), ErrSize)
}

// treeError turns an error of the parser into one of the whole stream.
func (d *Decoder) treeError(e *SyntaxError) *SyntaxError {
	outer := d.in.syntaxError(d.in.place(d.in.mark+int(e.Offset)), e.Err)
	if len(outer.Path) > maxPath {
		return outer
	}
	if outer.Path != "" && e.Path != "" && e.Path[0] != '[' {
		outer.Path += "."
	}
	outer.Path += e.Path
	return outer
}

func (d *Decoder) warnAll(fault *SyntaxError) {
	if d.p.warnings < maxWarnings {
		d.p.warnings++
		d.o.Warn(d.treeError(fault))
	}
}

func (d *Decoder) warnKey(fault *SyntaxError) {
	if fault.Err.Error() == DuplicateKey.String() {
		d.warnAll(fault)
	}
}
