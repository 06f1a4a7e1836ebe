package stream

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// A Decoder reads a stream of text token by token or value by value, and holds only
// the present one in memory. It accepts and refuses what [cgpdata.Parse] does, with the same
// errors. Make one with [NewDecoder]; it is not safe for concurrent use.
//
// Multi-line text is one value, as in a file. Single-line text ([cgpdata.Options.SingleLine])
// is any number of values, each on a line of its own, as in the command line
// interface; CR, LF and CR LF end a line, and empty lines do not count: our choice.
//
// The limits are those of [cgpdata.Options], but MaxBytes is the limit of one token, or of
// what ReadValue reads, and not of the whole. MaxItems counts the values in one text,
// so reading millions of them needs a higher one.
//
// ReadToken tells of a repeated key where it stands, and not when its dictionary ends;
// with [cgpdata.DuplicateKey] it returns both. To find them, the keys of the dictionaries that
// are open are kept, in about twice MaxBytes of memory at most. A dictionary with more
// keys than that must have them in ascending byte order, or is refused with [cgpdata.ErrSize];
// with grammar.DuplicateKey, keys are then compared no longer.
//
// A read takes in no more of the stream than it must, in pieces of 32 KiB or more if the
// reader has them at hand: a token that is complete is returned without waiting for what
// follows. But the end of an atom or of a '#' value is known by the byte behind it, that
// of a quoted string or datablock by the next byte that is neither white space nor
// comment, and a text that begins with a string is read up to what follows that, which
// counts for MaxBytes.
type Decoder struct {
	in       input
	stack    stack
	p        grammar.Parser // for single tokens
	quick    grammar.Parser // for single tokens, strict
	whole    grammar.Parser // for values
	texts    texts
	kind     TokenKind // of the last token
	last     lexeme    // what it holds
	made     Token
	o        cgpdata.Options
	maxItems int
	items    int       // how many more values may come in this text
	next     TokenKind // what is at in.pos; NoToken if that is not known yet
	missing  bool      // next is a value that is not there
	done     bool      // the value of this text is complete
	begun    bool      // a byte order mark would have been skipped
	inTree   bool      // Parse will look for repeated keys
}

// NewDecoder returns a Decoder that reads from r. A nil o is the zero Options. The
// first read from r is made by the first read from the Decoder.
func NewDecoder(r io.Reader, o *cgpdata.Options) *Decoder {
	if o == nil {
		o = &cgpdata.Options{}
	}
	limit := int(grammar.OrDefault(o.MaxBytes, grammar.DefaultBytes, grammar.CeilingBytes))
	d := &Decoder{o: *o, maxItems: grammar.OrDefault(o.MaxItems, grammar.DefaultItems, math.MaxInt)}
	d.items = d.maxItems
	d.in = input{r: r, mark: -1, anchor: -1, limit: limit, single: o.SingleLine, space: grammar.ClassSpace, path: d.Path}
	d.p = grammar.Parser{Single: o.SingleLine, Space: grammar.ClassSpace, Blank: grammar.ClassComment, Allow: grammar.Fault(o.Allow),
		MaxDepth: grammar.OrDefault(o.MaxDepth, grammar.DefaultDepth, grammar.CeilingDepth)}
	if o.SingleLine {
		d.in.space, d.p.Space, d.p.Blank = grammar.ClassBlank, grammar.ClassBlank, grammar.ClassBlank
	}
	d.quick = grammar.Parser{Single: o.SingleLine, Space: d.p.Space, Blank: d.p.Blank}
	if o.Warn != nil {
		d.p.Warn = func(fault *grammar.Error) {
			o.Warn(d.in.syntaxError(d.in.place(d.in.pos+int(fault.Offset)), fault.Err))
		}
	}
	d.stack.room = max(2*limit, windowSize)
	return d
}

