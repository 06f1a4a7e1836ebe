package freebusy

import (
	"bytes"
	"iter"
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
// start at, counted from 1. Lines may end in CRLF or in LF.
func unfold(src []byte) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		var line []byte
		first := 0 // number of the line that line starts at, 0 for none yet
		n := 0
		for part := range bytes.Lines(src) {
			n++
			part = bytes.TrimSuffix(bytes.TrimSuffix(part, []byte("\n")), []byte("\r"))
			if first > 0 && len(part) > 0 && (part[0] == ' ' || part[0] == '\t') {
				line = append(line, part[1:]...)
				continue
			}
			if first > 0 && !yield(first, string(line)) {
				return
			}
			line, first = append(line[:0], part...), n
		}
		if first > 0 {
			yield(first, string(line))
		}
	}
}
