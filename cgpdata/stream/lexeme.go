package stream

import (
	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// A lexeme is where the window has what the last token holds.
type lexeme struct {
	form        form
	start, stop int
}

// A form is how a lexeme becomes a token.
type form uint8

const (
	made    form = iota // it is one: Decoder.made
	plain               // the text of a string
	escaped             // a string with its quotes
	decoded             // a string whose text is on the scratch stack of Decoder.quick
	number              // what is kept of a Number
	moment              // what is kept of a Time
)

// Next reads the next token, as ReadToken does, and returns its kind, but leaves what the token
// holds where it is: that spares most of the time for tokens that only are passed. Token
// and Text return it, until the next call of another method.
func (d *Decoder) Next() (TokenKind, error) {
	if d.kind = d.usual(false); d.kind == NoToken {
		t, err := d.readToken()
		if err != nil {
			return NoToken, err
		}
		d.kind, d.made = t.Kind, t
	}
	return d.kind, nil
}

// Token returns the token that Next has read.
func (d *Decoder) Token() Token {
	switch d.kind {
	case KeyToken:
		return Token{Kind: KeyToken, Key: d.textString()}
	case ValueToken:
		return Token{Kind: ValueToken, Value: d.value()}
	}
	return Token{Kind: d.kind}
}

// Text returns the text of the key or String that Next has read; nothing for other tokens. It
// may be a piece of the window: use it before the next call of another method, and do not
// write to it.
func (d *Decoder) Text() []byte {
	switch {
	case d.kind == KeyToken:
		return d.text()
	case d.kind != ValueToken || d.last.form == number || d.last.form == moment:
		return nil
	case d.last.form != made:
		return d.text()
	case d.made.Value.Kind() == cgpdata.KindString:
		return []byte(d.made.Value.Text())
	}
	return nil
}

// text returns the text of the last token, which is a key or a String.
func (d *Decoder) text() []byte {
	if d.last.form == escaped {
		d.decode(d.last.start)
	}
	switch d.last.form {
	case made:
		return []byte(d.made.Key)
	case decoded:
		return d.quick.Scratch
	}
	return d.in.buf[d.last.start:d.last.stop]
}

// shared returns the lexeme as a string that may be a piece of the window.
func (d *Decoder) shared() string {
	d.in.shared = true
	return d.texts.of(d.in.buf[d.last.start:d.last.stop])
}

// textString is text as a string.
func (d *Decoder) textString() string {
	if d.last.form == plain {
		return d.shared()
	}
	return d.texts.fresh(d.text())
}

// value makes the value of the last token.
func (d *Decoder) value() cgpdata.Value {
	switch d.last.form {
	case made:
		return d.made.Value
	case number:
		return cgpdata.LeafWith(grammar.KindNumber, d.shared())
	case moment:
		return cgpdata.LeafWith(grammar.KindTime, d.shared())
	}
	return cgpdata.String(d.textString())
}

// decode reads the string at i of the window, whatever it is, for text.
func (d *Decoder) decode(i int) (end int) {
	p := &d.quick
	p.Src, p.Scratch = d.in.buf[i:], p.Scratch[:0] // errors count the lines before them
	s, end := p.Str(0)
	d.last = lexeme{plain, i + int(s.Start), i + int(s.End)}
	if s.Decoded {
		d.last.form = decoded
	}
	return i + end
}