// ReadToken returns the next token. At the end of the stream, and nowhere else, the
// error is [io.EOF]. It is a [*cgpdata.SyntaxError] for text that Parse refuses, and wraps the
// error of the reader if that fails. After an error, all further reads return the same.
func (d *Decoder) ReadToken() (t Token, err error) {
	d.kind = d.usual(true)
	switch t.Kind = d.kind; t.Kind {
	case NoToken:
		return d.readToken()
	case KeyToken:
		t.Key = d.textString()
	case ValueToken:
		t.Value = d.value()
	}
	return t, nil
}

// readToken is ReadToken by the steps of the automaton.
func (d *Decoder) readToken() (Token, error) {
	t := Token{Kind: d.PeekKind()}
	d.token(&t, true)
	if d.in.err != nil {
		return Token{}, d.in.err
	}
	return t, nil
}

// ReadValue returns the next value, whole; the errors are those of ReadToken. Where no
// value comes next but a key or the end of an array or dictionary, it returns an error
// and reads nothing.
func (d *Decoder) ReadValue() (cgpdata.Value, error) {
	t := Token{Kind: d.PeekKind()}
	switch t.Kind {
	case KeyToken, EndArray, EndDictionary:
		return cgpdata.Value{}, fmt.Errorf("cgpdata: want a value, not %v", t.Kind)
	case ValueToken:
		d.token(&t, true)
	case BeginArray, BeginDictionary:
		t.Value = d.tree()
	}
	if d.in.err != nil {
		return cgpdata.Value{}, d.in.err
	}
	return t.Value, nil
}

// SkipValue reads the next value, as ReadValue does, and throws it away. However big
// it is, that takes no memory.
func (d *Decoder) SkipValue() error {
	switch kind := d.PeekKind(); kind {
	case KeyToken, EndArray, EndDictionary:
		return fmt.Errorf("cgpdata: want a value, not %v", kind)
	}
	d.skipValue()
	return d.in.err
}

func (d *Decoder) skipValue() {
	for depth := len(d.stack.open); d.in.err == nil; {
		t := Token{Kind: d.PeekKind()}
		if d.token(&t, false); len(d.stack.open) <= depth {
			return
		}
	}
}

// PeekKind returns the kind of the next token, and NoToken at the end of the stream
// and on an error, which the next read returns. It goes past white space, comments and
// punctuation, and not past the token.
func (d *Decoder) PeekKind() TokenKind {
	if d.next == NoToken && d.in.err == nil {
		d.forget()
		if next := d.advance(); d.in.err == nil {
			d.next = next
		}
	}
	return d.next
}

// forget drops the lexeme, before the window moves.
func (d *Decoder) forget() { d.kind, d.last, d.made = NoToken, lexeme{}, Token{} }

// InputOffset returns how many bytes have been read of the stream: it is the offset of
// the next token after PeekKind, and the end of the last one after ReadToken, with the
// white space and comments behind it in the case of a quoted string or a datablock.
func (d *Decoder) InputOffset() int64 { return d.in.start.offset + int64(d.in.pos) }

// Buffered returns what has been taken from the reader beyond InputOffset. It is valid
// until the next read.
func (d *Decoder) Buffered() io.Reader { return bytes.NewReader(d.in.buf[d.in.pos:]) }

// StackDepth returns the number of arrays and dictionaries that are open.
func (d *Decoder) StackDepth() int { return len(d.stack.open) }

// Path names what has been read last, as in [cgpdata.SyntaxError]. Behind the beginning of an
// array or dictionary it is the path of that, and after a key the path of its value.
func (d *Decoder) Path() string { return string(d.stack.path()) }

// advance goes on to the next token, and returns its kind.
func (d *Decoder) advance() TokenKind {
	top := d.stack.top()
	switch {
	case top == nil && d.done:
		if !d.endText() {
			return NoToken
		}
		fallthrough
	case top == nil:
		return d.beginText()
	}
	return d.advanceIn(top)
}

// endText makes sure that the text is over. It returns true if another one may follow.
func (d *Decoder) endText() bool {
	if !d.in.skip() {
		return false
	}
	if !d.textEnds() {
		return d.in.fail(d.in.pos, d.unexpected(grammar.AfterText.Want(0)))
	}
	if !d.o.SingleLine {
		d.in.err = io.EOF
		return false
	}
	d.done, d.items = false, d.maxItems
	return true
}

