package freebusy

import (
	"iter"
	"strings"
	"unicode/utf8"
)

// maxLine is the longest line in octets, without its end (RFC 5545 §3.1).
const maxLine = 75

// appendFolded appends a content line, which holds no line break, and its end
// to dst. It is folded between characters, never inside one.
func appendFolded(dst []byte, line string) []byte {
	room := maxLine
	for line != "" {
		_, size := utf8.DecodeRuneInString(line)
		if size > room {
			dst = append(dst, "\r\n "...)
			room = maxLine - 1
		}
		dst = append(dst, line[:size]...)
		line = line[size:]
		room -= size
	}
	return append(dst, "\r\n"...)
}

// unfold returns the content lines of src with the numbers of the lines they
// start at, counted from 1. Lines may end in CRLF or in LF. All that are not
// folded share one copy of src.
func unfold(src []byte) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		line, first := "", 0 // the content line so far, and where it starts; 0 for none yet
		var folded []byte    // its parts, if it has several
		n := 0
		for part := range strings.Lines(string(src)) {
			n++
			part = strings.TrimSuffix(strings.TrimSuffix(part, "\n"), "\r")
			if first > 0 && part != "" && (part[0] == ' ' || part[0] == '\t') {
				if len(folded) == 0 {
					folded = append(folded, line...)
				}
				folded = append(folded, part[1:]...)
				continue
			}
			if len(folded) > 0 {
				line, folded = string(folded), folded[:0]
			}
			if first > 0 && !yield(first, line) {
				return
			}
			line, first = part, n
		}
		if len(folded) > 0 {
			line = string(folded)
		}
		if first > 0 {
			yield(first, line)
		}
	}
}
