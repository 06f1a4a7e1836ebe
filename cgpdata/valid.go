package cgpdata

import "unicode/utf8"

// valid reports whether the text is valid, with nothing to tolerate. It reads what is
// usual by itself and leaves the rest to the parser, whose stacks it shares, but does
// not keep account of where it is: after false, a fresh parser must find out what is
// wrong or to be tolerated, and where. Calls are what it would spend most of its time
// on, so it makes few.
func (p *parser) valid() bool {
	p.allow, p.warn = 0, nil
	src, i, items, blank := p.src, p.start(), p.items, p.blank
	in := byte(0) // the bracket of the innermost array or dictionary
	for i >= 0 && i < len(src) {
		// A value begins at i.
		if items--; items < 0 {
			return false
		}
		due := false
		switch c := src[i]; {
		case c == '#':
			i = p.passHash(i)
		case class[c]&classAtom != 0:
			start := i
			if i = scan(src, i+1, classAtom); i < len(src) && src[i] >= utf8.RuneSelf {
				_, i = p.str(start)
			}
		case c == '"':
			i = p.passQuoted(i)
		case c == '(':
			if !p.push(c, i) {
				return false
			}
			i, in = p.skip(i+1), c
			due = p.at(i) != ')'
		case c == '{':
			if !p.push(c, i) {
				return false
			}
			in = c
			if i, due = p.passKey(p.skip(i + 1)); !due {
				in = p.pop()
			}
		case c >= utf8.RuneSelf:
			_, i = p.str(i)
		default:
			_, i = p.other(i)
		}

		// Go on to the next one.
		for !due {
			if i < 0 || in == 0 {
				return i >= 0 && p.end(i)
			}
			if i < len(src) && class[src[i]] >= blank {
				i = p.skipFar(i)
			}
			if i == len(src) {
				return false
			}
			switch c := src[i]; {
			case c == ';' && in == '{':
				if i, due = p.passKey(p.skip(i + 1)); !due {
					in = p.pop()
				}
			case c == ',' && in == '(':
				i, due = p.skip(i+1), true
			case c == ')' && in == '(':
				i, in = i+1, p.pop()
			default:
				return false
			}
		}
	}
	return false
}

// pop takes the innermost array or dictionary off the stack and returns the bracket of
// the one around it, or 0.
func (p *parser) pop() byte {
	p.open = p.open[:len(p.open)-1]
	if len(p.open) == 0 {
		return 0
	}
	return p.open[len(p.open)-1].bracket
}

// passKey goes from a key to its value, or behind the bracket that stands there instead.
func (p *parser) passKey(i int) (next int, due bool) {
	src, f := p.src, &p.open[len(p.open)-1]
	switch {
	case i == len(src):
		return -1, false
	case src[i] == '}':
		if f.unordered && p.repeats(f) {
			return -1, false
		}
		p.keys, p.scratch = p.keys[:f.keys], p.scratch[:f.scratch]
		return i + 1, false
	case class[src[i]]&classString == 0:
		return -1, false
	}
	end := scan(src, i, classAtom)
	if end == len(src) || class[src[end]]&classString != 0 { // a quoted key, or one beyond ASCII
		i = p.key(f, i)
		return i, i >= 0
	}
	p.pushKey(f, span{int32(i), int32(i), int32(end), false})
	if end = p.skip(end); end == len(src) || src[end] != '=' {
		return -1, false
	}
	return p.skip(end + 1), true
}

// repeats reports whether a dictionary has a key twice.
func (p *parser) repeats(f *frame) bool {
	repeated, _ := p.repeatedKeys(p.keys[f.keys:])
	return repeated
}

// passHash returns the end of the value at i, which begins with '#'.
func (p *parser) passHash(i int) (end int) {
	if _, end = p.usualNumber(i); end < 0 {
		_, end = p.hash(i)
	}
	return end
}

// passQuoted returns the end of the quoted string at i.
func (p *parser) passQuoted(i int) (end int) {
	src := p.src
	for end = scanPlain(src, i+1); end < len(src); end = scanPlain(src, end) {
		if src[end] == '"' {
			if end = p.skip(end + 1); end < len(src) && src[end] == '"' {
				break // one string in several pieces
			}
			return end
		}
		if end = p.passEscape(end); end < 0 {
			break
		}
	}
	s, end := p.str(i)
	if s.decoded {
		p.scratch = p.scratch[:s.start]
	}
	return end
}

// passEscape returns the end of the escape sequence at i, or -1 if it is an unusual one
// or none.
func (p *parser) passEscape(i int) (end int) {
	if p.src[i] != '\\' {
		return -1
	}
	switch p.at(i + 1) {
	case '"', '\\', 'e', 'n', 'r', 't', 'f':
		return i + 2
	case '0', '1':
		if isDigit(p.at(i+2)) && isDigit(p.at(i+3)) && string(p.src[i+1:i+4]) != "000" {
			return i + 4
		}
	}
	return -1
}
