package stream

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// An Encoder writes a stream of text token by token or value by value. What it has
// written is the beginning of a text that a strict [Decoder] accepts, and when Close
// returns nil it is the whole of one: a token that cannot stand where it comes, a
// repeated key or a content that text cannot have is refused, and nothing is
// written of it; one may go on with another. Make one with [NewEncoder]; it is
// not safe for concurrent use.
//
// In the layout SingleLine each value has a line of its own, which ends in a line feed;
// the other layouts have one value. The bytes are those of [cgpdata.Append], with two exceptions:
// [cgpdata.Format.SortKeys] has no effect on keys written by tokens, and an array in the layout
// Indented that has more than 64 KiB of other values before the first array or
// dictionary with content has one line for each element in any case.
//
// To refuse repeated keys, the keys of the dictionaries that are open are kept, in at
// most about 64 MiB of memory. A dictionary with more keys than that must get them in
// ascending byte order, or they are refused with [cgpdata.ErrSize]. With [cgpdata.DuplicateKey] in
// [cgpdata.Format.Allow] no key is kept or compared, and the caller answers for them. Besides,
// the memory that an Encoder takes is that of one token or value.
type Encoder struct {
	w       io.Writer
	a       *grammar.Writer
	stack   stack
	buf     []byte // what is to be written
	scratch []byte
	marks   []int // in buf, where the elements begin of an array whose layout is open
	wrote   bool  // there was a value
	closed  bool
	err     error // of w
}

// An arrayLayout tells how an array is written in the layout Indented.
type arrayLayout uint8

const (
	arrayOpen  arrayLayout = iota // not known before there is an array or dictionary in it, or its end
	arrayLine                     // one line
	arrayLines                    // one line for each element
)

const (
	writeSize = 32 << 10 // of a write to w, at least, while a value is not complete
	openSize  = 64 << 10 // of an array whose layout is open, at most
	bigBuffer = 1 << 20  // a buffer that is bigger is not kept
)

// NewEncoder returns an Encoder that writes to w. A nil f is the zero Format.
func NewEncoder(w io.Writer, f *cgpdata.Format) *Encoder {
	e := &Encoder{w: w, a: f.Writer()}
	e.stack.room = grammar.DefaultBytes
	return e
}

// WriteToken writes a token, and the punctuation before it. A ValueToken may have a
// Value of any kind. The error is that of the writer, which all further calls return
// too, or it tells why the token was refused, as for Append.
func (e *Encoder) WriteToken(t Token) error {
	if e.err != nil {
		return e.err
	}
	switch t.Kind {
	case ValueToken:
		return e.WriteValue(t.Value)
	case KeyToken:
		return e.key(t.Key)
	case BeginArray:
		return e.begin('(', t.Kind)
	case BeginDictionary:
		return e.begin('{', t.Kind)
	case EndArray:
		return e.end('(', ')', t.Kind)
	case EndDictionary:
		return e.end('{', '}', t.Kind)
	}
	return e.refuse(t.Kind)
}

// WriteValue writes a whole value; the errors are those of WriteToken. What the stream
// has so far counts for [cgpdata.Format.MaxDepth].
func (e *Encoder) WriteValue(v cgpdata.Value) (err error) {
	if e.err != nil {
		return e.err
	}
	if !e.wantsValue() {
		return e.refuse(ValueToken)
	}
	e.a.Depth, e.a.Steps = len(e.stack.open), nil
	e.scratch, err = cgpdata.AppendWith(e.a, e.scratch[:0], v)
	if err != nil {
		return e.failed(err)
	}
	e.separate(v.Len() > 0)
	e.buf = append(e.buf, e.scratch...)
	if cap(e.scratch) > bigBuffer {
		e.scratch = nil
	}
	e.stack.valueDone()
	return e.finish()
}

// Close makes sure that the text is complete, and writes what has not been written. It
// does not close the writer. The Encoder takes nothing after that.
func (e *Encoder) Close() error {
	switch top := e.stack.top(); {
	case e.err != nil || e.closed:
		return e.err
	case top != nil && top.bracket == '(':
		return e.failed(errors.New("array without its end"))
	case top != nil:
		return e.failed(errors.New("dictionary without its end"))
	case !e.wrote && e.a.Layout != grammar.SingleLine:
		return e.failed(errors.New(grammar.EmptyText.String()))
	}
	e.closed = true
	return nil
}

// StackDepth returns the number of arrays and dictionaries that are open.
func (e *Encoder) StackDepth() int { return len(e.stack.open) }

// Path names what has been written last, in the way of [Decoder.Path].
func (e *Encoder) Path() string { return string(e.stack.path()) }

// wantsValue reports whether a value may come.
func (e *Encoder) wantsValue() bool {
	top := e.stack.top()
	switch {
	case e.closed:
		return false
	case top == nil:
		return !e.wrote || e.a.Layout == grammar.SingleLine
	}
	return top.state.Next().TakesValue()
}

// refuse returns the error for a token that cannot come now.
func (e *Encoder) refuse(kind TokenKind) error {
	top := e.stack.top()
	want := "a value"
	switch {
	case e.closed, top == nil && !e.wantsValue():
		want = "nothing more"
	case top == nil || !top.closes():
	case top.bracket == '(':
		want = "a value or EndArray"
	default:
		want = "a key or EndDictionary"
	}
	return e.failed(fmt.Errorf("want %s, not %v", want, kind))
}

// failed adds to an error where it was: at what would have come next.
func (e *Encoder) failed(err error) error {
	top := e.stack.top()
	if top != nil {
		before := *top
		defer func() { *top = before }()
		if top.index++; top.state == grammar.AfterValue {
			top.state = grammar.InDictionary
		}
	}
	path := e.stack.path()
	path = e.a.AppendPath(path)
	e.a.Steps = nil
	if len(path) > 0 {
		err = fmt.Errorf("%w at %s", err, path)
	}
	return fmt.Errorf("cgpdata: encode: %w", err)
}

