package clisite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"time"

	"github.com/cgpkit/cgpkit/connlimit"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/graceful"
)

// session is one connection.
type session struct {
	server    *Server
	line      *line
	place     *connlimit.Place
	mine      *share // what the command at hand holds
	log       *slog.Logger
	challenge string // for APOP; empty: nobody can use it
	user      string // given by USER, waits for PASS
	caller    filestore.Caller
	failures  int
	began     time.Time
	bytes     int64 // of all commands
	inline    bool
	quit      bool
}

// session serves a connection until it ends. The end of accepting ends it
// between two commands. With implicit it begins with TLS.
func (s *Server) session(ctx, accepting context.Context, conn net.Conn, place *connlimit.Place, implicit bool) {
	c := &session{
		server: s,
		line:   newLine(accepting, conn, s.stall()),
		place:  place,
		mine:   s.share(),
		began:  time.Now(),
		log:    s.log().With("remote", remoteAddr(conn)),
	}
	c.line.last = time.Now().Add(s.login())
	defer graceful.After(ctx, func() { conn.Close() })()
	defer c.line.bye()
	defer graceful.After(accepting, func() { conn.SetReadDeadline(longAgo) })()

	var err error
	if implicit {
		err = c.secure(ctx)
	}
	if err == nil {
		err = c.greet(ctx)
	}
	for err == nil && !c.quit {
		err = c.step(ctx)
	}
	switch {
	case err == nil:
	case errors.Is(err, errNoTLS):
	case accepting.Err() != nil:
		err = c.line.write(replyClosing)
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.line.write(replyIdle)
	case errors.Is(err, errTooLong):
		c.line.write(replyTooLong)
	}
	c.log.Debug("session ends", "account", c.caller.Account, filestore.LogError(err))
	if o := s.Observer; o != nil {
		o.Observe(ctx, filestore.Event{
			Kind: filestore.EventSession, Service: eventService, Remote: remoteAddr(conn), Account: c.caller.Account,
			Bytes: c.bytes, Duration: time.Since(c.began),
		})
	}
}

// step reads a command and answers it.
func (c *session) step(ctx context.Context) error {
	limit := c.server.maxLine()
	if c.caller.IsStranger() {
		limit = min(limit, maxLoginLine)
	}
	mine := c.mine
	defer mine.release()
	text, err := c.line.read(c.server.idle(), limit, mine)
	if errors.Is(err, errBusy) {
		return c.line.write(replyTo(err))
	}
	if err != nil {
		return err
	}
	word, rest := cutKeyword(text)
	keyword := capitals(word)
	if keyword != "GETSTORAGEFILEINFO" && keyword != "NOOP" { // it may take long: the answers before do not wait for it
		if err := c.line.out.Flush(); err != nil {
			return err
		}
	}
	switch keyword {
	case "QUIT":
		c.quit = true
		return c.line.write(replyBye)
	case "NOOP":
		return c.line.write(replyOK)
	case "INLINE":
		c.inline = true
		return c.line.write(replyOK)
	case "USER":
		return c.line.write(c.setUser(string(rest)))
	case "PASS":
		return c.line.write(c.pass(ctx, string(rest)))
	case "APOP":
		if c.challenge != "" {
			return c.line.write(c.apop(ctx, string(rest)))
		}
	case "NEWPASS":
		if !c.caller.IsStranger() {
			return c.line.write(replyNewPass)
		}
	case "STLS":
		if c.server.TLSConfig != nil {
			return c.stls(ctx)
		}
	}
	command, ok := commandNamed(keyword)
	switch {
	case !ok && keyword != "NEWPASS":
		return c.line.write(replyUnknown)
	case c.caller.IsStranger():
		return c.line.write(replyNoLogin)
	}
	r := &run{views: c.server.Views, observer: c.server.Observer, caller: c.caller, keyword: keyword, inline: c.inline, log: c.log}
	answer, err := r.do(ctx, command, rest, mine)
	if err == nil {
		err = r.sent(c.send(answer))
	} else if ctx.Err() == nil {
		err = c.line.write(r.reply(err))
	}
	r.end(ctx)
	c.bytes += r.done.Bytes
	return err
}

// send writes an answer. An error is the end of the session: what the client has
// got by then is not whole.
func (c *session) send(a answer) (err error) {
	defer a.close()
	defer catch(&err)
	if a.empty() {
		return c.line.write(replyOK)
	}
	head := replyData + "\r\n"
	if c.inline {
		head = "201 "
	}
	if err := c.line.begin(head); err != nil {
		return err
	}
	if err := a.encode(c.line.out); err != nil {
		return err
	}
	return c.line.end()
}

// catch makes an error of a panic.
func catch(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	}
}

// errNoTLS: a handshake did not come about.
var errNoTLS = errors.New("TLS handshake failed")

// stls answers STLS. It comes before the login, as in POP3 (RFC 2595 §4): a name that
// was given in clear counts for nothing.
func (c *session) stls(ctx context.Context) error {
	switch {
	case !c.caller.IsStranger():
		return c.line.write(replyLoggedIn)
	case c.line.secure:
		return c.line.write(replyInTLS)
	}
	if err := c.line.write(replyTLS); err != nil {
		return err
	}
	c.user = ""
	return c.secure(ctx)
}

func (c *session) secure(ctx context.Context) error {
	if err := c.line.startTLS(ctx, c.server.TLSConfig); err != nil {
		c.log.Warn("TLS handshake failed", "err", err)
		return errNoTLS
	}
	return nil
}

// bye sends what has been answered and ends the connection, so that the client gets
// that.
func (l *line) bye() {
	if l.out.Flush() != nil {
		l.Close()
		return
	}
	graceful.Leave(l.Conn, lastAnswerTime)
}

// lastAnswerTime is how long a client that is left has to take the last answer.
const lastAnswerTime = time.Second

func remoteAddr(conn net.Conn) netip.Addr { return addrOf(conn.RemoteAddr()) }

// addrOf returns the IP address of an end of a connection; invalid if it has
// none.
func addrOf(a net.Addr) netip.Addr {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