// textEnds reports whether the text is over, after skip.
func (d *Decoder) textEnds() bool {
	return d.in.atEnd() || d.o.SingleLine && isLineEnd(d.in.buf[d.in.pos])
}

func isLineEnd(c byte) bool { return c == '\n' || c == '\r' }

// beginText finds the beginning of a text.
func (d *Decoder) beginText() TokenKind {
	if !d.begun {
		d.begun = true
		const mark = "\xEF\xBB\xBF"
		if d.in.at(0) == mark[0] && d.in.at(1) == mark[1] && d.in.at(2) == mark[2] {
			d.in.pos += len(mark)
		}
	}
	for d.in.skip() && d.o.SingleLine && !d.in.atEnd() && isLineEnd(d.in.buf[d.in.pos]) {
		d.in.pos++
	}
	switch {
	case d.in.err != nil:
		return NoToken
	case d.in.atEnd() && d.o.SingleLine:
		d.in.err = io.EOF
		return NoToken
	case d.in.atEnd():
		return d.withoutBraces(grammar.EmptyText)
	case grammar.Class[d.in.buf[d.in.pos]]&grammar.ClassString != 0 && d.startsWithKey():
		return d.withoutBraces(grammar.MissingBraces)
	}
	return d.kindHere()
}

// withoutBraces tolerates the fault, and begins a dictionary of it.
func (d *Decoder) withoutBraces(fault grammar.Fault) TokenKind {
	d.in.anchor = d.in.pos
	if !d.tolerate(fault) {
		return NoToken
	}
	d.missing = true
	return BeginDictionary
}

// startsWithKey is that of the parser, after it has brought into the window what that
// looks at.
func (d *Decoder) startsWithKey() bool {
	d.in.mark = d.in.pos
	if d.in.buf[d.in.pos] != '"' {
		d.in.pos += d.in.while(0, grammar.ClassAtom, true)
		d.in.skip()
	}
	for !d.in.atEnd() && d.in.buf[d.in.pos] == '"' && d.in.err == nil {
		n := d.in.quoted()
		d.in.pos = min(d.in.pos+n+1, len(d.in.buf))
		d.in.skip()
	}
	if d.in.pos-d.in.mark > d.in.limit {
		d.in.fail(d.in.mark+d.in.limit, grammar.ErrSize)
	}
	found := false
	if _, isSyntax := d.in.err.(*cgpdata.SyntaxError); d.in.err == nil || isSyntax && !errors.Is(d.in.err, grammar.ErrSize) {
		d.in.err = nil
		d.p.Src = d.in.buf
		found = d.p.StartsWithKey(d.in.mark)
	}
	d.in.pos, d.in.mark = d.in.mark, -1
	return found
}

// kindHere returns the kind of the value at pos, whatever it is.
func (d *Decoder) kindHere() TokenKind {
	switch d.in.at(0) {
	case '(':
		return BeginArray
	case '{':
		return BeginDictionary
	}
	return ValueToken
}

// advanceIn goes on in an array or dictionary, as [grammar.Parser.Advance] does.
func (d *Decoder) advanceIn(top *level) TokenKind {
	if top.state == grammar.InArray {
		top.index = 0
	}
	for d.in.skip() {
		move := top.state.Move(d.symbol(top))
		switch move.Do {
		case grammar.Take:
			if move.Fault == 0 {
				return d.kindHere()
			}
			d.in.anchor = d.in.pos
			d.missing = d.tolerate(move.Fault)
			return ValueToken
		case grammar.TakeKey:
			return KeyToken
		case grammar.Pass:
			if top.state == grammar.AfterElement {
				top.index++
			}
			d.in.anchor = d.in.pos
			d.in.pos++
			top.state = top.state.Next()
		case grammar.Close:
			switch {
			case move.Fault != 0 && !d.tolerate(move.Fault):
				return NoToken
			case top.bracket == '(':
				return EndArray
			}
			return EndDictionary
		default:
			return d.refuse(top)
		}
	}
	return NoToken
}

