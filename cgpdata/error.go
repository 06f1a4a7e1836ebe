package cgpdata

import (
	"fmt"

	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// The limits of [Options] that a text can break. Of these, [Append] knows ErrDepth.
var (
	ErrSize  = grammar.ErrSize  // text longer than MaxBytes
	ErrDepth = grammar.ErrDepth // nested deeper than MaxDepth
	ErrItems = grammar.ErrItems // more values than MaxItems
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
