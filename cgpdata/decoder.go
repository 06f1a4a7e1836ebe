package cgpdata

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
)

// A Decoder reads a stream of text token by token or value by value, and holds only
// the present one in memory. It accepts and refuses what [Parse] does, with the same
// errors. Make one with [NewDecoder]; it is not safe for concurrent use.
//
// Multi-line text is one value, as in a file. Single-line text ([Options.SingleLine])
// is any number of values, each on a line of its own, as in the command line
// interface; CR, LF and CR LF end a line, and empty lines do not count: our choice.
//
// The limits are those of [Options], but MaxBytes is the limit of one token, or of
// what ReadValue reads, and not of the whole. MaxItems counts the values in one text,
// so reading millions of them needs a higher one.
//
// ReadToken tells of a repeated key where it stands, and not when its dictionary ends;
// with [DuplicateKey] it returns both. To find them, the keys of the dictionaries that
// are open are kept, in about twice MaxBytes of memory at most. A dictionary with more
// keys than that must have them in ascending byte order, or is refused with [ErrSize];
// with DuplicateKey, keys are then compared no longer.
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
	p        parser // for single tokens
	o        Options
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
func NewDecoder(r io.Reader, o *Options) *Decoder {
	if o == nil {
		o = &Options{}
	}
	limit := int(orDefault(o.MaxBytes, defaultBytes, ceilingBytes))
	d := &Decoder{o: *o, maxItems: orDefault(o.MaxItems, defaultItems, math.MaxInt)}
	d.items = d.maxItems
	d.in = input{r: r, mark: -1, anchor: -1, limit: limit, single: o.SingleLine, space: classSpace, path: d.Path}
	d.p = parser{single: o.SingleLine, space: classSpace, blank: classComment, allow: o.Allow,
		maxDepth: orDefault(o.MaxDepth, defaultDepth, ceilingDepth)}
	if o.SingleLine {
		d.in.space, d.p.space, d.p.blank = classBlank, classBlank, classBlank
	}
	if o.Warn != nil {
		d.p.warn = func(fault *SyntaxError) {
			o.Warn(d.in.syntaxError(d.in.place(d.in.pos+int(fault.Offset)), fault.Err))
		}
	}
	d.stack.room = max(2*limit, windowSize)
	return d
}

// ReadToken returns the next token. At the end of the stream, and nowhere else, the
// error is [io.EOF]. It is a [*SyntaxError] for text that Parse refuses, and wraps the
// error of the reader if that fails. After an error, all further reads return the same.
func (d *Decoder) ReadToken() (Token, error) {
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
func (d *Decoder) ReadValue() (Value, error) {
	t := Token{Kind: d.PeekKind()}
	switch t.Kind {
	case KeyToken, EndArray, EndDictionary:
		return Value{}, fmt.Errorf("cgpdata: want a value, not %v", t.Kind)
	case ValueToken:
		d.token(&t, true)
	case BeginArray, BeginDictionary:
		t.Value = d.tree()
	}
	if d.in.err != nil {
		return Value{}, d.in.err
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
		if next := d.advance(); d.in.err == nil {
			d.next = next
		}
	}
	return d.next
}

// InputOffset returns how many bytes have been read of the stream: it is the offset of
// the next token after PeekKind, and the end of the last one after ReadToken, with the
// white space and comments behind it in the case of a quoted string or a datablock.
func (d *Decoder) InputOffset() int64 { return d.in.start.offset + int64(d.in.pos) }

// Buffered returns what has been taken from the reader beyond InputOffset. It is valid
// until the next read.
func (d *Decoder) Buffered() io.Reader { return bytes.NewReader(d.in.buf[d.in.pos:]) }

// StackDepth returns the number of arrays and dictionaries that are open.
func (d *Decoder) StackDepth() int { return len(d.stack.open) }

// Path names what has been read last, as in [SyntaxError]. Behind the beginning of an
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
	case top.bracket == '(':
		return d.advanceElement(top)
	}
	return d.advancePair(top)
}

// endText makes sure that the text is over. It returns true if another one may follow.
func (d *Decoder) endText() bool {
	if !d.in.skip() {
		return false
	}
	if !d.textEnds() {
		return d.in.fail(d.in.pos, d.unexpected("the end of the text"))
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
		return d.withoutBraces(EmptyText)
	case class[d.in.buf[d.in.pos]]&classString != 0 && d.startsWithKey():
		return d.withoutBraces(MissingBraces)
	}
	return d.kind()
}

