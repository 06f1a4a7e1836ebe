package clisite

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"time"
)

// chunk is how much has to come or go within one Stall, in bytes. What a session
// holds while nothing of the kind goes on are two buffers.
const (
	chunk  = 64 << 10
	buffer = 4 << 10
)

// maxLoginLine bounds lines before the login, in bytes.
const maxLoginLine = 2048

var errTooLong = errors.New("line is too long")

// longAgo is a deadline that ends a read at once.
var longAgo = time.Unix(1, 0)

// line reads and writes lines on a connection, with a deadline for every step.
type line struct {
	net.Conn
	in        *bufio.Reader
	out       *bufio.Writer
	writer    *writer
	accepting context.Context // reading ends with it
	stall     time.Duration
	last      time.Time // no reading after it, if not zero
	secure    bool      // in TLS
}

// newLine returns the lines of conn. The caller closes conn. It keeps the
// context, whose end stops a read that waits.
func newLine(accepting context.Context, conn net.Conn, stall time.Duration) *line {
	l := &line{Conn: conn, writer: &writer{conn: conn, stall: stall}, accepting: accepting, stall: stall}
	l.in = bufio.NewReaderSize(awaited{l}, buffer)
	l.out = bufio.NewWriterSize(l.writer, buffer)
	return l
}

// startTLS does the handshake. What has come in clear is dropped, and never run
// (CVE-2011-1575).
func (l *line) startTLS(ctx context.Context, config *tls.Config) error {
	if err := l.out.Flush(); err != nil {
		return err
	}
	conn := tls.Server(l.Conn, config)
	l.in.Reset(awaited{l})
	l.writer.conn = conn
	l.Conn.SetReadDeadline(time.Time{})
	ctx, cancel := context.WithDeadline(ctx, l.last)
	defer cancel()
	defer context.AfterFunc(l.accepting, cancel)()
	if err := conn.HandshakeContext(ctx); err != nil {
		return err
	}
	l.Conn, l.secure = conn, true
	return nil
}

// wait lets the next read take at most d.
func (l *line) wait(d time.Duration) {
	t := time.Now().Add(d)
	if !l.last.IsZero() && t.After(l.last) {
		t = l.last
	}
	l.SetReadDeadline(t)
	if l.accepting.Err() != nil { // it may have ended just before
		l.SetReadDeadline(longAgo)
	}
}

// read returns the next command without its end, which is LF or CRLF. The command
// has to begin within idle, and to go on within the time for a stall. Where a command
// of words has a bracket open it goes on over lines, all of limit in length. If there is
// no memory for a command it is read to its end all the same, and the error is
// errBusy.
func (l *line) read(idle time.Duration, limit int, mine *share) ([]byte, error) {
	var long []byte
	var full error
	var words *extent // nil: one line is all
	length, waited := 0, 0
	l.wait(idle)
	for {
		part, err := l.in.ReadSlice('\n')
		if length == 0 && !takesLine(part) {
			words = &extent{}
		}
		length += len(part)
		if length > limit {
			return nil, errTooLong
		}
		ended := words == nil && err == nil || words != nil && words.feed(part)
		if full == nil {
			long, full = add(long, part, limit, mine)
		}
		switch {
		case ended && full != nil:
			return nil, full
		case ended:
			return bytes.TrimSuffix(long[:len(long)-1], []byte("\r")), nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
		if length == len(part) || length-waited >= chunk {
			l.wait(l.stall)
			waited = length
		}
	}
}

// takesLine reports whether what begins so is a command whose arguments are no words:
// the rest of the line, whatever it holds.
func takesLine(begin []byte) bool {
	keyword, _ := cutKeyword(begin)
	switch keyword {
	case "USER", "PASS", "APOP", "AUTH", "NEWPASS", "STLS", "INLINE", "NOOP", "QUIT":
		return true
	}
	return false
}

// cutKeyword takes the keyword, in capitals, off a command. It ends as words do.
func cutKeyword(text []byte) (keyword string, rest []byte) {
	text = bytes.TrimLeft(text, " \t")
	n := bytes.IndexAny(text, " \t\r\n\"([{")
	if n < 0 {
		n = len(text)
	}
	keyword, rest = strings.ToUpper(string(text[:min(n, 64)])), text[n:]
	return keyword, bytes.TrimPrefix(rest, []byte(" "))
}

// add appends a part of a line.
func add(long, part []byte, limit int, mine *share) ([]byte, error) {
	if need := len(long) + len(part); need > cap(long) {
		size := min(max(need, 2*cap(long)), limit)
		if err := mine.grow(size); err != nil { // old and new for a moment
			mine.release()
			return nil, err
		}
		held := int64(0)
		if size > chunk {
			held = int64(size)
		}
		long = append(make([]byte, 0, size), long...)
		mine.keep(held)
	}
	return append(long, part...), nil
}

// write sends lines.
func (l *line) write(lines ...string) error {
	l.writer.left = 0 // a new answer has its own time
	return errors.Join(l.begin(strings.Join(lines, "\r\n")), l.end())
}

// begin starts an answer that is longer than memory should hold; what follows is
// written to out.
func (l *line) begin(head string) error {
	l.writer.left = 0
	_, err := l.out.WriteString(head)
	return err
}

// end is the end of the line that was begun.
func (l *line) end() error {
	l.out.WriteString("\r\n")
	if l.in.Buffered() > 0 {
		return nil // more commands have come: the answers go together
	}
	return l.out.Flush()
}

// awaited reads from the connection, once all answers have gone.
type awaited struct{ *line }

func (a awaited) Read(p []byte) (int, error) {
	if err := a.out.Flush(); err != nil {
		return 0, err
	}
	return a.Conn.Read(p)
}

// writer gives every chunk its own deadline.
type writer struct {
	conn  net.Conn
	stall time.Duration
	left  int // of the chunk
}

func (w *writer) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		if w.left <= 0 {
			w.conn.SetWriteDeadline(time.Now().Add(w.stall))
			w.left = chunk
		}
		var m int
		m, err = w.conn.Write(p[n:min(n+w.left, len(p))])
		n += m
		w.left -= m
	}
	return n, err
}