// symbol returns the symbol at pos.
func (d *Decoder) symbol(top *level) grammar.Symbol {
	switch {
	case top.bracket == 0 && d.textEnds():
		return grammar.CloseDict
	case d.in.atEnd():
		return grammar.End
	case top.bracket == 0 && d.in.buf[d.in.pos] == '}':
		return grammar.Other
	}
	return grammar.SymbolOf(d.in.buf[d.in.pos])
}

// refuse tells what is wrong with what is at pos.
func (d *Decoder) refuse(top *level) TokenKind {
	what := top.state.Unfinished()
	switch {
	case d.in.atEnd() && what != "":
		d.in.fail(d.in.pos, grammar.Truncated(what))
	case top.state.TakesValue():
		return d.kindHere() // to read it tells
	default:
		d.in.fail(d.in.pos, d.unexpected(top.state.Want(top.bracket)))
	}
	return NoToken
}

// unexpected returns the error for what is at pos, where want should stand.
func (d *Decoder) unexpected(want string) error {
	d.p.Src = d.in.buf
	return d.p.Unexpected(d.in.pos, want)
}

// tolerate reports whether the fault at the anchor may pass; if not, it fails.
func (d *Decoder) tolerate(t grammar.Fault) bool {
	fault := d.in.syntaxError(d.in.anchored(), errors.New(t.String()))
	if d.p.Allow&t == 0 {
		if d.in.err == nil {
			d.in.err = fault
		}
		return false
	}
	if d.o.Warn != nil && d.p.Warnings < grammar.MaxWarnings {
		d.p.Warnings++
		d.o.Warn(fault)
	}
	return d.in.err == nil
}

// token reads the token at pos, whose kind is known, and makes what it holds if that is
// wanted.
func (d *Decoder) token(t *Token, wanted bool) {
	if d.in.err != nil {
		return
	}
	missing := d.missing
	d.next, d.missing = NoToken, false
	d.forget()
	switch t.Kind {
	case BeginArray, BeginDictionary:
		d.begin(missing)
	case EndArray, EndDictionary:
		if d.stack.top().bracket != 0 {
			d.in.pos++
		}
		d.stack.pop()
	case KeyToken:
		t.Key = d.key(wanted)
		return
	case ValueToken:
		if d.item() && missing {
			t.Value = cgpdata.Null()
		} else if d.in.err == nil {
			t.Value = d.leaf(wanted)
		}
		d.stack.valueDone()
	}
	d.done = len(d.stack.open) == 0
}

// item counts a value.
func (d *Decoder) item() bool {
	if d.items--; d.items < 0 {
		return d.in.fail(d.in.pos, grammar.ErrItems)
	}
	return true
}

// begin opens the array or dictionary at pos. Its bracket may be missing.
func (d *Decoder) begin(missing bool) {
	if !missing && !d.item() {
		return
	}
	if len(d.stack.open) >= d.p.MaxDepth {
		d.in.fail(d.in.pos, grammar.ErrDepth)
		return
	}
	if missing {
		d.stack.push(0)
		return
	}
	d.stack.push(d.in.buf[d.in.pos])
	d.in.pos++
}

// key reads a key.
func (d *Decoder) key(wanted bool) (key string) {
	d.in.anchor = d.in.pos
	text := d.str()
	if d.in.err != nil || len(text) == 0 && !d.tolerate(grammar.EmptyKey) {
		return ""
	}
	if d.inTree {
		d.stack.setKey(string(text))
		return ""
	}
	repeated, err := d.stack.isRepeated(string(text), leadOf(string(text)))
	if repeated && !d.tolerate(grammar.DuplicateKey) {
		return ""
	}
	if err == nil {
		err = d.stack.addKey(string(text))
	}
	if err != nil && d.p.Allow&grammar.DuplicateKey != 0 {
		d.stack.setKey(string(text))
	} else if err != nil {
		d.in.err = d.in.syntaxError(d.in.anchored(), err)
	}
	if wanted {
		key = d.texts.fresh(text)
	}
	return key
}
