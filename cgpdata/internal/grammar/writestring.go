package grammar

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text writes a string.
func (w *Writer) Text(dst []byte, s string) ([]byte, error) {
	// While it looks like an atom it is copied: so an atom is gone through once.
	start := len(dst)
	first, others := w.Atoms.classes()
	end := 0
	if dst = slices.Grow(dst, len(s)+2); len(s) > 0 && Class[s[0]]&first != 0 {
		to := dst[start : start+len(s)]
		for end < len(s) && end < len(to) && Class[s[end]]&others != 0 {
			to[end] = s[end]
			end++
		}
		if end == len(s) {
			return dst[:start+end], nil
		}
	}
	if end = ScanPlain(s, end); end == len(s) { // what quoted does, in one go
		dst = append(dst, '"')
		return append(append(dst, s...), '"'), nil
	}
	if w.Allow&NULByte == 0 && strings.IndexByte(s[end:], 0) >= 0 {
		return dst, errFault(NULByte)
	}
	return w.quoted(dst, s, end), nil
}

// quoted writes a string between quotes (Guide, Data Formats, Strings). Bytes that
// belong to no valid UTF-8 are written by their codes, so that any string survives. The
// first bytes are known to be of ClassPlain.
func (w *Writer) quoted(dst []byte, s string, plain int) []byte {
	dst = append(slices.Grow(dst, len(s)+8), '"')
	dst = append(dst, s[:plain]...)
	for i := plain; i < len(s); {
		end := i
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
	first, others := atoms.classes()
	for i := range len(s) {
		if Class[s[i]]&others == 0 {
			return false
		}
	}
	return s != "" && Class[s[0]]&first != 0
}

// classes returns the classes of the first byte of an atom of the set, and of its bytes.
func (a Atoms) classes() (first, others uint16) {
	switch a {
	case Atoms2005:
		return ClassDotted, ClassDotted
	case Atoms1999:
		return ClassAlnum, ClassAlnum
	}
	return ClassAlnum, ClassWide
}
