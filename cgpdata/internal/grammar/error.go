package grammar

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Error is what package cgpdata calls a SyntaxError; one can be converted into the other.
type Error struct {
	Offset int64
	Line   int
	Column int
	Path   string
	Err    error
}

// Truncated returns the error of a text that ends too early.
func Truncated(what string) error { return truncatedError(what) }

type truncatedError string

func (t truncatedError) Error() string { return "unterminated " + string(t) }
func (t truncatedError) Unwrap() error { return io.ErrUnexpectedEOF }

// Fail keeps the first error, at the byte src[at], and returns -1.
func (p *Parser) Fail(at int, err error) int {
	if p.Err == nil {
		p.Err = p.ErrorAt(at, err)
	}
	return -1
}

// Tolerate reports whether the fault t at src[at] may pass; if not, it fails.
func (p *Parser) Tolerate(t Fault, at int) bool {
	if p.Allow&t == 0 {
		p.Fail(at, errFault(t))
		return false
	}
	if p.Warn != nil && p.Warnings < MaxWarnings {
		p.Warnings++
		p.Warn(p.ErrorAt(at, errFault(t)))
	}
	return true
}

// ErrorAt returns an error at the byte src[at].
func (p *Parser) ErrorAt(at int, err error) *Error {
	before := p.Src[:at]
	lines := bytes.Count(before, []byte{'\n'}) + bytes.Count(before, []byte{'\r'}) - bytes.Count(before, []byte("\r\n"))
	start := max(bytes.LastIndexByte(before, '\n'), bytes.LastIndexByte(before, '\r')) + 1
	return &Error{Offset: int64(at), Line: lines + 1, Column: at - start + 1, Path: p.Path(), Err: err}
}

// Unexpected returns the error for src[at], where want should stand.
func (p *Parser) Unexpected(at int, want string) error {
	if at >= len(p.Src) {
		return fmt.Errorf("want %s: %w", want, io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("want %s, not %q", want, p.Src[at:at+1])
}

// Path names the value that is being read.
func (p *Parser) Path() string {
	var path []byte
	for i, f := range p.Open {
		if f.Bracket == '(' {
			path = AppendStep(path, "", int(f.Count))
			continue
		}
		next := len(p.Keys)
		if i+1 < len(p.Open) {
			next = int(p.Open[i+1].Keys)
		}
		if next-int(f.Keys) > int(f.Count) { // the value of the last key is not complete
			path = AppendStep(path, string(p.KeyText(p.Keys[next-1])), -1)
		}
	}
	return string(path)
}

// MaxPath is the length of a path, in bytes: longer ones are cut, as they go into messages.
const MaxPath = 200

// AppendStep adds one step to a path: an index, or a key if the index is negative.
func AppendStep(path []byte, key string, index int) []byte {
	switch {
	case len(path) > MaxPath:
		return path
	case index >= 0:
		path = append(path, '[')
		path = append(strconv.AppendInt(path, int64(index), 10), ']')
	default:
		if len(path) > 0 {
			path = append(path, '.')
		}
		cut := min(len(key), MaxPath)
		path = AppendPathKey(path, key[:cut])
	}
	if len(path) > MaxPath {
		path = append(path, "..."...)
	}
	return path
}

// AppendPathKey writes a key of a path: one with a '.' would be read as two, and is quoted.
func AppendPathKey(path []byte, key string) []byte {
	if !IsAtom(key, AtomsWide) || strings.Contains(key, ".") {
		return new(Writer).quoted(path, key, 0)
	}
	return append(path, key...)
}
