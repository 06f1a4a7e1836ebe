package cgpdata

import (
	"bytes"
	"unicode/utf8"
)

// at returns the byte at i, 0 at the end of the text.
func (p *parser) at(i int) byte {
	if i < len(p.src) {
		return p.src[i]
	}
	return 0
}

// skip returns the end of the white space and comments at i. Mostly there are none, and
// it is this that is worth an inlined function.
func (p *parser) skip(i int) int {
	if i < len(p.src) && class[p.src[i]] >= p.blank {
		return p.skipFar(i)
	}
	return i
}

func (p *parser) skipFar(i int) int {
	for {
		i = scan(p.src, i, p.space)
		if p.at(i) != '/' || p.single {
			return i
		}
		end := p.comment(i)
		if end == i {
			return i
		}
		i = end
	}
}

// comment returns the end of the comment that begins with the '/' at i; i if there is
// none.
func (p *parser) comment(i int) int {
	switch rest := p.src[i:]; {
	case bytes.HasPrefix(rest, []byte("//")):
		if end := bytes.IndexAny(rest, "\r\n"); end >= 0 {
			return i + end
		}
		return len(p.src)
	case bytes.HasPrefix(rest, []byte("/*")):
		if end := bytes.Index(rest[2:], []byte("*/")); end >= 0 {
			return i + 2 + end + 2
		}
		p.fail(len(p.src), truncated("comment"))
		return len(p.src)
	}
	return i
}

// ends reports whether c may stand behind a token that began with '#'.
func (p *parser) ends(c byte) bool { return class[c]&classEnd != 0 || class[c] >= p.blank }

// startsWithKey reports whether a string with '=' behind it begins at i.
func (p *parser) startsWithKey(i int) bool {
	if class[p.at(i)]&classString == 0 {
		return false
	}
	ahead := parser{src: p.src, single: p.single, space: p.space, blank: p.blank, allow: Lenient}
	_, end := ahead.str(i)
	return end >= 0 && p.at(ahead.skip(end)) == '='
}

// keyText returns the text of a key on the stack, or of a string just read.
func (p *parser) keyText(s span) []byte {
	if s.decoded {
		return p.scratch[s.start:s.end]
	}
	return p.src[s.start:s.end]
}

// textOf returns the text of s as a string: a piece of source, the copied source, if it
// can.
func (p *parser) textOf(s span, source string) string {
	if s.decoded {
		return p.slabs.string(p.scratch[s.start:s.end], len(p.src)-int(s.at))
	}
	return source[s.start:s.end]
}

// cut makes a String of the string just read, and takes it off the scratch stack.
func (p *parser) cut(s span) (v Value) {
	if p.text != "" && p.err == nil {
		v = String(p.textOf(s, p.text))
	}
	if s.decoded {
		p.scratch = p.scratch[:s.start]
	}
	return v
}

// str reads the string at i, an atom or quoted.
func (p *parser) str(i int) (s span, end int) {
	if start, stop, end := p.plain(i); end >= 0 {
		return span{int32(i), int32(start), int32(stop), false}, end
	}
	start, stop := i, 0
	if p.src[i] == '"' {
		start++
		if stop = scanPlain(p.src, start); p.at(stop) >= utf8.RuneSelf {
			stop = scanWide(p.src, stop, classPlain)
		}
		if p.at(stop) != '"' {
			return p.decode(i)
		}
		if end = p.skip(stop + 1); p.at(end) == '"' {
			return p.decode(i)
		}
	} else {
		stop = scanWide(p.src, i, classAtom)
		end = stop
	}
	if !p.checkUTF8(start, stop) {
		return s, -1
	}
	return span{int32(i), int32(start), int32(stop), false}, end
}

// plain reads the string at i if it is of the usual sort: ASCII, without escapes, and in
// one piece with neither white space nor a comment behind a closing quote. Otherwise end
// is -1.
func (p *parser) plain(i int) (start, stop, end int) {
	src := p.src
	if src[i] != '"' {
		if stop = scan(src, i, classAtom); stop < len(src) && src[stop] >= utf8.RuneSelf {
			return 0, 0, -1
		}
		return i, stop, stop
	}
	stop = scanPlain(src, i+1)
	if end = stop + 1; end >= len(src) || src[stop] != '"' || src[end] == '"' || class[src[end]] >= p.blank {
		return 0, 0, -1
	}
	return i + 1, stop, end
}

