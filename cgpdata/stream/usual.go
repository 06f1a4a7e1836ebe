package stream

import (
	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// usual reads the next token by hand, if it is of the usual sort and the window has all of
// it: that takes half the time of the steps of the automaton. Otherwise it changes nothing
// and returns NoToken. It returns no Token, as such a struct is copied through memory.
func (d *Decoder) usual() (kind TokenKind, key string, v cgpdata.Value) {
	n := len(d.stack.open)
	if n == 0 || d.next != NoToken || d.in.err != nil || d.items <= 0 {
		return NoToken, "", v
	}
	top, buf, space := &d.stack.open[n-1], d.in.buf, d.in.space
	i := grammar.Scan(buf, d.in.pos, space)
	if i == len(buf) {
		return NoToken, "", v
	}
	index := top.index
	switch c := buf[i]; top.state {
	case grammar.InArray:
		if index = 0; c == ')' {
			return d.usualEnd(EndArray, i), "", v
		}
	case grammar.AfterElement:
		if c == ')' {
			return d.usualEnd(EndArray, i), "", v
		}
		if i = grammar.Scan(buf, i+1, space); c != ',' || i == len(buf) {
			return NoToken, "", v
		}
		index++
	case grammar.AfterKey:
		if i = grammar.Scan(buf, i+1, space); c != '=' || i == len(buf) {
			return NoToken, "", v
		}
	case grammar.InDictionary:
		kind, key = d.usualKey(top, i)
		return kind, key, v
	case grammar.AfterValue:
		if c != ';' {
			return NoToken, "", v
		}
		kind, key = d.usualKey(top, grammar.Scan(buf, i+1, space))
		return kind, key, v
	default:
		return NoToken, "", v
	}

	// A value begins at i.
	end := i
	switch c := buf[i]; {
	case c == '(' || c == '{':
		if n >= d.p.MaxDepth {
			return NoToken, "", v
		}
		top.index = index
		d.items--
		d.in.pos = i + 1
		d.stack.push(c)
		if c == '(' {
			return BeginArray, "", v
		}
		return BeginDictionary, "", v
	case c == '#':
		d.quick.Src = buf
		stop := 0
		if _, stop = d.quick.UsualNumber(i); stop >= 0 {
			v = cgpdata.LeafWith(grammar.KindNumber, d.texts.of(buf[i+1:stop]))
		} else if stop = d.quick.UsualTime(i); stop >= 0 {
			v = cgpdata.LeafWith(grammar.KindTime, d.texts.of(buf[i+2:stop]))
		}
		if end = stop; end < 0 || end-i > d.in.limit {
			return NoToken, "", v
		}
	default:
		var text string
		if text, end = d.usualString(i); end < 0 {
			return NoToken, "", v
		}
		v = cgpdata.String(text)
	}
	top.index, top.state = index, grammar.After(top.bracket)
	d.items--
	d.in.pos = end
	return ValueToken, "", v
}

// usualString reads the string at i; end is -1 if something is wrong with it or the window
// does not have what follows it.
func (d *Decoder) usualString(i int) (text string, end int) {
	p := &d.quick
	buf := d.in.buf
	if grammar.Class[buf[i]]&grammar.ClassString == 0 {
		return "", -1
	}
	start, stop, end := grammar.Plain(buf, i, p.Blank)
	if end >= 0 {
		if end >= len(buf) || end-i > d.in.limit {
			return "", -1
		}
		return d.texts.of(buf[start:stop]), end
	}
	p.Src = buf
	s, end := p.Str(i)
	if end < 0 || end >= len(p.Src) || p.Src[end] == '/' || end-i > d.in.limit || p.Err != nil {
		p.Err, p.Scratch = nil, p.Scratch[:0]
		return "", -1
	}
	text = d.texts.of(p.KeyText(s))
	p.Scratch = p.Scratch[:0]
	return text, end
}

// usualKey reads the key at i, or the bracket that stands there instead.
func (d *Decoder) usualKey(top *level, i int) (kind TokenKind, key string) {
	buf := d.in.buf
	switch {
	case i >= len(buf):
		return NoToken, ""
	case buf[i] == '}' && top.bracket == '{':
		return d.usualEnd(EndDictionary, i), ""
	}
	text, end := d.usualString(i)
	if end < 0 || text == "" {
		return NoToken, ""
	}
	if repeated, err := d.stack.isRepeated(text); repeated || err != nil {
		return NoToken, ""
	}
	if d.stack.used+len(text)+keyCost > d.stack.room {
		return NoToken, ""
	}
	_ = d.stack.addKey(text) // for which there is room
	d.in.pos = end
	return KeyToken, text
}

// usualEnd reads the closing bracket at i.
func (d *Decoder) usualEnd(kind TokenKind, i int) TokenKind {
	d.in.pos = i + 1
	d.stack.pop()
	d.done = len(d.stack.open) == 0
	return kind
}
