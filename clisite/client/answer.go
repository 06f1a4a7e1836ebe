package client

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/stream"
)

// tolerated are the faults that answers may have: servers of many versions write
// what users gave them. What is not whole is never taken for an answer.
const tolerated = cgpdata.Lenient &^ (cgpdata.MissingBraces | cgpdata.EmptyText | cgpdata.DuplicateKey | cgpdata.NULByte)

// answer is what a server says to a command: a code, and a text or data
// (CommuniGate Pro Guide, PWD).
type answer struct {
	code    int
	text    string
	hasData bool
	data    line // if hasData
}

// codeInline is the code of an answer whose data are on the same line.
const codeInline = 201

// readAnswer reads an answer up to its data. One that tells of a failure is an
// *Error. Data of more than limit bytes are ErrTooLong when they are read.
func readAnswer(in *bufio.Reader, op string, limit int64) (*answer, error) {
	var head [4]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, unexpected(err)
	}
	a := &answer{}
	for _, c := range head[:3] {
		if c < '0' || c > '9' {
			return nil, fmt.Errorf("%w: no code", ErrProtocol)
		}
		a.code = 10*a.code + int(c-'0')
	}
	switch head[3] {
	case ' ':
	case '\r', '\n':
		if err := in.UnreadByte(); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("%w: no code", ErrProtocol)
	}
	a.data = line{in: in, left: limit}
	if a.hasData = a.code == codeInline; a.hasData {
		return a, nil
	}
	a.data.left = maxText
	text, err := io.ReadAll(&a.data)
	if err != nil {
		return nil, err
	}
	a.text = strings.TrimRight(string(text), "\r ")
	if a.code/100 == 2 || a.code == 300 && op == "USER" {
		return a, nil
	}
	return nil, &Error{Op: op, Code: a.code, Text: a.text}
}

// unexpected makes the end of the connection an error.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// finish goes past the end of an answer, of which nothing must be left but blanks.
func (a *answer) finish() error {
	rest := make([]byte, 512)
	for {
		n, err := a.data.Read(rest)
		if a.hasData && len(bytes.TrimRight(rest[:n], "\r ")) > 0 {
			return fmt.Errorf("%w: more data than one value", ErrProtocol)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// needData refuses an answer without data.
func (a *answer) needData() error {
	if !a.hasData {
		return fmt.Errorf("%w: the answer %d has no data on its line", ErrProtocol, a.code)
	}
	return nil
}

// value reads the data, which are one value.
func (a *answer) value() (cgpdata.Value, error) {
	if err := a.needData(); err != nil {
		return cgpdata.Null(), err
	}
	text, err := io.ReadAll(&a.data)
	if err != nil {
		return cgpdata.Null(), err
	}
	v, err := cgpdata.Parse(bytes.TrimRight(text, "\r"), &cgpdata.Options{SingleLine: true, Allow: tolerated, MaxBytes: int64(len(text)) + 1})
	if err != nil {
		return cgpdata.Null(), fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	return v, nil
}

// dictionary reads the data, which are a dictionary, and calls each for its pairs.
// It holds one pair at a time.
func (a *answer) dictionary(each func(key string, v cgpdata.Value) error) error {
	if err := a.needData(); err != nil {
		return err
	}
	d := stream.NewDecoder(&a.data, &cgpdata.Options{SingleLine: true, Allow: tolerated, MaxBytes: a.data.left, MaxItems: 1 << 30})
	t, err := d.ReadToken()
	if err != nil {
		return a.notWhole(err)
	}
	if t.Kind != stream.BeginDictionary {
		return fmt.Errorf("%w: no dictionary", ErrProtocol)
	}
	for {
		t, err := d.ReadToken()
		if err != nil {
			return a.notWhole(err)
		}
		if t.Kind == stream.EndDictionary {
			break
		}
		v, err := d.ReadValue()
		if err != nil {
			return a.notWhole(err)
		}
		if err := each(t.Key, v); err != nil {
			return err
		}
	}
	rest, err := io.ReadAll(io.LimitReader(d.Buffered(), 512))
	if err == nil && len(bytes.TrimRight(rest, "\r ")) > 0 {
		err = fmt.Errorf("%w: more data than one value", ErrProtocol)
	}
	return err
}

// notWhole tells whether the text is wrong or the connection.
func (a *answer) notWhole(err error) error {
	if a.data.err != nil {
		return a.data.err
	}
	return fmt.Errorf("%w: %w", ErrProtocol, unexpected(err))
}

// line reads up to the end of a line.
type line struct {
	in    *bufio.Reader
	left  int64 // how long the line may still be
	ended bool
	err   error // of the connection, or ErrTooLong
}

// Read implements [io.Reader]. The end of the line is io.EOF, that of the connection
// io.ErrUnexpectedEOF.
func (l *line) Read(p []byte) (int, error) {
	switch {
	case l.err != nil:
		return 0, l.err
	case l.ended:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	if _, err := l.in.Peek(1); err != nil {
		l.err = unexpected(err)
		return 0, l.err
	}
	part, _ := l.in.Peek(min(l.in.Buffered(), len(p)))
	if i := bytes.IndexByte(part, '\n'); i >= 0 {
		part, l.ended = part[:i], true
	}
	if l.left -= int64(len(part)); l.left < 0 {
		l.err = ErrTooLong
		return 0, l.err
	}
	n := copy(p, part)
	l.in.Discard(n)
	if l.ended {
		l.in.Discard(1)
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
