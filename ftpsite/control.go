package ftpsite

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/internal/graceful"
)

const (
	// maxLine is the longest command in bytes, without its CR LF.
	maxLine = 4094
	// firstLine is the room for commands that a session begins with.
	firstLine = 256
	// What may be said while a transfer runs: some clients send a NOOP every
	// now and then. A client that says more is cut off.
	maxAhead      = 256
	maxAheadBytes = 32 << 10
	maxRepeats    = 100_000 // of one line
)

var (
	errTooLong  = errors.New("line is too long")
	errTooMuch  = errors.New("too many commands during a transfer")
	longAgo     = time.Unix(1, 0)
	errStopping = errors.New("no more commands")
)

// control is the control connection. One goroutine at a time reads from it;
// replies may come from another one.
type control struct {
	raw      net.Conn
	patience time.Duration // for a reply to be taken

	conn  net.Conn // raw, or TLS on it
	buf   []byte   // for what was read
	begin int      // what has not been looked at is buf[begin:end]
	end   int

	ahead      []said // what was heard during a transfer
	aheadBytes int
	failed     error // nothing can be read any more

	writing sync.Mutex // one reply at a time; guards what follows
	held    string     // goes out with the next reply
	broken  bool       // a reply was not taken

	mu      sync.Mutex // guards what follows
	waiting bool       // for a command: stop ends that
	stopped bool
}

// said is a line that was said so many times on end.
type said struct {
	line  string
	times int
}

func newControl(raw net.Conn, patience time.Duration) *control {
	return &control{raw: raw, conn: raw, patience: patience}
}

// next returns the next command, if it has arrived in full by that time.
func (c *control) next(by time.Time) (string, error) {
	if !c.wait(by) {
		return "", errStopping
	}
	line, ok := c.takeAhead()
	var err error
	if !ok {
		line, err = c.readLine()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = false
	if c.stopped && errors.Is(err, os.ErrDeadlineExceeded) {
		err = errStopping
	}
	return line, err
}

// takeAhead returns the first line that was put aside.
func (c *control) takeAhead() (line string, ok bool) {
	if len(c.ahead) == 0 {
		c.ahead = nil
		return "", false
	}
	first := &c.ahead[0]
	line = first.line
	if first.times--; first.times == 0 {
		c.ahead = c.ahead[1:]
		c.aheadBytes -= len(line)
	}
	return line, true
}

func (c *control) wait(by time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return false
	}
	c.waiting = true
	c.raw.SetReadDeadline(by)
	return true
}

// stop lets next return no more commands. A transfer goes on, and what is said
// during it is heard.
func (c *control) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	if c.waiting {
		c.raw.SetReadDeadline(longAgo)
	}
}

// keep puts a line that was heard during a transfer aside.
func (c *control) keep(line string) error {
	if n := len(c.ahead); n > 0 && c.ahead[n-1].line == line && c.ahead[n-1].times < maxRepeats {
		c.ahead[n-1].times++
		return nil
	}
	if len(c.ahead) >= maxAhead || c.aheadBytes+len(line) > maxAheadBytes {
		return errTooMuch
	}
	c.ahead = append(c.ahead, said{line, 1})
	c.aheadBytes += len(line)
	return nil
}

// heard reports whether a command was put aside.
func (c *control) heard(verb string) bool {
	for _, said := range c.ahead {
		if v, _ := splitLine(said.line); v == verb {
			return true
		}
	}
	return false
}

// readLine returns one line, without its end and without Telnet commands. When
// the deadline passes in the middle of a line, the line is kept.
func (c *control) readLine() (string, error) {
	looked := 0
	for c.failed == nil {
		if i := bytes.IndexByte(c.buf[c.begin+looked:c.end], '\n'); i >= 0 {
			i += looked
			line := c.buf[c.begin : c.begin+i]
			c.begin += i + 1
			return cleanLine(line), nil
		}
		looked = c.end - c.begin
		if c.failed = c.makeRoom(); c.failed != nil {
			break
		}
		n, err := c.conn.Read(c.buf[c.end:])
		c.end += n
		switch {
		case n > 0 || err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			return "", err
		default:
			c.failed = err
		}
	}
	return "", c.failed
}

// makeRoom leaves room in buf for at least one byte.
func (c *control) makeRoom() error {
	if c.begin > 0 {
		c.end = copy(c.buf, c.buf[c.begin:c.end])
		c.begin = 0
	}
	if c.end < len(c.buf) {
		return nil
	}
	if len(c.buf) >= maxLine+len("\r\n") {
		return errTooLong
	}
	grown := make([]byte, min(max(firstLine, 2*len(c.buf)), maxLine+len("\r\n")))
	copy(grown, c.buf[:c.end])
	c.buf = grown
	return nil
}

// leave ends the connection, so that the client gets the last reply.
func (c *control) leave() {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.broken || errors.Is(c.failed, io.EOF) { // nothing is on its way, or nothing more comes
		c.conn.Close()
		return
	}
	graceful.Leave(c.conn, lastReplyTime)
}

// forget drops what was read and not looked at.
func (c *control) forget() {
	c.begin, c.end = 0, 0
	c.ahead, c.aheadBytes = nil, 0
}

// hold keeps a reply until the next write.
func (c *control) hold(text string) {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.held += text
}

// write sends what is held, and a reply. After one that was not taken nothing is sent any more.
func (c *control) write(text string) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.broken {
		return net.ErrClosed
	}
	text, c.held = c.held+text, ""
	if text == "" {
		return nil
	}
	c.raw.SetWriteDeadline(time.Now().Add(c.patience))
	_, err := io.WriteString(c.conn, text)
	c.broken = err != nil
	return err
}

// Telnet (RFC 854): what clients may put around ABOR (RFC 959 §4.1.3). No byte
// of it is in UTF-8 text.
const (
	telnetIAC  = 0xFF
	telnetSE   = 0xF0 // the first command
	telnetWILL = 0xFB // with WONT, DO and DONT a byte more
)

// cleanLine takes the CR away, and Telnet commands. A doubled IAC is a byte of
// text.
func cleanLine(line []byte) string {
	line = bytes.TrimSuffix(line, []byte("\r"))
	if bytes.IndexByte(line, telnetIAC) < 0 {
		return string(line)
	}
	var text strings.Builder
	for i := 0; i < len(line); i++ {
		if line[i] != telnetIAC {
			text.WriteByte(line[i])
			continue
		}
		switch next := line[min(i+1, len(line)-1)]; {
		case next == telnetIAC && i+1 < len(line):
			text.WriteByte(telnetIAC)
			i++
		case next >= telnetWILL && next < telnetIAC:
			i += 2
		case next >= telnetSE && next < telnetIAC:
			i++
		case text.Len() > 0: // no command: a byte that no name can have
			text.WriteByte(telnetIAC)
		}
	}
	return text.String()
}

func splitLine(line string) (verb, arg string) {
	verb, arg, _ = strings.Cut(line, " ")
	return strings.ToUpper(verb), arg
}
