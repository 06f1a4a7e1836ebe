package grammar

// What mostly comes is read here, by hand, and spares the steps of the automaton.

// First is Advance from behind the opening bracket.
func (p *Parser) First(i int) (end int, due bool) {
	f := &p.Open[len(p.Open)-1]
	end = p.Skip(i)
	switch {
	case f.Bracket == '{':
		if next, due := p.usualPair(f, end); next >= 0 {
			return next, due
		}
	case f.Bracket == '(' && end < len(p.Src):
		if p.Src[end] == ')' {
			return end + 1, false
		}
		return end, true
	}
	return p.Advance(i, In(f.Bracket))
}

// Next is Advance from behind a value.
func (p *Parser) Next(i int) (end int, due bool) {
	f := &p.Open[len(p.Open)-1]
	switch c := p.At(i); {
	case c == ',' && f.Bracket == '(':
		if end = Scan(p.Src, i+1, p.Space); end < len(p.Src) && p.Src[end] != ')' && p.Src[end] != '/' {
			f.Count++
			return end, true
		}
	case c == ')' && f.Bracket == '(':
		return i + 1, false
	case c == ';' && f.Bracket == '{':
		if end, due = p.usualPair(f, Scan(p.Src, i+1, p.Space)); end >= 0 {
			f.Count++
			return end, due
		}
	}
	return p.Advance(i, After(f.Bracket))
}

// usualPair goes from a key that is an atom to its value, or behind the closing bracket
// that stands there instead. What is unusual or wrong, comments too, it leaves alone, and
// returns -1.
func (p *Parser) usualPair(f *Frame, i int) (end int, due bool) {
	src := p.Src
	stop := Scan(src, i, ClassAtom)
	equals := Scan(src, stop, p.Space)
	switch {
	case equals == len(src):
		return -1, false
	case i == stop:
		if src[i] == '}' {
			return i + 1, false
		}
		return -1, false
	case src[i] == '#' || src[equals] != '=':
		return -1, false
	}
	if end = Scan(src, equals+1, p.Space); end == len(src) || src[end] == ';' || src[end] == '/' {
		return -1, false
	}
	key := Span{int32(i), int32(i), int32(stop), false}
	if n := len(p.Keys); n > int(f.Keys) && !f.Unordered && (p.Keys[n-1].Decoded || src[p.Keys[n-1].Start] >= src[i]) {
		p.PushKey(f, key)
	} else { // the first bytes decide
		p.Keys = append(p.Keys, key)
	}
	return end, true
}