// withoutBraces tolerates the fault, and begins a dictionary of it.
func (d *Decoder) withoutBraces(fault Tolerance) TokenKind {
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
		d.in.pos += d.in.while(0, classAtom, true)
		d.in.skip()
	}
	for !d.in.atEnd() && d.in.buf[d.in.pos] == '"' && d.in.err == nil {
		n := d.in.quoted()
		d.in.pos = min(d.in.pos+n+1, len(d.in.buf))
		d.in.skip()
	}
	if d.in.pos-d.in.mark > d.in.limit {
		d.in.fail(d.in.mark+d.in.limit, ErrSize)
	}
	found := false
	if _, isSyntax := d.in.err.(*SyntaxError); d.in.err == nil || isSyntax && !errors.Is(d.in.err, ErrSize) {
		d.in.err = nil
		d.p.src = d.in.buf
		found = d.p.startsWithKey(d.in.mark)
	}
	d.in.pos, d.in.mark = d.in.mark, -1
	return found
}

// kind returns the kind of the value at pos, whatever it is.
func (d *Decoder) kind() TokenKind {
	switch d.in.at(0) {
	case '(':
		return BeginArray
	case '{':
		return BeginDictionary
	}
	return ValueToken
}

// advanceElement goes on in an array, as [parser.nextElement] does.
func (d *Decoder) advanceElement(top *level) TokenKind {
	first := top.stage == stageStart
	if first {
		top.index = 0
	}
	if !d.in.skip() {
		return NoToken
	}
	if !first && d.in.at(0) == ',' {
		d.in.anchor = d.in.pos
		top.index++
		d.in.pos++
		if !d.in.skip() {
			return NoToken
		}
		if d.in.at(0) != ')' {
			return d.kind()
		}
		if !d.tolerate(TrailingComma) {
			return NoToken
		}
	}
	switch {
	case d.in.atEnd():
		d.in.fail(d.in.pos, truncated("array"))
		return NoToken
	case d.in.buf[d.in.pos] == ')':
		return EndArray
	case first:
		return d.kind()
	}
	d.in.fail(d.in.pos, d.unexpected("',' or ')'"))
	return NoToken
}

// advancePair goes on in a dictionary, as [parser.nextPair] does.
func (d *Decoder) advancePair(top *level) TokenKind {
	if !d.in.skip() {
		return NoToken
	}
	switch top.stage {
	case stageKey:
		return d.advanceValue()
	case stageValue:
		if d.in.at(0) != ';' {
			return d.failPair("';'")
		}
		top.stage = stageStart
		d.in.pos++
		if !d.in.skip() {
			return NoToken
		}
	}
	switch c := d.in.at(0); {
	case class[c]&classString != 0:
		return KeyToken
	case c == '}' && top.bracket == '{', top.bracket == 0 && d.textEnds():
		return EndDictionary
	}
	return d.failPair(keyOrEnd(top.bracket))
}

// advanceValue goes from a key to its value.
func (d *Decoder) advanceValue() TokenKind {
	if d.in.at(0) != '=' {
		return d.failPair("'='")
	}
	d.in.pos++
	if !d.in.skip() {
		return NoToken
	}
	if d.in.at(0) != ';' {
		return d.kind()
	}
	d.in.anchor = d.in.pos
	d.missing = d.tolerate(MissingValue)
	return ValueToken
}

func (d *Decoder) failPair(want string) TokenKind {
	if d.in.atEnd() {
		d.in.fail(d.in.pos, truncated("dictionary"))
	} else {
		d.in.fail(d.in.pos, d.unexpected(want))
	}
	return NoToken
}

// unexpected returns the error for what is at pos, where want should stand.
func (d *Decoder) unexpected(want string) error {
	d.p.src = d.in.buf
	return d.p.unexpected(d.in.pos, want)
}

// tolerate reports whether the fault at the anchor may pass; if not, it fails.
func (d *Decoder) tolerate(t Tolerance) bool {
	fault := d.in.syntaxError(d.in.anchored(), errors.New(t.String()))
	if d.p.allow&t == 0 {
		if d.in.err == nil {
			d.in.err = fault
		}
		return false
	}
	if d.o.Warn != nil && d.p.warnings < maxWarnings {
		d.p.warnings++
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
			t.Value = Null()
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
		return d.in.fail(d.in.pos, ErrItems)
	}
	return true
}

// begin opens the array or dictionary at pos. Its bracket may be missing.
func (d *Decoder) begin(missing bool) {
	if !missing && !d.item() {
		return
	}
	if len(d.stack.open) >= d.p.maxDepth {
		d.in.fail(d.in.pos, ErrDepth)
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
	if d.in.err != nil || len(text) == 0 && !d.tolerate(EmptyKey) {
		return ""
	}
	if d.inTree {
		d.stack.setKey(text)
		return ""
	}
	repeated, err := d.stack.isRepeated(text)
	if repeated && !d.tolerate(DuplicateKey) {
		return ""
	}
	if err == nil {
		err = d.stack.addKey(text)
	}
	if err != nil && d.p.allow&DuplicateKey != 0 {
		d.stack.setKey(text)
	} else if err != nil {
		d.in.err = d.in.syntaxError(d.in.anchored(), err)
	}
	if wanted {
		key = string(text)
	}
	return key
}
