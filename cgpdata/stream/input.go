package stream

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// An input is the part of a stream that is in memory: a window, which more opens further on.
// Positions are indexes into buf, and lose their meaning with each call of more; what
// has to live longer is counted from pos, or is the anchor.
type input struct {
	r       io.Reader
	buf     []byte
	pos     int // where the next thing to read begins
	mark    int // keep everything from here on; -1 to keep what follows pos
	limit   int // of what is kept, in bytes
	spent   int // of this, by what is not in the window any more
	pending error
	shared  bool  // strings are pieces of buf
	start   place // of buf[0]
	anchor  int   // a position to be told later; -1 when it left the window, and was
	told    place // this one

	single bool
	space  uint16
	err    error // the first one, for good
	path   func() string
}

// A place is a position in the whole stream.
type place struct {
	offset    int64
	line      int   // from 0
	lineStart int64 // the offset at which it begins
	afterCR   bool
}

// The sizes of a window, if no long token is in it, and of the room in it for a read.
const (
	windowSize = 32 << 10
	leastRead  = 2 << 10
	bigWindow  = 1 << 20 // is not kept
)

// advance moves p to the end of the bytes, which begin at it.
func (p *place) advance(b []byte) {
	if len(b) == 0 {
		return
	}
	if feeds, returns := bytes.Count(b, []byte{'\n'}), bytes.Count(b, []byte{'\r'}); feeds+returns > 0 {
		p.line += feeds + returns
		if feeds > 0 && returns > 0 {
			p.line -= bytes.Count(b, []byte("\r\n"))
		}
		if p.afterCR && b[0] == '\n' {
			p.line--
		}
		p.lineStart = p.offset + int64(bytes.LastIndexAny(b, "\r\n")) + 1
	}
	p.afterCR = b[len(b)-1] == '\r'
	p.offset += int64(len(b))
}

// place returns the place of buf[at].
func (in *input) place(at int) place {
	p := in.start
	p.advance(in.buf[:at])
	return p
}

// anchored returns the place that anchor was set to.
func (in *input) anchored() place {
	if in.anchor < 0 {
		return in.told
	}
	return in.place(in.anchor)
}

func (in *input) syntaxError(p place, err error) *cgpdata.SyntaxError {
	return &cgpdata.SyntaxError{Offset: p.offset, Line: p.line + 1, Column: int(p.offset-p.lineStart) + 1, Path: in.path(), Err: err}
}

// fail keeps the first error, at buf[at], and returns false.
func (in *input) fail(at int, err error) bool {
	if in.err == nil {
		in.err = in.syntaxError(in.place(at), err)
	}
	return false
}

// more reads more into the window. It returns false at the end of the stream and
// after an error.
func (in *input) more() bool {
	keep := in.pos
	if in.mark >= 0 {
		keep, in.spent = in.mark, 0
	}
	if in.err != nil {
		return false
	}
	if limit := in.limit - in.spent; len(in.buf)-keep > limit {
		return in.fail(keep+limit, grammar.ErrSize)
	}
	if in.pending == nil {
		in.slide(keep)
		if in.read() {
			return true
		}
	}
	if in.pending != io.EOF {
		in.err = fmt.Errorf("cgpdata: read: %w", in.pending)
	}
	return false
}

// read makes one read that brings something, or sets pending.
func (in *input) read() bool {
	for range 100 { // as in bufio
		n, err := in.r.Read(in.buf[len(in.buf):cap(in.buf)])
		in.buf = in.buf[:len(in.buf)+n]
		in.pending = err
		if n > 0 || err != nil {
			return n > 0
		}
	}
	in.pending = io.ErrNoProgress
	return false
}

// slide makes room in the window, if there is too little, and forgets what is before keep.
// Strings that are pieces of a window share it: it is not written again, and the rest goes to
// a new one.
func (in *input) slide(keep int) {
	if cap(in.buf)-len(in.buf) >= leastRead {
		return
	}
	rest := in.buf[keep:]
	if in.anchor >= 0 && in.anchor < keep {
		in.told, in.anchor = in.place(in.anchor), -1
	}
	in.anchor = max(in.anchor-keep, -1)
	in.start.advance(in.buf[:keep])
	in.pos -= keep
	if in.mark >= 0 {
		in.mark -= keep
	}
	room := in.buf
	if in.shared || len(rest) >= cap(in.buf)/2 || cap(in.buf) > bigWindow {
		room, in.shared = make([]byte, 0, max(windowSize, 2*len(rest)+leastRead)), false
	}
	in.buf = append(room[:0], rest...)
}

// atEnd reports whether nothing follows pos; it has meaning when more has returned
// false.
func (in *input) atEnd() bool { return in.pos == len(in.buf) }