func (e *Encoder) begin(bracket byte, kind TokenKind) error {
	switch {
	case !e.wantsValue():
		return e.refuse(kind)
	case len(e.stack.open) >= e.a.MaxDepth:
		return e.failed(grammar.ErrDepth)
	}
	e.separate(false)
	e.buf = append(e.buf, bracket)
	e.stack.push(bracket)
	return nil
}

func (e *Encoder) end(open, bracket byte, kind TokenKind) error {
	top := e.stack.top()
	if top == nil || top.bracket != open || !top.closes() {
		return e.refuse(kind)
	}
	empty := top.state == grammar.In(top.bracket)
	switch {
	case e.isSettings():
		e.buf = append(e.buf, '\n')
	case e.a.Layout != grammar.Indented || empty:
	case open == '(' && top.layout == arrayOpen:
		e.decide(len(e.stack.open)-1, arrayLine)
	default:
		e.newLine(len(e.stack.open) - 1)
	}
	e.buf = append(e.buf, bracket)
	e.stack.pop()
	return e.finish()
}

func (e *Encoder) key(key string) (err error) {
	top := e.stack.top()
	if top == nil || !top.state.Next().TakesKey() {
		return e.refuse(KeyToken)
	}
	first := top.state == grammar.In(top.bracket)
	if e.scratch, err = e.a.Key(e.scratch[:0], key); err == nil {
		err = e.addKey(key)
	}
	if err != nil {
		e.a.Steps = []grammar.Step{{Key: key, Index: -1}}
		return e.failed(err)
	}
	equals := "="
	switch {
	case e.isSettings():
		e.buf = append(e.buf, "\n "...)
		equals = " = "
	case e.a.Layout == grammar.Indented:
		if first {
			e.hasContent()
		}
		e.newLine(len(e.stack.open))
		equals = " =  "
	}
	e.buf = append(append(e.buf, e.scratch...), equals...)
	return nil
}

// addKey notes a key, unless the dictionary has it.
func (e *Encoder) addKey(key string) error {
	if e.a.Allow&grammar.DuplicateKey != 0 {
		e.stack.setKey(key)
		return nil
	}
	repeated, err := e.stack.isRepeated(key, leadOf(key))
	if repeated {
		return errors.New(grammar.DuplicateKey.String())
	}
	if err == nil {
		err = e.stack.addKey(key)
	}
	return err
}

// isSettings reports whether the pairs of the innermost level have lines of their own
// in the layout Settings.
func (e *Encoder) isSettings() bool {
	return e.a.Layout == grammar.Settings && len(e.stack.open) == 1 && e.stack.top().bracket == '{'
}

// separate writes what stands before a value. tree tells of an array or dictionary with
// content.
func (e *Encoder) separate(tree bool) {
	top := e.stack.top()
	if top == nil || top.bracket == '{' {
		return
	}
	top.index++
	if top.index > 0 {
		e.buf = append(e.buf, ',')
	}
	if e.a.Layout != grammar.Indented {
		return
	}
	if top.index == 0 {
		e.hasContent()
	}
	if top.layout == arrayOpen && !tree {
		e.marks = append(e.marks, len(e.buf))
		return
	}
	if top.layout == arrayOpen {
		e.decide(len(e.stack.open)-1, arrayLines)
	}
	e.newLine(len(e.stack.open))
}

// hasContent tells the array around the innermost level that this is not empty.
func (e *Encoder) hasContent() {
	if i := len(e.stack.open) - 2; i >= 0 && e.stack.open[i].bracket == '(' && e.stack.open[i].layout == arrayOpen {
		e.decide(i, arrayLines)
	}
}

// decide settles the layout of an open array, whose elements begin at the marks.
func (e *Encoder) decide(i int, layout arrayLayout) {
	e.stack.open[i].layout = layout
	if len(e.marks) == 0 {
		return
	}
	base := e.marks[0]
	elements := slices.Clone(e.buf[base:])
	e.buf = e.buf[:base]
	for n, mark := range e.marks {
		next := base + len(elements)
		if n+1 < len(e.marks) {
			next = e.marks[n+1]
		}
		switch {
		case layout == arrayLines:
			e.newLine(i + 1)
		case n > 0:
			e.buf = append(e.buf, ' ')
		}
		e.buf = append(e.buf, elements[mark-base:next-base]...)
	}
	e.marks = e.marks[:0]
}

func (e *Encoder) newLine(depth int) {
	e.buf = append(e.buf, '\n')
	for range depth {
		e.buf = append(e.buf, "  "...)
	}
}

// finish writes what stands behind a value, and hands over what need not be kept.
func (e *Encoder) finish() error {
	top := e.stack.top()
	switch {
	case top == nil:
		e.buf = append(e.buf, '\n')
		e.wrote = true
	case top.bracket == '{':
		e.buf = append(e.buf, ';')
	case len(e.marks) > 0 && len(e.buf)-e.marks[0] > openSize:
		e.decide(len(e.stack.open)-1, arrayLines)
	}
	if top != nil && (len(e.buf) < writeSize || len(e.marks) > 0) {
		return nil
	}
	n, err := e.w.Write(e.buf)
	if err == nil && n < len(e.buf) {
		err = io.ErrShortWrite
	}
	if err != nil {
		e.err = fmt.Errorf("cgpdata: write: %w", err)
	}
	if e.buf = e.buf[:0]; cap(e.buf) > bigBuffer {
		e.buf = nil
	}
	return e.err
}
