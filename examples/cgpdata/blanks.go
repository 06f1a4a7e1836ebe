package main

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/stream"
)

// maxWarnings is how many warnings check tells of a file.
const maxWarnings = 100

// oddKeys warns of keys that begin or end with what nobody sees: a server does not
// know them by that name. It goes on up to the first error that cannot be repaired.
func (t *tool) oddKeys(in input) {
	decoder := stream.NewDecoder(bytes.NewReader(in.text), &cgpdata.Options{Allow: cgpdata.Lenient})
	for told := 0; told < maxWarnings; {
		kind := decoder.PeekKind()
		at := decoder.InputOffset()
		token, err := decoder.ReadToken()
		if err != nil {
			return
		}
		if kind != stream.KeyToken {
			continue
		}
		if text := oddEnds(token.Key); text != "" {
			told++
			e := &cgpdata.SyntaxError{Offset: at, Path: decoder.Path(), Err: fmt.Errorf("warning: key %s", text)}
			e.Line, e.Column = place(in.text[:at])
			t.report(&fault{name: in.name, text: in.text, err: e})
		}
	}
}

// oddEnds tells what is odd about the ends of a key, "" for nothing.
func oddEnds(key string) string {
	if r, _ := utf8.DecodeRuneInString(key); unseen(r) {
		return fmt.Sprintf("begins with %U, which nobody sees", r)
	}
	if r, _ := utf8.DecodeLastRuneInString(key); unseen(r) {
		return fmt.Sprintf("ends with %U, which nobody sees", r)
	}
	return ""
}

// unseen reports whether a character is a blank, of whatever width: that of editors and
// web pages, a byte order mark, a mark of the direction of writing, a control character,
// a filler.
func unseen(r rune) bool {
	switch r {
	case 0x034F, 0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0:
		return true
	}
	format := unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r) // those are seen
	return format || unicode.IsSpace(r) || unicode.IsControl(r)
}

// place returns the line and column behind a text, as cgpdata.SyntaxError has them.
func place(before []byte) (line, column int) {
	line = 1 + bytes.Count(before, []byte("\n")) + bytes.Count(before, []byte("\r")) - bytes.Count(before, []byte("\r\n"))
	return line, len(before) - bytes.LastIndexAny(before, "\r\n")
}
