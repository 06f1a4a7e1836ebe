package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/filestore"
)

// Bounds of what the zero value of a Client means.
const (
	defaultConnections = 4
	defaultSlice       = 1 << 20
	maxSlice           = 16 << 20
	defaultAnswer      = 64 << 20
	defaultStall       = 2 * time.Minute
	defaultDial        = 30 * time.Second

	around = 256 // what stands around a slice, in bytes
)

// A connection that was not used for fresh is asked whether it lives before it gets a
// command, and one that was not used for stale is closed: servers end those that
// are silent for about five minutes.
const (
	fresh = time.Second
	stale = 4 * time.Minute
)

// Security says how the connection is protected.
type Security uint8

// The kinds of protection.
const (
	Unprotected Security = iota // clear text
	TLS                         // TLS from the first byte on
	StartTLS                    // the command STLS, before the login
)

// String returns the name of the kind.
func (s Security) String() string {
	switch s {
	case Unprotected:
		return "Unprotected"
	case TLS:
		return "TLS"
	case StartTLS:
		return "StartTLS"
	}
	return fmt.Sprintf("Security(%d)", uint8(s))
}

// Login says how a client proves who it is.
type Login uint8

// The ways to log in.
const (
	// LoginSafe sends the password only where nobody else can read it: under TLS, or
	// to an address of this machine. Elsewhere it takes APOP, and fails with
	// ErrUnsafe if the server does not offer that.
	LoginSafe Login = iota
	// LoginAPOP takes APOP and nothing else: for servers that keep the password in
	// clear.
	LoginAPOP
	// LoginClear sends the password whoever may read it.
	LoginClear
)

// String returns the name of the way.
func (l Login) String() string {
	switch l {
	case LoginSafe:
		return "LoginSafe"
	case LoginAPOP:
		return "LoginAPOP"
	case LoginClear:
		return "LoginClear"
	}
	return fmt.Sprintf("Login(%d)", uint8(l))
}

// Client gives commands to a server. Address, User and Password must be set; the
// zero value of every other field is a safe default. Fields must not change after
// the first use. It opens connections as they are needed, keeps them for the next
// command, and is safe for concurrent use. Close it in the end.
type Client struct {
	// Address is host:port of the PWD service; its usual port is 106.
	Address string
	// User is the account to log in as: name, or name@domain.
	User     string
	Password string
	Security Security
	// TLSConfig is for TLS and StartTLS; nil: the roots of the system, and the host
	// of Address as the name of the server.
	TLSConfig *tls.Config
	Login     Login
	// MaxConnections is how many connections there are at any time, and so how
	// many commands run together; further ones wait. 0: 4.
	MaxConnections int
	// SliceBytes is how much of a file one command or answer carries at most, in
	// bytes; 0: 1,048,576 (1 MiB), and in the writing of long files up to an eighth of
	// what is written already, as servers may copy that with every command. More than
	// 16,777,216 (16 MiB) is as much as that.
	// What is written whole by one command changes in one step; see [Storage.Create].
	SliceBytes int
	// MaxAnswer bounds one answer, in bytes of its text; 0: 67,108,864 (64 MiB).
	// A longer one is ErrTooLong.
	MaxAnswer int64
	// DialTimeout is the time from dialling to the end of the login; 0: 30 seconds.
	DialTimeout time.Duration
	// StallTimeout is the time that an answer may take to begin, and then the time in
	// which 64 KiB of a long command or answer have to pass; 0: 2 minutes.
	StallTimeout time.Duration
	// Dial opens connections; nil: a [net.Dialer] does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Logger takes the log, which has no passwords and no content; nil: none.
	Logger *slog.Logger

	mu     sync.Mutex    // guards idle, places, closed
	idle   []*conn       // the one used last is the last
	places chan struct{} // one for each connection that there may be
	closed bool
}

func orDefault[N int | int64 | time.Duration](n, instead N) N {
	if n <= 0 {
		return instead
	}
	return n
}

func (c *Client) stall() time.Duration { return orDefault(c.StallTimeout, defaultStall) }
func (c *Client) maxAnswer() int64     { return orDefault(c.MaxAnswer, defaultAnswer) }

// slice is no more than an answer has room for, in base64 and with what stands around
// it.
func (c *Client) slice() int {
	room := max(c.maxAnswer()/4*3-around, 1)
	return int(min(int64(orDefault(c.SliceBytes, defaultSlice)), maxSlice, room))
}

// sliceAt is how much is written at a time behind so many bytes.
func (c *Client) sliceAt(offset int64) int {
	if c.SliceBytes > 0 {
		return c.slice()
	}
	return int(min(max(int64(c.slice()), offset/8), maxSlice))
}

func (c *Client) log() *slog.Logger {
	if c.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Logger
}

