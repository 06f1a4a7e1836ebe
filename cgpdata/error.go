package cgpdata

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// The limits of [Options] that a text can break. Of these, [Append] knows ErrDepth.
var (
	ErrSize  = errors.New("text longer than MaxBytes")
	ErrDepth = errors.New("nested deeper than MaxDepth")
	ErrItems = errors.New("more values than MaxItems")
)

// SyntaxError tells where and why a text was refused. When the text ended too
// early, errors.Is(err, io.ErrUnexpectedEOF) holds, save where what stands at its
// end is wrong already, as #NUL is. One that breaks a limit is ErrSize, ErrDepth or
// ErrItems in the same way.
type SyntaxError struct {
	Offset int64  // of the byte in the text, from 0
	Line   int    // from 1; LF, CR and CR LF end a line
	Column int    // from 1, in bytes
	Path   string // of the value, such as Listener.Ports[1].PortNumber; a long one is cut; "" for the whole text
	Err    error  // what is wrong there
}

// Error returns one line, such as "cgpdata: line 3, column 14: unterminated string
// at Listener.Ports[1]".
func (e *SyntaxError) Error() string {
	text := fmt.Sprintf("cgpdata: line %d, column %d: %v", e.Line, e.Column, e.Err)
	if e.Path != "" {
		text += " at " + e.Path
	}
	return text
}

// Unwrap returns Err.
func (e *SyntaxError) Unwrap() error { return e.Err }

// truncated is the error of a text that ends too early.
type truncated string

func (t truncated) Error() string { return "unterminated " + string(t) }
func (t truncated) Unwrap() error { return io.ErrUnexpectedEOF }

// fail keeps the first error, at the byte src[at], and returns -1.
func (p *parser) fail(at int, err error) int {
	if p.err == nil {
		p.err = p.syntaxError(at, err)
	}
	return -1
}

// tolerate reports whether the fault t at src[at] may pass; if not, it fails.
func (p *parser) tolerate(t Tolerance, at int) bool {
	if p.allow&t == 0 {
		p.fail(at, errors.New(t.String()))
		return false
	}
	if p.warn != nil && p.warnings < maxWarnings {
		p.warnings++
		p.warn(p.syntaxError(at, errors.New(t.String())))
	}
	return true
}

func (p *parser) syntaxError(at int, err error) *SyntaxError {
	before := p.src[:at]
	lines := bytes.Count(before, []byte{'\n'}) + bytes.Count(before, []byte{'\r'}) - bytes.Count(before, []byte("\r\n"))
	start := max(bytes.LastIndexByte(before, '\n'), bytes.LastIndexByte(before, '\r')) + 1
	return &SyntaxError{Offset: int64(at), Line: lines + 1, Column: at - start + 1, Path: p.path(), Err: err}
}

// unexpected returns the error for src[at], where want should stand.
func (p *parser) unexpected(at int, want string) error {
	if at >= len(p.src) {
		return fmt.Errorf("want %s: %w", want, io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("want %s, not %q", want, p.src[at:at+1])
}

// path names the value that is being read.
func (p *parser) path() string {
	var path []byte
	for i, f := range p.open {
		if f.bracket == '(' {
			path = appendStep(path, "", int(f.count))
			continue
		}
		next := len(p.keys)
		if i+1 < len(p.open) {
			next = int(p.open[i+1].keys)
		}
		if next-int(f.keys) > int(f.count) { // the value of the last key is not complete
			path = appendStep(path, string(p.keyText(p.keys[next-1])), -1)
		}
	}
	return string(path)
}

const maxPath = 200 // longer ones are cut: they go into messages

// appendStep adds one step to a path: an index, or a key if the index is negative.
func appendStep(path []byte, key string, index int) []byte {
	switch {
	case len(path) > maxPath:
		return path
	case index >= 0:
		path = append(path, '[')
		path = append(strconv.AppendInt(path, int64(index), 10), ']')
	default:
		if len(path) > 0 {
			path = append(path, '.')
		}
		cut := min(len(key), maxPath)
		path = appendPathKey(path, key[:cut])
	}
	if len(path) > maxPath {
		path = append(path, "..."...)
	}
	return path
}
