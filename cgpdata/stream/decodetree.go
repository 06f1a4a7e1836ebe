package stream

import (
	"errors"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// tree reads the array or dictionary at pos: it finds the end, with all of the text in
// the window, and leaves the rest to the parser.
func (d *Decoder) tree() (v cgpdata.Value) {
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
		v = d.parse(warn)
	}
	d.in.mark = -1
	return v
}

// findEnd goes past the array or dictionary at pos, if the window has it all and nothing is
// wrong with it. It is a shortcut for skipValue.
func (d *Decoder) findEnd() bool {
	o := &grammar.Options{SingleLine: d.o.SingleLine, Allow: grammar.Fault(d.o.Allow), MaxBytes: grammar.CeilingBytes,
		MaxDepth: d.p.MaxDepth - len(d.stack.open), MaxItems: d.items}
	if o.MaxDepth <= 0 || o.MaxItems <= 0 {
		return false // 0 has another meaning in Options
	}
	d.whole.Reset(d.in.buf[d.in.pos:], o)
	end := d.whole.Walk(0)
	d.whole.Src = nil
	if end < 0 || end > d.in.limit {
		return false
	}
	d.in.pos += end
	d.items, d.next = d.whole.Items, NoToken
	d.stack.valueDone()
	d.done = len(d.stack.open) == 0
	return true
}

// parse makes the value of the text from the mark to pos, with which nothing is wrong
// but what is allowed, and perhaps a repeated key.
func (d *Decoder) parse(warn func(*cgpdata.SyntaxError)) cgpdata.Value {
	text := d.in.buf[d.in.mark:d.in.pos]
	if len(text) == 0 {
		return cgpdata.Dictionary() // EmptyText
	}
	// The Decoder has checked the limits.
	o := cgpdata.Options{SingleLine: d.o.SingleLine, Allow: d.o.Allow, MaxBytes: grammar.CeilingBytes, MaxDepth: grammar.CeilingDepth, MaxItems: grammar.CeilingBytes}
	if d.o.Warn != nil {
		o.Warn = warn
	}
	v, err := cgpdata.Parse(text, &o)
	if e, ok := errors.AsType[*cgpdata.SyntaxError](err); ok {
		d.in.err = d.treeError(e)
	}
	return v
}

// checkTree makes sure that the text of the tree has no more than MaxBytes. Whatever
// else was found to be wrong behind that does not count.
func (d *Decoder) checkTree(depth int) {
	end := d.in.mark + d.in.limit
	e, isSyntax := errors.AsType[*cgpdata.SyntaxError](d.in.err)
	if d.in.pos <= end && !(isSyntax && e.Offset > d.in.start.offset+int64(end)) && !errors.Is(d.in.err, grammar.ErrSize) {
		return
	}
	for len(d.stack.open) > depth {
		d.stack.pop()
	}
	d.in.err = d.in.syntaxError(d.in.place(end), grammar.ErrSize)
}

// treeError turns an error of the parser into one of the whole stream.
func (d *Decoder) treeError(e *cgpdata.SyntaxError) *cgpdata.SyntaxError {
	outer := d.in.syntaxError(d.in.place(d.in.mark+int(e.Offset)), e.Err)
	if len(outer.Path) > grammar.MaxPath {
		return outer
	}
	if outer.Path != "" && e.Path != "" && e.Path[0] != '[' {
		outer.Path += "."
	}
	outer.Path += e.Path
	return outer
}

func (d *Decoder) warnAll(fault *cgpdata.SyntaxError) {
	if d.p.Warnings < grammar.MaxWarnings {
		d.p.Warnings++
		d.o.Warn(d.treeError(fault))
	}
}

func (d *Decoder) warnKey(fault *cgpdata.SyntaxError) {
	if fault.Err.Error() == grammar.DuplicateKey.String() {
		d.warnAll(fault)
	}
}
