package mailbox

import (
	"bufio"
	"bytes"
	"io"
	"regexp"
)

const (
	mboxBuffer  = 64 << 10
	maxFromLine = 1024 // a longer one is no "From " line: our choice
	maxField    = 128  // for the name of a header field
)

// envelope is the shape of a "From " line: that of the server, which has the
// address and something in parentheses, or that of other programs, which has a
// date in the form of asctime.
var envelope = regexp.MustCompile(`^From (<[^<>]*>\(|.*\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? .*\d:\d\d)`)

// splitter splits a .mbox file into messages. Read reads the current one, without
// its "From " line, and without one ">" in front of a quoted "From ".
//
// A "From " line begins a message if it is the first line of the file, or comes
// after an empty one and either has the shape of an envelope or is followed by a
// header field. Any other line is text, since no document says that the server
// quotes such lines. In an iCalendar text a line that begins with "From " can be
// nothing but the rest of a quoted-printable one.
type splitter struct {
	in         *bufio.Reader
	offset     int64 // in the file, of what in gives next
	begun      bool  // whether the first message was reached
	lineStart  bool
	afterEmpty bool   // the line before is empty
	rest       []byte // of what was taken from in
	err        error
}

func newSplitter(r io.Reader) *splitter {
	return &splitter{in: bufio.NewReaderSize(r, mboxBuffer), lineStart: true, afterEmpty: true}
}

// next passes over what is left of a message and goes on to the one behind it,
// which starts at offset. If the first has no "From " line, from is false. At the
// end it returns io.EOF.
func (s *splitter) next() (offset int64, from bool, err error) {
	if !s.begun {
		s.skipEmpty()
	} else if _, err := io.Copy(io.Discard, s); err != nil {
		return 0, false, err
	}
	offset, from = s.offset, s.atFrom()
	s.begun = true
	if !from {
		_, err := s.in.Peek(1)
		return offset, false, err
	}
	line, err := s.in.ReadSlice('\n')
	s.offset += int64(len(line))
	s.afterEmpty = false
	return offset, true, ignoreEnd(err)
}

func ignoreEnd(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// skipEmpty passes over the empty lines in front of the first message.
func (s *splitter) skipEmpty() {
	for {
		head, _ := s.in.Peek(2)
		var n int
		switch {
		case bytes.HasPrefix(head, []byte("\r\n")):
			n = 2
		case bytes.HasPrefix(head, []byte("\n")):
			n = 1
		default:
			return
		}
		s.in.Discard(n)
		s.offset += int64(n)
	}
}

// atFrom reports whether a "From " line comes next that begins a message.
func (s *splitter) atFrom() bool {
	if !s.lineStart || !s.afterEmpty {
		return false
	}
	if head, _ := s.in.Peek(len("From ")); string(head) != "From " {
		return false
	}
	ahead, _ := s.in.Peek(maxFromLine + maxField)
	line, behind, _ := bytes.Cut(ahead, []byte("\n"))
	if len(line) > maxFromLine {
		return false
	}
	return !s.begun || envelope.Match(line) || beginsField(behind)
}

// beginsField reports whether text begins with a header field (RFC 5322 §2.2).
func beginsField(text []byte) bool {
	name, _, found := bytes.Cut(text, []byte(":"))
	return found && len(name) > 0 && bytes.IndexFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// Read implements io.Reader.
func (s *splitter) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(s.rest) == 0 {
			if err := s.fill(); err != nil {
				if n > 0 {
					return n, nil // fill gives the same again
				}
				return 0, err
			}
		}
		copied := copy(p[n:], s.rest)
		s.rest = s.rest[copied:]
		n += copied
	}
	return n, nil
}

// fill takes the next line, or the next piece of a long one.
func (s *splitter) fill() error {
	if s.err != nil {
		return s.err
	}
	if s.atFrom() {
		return io.EOF
	}
	line, err := s.in.ReadSlice('\n')
	if err == bufio.ErrBufferFull || err == io.EOF && len(line) > 0 {
		err = nil
	}
	if err != nil {
		s.err = err
		return err
	}
	s.offset += int64(len(line))
	s.afterEmpty = s.lineStart && len(trimNewline(line)) == 0
	if s.lineStart && line[0] == '>' && bytes.HasPrefix(bytes.TrimLeft(line, ">"), []byte("From ")) {
		line = line[1:]
	}
	s.lineStart = line[len(line)-1] == '\n'
	s.rest = line
	return nil
}

// trimNewline returns line without the LF or CRLF at its end.
func trimNewline(line []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
}
