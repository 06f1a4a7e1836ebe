package client

import (
	"bufio"
	"context"
	"crypto/md5"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/internal/stall"
)

const (
	// maxText bounds the text of an answer that has no data, in bytes.
	maxText = 4 << 10
	// buffer is read and written at a time, in bytes.
	buffer = 32 << 10
	// byeTime is how long a farewell may take.
	byeTime = time.Second
)

// longAgo is a deadline that ends reads and writes at once.
var longAgo = time.Unix(1, 0)

// conn is one connection, for one command at a time.
type conn struct {
	net.Conn
	client  *Client
	in      *bufio.Reader
	out     *bufio.Writer
	reading stall.Deadline
	writing stall.Deadline
	ctx     context.Context // of the command; its end is that of waiting
	used    bool            // it has carried a command
	last    time.Time       // when it was given back
	broken  bool            // nobody knows what comes next
}

func newConn(raw net.Conn, c *Client) *conn {
	conn := &conn{client: c, last: time.Now()}
	conn.use(raw)
	return conn
}

// use goes on with another connection, whose first byte nobody has read.
func (c *conn) use(raw net.Conn) {
	c.Conn = raw
	c.reading = stall.New(c.until(raw.SetReadDeadline), c.client.stall())
	c.writing = stall.New(c.until(raw.SetWriteDeadline), c.client.stall())
	c.in = bufio.NewReaderSize(reader{c}, buffer)
	c.out = bufio.NewWriterSize(writer{c}, buffer)
}

// until returns set for deadlines that are over when the command is.
func (c *conn) until(set func(time.Time) error) func(time.Time) error {
	return func(t time.Time) error {
		err := set(t)
		if c.ctx.Err() != nil { // it may have ended just before
			err = set(longAgo)
		}
		return err
	}
}

type reader struct{ *conn }

func (r reader) Read(p []byte) (int, error) { return r.reading.Read(r.Conn, p) }

type writer struct{ *conn }

func (w writer) Write(p []byte) (int, error) { return w.writing.Write(w.Conn, p) }

func (c *conn) close() { c.Conn.Close() }

// bye says farewell and closes.
func (c *conn) bye() {
	c.SetDeadline(time.Now().Add(byeTime))
	c.Conn.Write([]byte("QUIT\r\n"))
	c.close()
}

// challenge is what a greeting has for APOP (CommuniGate Pro Guide, PWD; RFC 1939 §7).
var challenge = regexp.MustCompile(`<[^<>\s]+@[^<>\s]+>`)

// begin reads the greeting and logs in.
func (c *conn) begin(ctx context.Context) error {
	if c.client.Security == TLS {
		if err := c.startTLS(ctx); err != nil {
			return err
		}
	}
	hello, err := c.exchange(ctx, newCommand(""))
	if err != nil {
		return err
	}
	if c.client.Security == StartTLS {
		if _, err := c.exchange(ctx, newCommand("STLS")); err != nil {
			return err
		}
		if c.in.Buffered() > 0 {
			return errBeforeTLS
		}
		if err := c.startTLS(ctx); err != nil {
			return err
		}
	}
	if err := c.logIn(ctx, challenge.FindString(hello)); err != nil {
		return err
	}
	_, err = c.exchange(ctx, newCommand("INLINE"))
	return err
}

// startTLS goes on under TLS.
func (c *conn) startTLS(ctx context.Context) error {
	config := c.client.TLSConfig.Clone()
	if config == nil {
		config = &tls.Config{}
	}
	if config.ServerName == "" && !config.InsecureSkipVerify {
		host, _, err := net.SplitHostPort(c.client.Address)
		if err != nil {
			return err
		}
		config.ServerName = host
	}
	secured := tls.Client(c.Conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return err
	}
	c.use(secured)
	return nil
}

// logIn proves who the client is.
func (c *conn) logIn(ctx context.Context, challenge string) error {
	user, password := c.client.User, c.client.Password
	if user == "" || strings.ContainsAny(user, " \r\n\x00") || strings.ContainsAny(password, "\r\n\x00") {
		return errBadLogin
	}
	apop := c.client.Login == LoginAPOP || c.client.Login == LoginSafe && !c.private()
	if apop && challenge == "" {
		return ErrUnsafe
	}
	if apop {
		digest := md5.Sum([]byte(challenge + password))
		_, err := c.exchange(ctx, secret("APOP", user+" "+hex.EncodeToString(digest[:])))
		return err
	}
	if _, err := c.exchange(ctx, secret("USER", user)); err != nil {
		return err
	}
	_, err := c.exchange(ctx, secret("PASS", password))
	return err
}

// private reports whether nobody else can read what is sent.
func (c *conn) private() bool {
	if _, ok := c.Conn.(*tls.Conn); ok {
		return true
	}
	switch a := c.RemoteAddr().(type) {
	case *net.UnixAddr:
		return true
	case *net.TCPAddr:
		addr, ok := netip.AddrFromSlice(a.IP)
		return ok && addr.Unmap().IsLoopback()
	}
	return false
}

// exchange gives a command of the session and returns the text of the answer.
func (c *conn) exchange(ctx context.Context, cmd *command) (text string, err error) {
	err = c.do(ctx, cmd, func(a *answer) error {
		text = a.text
		return nil
	})
	return text, err
}

// do gives a command and reads its answer. Afterwards the connection is broken, or
// ready for the next one. The end of ctx ends both.
func (c *conn) do(ctx context.Context, cmd *command, read func(*answer) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(longAgo) })
	err := c.try(ctx, cmd, read)
	if !stop() {
		c.broken = true // its deadline is set, now or in a moment
	}
	var told *Error
	if err != nil && !errors.As(err, &told) || c.in.Buffered() > 0 { // nobody has asked for what is left
		c.broken = true
	}
	if c.broken && err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (c *conn) try(ctx context.Context, cmd *command, read func(*answer) error) error {
	c.ctx = ctx
	c.reading.Begin() // the first byte has its own time to come
	c.writing.Begin()
	if cmd.name != "" {
		if err := cmd.write(c.out); err != nil {
			return err
		}
	}
	a, err := readAnswer(c.in, cmd.name, c.client.maxAnswer())
	if err != nil {
		return err
	}
	if read != nil {
		if err := read(a); err != nil {
			return err
		}
	}
	return a.finish()
}

// command is a line to send.
type command struct {
	name  string
	head  []byte // the line up to the data
	data  []byte // goes in base64, between brackets
	block bool   // there are data, maybe of no bytes
	again bool   // to give it twice does what once does
	err   error
}

func newCommand(name string) *command { return &command{name: name, head: []byte(name)} }

// secret is a command whose argument goes as it is, and nowhere else.
func secret(name, argument string) *command {
	return &command{name: name, head: []byte(name + " " + argument)}
}

func (c *command) repeatable() *command {
	c.again = true
	return c
}

func (c *command) write(w *bufio.Writer) error {
	w.Write(c.head)
	if c.block {
		w.WriteString(" DATA [")
		e := base64.NewEncoder(base64.StdEncoding, w)
		e.Write(c.data)
		if err := e.Close(); err != nil {
			return err
		}
		w.WriteString("]")
	}
	w.WriteString("\r\n")
	return w.Flush()
}
