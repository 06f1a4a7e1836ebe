package cgpdata

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

func (a *appender) key(dst []byte, key string) ([]byte, error) {
	if key == "" && a.Allow&EmptyKey == 0 {
		return dst, refuse(EmptyKey)
	}
	// Keys are never joined: two that differ must not become one.
	join := a.JoinCRLF
	a.JoinCRLF = false
	dst, err := a.text(dst, key)
	a.JoinCRLF = join
	return dst, err
}

// refuse is the error for a content that only [Format.Allow] lets through.
func refuse(t Tolerance) error { return errors.New(t.String()) }

// leaf writes v, which is neither array nor dictionary.
func (a *appender) leaf(dst []byte, v Value) ([]byte, error) {
	switch v.Kind() {
	case KindString:
		return a.text(dst, v.s)
	case KindData:
		dst = append(dst, '[')
		dst = base64.StdEncoding.AppendEncode(dst, []byte(v.s))
		return append(dst, ']'), nil
	case KindNumber:
		return append(append(dst, '#'), v.s...), nil
	case KindTime:
		return a.time(dst, v.s)
	case KindIP:
		if _, ok := v.AddrPort(); !ok && a.Allow&BadAddress == 0 {
			return dst, refuse(BadAddress)
		}
		return a.raw(append(dst, "#I"...), v.s)
	case KindNull:
		return append(dst, "#NULL#"...), nil
	case KindObject:
		if !strings.HasPrefix(v.s, "#(") && a.Allow&Fraction == 0 {
			return dst, refuse(Fraction)
		}
	}
	return a.raw(dst, v.s)
}

// time writes a time stamp, whose text is canonical.
func (a *appender) time(dst []byte, text string) ([]byte, error) {
	if text != pastText && text != futureText {
		if _, ok := timeStamp([]byte(text)); !ok {
			return dst, errors.New("year outside 1 to 9999")
		}
		if year := text[6:10]; !a.AllYears && (year < "1970" || year > "2038") {
			return dst, errors.New("year outside 1970 to 2038")
		}
	}
	return append(append(dst, "#T"...), text...), nil
}

// raw writes text that was read and cannot be written in another way.
func (a *appender) raw(dst []byte, text string) ([]byte, error) {
	if a.Allow&InvalidUTF8 == 0 && !utf8.ValidString(text) {
		return dst, refuse(InvalidUTF8)
	}
	if a.Layout != SingleLine || !strings.ContainsAny(text, "\r\n") {
		return append(dst, text...), nil
	}
	if !a.print {
		return dst, errors.New("line end in single-line text")
	}
	return append(dst, strings.NewReplacer("\r", " ", "\n", " ").Replace(text)...), nil
}

func (a *appender) text(dst []byte, s string) ([]byte, error) {
	end, atom := scanAtom(s, a.Atoms)
	if atom {
		return append(dst, s...), nil
	}
	for end < len(s) && class[s[end]]&classPlain != 0 {
		end++
	}
	if end == len(s) { // what appendQuoted does, in one go
		return append(append(append(dst, '"'), s...), '"'), nil
	}
	if a.Allow&NULByte == 0 && strings.IndexByte(s, 0) >= 0 {
		return dst, refuse(NULByte)
	}
	return appendQuoted(dst, s, &a.Format), nil
}

// appendQuoted writes a string between quotes (Guide, Data Formats, Strings). Bytes that
// belong to no valid UTF-8 are written by their codes, so that any string survives.
func appendQuoted(dst []byte, s string, f *Format) []byte {
	dst = append(dst, '"')
	from := 0 // what stands for itself begins here
	for i := 0; i < len(s); {
		c, size := s[i], 1
		plain := class[c]&classPlain != 0
		if c >= utf8.RuneSelf {
			_, size = utf8.DecodeRuneInString(s[i:])
			plain = size > 1 && !f.ASCII
		}
		if plain {
			i += size
			continue
		}
		if c == '\r' && f.JoinCRLF && strings.HasPrefix(s[i+1:], "\n") {
			dst = append(dst, s[from:i]...)
			i++
			from = i
			continue
		}
		dst = append(dst, s[from:i]...)
		dst = appendEscape(dst, s[i:i+size], f)
		i += size
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}

// appendEscape writes one character, or one byte that is none, as an escape sequence.
func appendEscape(dst []byte, char string, f *Format) []byte {
	if len(char) > 1 {
		r, _ := utf8.DecodeRuneInString(char)
		dst = strconv.AppendInt(append(dst, `\u'`...), int64(r), 16)
		return append(dst, '\'')
	}
	switch c := char[0]; {
	case c == '"' || c == '\\':
		return append(dst, '\\', c)
	case c == '\n' && f.LF == EscapeE:
		return append(dst, `\e`...)
	case c == '\n':
		return append(dst, `\n`...)
	case c == '\r':
		return append(dst, `\r`...)
	case c == '\t':
		return append(dst, `\t`...)
	default: // three decimal digits
		return append(dst, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
	}
}

// isAtom reports whether s may stand without quotes.
func isAtom(s string, atoms Atoms) bool {
	_, atom := scanAtom(s, atoms)
	return atom
}

// scanAtom is isAtom, and returns how many bytes at the start of s could stand in an
// atom: they stand for themselves between quotes too.
func scanAtom(s string, atoms Atoms) (end int, atom bool) {
	bit := classWide
	switch atoms {
	case Atoms2005:
		bit = classDotted
	case Atoms1999:
		bit = classAlnum
	}
	for end < len(s) && class[s[end]]&bit != 0 {
		end++
	}
	return end, end == len(s) && end > 0 && (bit != classWide || class[s[0]]&classAlnum != 0)
}
