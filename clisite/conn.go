package clisite

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net"
	"time"
)

// chunk is how much has to come or go within one Stall, in bytes.
const chunk = 64 << 10

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
	accepting context.Context // reading ends with it
	stall     time.Duration
	last      time.Time // no reading after it, if not zero
}

// newLine returns the lines of conn. The caller closes conn. It keeps the
// context, whose end stops a read that waits.
func newLine(accepting context.Context, conn net.Conn, stall time.Duration) *line {
	l := &line{Conn: conn, accepting: accepting, stall: stall}
	l.in = bufio.NewReaderSize(conn, chunk)
	l.out = bufio.NewWriterSize(writer{conn, stall}, chunk)
	return l
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

// read returns the next line without its end, which is LF or CRLF. The line
// has to begin within idle, and to go on within the time for a stall.
func (l *line) read(idle time.Duration, limit int) ([]byte, error) {
	var long []byte
	l.wait(idle)
	for {
		part, err := l.in.ReadSlice('\n')
		if len(long)+len(part) > limit {
			return nil, errTooLong
		}
		long = append(long, part...)
		if err == nil {
			return bytes.TrimSuffix(long[:len(long)-1], []byte("\r")), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		l.wait(l.stall)
	}
}

// write sends lines.
func (l *line) write(lines ...string) error {
	for _, s := range lines {
		l.out.WriteString(s)
		l.out.WriteString("\r\n")
	}
	return l.out.Flush()
}

// writer gives every chunk its own deadline.
type writer struct {
	conn  net.Conn
	stall time.Duration
}

func (w writer) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		w.conn.SetWriteDeadline(time.Now().Add(w.stall))
		m, err = w.conn.Write(p[n:min(n+chunk, len(p))])
		n += m
	}
	return n, err
}