// scan returns the end of the bytes of a class from i on.
func scan(src []byte, i int, bit uint16) int {
	for i < len(src) && class[src[i]]&bit != 0 {
		i++
	}
	return i
}

// scanWide is scan with the bytes beyond ASCII in the class.
func scanWide(src []byte, i int, bit uint16) int {
	for i < len(src) && (class[src[i]]&bit != 0 || src[i] >= utf8.RuneSelf) {
		i++
	}
	return i
}

// checkUTF8 makes sure that src[start:end] is valid UTF-8.
func (p *parser) checkUTF8(start, end int) bool {
	if utf8.Valid(p.src[start:end]) {
		return true
	}
	for at := start; ; {
		r, size := utf8.DecodeRune(p.src[at:end])
		if r == utf8.RuneError && size == 1 {
			return p.tolerate(InvalidUTF8, at)
		}
		at += size
	}
}

// decode reads a quoted string onto the scratch stack, or several with only white
// space between, which are one (Guide 6.4).
func (p *parser) decode(at int) (s span, end int) {
	start := len(p.scratch)
	for end = at; p.at(end) == '"'; end = p.skip(end) {
		if end = p.decodeOne(end + 1); end < 0 {
			return s, -1
		}
	}
	return span{int32(at), int32(start), int32(len(p.scratch)), true}, end
}

// decodeOne reads a quoted string from behind its first quote.
func (p *parser) decodeOne(i int) (end int) {
	for {
		if end = scanPlain(p.src, i); p.at(end) >= utf8.RuneSelf {
			if end = scanWide(p.src, end, classPlain); !p.checkUTF8(i, end) {
				return -1
			}
		}
		p.scratch = append(p.scratch, p.src[i:end]...)
		switch c := p.at(end); {
		case end == len(p.src):
			return p.fail(end, truncated("string"))
		case c == '"':
			return end + 1
		case c == '\\':
			if i = p.escape(end); i < 0 {
				return -1
			}
		default: // A string is of printable symbols (Guide, Data Formats, Strings).
			if !p.tolerate(RawControl, end) {
				return -1
			}
			p.scratch = append(p.scratch, c)
			i = end + 1
		}
	}
}

// escape reads the escape sequence at i (Guide, Data Formats, Strings) onto the
// scratch stack. The system-independent end of line \e and the line feed \n both
// become a line feed: our choice.
func (p *parser) escape(i int) (end int) {
	if i+1 == len(p.src) {
		return p.fail(i+1, truncated("string"))
	}
	c := p.src[i+1]
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
	p.scratch = append(p.scratch, c)
	return i + 2
}

// escapeByte reads \nnn, a byte by its three decimal digits.
func (p *parser) escapeByte(i int) (end int) {
	code := 0
	for end = i + 1; end <= i+3; end++ {
		if end == len(p.src) {
			return p.fail(end, truncated("string"))
		}
		if !isDigit(p.src[end]) {
			return p.unknownEscape(i)
		}
		code = code*10 + int(p.src[end]-'0')
	}
	switch {
	case code > 255:
		return p.fail(i, errByteRange)
	case code == 0 && !p.tolerate(NULByte, i):
		return -1
	}
	p.scratch = append(p.scratch, byte(code))
	return end
}

// escapeRune reads \u'hex', a Unicode code point (Guide 6.4).
func (p *parser) escapeRune(i int) (end int) {
	first, code := i+3, rune(0)
	for end = first; end < len(p.src) && hexDigit(p.src[end]) >= 0; end++ {
		code = min(code<<4|rune(hexDigit(p.src[end])), utf8.MaxRune+1)
	}
	switch {
	case end >= len(p.src) && (i+2 == len(p.src) || p.src[i+2] == '\''):
		return p.fail(len(p.src), truncated("string"))
	case p.at(i+2) != '\'' || end == first || p.at(end) != '\'':
		return p.unknownEscape(i)
	case !utf8.ValidRune(code):
		return p.fail(i, errRuneRange)
	case code == 0 && !p.tolerate(NULByte, i):
		return -1
	}
	p.scratch = utf8.AppendRune(p.scratch, code)
	return end + 1
}

// unknownEscape keeps the backslash at i; what follows it is read as any other text.
func (p *parser) unknownEscape(i int) (end int) {
	if !p.tolerate(UnknownEscape, i) {
		return -1
	}
	p.scratch = append(p.scratch, '\\')
	return i + 1
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

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