// at returns the byte n behind pos; 0 at the end. It reads what is needed.
func (in *input) at(n int) byte {
	for in.pos+n >= len(in.buf) {
		if !in.more() {
			return 0
		}
	}
	return in.buf[in.pos+n]
}

// skip goes past white space and comments, and then makes sure that there is a byte
// at pos unless the stream is over.
func (in *input) skip() bool {
	for {
		in.pos = grammar.Scan(in.buf, in.pos, in.space)
		switch {
		case in.atEnd():
			if !in.more() {
				return in.err == nil
			}
		case in.buf[in.pos] != '/' || in.single:
			return true
		case !in.comment():
			return in.err == nil
		}
	}
}

// comment goes past the comment at pos, if there is one.
func (in *input) comment() bool {
	if in.mark >= 0 && in.pos+1-in.mark > in.limit {
		return in.fail(in.mark+in.limit, grammar.ErrSize)
	}
	switch in.at(1) {
	case '/':
		for {
			if end := bytes.IndexAny(in.buf[in.pos:], "\r\n"); end >= 0 {
				in.pos += end
				return true
			}
			in.pos = len(in.buf)
			if !in.more() {
				return in.err == nil
			}
		}
	case '*':
		for in.pos += 2; ; {
			if end := bytes.Index(in.buf[in.pos:], []byte("*/")); end >= 0 {
				in.pos += end + 2
				return true
			}
			end := len(in.buf)
			if !in.atEnd() && in.buf[end-1] == '*' {
				end--
			}
			in.pos = end
			if !in.more() {
				return in.fail(len(in.buf), grammar.Truncated("comment"))
			}
		}
	}
	return false
}

// The methods below return the length of what begins at pos, without the byte behind
// it, which is in the window as well unless the stream is over. They find the end,
// and leave it to the parser to say what is wrong before it.

// while returns the length of the bytes of the classes; wide ones belong to them too
// if wide is set.
func (in *input) while(n int, bits uint16, wide bool) int {
	for {
		if wide {
			n = grammar.ScanWide(in.buf, in.pos+n, bits) - in.pos
		} else {
			n = grammar.Scan(in.buf, in.pos+n, bits) - in.pos
		}
		if in.pos+n < len(in.buf) || !in.more() {
			return n
		}
	}
}

// until returns the length up to the first byte of the classes.
func (in *input) until(n int, bits uint16) int {
	for {
		for in.pos+n < len(in.buf) && grammar.Class[in.buf[in.pos+n]]&bits == 0 {
			n++
		}
		if in.pos+n < len(in.buf) || !in.more() {
			return n
		}
	}
}

// quoted returns the length up to the quote that closes the string.
func (in *input) quoted() int {
	for n := 1; ; {
		if n = in.while(n, grammar.ClassPlain, true); in.pos+n >= len(in.buf) {
			return n
		}
		switch in.buf[in.pos+n] {
		case '"':
			return n
		case '\\': // what follows it never closes the string
			if in.at(n + 1); in.pos+n+1 >= len(in.buf) {
				return n + 1
			}
			n++
		}
		n++
	}
}

// block returns the length up to the bracket that closes the datablock, or to a byte
// that cannot be in it.
func (in *input) block() int {
	n := 1
	for {
		n = in.while(n, grammar.ClassBase64|in.space, false)
		if in.at(n) != '=' || in.pos+n >= len(in.buf) {
			return n
		}
		n++
	}
}

// hash returns the length of a value that begins with '#'.
func (in *input) hash() int {
	n, end := 0, grammar.ClassSpace|grammar.ClassEnd
	if !in.single {
		end |= grammar.ClassComment
	}
	switch in.at(1) {
	case 'I':
		if in.at(2) != '[' {
			break
		}
		for n = 2; in.at(n) != ']' && in.pos+n < len(in.buf); n++ {
		}
	case '(':
		depth := 0
		for n = 1; ; n++ {
			switch in.at(n) {
			case '(':
				depth++
			case ')':
				depth--
			}
			if in.pos+n >= len(in.buf) {
				return n
			}
			if depth == 0 {
				n++
				break
			}
		}
	}
	return in.until(n, end)
}

// end turns the length up to a closing byte into that with it.
func (in *input) end(n int) int {
	in.spent = 0
	return min(n+1, len(in.buf)-in.pos)
}

// elements returns the length of the XML elements, as far as they are right.
func (in *input) elements(maxDepth int) int {
	d := grammar.NewXMLDecoder(func(i int) (byte, bool) {
		c := in.at(i)
		return c, in.pos+i < len(in.buf)
	})
	for depth := 0; ; {
		token, err := d.Token()
		n := int(d.InputOffset())
		if err != nil {
			return n
		}
		switch token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
			if depth == 0 && in.at(n) == '<' {
				continue
			}
		case xml.Directive:
			return n
		}
		if depth == 0 || depth > maxDepth {
			return n
		}
	}
}
