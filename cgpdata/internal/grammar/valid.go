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
	var f *Frame // the innermost array or dictionary
	in := byte(0)
	for i >= 0 && i < len(src) {
		// A value begins at i.
		if items--; items < 0 {
			return false
		}
		due, key := false, false
		switch c := src[i]; {
		case c == '#':
			i = p.passHash(i)
		case Class[c]&ClassAtom != 0:
			start := i
			for i++; i < len(src) && Class[src[i]]&ClassAtom != 0; i++ {
			}
			if i < len(src) && src[i] >= utf8.RuneSelf {
				_, i = p.Str(start)
			}
		case c == '"':
			if stop := ScanText(src, i+1); stop+1 < len(src) && src[stop] == '"' && src[stop+1] != '"' && Class[src[stop+1]] < blank {
				i = stop + 1
			} else {
				i = p.PassQuoted(i)
			}
		case c == '(':
			if f = p.Push(c, i); f == nil {
				return false
			}
			i, in = p.Skip(i+1), c
			due = p.At(i) != ')'
		case c == '{':
			if f = p.Push(c, i); f == nil {
				return false
			}
			i, in, key = i+1, c, true
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
			if !key {
				if i < len(src) && Class[src[i]] >= blank {
					i = p.skipFar(i)
				}
				if i == len(src) {
					return false
				}
				switch c := src[i]; {
				case c == ',' && in == '(':
					i, due = p.Skip(i+1), true
					continue
				case c == ')' && in == '(':
					i++
					f, in = p.pop()
					continue
				case c != ';' || in != '{':
					return false
				}
				i++
			}

			// A key begins at i, or the bracket that stands there instead.
			key = false
			if i < len(src) && Class[src[i]] >= blank {
				i = p.skipFar(i)
			}
			start := i
			for i < len(src) && Class[src[i]]&ClassAtom != 0 {
				i++
			}
			switch {
			case i == len(src):
				return false
			case i > start && src[start] != '#' && src[i] < utf8.RuneSelf:
				if n := len(p.Keys); n > int(f.Keys) && !f.Unordered && (p.Keys[n-1].Decoded || src[p.Keys[n-1].Start] >= src[start]) {
					p.PushKey(f, Span{int32(start), int32(start), int32(i), false})
				} else {
					p.Keys = append(p.Keys, Span{int32(start), int32(start), int32(i), false})
				}
			case src[start] == '}':
				if f.Unordered && p.hasTwice(p.Keys[f.Keys:]) {
					return false
				}
				p.Keys, p.Scratch = p.Keys[:f.Keys], p.Scratch[:f.Scratch]
				i++
				f, in = p.pop()
				continue
			case Class[src[start]]&ClassString == 0:
				return false
			default: // a quoted key, or one beyond ASCII
				if i = p.key(f, start); i < 0 {
					return false
				}
			}
			if i < len(src) && Class[src[i]] >= blank {
				i = p.skipFar(i)
			}
			if i == len(src) || src[i] != '=' {
				return false
			}
			if i++; i < len(src) && Class[src[i]] >= blank {
				i = p.skipFar(i)
			}
			due = true
		}
	}
	return false
}

// pop takes the innermost array or dictionary off the stack and returns the one around it.
func (p *Parser) pop() (f *Frame, bracket byte) {
	n := len(p.Open) - 1
	if p.Open = p.Open[:n]; n == 0 {
		return nil, 0
	}
	f = &p.Open[n-1]
	return f, f.Bracket
}

// passHash returns the end of the value at i, which begins with '#'.
func (p *Parser) passHash(i int) (end int) {
	if _, end = p.UsualNumber(i); end < 0 {
		_, end = p.Leaf(i)
	}
	return end
}

// PassQuoted returns the end of the quoted string at i, or of all strings that are one with it.
func (p *Parser) PassQuoted(i int) (end int) {
	src := p.Src
	for end = ScanText(src, i+1); end < len(src); end = ScanText(src, end) {
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
