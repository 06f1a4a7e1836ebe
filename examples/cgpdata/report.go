package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/tbd"
)

// A fault is an error and what it is in.
type fault struct {
	name string
	text []byte // nil if it is not at hand
	err  error
	hint string // what to do
}

// Error returns one line.
func (f *fault) Error() string {
	if at, ok := errors.AsType[*cgpdata.SyntaxError](f.err); ok {
		text := fmt.Sprintf("%s:%d:%d: %v", f.name, at.Line, at.Column, at.Err)
		if at.Path != "" {
			text += " at " + at.Path
		}
		return text
	}
	if at, ok := errors.AsType[*tbd.SyntaxError](f.err); ok {
		return fmt.Sprintf("%s:%d: %v", f.name, at.Line, at.Err)
	}
	err := f.err
	if at, ok := errors.AsType[*fs.PathError](err); ok && at.Path == f.name {
		err = at.Err
	}
	return f.name + ": " + strings.TrimPrefix(err.Error(), "cgpdata: ")
}

func (f *fault) Unwrap() error { return f.err }

// report tells of an error on standard error.
func (t *tool) report(err error) {
	f, ok := errors.AsType[*fault](err)
	if !ok {
		f = &fault{name: "cgpdata", err: err}
	}
	text := printable(f.Error()) + "\n"
	if at, ok := errors.AsType[*cgpdata.SyntaxError](f.err); ok && f.text != nil {
		text += excerpt(f.text, int(at.Offset))
	}
	if f.hint != "" {
		text += printable(f.hint) + "\n"
	}
	if e, ok := errors.AsType[usageError](err); ok {
		text += e.usage
	}
	_, _ = t.stderr.Write([]byte(text))
}

// printable replaces what a terminal would not print but obey, or not show.
func printable(text string) string { return strings.Map(visible, text) }

func visible(r rune) rune {
	if unicode.IsPrint(r) || r == '\t' {
		return r
	}
	return unicode.ReplacementChar
}

// An excerpt has so many characters of a long line.
const (
	charsBefore = 60
	charsBehind = 40
)

// excerpt returns the line of text in which the byte at is, cut if it is long, and a
// line with a mark under that byte; nothing for an empty line.
func excerpt(text []byte, at int) string {
	before, behind := text[:at], text[at:]
	before = before[bytes.LastIndexAny(before, "\r\n")+1:]
	if end := bytes.IndexAny(behind, "\r\n"); end >= 0 {
		behind = behind[:end]
	}
	if len(bytes.TrimSpace(before))+len(bytes.TrimSpace(behind)) == 0 {
		return ""
	}
	var line, mark strings.Builder
	if start := lastChars(before, charsBefore); start > 0 {
		before = before[start:]
		line.WriteString("...")
		mark.WriteString("   ")
	}
	for _, r := range printable(string(before)) {
		line.WriteRune(r)
		if r == '\t' {
			mark.WriteRune(r)
		} else {
			mark.WriteString("  "[:columns(r)])
		}
	}
	end := firstChars(behind, charsBehind)
	line.WriteString(printable(string(behind[:end])))
	if end < len(behind) {
		line.WriteString("...")
	}
	return line.String() + "\n" + mark.String() + "^\n"
}

// firstChars returns the length of the first n characters.
func firstChars(text []byte, n int) (end int) {
	for ; n > 0 && end < len(text); n-- {
		_, size := utf8.DecodeRune(text[end:])
		end += size
	}
	return end
}

// lastChars returns where the last n characters begin.
func lastChars(text []byte, n int) (start int) {
	for start = len(text); n > 0 && start > 0; n-- {
		_, size := utf8.DecodeLastRune(text[:start])
		start -= size
	}
	return start
}

// columns returns how many columns of a terminal a character takes.
func columns(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// wide has the characters that take two columns, roughly (Unicode Standard Annex 11).
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x1100, 0x115F, 1}, {0x2E80, 0x303E, 1}, {0x3041, 0xA4CF, 1}, {0xA960, 0xA97C, 1}, {0xAC00, 0xD7A3, 1},
		{0xF900, 0xFAFF, 1}, {0xFE30, 0xFE6F, 1}, {0xFF01, 0xFF60, 1}, {0xFFE0, 0xFFE6, 1},
	},
	R32: []unicode.Range32{{0x17000, 0x18D08, 1}, {0x1F300, 0x1F64F, 1}, {0x1F680, 0x1F6FF, 1}, {0x1F900, 0x1F9FF, 1}, {0x20000, 0x3FFFD, 1}},
}
