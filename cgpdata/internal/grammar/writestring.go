package grammar

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text writes a string.
func (w *Writer) Text(dst []byte, s string) ([]byte, error) {
	end, atom := scanAtom(s, w.Atoms)
	if atom {
		return append(dst, s...), nil
	}
	if end = ScanPlain(s, end); end == len(s) { // what quoted does, in one go
		dst = append(slices.Grow(dst, len(s)+2), '"')
		return append(append(dst, s...), '"'), nil
	}
	if w.Allow&NULByte == 0 && strings.IndexByte(s[end:], 0) >= 0 {
		return dst, errFault(NULByte)
	}
	return w.quoted(dst, s), nil
}

// quoted writes a string between quotes (Guide, Data Formats, Strings). Bytes that
// belong to no valid UTF-8 are written by their codes, so that any string survives.
func (w *Writer) quoted(dst []byte, s string) []byte {
	dst = append(slices.Grow(dst, len(s)+8), '"')
	for i := 0; i < len(s); {
		end := 0
		if w.ASCII {
			end = ScanPlain(s, i)
		} else {
			end = ScanText(s, i)
		}
		dst = append(dst, s[i:end]...)
		if i = end; i == len(s) {
			break
		}
		size := 1
		if s[i] >= utf8.RuneSelf {
			_, size = utf8.DecodeRuneInString(s[i:])
		}
		if s[i] != '\r' || !w.JoinCRLF || !strings.HasPrefix(s[i+1:], "\n") {
			dst = w.escape(dst, s[i:i+size])
		}
		i += size
	}
	return append(dst, '"')
}

// escape writes one character, or one byte that is none, as an escape sequence.
func (w *Writer) escape(dst []byte, char string) []byte {
	if len(char) > 1 {
		r, _ := utf8.DecodeRuneInString(char)
		dst = strconv.AppendInt(append(dst, `\u'`...), int64(r), 16)
		return append(dst, '\'')
	}
	switch c := char[0]; {
	case c == '"' || c == '\\':
		return append(dst, '\\', c)
	case c == '\n' && w.LF == EscapeE:
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

// IsAtom reports whether s may stand without quotes.
func IsAtom(s string, atoms Atoms) bool {
	_, atom := scanAtom(s, atoms)
	return atom
}

// scanAtom is IsAtom, and returns how many bytes at the start of s could stand in an
// atom: they stand for themselves between quotes too.
func scanAtom(s string, atoms Atoms) (end int, atom bool) {
	bit := ClassWide
	switch atoms {
	case Atoms2005:
		bit = ClassDotted
	case Atoms1999:
		bit = ClassAlnum
	}
	for end < len(s) && Class[s[end]]&bit != 0 {
		end++
	}
	return end, end == len(s) && end > 0 && (bit != ClassWide || Class[s[0]]&ClassAlnum != 0)
}
