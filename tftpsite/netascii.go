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

// textReader turns text into netascii: a line feed is CR LF and a carriage return
// CR NUL.
type textReader struct {
	r      *bufio.Reader
	second byte // of a pair whose first byte was read
	paired bool
}

func (t *textReader) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if t.paired {
			p[n], t.paired = t.second, false
			n++
			continue
		}
		c, err := t.r.ReadByte()
		if err != nil {
			if n > 0 {
				return n, nil // it stays
			}
			return 0, err
		}
		switch c {
		case '\n':
			c, t.second, t.paired = '\r', '\n', true
		case '\r':
			t.second, t.paired = 0, true
		}
		p[n] = c
		n++
	}
	return n, nil
}
