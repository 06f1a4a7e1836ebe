package tftpsite

import (
	"bufio"
	"errors"
	"io"
)

var errNetascii = errors.New("carriage return without line feed or zero byte")

// textWriter turns netascii into text with bare line feeds (RFC 1350 §1,
// RFC 764): CR LF is a line feed and CR NUL is a carriage return. A carriage
// return before anything else gives errNetascii. Close has to follow the last
// Write.
//
// The decoder of the library stores some earlier byte there, and loses a
// carriage return at the end.
type textWriter struct {
	w  *bufio.Writer
	cr bool // the last byte was a carriage return
}

func newTextWriter(w io.Writer) *textWriter {
	return &textWriter{w: bufio.NewWriter(w)}
}

func (t *textWriter) Write(p []byte) (int, error) {
	for i, c := range p {
		if c == '\r' && !t.cr {
			t.cr = true
			continue
		}
		if t.cr {
			t.cr = false
			switch c {
			case '\n':
			case 0:
				c = '\r'
			default:
				return i, errNetascii
			}
		}
		if err := t.w.WriteByte(c); err != nil {
			return i, err
		}
	}
	return len(p), nil
}

func (t *textWriter) Close() error {
	if t.cr {
		return errNetascii
	}
	return t.w.Flush()
}
