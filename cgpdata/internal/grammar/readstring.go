package grammar

import "unicode/utf8"

// StartsWithKey reports whether a string with '=' behind it begins at i.
func (p *Parser) StartsWithKey(i int) bool {
	if Class[p.At(i)]&ClassString == 0 {
		return false
	}
	ahead := Parser{Src: p.Src, Single: p.Single, Space: p.Space, Blank: p.Blank, Allow: Lenient}
	_, end := ahead.Str(i)
	return end >= 0 && p.At(ahead.Skip(end)) == '='
}

// KeyText returns the text of a key on the stack, or of a string just read.
func (p *Parser) KeyText(s Span) []byte {
	if s.Decoded {
		return p.Scratch[s.Start:s.End]
	}
	return p.Src[s.Start:s.End]
}

// Str reads the string at i, an atom or quoted.
func (p *Parser) Str(i int) (s Span, end int) {
	if p.Src[i] != '"' {
		if end = Scan(p.Src, i, ClassAtom); end < len(p.Src) && p.Src[end] >= utf8.RuneSelf {
			if end = ScanWide(p.Src, end, ClassAtom); !p.CheckUTF8(i, end) {
				return s, -1
			}
		}
		return Span{int32(i), int32(i), int32(end), false}, end
	}
	stop := ScanText(p.Src, i+1)
	if p.At(stop) == '"' {
		if end = p.Skip(stop + 1); p.At(end) != '"' {
			return Span{int32(i), int32(i + 1), int32(stop), false}, end
		}
	}
	return p.decode(i, stop)
}

// Plain reads the string at i of src if it is of the usual sort: an atom of ASCII, or quoted
// without escapes and in one piece, with neither white space nor a comment behind the quote;
// blank is that of a Parser. Otherwise end is -1.
func Plain(src []byte, i int, blank uint16) (start, stop, end int) {
	if src[i] != '"' {
		for stop = i + 1; stop < len(src) && Class[src[stop]]&ClassAtom != 0; stop++ {
		}
		if src[i] >= utf8.RuneSelf || stop < len(src) && src[stop] >= utf8.RuneSelf {
			return 0, 0, -1
		}
		return i, stop, stop
	}
	stop = ScanText(src, i+1)
	if end = stop + 1; end >= len(src) || src[stop] != '"' || src[end] == '"' || Class[src[end]] >= blank {
		return 0, 0, -1
	}
	return i + 1, stop, end
}

// Plain is the function of that name for the source.
func (p *Parser) Plain(i int) (start, stop, end int) { return Plain(p.Src, i, p.Blank) }

// CheckUTF8 makes sure that src[start:end] is valid UTF-8.
func (p *Parser) CheckUTF8(start, end int) bool {
	if utf8.Valid(p.Src[start:end]) {
		return true
	}
	for at := start; ; {
		r, size := utf8.DecodeRune(p.Src[at:end])
		if r == utf8.RuneError && size == 1 {
			return p.Tolerate(InvalidUTF8, at)
		}
		at += size
	}
}

// decode reads a quoted string onto the scratch stack, or several with only white
// space between, which are one (Guide 6.4). Up to stop all stands for itself.
func (p *Parser) decode(at, stop int) (s Span, end int) {
	start := len(p.Scratch)
	p.Scratch = append(p.Scratch, p.Src[at+1:stop]...)
	for i := stop; ; i = end + 1 {
		if end = p.DecodeOne(i); end < 0 {
			return s, -1
		}
		if end = p.Skip(end); p.At(end) != '"' {
			return Span{int32(at), int32(start), int32(len(p.Scratch)), true}, end
		}
	}
}

// DecodeOne reads a quoted string from behind its first quote, or from anywhere in it, to
// behind the last one.
func (p *Parser) DecodeOne(i int) (end int) {
	for {
		if end = ScanText(p.Src, i); p.At(end) >= utf8.RuneSelf {
			if end = ScanWide(p.Src, end, ClassPlain); !p.CheckUTF8(i, end) {
				return -1
			}
		}
		p.Scratch = append(p.Scratch, p.Src[i:end]...)
		switch c := p.At(end); {
		case end == len(p.Src):
			return p.Fail(end, Truncated("string"))
		case c == '"':
			return end + 1
		case c == '\\':
			if i = p.escape(end); i < 0 {
				return -1
			}
		default: // A string is of printable symbols (Guide, Data Formats, Strings).
			if !p.Tolerate(RawControl, end) {
				return -1
			}
			p.Scratch = append(p.Scratch, c)
			i = end + 1
		}
	}
}

// escape reads the escape sequence at i (Guide, Data Formats, Strings) onto the
// scratch stack. The system-independent end of line \e and the line feed \n both
// become a line feed: our choice.
func (p *Parser) escape(i int) (end int) {
	if i+1 == len(p.Src) {
		return p.Fail(i+1, Truncated("string"))
	}
	c := p.Src[i+1]
	switch c {
	case '"', '\\':
	case 'e', 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'f': // named by newer grammars only
		c = '\f'
	case 'u':
		return p.escapeRune(i)
	default:
		return p.escapeByte(i)
	}
	p.Scratch = append(p.Scratch, c)
	return i + 2
}

// escapeByte reads \nnn, a byte by its three decimal digits.
func (p *Parser) escapeByte(i int) (end int) {
	code := 0
	for end = i + 1; end <= i+3; end++ {
		if end == len(p.Src) {
			return p.Fail(end, Truncated("string"))
		}
		if !IsDigit(p.Src[end]) {
			return p.unknownEscape(i)
		}
		code = code*10 + int(p.Src[end]-'0')
	}
	switch {
	case code > 255:
		return p.Fail(i, errByteRange)
	case code == 0 && !p.Tolerate(NULByte, i):
		return -1
	}
	p.Scratch = append(p.Scratch, byte(code))
	return end
}

// escapeRune reads \u'hex', a Unicode code point (Guide 6.4).
func (p *Parser) escapeRune(i int) (end int) {
	first, code := i+3, rune(0)
	for end = first; end < len(p.Src) && hexDigit(p.Src[end]) >= 0; end++ {
		code = min(code<<4|rune(hexDigit(p.Src[end])), utf8.MaxRune+1)
	}
	switch {
	case end >= len(p.Src) && (i+2 == len(p.Src) || p.Src[i+2] == '\''):
		return p.Fail(len(p.Src), Truncated("string"))
	case p.At(i+2) != '\'' || end == first || p.At(end) != '\'':
		return p.unknownEscape(i)
	case !utf8.ValidRune(code):
		return p.Fail(i, errRuneRange)
	case code == 0 && !p.Tolerate(NULByte, i):
		return -1
	}
	p.Scratch = utf8.AppendRune(p.Scratch, code)
	return end + 1
}

// unknownEscape keeps the backslash at i; what follows it is read as any other text.
func (p *Parser) unknownEscape(i int) (end int) {
	if !p.Tolerate(UnknownEscape, i) {
		return -1
	}
	p.Scratch = append(p.Scratch, '\\')
	return i + 1
}

// IsDigit reports whether c is a decimal digit.
func IsDigit(c byte) bool { return c >= '0' && c <= '9' }

// hexDigit returns the value of a hexadecimal digit, or -1.
func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
