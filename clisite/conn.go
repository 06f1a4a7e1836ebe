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

	"github.com/cgpkit/cgpkit/internal/stall"
)

// buffer is what a session reads and writes at a time, in bytes. It holds no more while
// no long command or answer is under way.
const buffer = 4 << 10

// maxLoginLine bounds lines before the login, in bytes.
const maxLoginLine = 2048

var errTooLong = errors.New("line is too long")

// longAgo is a deadline that ends a read at once.
var longAgo = time.Unix(1, 0)

// line reads and writes lines on a connection, with a deadline for every piece: what a
// slow client sends is held in memory.
type line struct {
	net.Conn
	in        *bufio.Reader
	out       *bufio.Writer
	reading   stall.Deadline
	writing   stall.Deadline
	accepting context.Context // reading ends with it
	patience  time.Duration   // for the next read of the connection; 0: reading stands
	last      time.Time       // no reading after it, if not zero
	secure    bool            // in TLS
}

// newLine returns the lines of conn. The caller closes conn. It keeps the
// context, whose end stops a read that waits.
func newLine(accepting context.Context, conn net.Conn, patience time.Duration) *line {
	l := &line{Conn: conn, accepting: accepting}
	l.reading = stall.New(l.readUntil, patience)
	l.writing = stall.New(func(t time.Time) error { return l.SetWriteDeadline(t) }, patience)
	l.in = bufio.NewReaderSize(reader{l}, buffer)
	l.out = bufio.NewWriterSize(writer{l}, buffer)
	return l
}

// startTLS does the handshake. What has come in clear is dropped, and never run
// (CVE-2011-1575).
func (l *line) startTLS(ctx context.Context, config *tls.Config) error {
	if err := l.out.Flush(); err != nil {
		return err
	}
	conn := tls.Server(l.Conn, config)
	l.in.Reset(reader{l})
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

// readUntil sets the deadline for reading.
func (l *line) readUntil(t time.Time) error {
	if !l.last.IsZero() && t.After(l.last) {
		t = l.last
	}
	err := l.SetReadDeadline(t)
	if l.accepting.Err() != nil { // it may have ended just before
		err = l.SetReadDeadline(longAgo)
	}
	return err
}

// read returns the next command without its end, which is LF or CRLF. The command
// has to begin within idle, and to go on within the time for a stall. Where a command
// of words has a bracket open it goes on over lines, all of limit in length. If there is
// no memory for a command it is read to its end all the same, and the error is
// errBusy. The command is valid until the next one is read.
func (l *line) read(idle time.Duration, limit int, mine *share) ([]byte, error) {
	var long []byte
	var full error
	var words *extent // nil: one line is all
	length, waited := 0, 0
	l.patience = idle // what has come before costs no look at the clock
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
		if ended && length == len(part) {
			return trimEnd(part), nil
		}
		if full == nil {
			long, full = add(long, part, limit, mine)
		}
		switch {
		case ended && full != nil:
			return nil, full
		case ended:
			return trimEnd(long), nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
		if length == len(part) || length-waited >= stall.Piece {
			l.patience = 0
			l.reading.Renew()
			waited = length
		}
	}
}

// trimEnd takes LF or CRLF off a line.
func trimEnd(line []byte) []byte {
	return bytes.TrimSuffix(line[:len(line)-1], []byte("\r"))
}

// takesLine reports whether what begins so is a command whose arguments are no words:
// the rest of the line, whatever it holds.
func takesLine(begin []byte) bool {
	keyword, _ := cutKeyword(begin)
	for _, k := range [...]string{"USER", "PASS", "APOP", "AUTH", "NEWPASS", "STLS", "INLINE", "NOOP", "QUIT"} {
		if bytes.EqualFold(keyword, []byte(k)) {
			return true
		}
	}
	return false
}

// cutKeyword takes the keyword off a command. It ends as words do.
func cutKeyword(text []byte) (keyword, rest []byte) {
	text = bytes.TrimLeft(text, " \t")
	n := bytes.IndexAny(text, " \t\r\n\"([{")
	if n < 0 {
		n = len(text)
	}
	return text[:min(n, 64)], bytes.TrimPrefix(text[n:], []byte(" "))
}

// capitals returns a keyword as commands are named.
func capitals(keyword []byte) string { return strings.ToUpper(string(keyword)) }

// add appends a part of a line.
func add(long, part []byte, limit int, mine *share) ([]byte, error) {
	if need := len(long) + len(part); need > cap(long) {
		size := min(max(need, 2*cap(long)), limit)
		if err := mine.grow(int64(size)); err != nil { // old and new for a moment
			mine.release()
			return nil, err
		}
		held := int64(0)
		if size > uncounted {
			held = int64(size)
		}
		long = append(make([]byte, 0, size), long...)
		mine.keep(held)
	}
	return append(long, part...), nil
}

// write sends lines.
func (l *line) write(lines ...string) error {
	l.writing.Begin() // a new answer has its own time
	return errors.Join(l.begin(strings.Join(lines, "\r\n")), l.end())
}

// begin starts an answer that is longer than memory should hold; what follows is
// written to out.
func (l *line) begin(head string) error {
	l.writing.Begin()
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

// reader reads from the connection, once all answers have gone.
type reader struct{ *line }

func (r reader) Read(p []byte) (int, error) {
	if err := r.out.Flush(); err != nil {
		return 0, err
	}
	if r.patience > 0 {
		r.reading.Wait(r.patience)
		r.patience = 0
	}
	return r.Conn.Read(p)
}

// writer writes to the connection.
type writer struct{ *line }

func (w writer) Write(p []byte) (int, error) { return w.writing.Write(w.Conn, p) }
