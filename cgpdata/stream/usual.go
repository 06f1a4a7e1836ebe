package stream

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// usual reads the next token by hand, if it is of the usual sort and the window has all of it
// and the byte behind: that takes half the time of the steps of the automaton. What the token
// holds is in last; wanted tells that somebody will ask for it. Otherwise it changes
// nothing and returns NoToken.
func (d *Decoder) usual(wanted bool) TokenKind {
	n, buf, i := len(d.stack.open), d.in.buf, d.in.pos
	if n == 0 || d.next != NoToken || d.in.err != nil || d.items <= 0 {
		return NoToken
	}
	top, space := &d.stack.open[n-1], d.in.space
	if i = grammar.Scan(buf, i, space); i == len(buf) {
		return NoToken
	}
	index, c := top.index, buf[i]
	switch top.state {
	case grammar.InArray:
		if index = 0; c == ')' {
			return d.usualEnd(EndArray, i)
		}
	case grammar.AfterElement:
		if c == ')' {
			return d.usualEnd(EndArray, i)
		}
		if i = grammar.Scan(buf, i+1, space); c != ',' || i == len(buf) {
			return NoToken
		}
		index++
	case grammar.AfterKey:
		if i = grammar.Scan(buf, i+1, space); c != '=' || i == len(buf) {
			return NoToken
		}
	case grammar.InDictionary:
		return d.usualKey(top, i)
	case grammar.AfterValue:
		if c != ';' {
			return NoToken
		}
		return d.usualKey(top, grammar.Scan(buf, i+1, space))
	default:
		return NoToken
	}

	// A value begins at i.
	end := 0
	switch c = buf[i]; {
	case grammar.Class[c]&grammar.ClassAtom != 0 && c != '#':
		if end = grammar.ScanAtom(buf, i+1); end == len(buf) || buf[end] >= utf8.RuneSelf {
			return NoToken
		}
		d.last = lexeme{plain, i, end}
	case c == '(' || c == '{':
		if n >= d.p.MaxDepth {
			return NoToken
		}
		top.index = index
		d.items--
		d.in.pos = i + 1
		d.stack.push(c)
		if c == '(' {
			return BeginArray
		}
		return BeginDictionary
	case c == '#':
		if _, end = grammar.UsualNumber(buf, i); end >= 0 {
			d.last = lexeme{number, i + 1, end}
		} else if end = grammar.UsualTime(buf, i, d.p.Blank); end >= 0 {
			d.last = lexeme{moment, i + 2, end}
		} else {
			return NoToken
		}
	default:
		if end = d.usualString(i, wanted); end < 0 {
			return NoToken
		}
	}
	if end-i > d.in.limit {
		return NoToken
	}
	top.index, top.state = index, grammar.After(top.bracket)
	d.items--
	d.in.pos = end
	return ValueToken
}

// usualString reads the string at i, however long; end is -1 if something is wrong with it or
// the window does not have what follows it.
func (d *Decoder) usualString(i int, wanted bool) (end int) {
	p, buf := &d.quick, d.in.buf
	if buf[i] == '"' {
		stop := grammar.ScanText(buf, i+1)
		if end = stop + 1; end < len(buf) && buf[stop] == '"' && buf[end] != '"' && grammar.Class[buf[end]] < p.Blank {
			d.last = lexeme{plain, i + 1, stop}
			return end
		}
		if stop == len(buf) {
			return -1
		}
	} else if grammar.Class[buf[i]]&grammar.ClassString == 0 {
		return -1
	}
	if wanted || buf[i] != '"' {
		end = d.decode(i)
	} else {
		p.Src = buf[i:] // errors count the lines before them
		end = i + p.PassQuoted(0)
		d.last = lexeme{escaped, i, end}
	}
	if end < i || end >= len(buf) || buf[end] == '/' || p.Err != nil {
		p.Err = nil
		return -1
	}
	return end
}

// usualKey reads the key at i, or the bracket that stands there instead.
func (d *Decoder) usualKey(top *level, i int) TokenKind {
	buf := d.in.buf
	if i >= len(buf) {
		return NoToken
	}
	var key string
	var lead uint64
	end := grammar.ScanAtom(buf, i)
	switch {
	case end == len(buf):
		return NoToken
	case end > i && buf[i] != '#' && buf[end] < utf8.RuneSelf:
		d.last = lexeme{plain, i, end}
		key = view(buf[i:end])
		if i+8 <= len(buf) {
			if lead = binary.BigEndian.Uint64(buf[i:]); end-i < 8 {
				lead &^= 1<<(64-8*(end-i)) - 1
			}
		} else {
			lead = leadOf(key)
		}
	case buf[i] == '}' && top.bracket == '{':
		return d.usualEnd(EndDictionary, i)
	default:
		if end = d.usualString(i, true); end < 0 {
			return NoToken
		}
		if key = view(d.text()); key == "" {
			return NoToken
		}
		lead = leadOf(key)
	}
	s := &d.stack
	cost := len(key) + keyCost
	if end-i > d.in.limit || s.used+cost > s.room {
		return NoToken
	}
	if n := len(s.marks); n > top.first && (top.unordered || lead <= s.marks[n-1].lead) {
		if repeated, err := s.isRepeated(key, lead); repeated || err != nil {
			return NoToken
		}
	}
	s.used += cost
	s.keys = append(s.keys, key...)
	s.marks = append(s.marks, keyMark{lead, len(s.keys)})
	top.state = grammar.AfterKey
	d.in.pos = end
	return KeyToken
}

// usualEnd reads the closing bracket at i.
func (d *Decoder) usualEnd(kind TokenKind, i int) TokenKind {
	d.in.pos = i + 1
	d.stack.pop()
	d.done = len(d.stack.open) == 0
	return kind
}