// Close closes the connections that are not in use, and those in use when their
// command ends. Commands given after it fail with net.ErrClosed. It returns nil.
func (c *Client) Close() error {
	c.mu.Lock()
	idle := c.idle
	c.idle, c.closed = nil, true
	c.mu.Unlock()
	for _, each := range idle {
		each.bye()
	}
	return nil
}

// Noop asks the server for nothing, which shows that the login works.
func (c *Client) Noop(ctx context.Context) error {
	return c.run(ctx, newCommand("NOOP").repeatable(), nil)
}

// Do gives a command that has no method of its own, such as LISTDOMAINS, with its
// arguments as the CLI has them, on one line. The answer is Null if the command has
// none. It is not for the commands of the session itself (USER, INLINE, QUIT and
// their kind), which are fs.ErrInvalid, nor for more than one line.
func (c *Client) Do(ctx context.Context, line string) (v cgpdata.Value, err error) {
	name, _, _ := strings.Cut(strings.TrimLeft(line, " "), " ")
	switch strings.ToUpper(name) {
	case "", "USER", "PASS", "APOP", "AUTH", "STLS", "INLINE", "NEWPASS", "QUIT":
		return cgpdata.Null(), &fs.PathError{Op: "cli", Path: name, Err: fs.ErrInvalid}
	}
	if strings.ContainsAny(line, "\r\n\x00") {
		return cgpdata.Null(), &fs.PathError{Op: "cli", Path: name, Err: fs.ErrInvalid}
	}
	v = cgpdata.Null()
	cmd := newCommand(strings.ToUpper(name))
	cmd.head = []byte(line)
	err = c.run(ctx, cmd, func(a *answer) (err error) {
		if a.hasData {
			v, err = a.value()
		}
		return err
	})
	return v, err
}

// run gives a command on a connection of its own. read takes the data of the answer;
// nil: the command has none. A command that may be repeated is, if a connection that
// was open before has turned out to be dead.
func (c *Client) run(ctx context.Context, cmd *command, read func(*answer) error) error {
	if cmd.err != nil {
		return cmd.err
	}
	for again := cmd.again; ; again = false {
		conn, err := c.get(ctx)
		if err != nil {
			return err
		}
		reused := conn.used
		err = conn.do(ctx, cmd, read)
		dead := conn.broken && reused && err != nil
		c.put(conn)
		if !dead || !again || ctx.Err() != nil {
			return err
		}
		c.log().Debug("connection was dead", "op", cmd.name, filestore.LogError(err))
		c.dropIdle()
	}
}

// get returns a connection that nobody else uses. It has to be put back.
func (c *Client) get(ctx context.Context) (*conn, error) {
	c.mu.Lock()
	if c.places == nil {
		c.places = make(chan struct{}, orDefault(c.MaxConnections, defaultConnections))
	}
	places := c.places
	c.mu.Unlock()
	select {
	case places <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for {
		conn, err := c.pop()
		if err == nil && conn == nil {
			conn, err = c.dial(ctx)
		}
		if err != nil {
			<-places
			return nil, err
		}
		silent := time.Since(conn.last)
		switch {
		case silent > stale:
			conn.close()
		case conn.used && silent > fresh && conn.do(ctx, newCommand("NOOP"), nil) != nil:
			conn.close()
		default:
			return conn, nil
		}
		if err := ctx.Err(); err != nil {
			<-places
			return nil, err
		}
	}
}

// pop takes the connection that was used last; nil: none is open.
func (c *Client) pop() (*conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, net.ErrClosed
	}
	if len(c.idle) == 0 {
		return nil, nil
	}
	last := c.idle[len(c.idle)-1]
	c.idle = c.idle[:len(c.idle)-1]
	return last, nil
}

// put gives a connection back.
func (c *Client) put(conn *conn) {
	c.mu.Lock()
	keep := !conn.broken && !c.closed
	if keep {
		conn.used, conn.last = true, time.Now()
		c.idle = append(c.idle, conn)
	}
	c.mu.Unlock()
	if !keep {
		conn.close()
	}
	<-c.places
}

// dropIdle closes what is not in use: if one is dead others are likely to be.
func (c *Client) dropIdle() {
	c.mu.Lock()
	idle := c.idle
	c.idle = nil
	c.mu.Unlock()
	for _, each := range idle {
		each.close()
	}
}

// dial opens a connection and logs in.
func (c *Client) dial(ctx context.Context) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, orDefault(c.DialTimeout, defaultDial))
	defer cancel()
	dial := c.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	raw, err := dial(ctx, "tcp", c.Address)
	if err != nil {
		return nil, fmt.Errorf("cli: connect: %w", err)
	}
	conn := newConn(raw, c)
	if err := conn.begin(ctx); err != nil {
		conn.close()
		var answer *Error
		if !errors.As(err, &answer) {
			err = fmt.Errorf("cli: connect: %w", err)
		}
		return nil, err
	}
	c.log().Debug("connected", "account", c.User)
	return conn, nil
}
