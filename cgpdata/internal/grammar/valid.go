package grammar

import "unicode/utf8"

// Valid reports whether the text is valid, with nothing to tolerate. It reads what is
// usual by itself and leaves the rest to the parser, whose stacks it shares, but does
// not keep account of where it is: after false, a fresh parser must find out what is
// wrong or to be tolerated, and where. Calls are what it would spend most of its time
// on, so it makes few.
func (p *Parser) Valid() bool {
	p.Allow, p.Warn = 0, nil
	src, items, blank := p.Src, p.Items, p.Blank
	i, _ := p.Start()
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
		case Class[c]&ClassAtom != 0:
			start := i
			if i = Scan(src, i+1, ClassAtom); i < len(src) && src[i] >= utf8.RuneSelf {
				_, i = p.Str(start)
			}
		case c == '"':
			i = p.passQuoted(i)
		case c == '(':
			if p.Push(c, i) == nil {
				return false
			}
			i, in = p.Skip(i+1), c
			due = p.At(i) != ')'
		case c == '{':
			if p.Push(c, i) == nil {
				return false
			}
			in = c
			if i, due = p.passKey(p.Skip(i + 1)); !due {
				in = p.pop()
			}
		case c >= utf8.RuneSelf:
			_, i = p.Str(i)
		default:
			_, i = p.Leaf(i)
		}

		// Go on to the next one.
		for !due {
			if i < 0 || in == 0 {
				return i >= 0 && p.Finish(i)
			}
			if i < len(src) && Class[src[i]] >= blank {
				i = p.skipFar(i)
			}
			if i == len(src) {
				return false
			}
			switch c := src[i]; {
			case c == ';' && in == '{':
				if i, due = p.passKey(p.Skip(i + 1)); !due {
					in = p.pop()
				}
			case c == ',' && in == '(':
				i, due = p.Skip(i+1), true
			case c == ')' && in == '(':
				i, in = i+1, p.pop()
			default:
				return false
			}
		}
	}
	return false
}

// pop takes the innermost array or dictionary off the stacks and returns the bracket of
// the one around it, or 0.
func (p *Parser) pop() byte {
	p.Open = p.Open[:len(p.Open)-1]
	if len(p.Open) == 0 {
		return 0
	}
	return p.Open[len(p.Open)-1].Bracket
}

// passKey goes from a key to its value, or behind the bracket that stands there instead.
func (p *Parser) passKey(i int) (next int, due bool) {
	src, f := p.Src, &p.Open[len(p.Open)-1]
	switch {
	case i == len(src):
		return -1, false
	case src[i] == '}':
		if f.Unordered && p.hasTwice(f) {
			return -1, false
		}
		p.Keys, p.Scratch = p.Keys[:f.Keys], p.Scratch[:f.Scratch]
		return i + 1, false
	case Class[src[i]]&ClassString == 0:
		return -1, false
	}
	end := Scan(src, i, ClassAtom)
	if end == len(src) || Class[src[end]]&ClassString != 0 { // a quoted key, or one beyond ASCII
		if end = p.key(f, i); end < 0 {
			return -1, false
		}
	} else {
		p.PushKey(f, Span{int32(i), int32(i), int32(end), false})
	}
	if end = p.Skip(end); end == len(src) || src[end] != '=' {
		return -1, false
	}
	return p.Skip(end + 1), true
}

// passHash returns the end of the value at i, which begins with '#'.
func (p *Parser) passHash(i int) (end int) {
	if _, end = p.UsualNumber(i); end < 0 {
		_, end = p.hash(i)
	}
	return end
}

// passQuoted returns the end of the quoted string at i.
func (p *Parser) passQuoted(i int) (end int) {
	src := p.Src
	for end = ScanPlain(src, i+1); end < len(src); end = ScanPlain(src, end) {
		if src[end] == '"' {
			if end = p.Skip(end + 1); end < len(src) && src[end] == '"' {
				break // one string in several pieces
			}
			return end
		}
		if end = p.passEscape(end); end < 0 {
			break
		}
	}
	s, end := p.Str(i)
	p.Drop(s)
	return end
}

// passEscape returns the end of the escape sequence at i, or -1 if it is an unusual one
// or none.
func (p *Parser) passEscape(i int) (end int) {
	if p.Src[i] != '\\' {
		return -1
	}
	switch p.At(i + 1) {
	case '"', '\\', 'e', 'n', 'r', 't', 'f':
		return i + 2
	case '0', '1':
		if IsDigit(p.At(i+2)) && IsDigit(p.At(i+3)) && string(p.Src[i+1:i+4]) != "000" {
			return i + 4
		}
	}
	return -1
}

// hasTwice reports whether a dictionary has a key twice.
func (p *Parser) hasTwice(f *Frame) bool {
	repeated, _ := p.RepeatedKeys(p.Keys[f.Keys:])
	return repeated
}
