package clisite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/connlimit"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/graceful"
)

// maxFailures is how many wrong logins end a session.
const maxFailures = 3

// serviceName is the service that a login is for.
const serviceName = "PWD"

// session is one connection.
type session struct {
	server   *Server
	line     *line
	place    *connlimit.Place
	log      *slog.Logger
	user     string // given by USER, waits for PASS
	caller   filestore.Caller
	failures int
	inline   bool
	quit     bool
}

// session serves a connection until it ends. The end of accepting ends it
// between two commands.
func (s *Server) session(ctx, accepting context.Context, conn net.Conn, place *connlimit.Place) {
	c := &session{
		server: s,
		line:   newLine(accepting, conn, s.stall()),
		place:  place,
		log:    s.log().With("remote", remoteAddr(conn)),
	}
	c.line.last = time.Now().Add(s.login())
	defer graceful.After(ctx, func() { conn.Close() })()
	defer graceful.After(accepting, func() { conn.SetReadDeadline(longAgo) })()

	err := c.line.write(replyGreeting)
	for err == nil && !c.quit {
		err = c.step(ctx)
	}
	switch {
	case err == nil:
	case accepting.Err() != nil:
		err = c.line.write(replyClosing)
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.line.write(replyIdle)
	case errors.Is(err, errTooLong):
		c.line.write(replyTooLong)
	}
	c.log.Debug("session ends", "account", c.caller.Account, filestore.LogError(err))
}

// step reads a command and answers it.
func (c *session) step(ctx context.Context) error {
	limit := c.server.maxLine()
	if c.caller.Stranger() {
		limit = min(limit, maxLoginLine)
	}
	mine := c.server.share()
	defer mine.release()
	text, err := c.line.read(c.server.idle(), limit, mine)
	if errors.Is(err, errBusy) {
		return c.line.write(replyTo(err))
	}
	if err != nil {
		return err
	}
	name, rest, _ := bytes.Cut(bytes.TrimLeft(text, " "), []byte(" "))
	keyword := strings.ToUpper(string(name[:min(len(name), 64)]))
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
		return c.line.write(c.logIn(ctx, string(rest)))
	}
	command, ok := storageCommand(keyword)
	if !ok {
		return c.line.write(replyUnknown)
	}
	if c.caller.Stranger() {
		return c.line.write(replyNoLogin)
	}
	began := time.Now()
	o := &operation{}
	answer, err := c.run(ctx, o, command, rest, mine)
	c.log.Debug("command", "account", c.caller.Account, "op", keyword, filestore.LogError(err))
	done := o.done
	done.Service, done.Remote, done.Account, done.Op, done.Err = "CLI", remoteAddr(c.line), c.caller.Account, keyword, err
	defer func() {
		if c.server.Observer != nil {
			done.Duration = time.Since(began)
			c.server.Observer.Observe(ctx, done)
		}
	}()
	if err == nil {
		done.Code = 200
		if c.inline && (answer.text != "" || answer.listing != nil) {
			done.Code = 201
		}
		done.Err = c.send(answer)
		return done.Err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	reply := replyTo(err)
	done.Code, _ = strconv.Atoi(reply[:3])
	if reply == replyInternal {
		c.log.Error("command failed", "account", c.caller.Account, "op", keyword, filestore.LogError(err))
	}
	return c.line.write(reply)
}

// answer is the data of a command that went well; empty: it has none.
type answer struct {
	text    string
	file    *slice   // stands in the text where its datablock is empty
	listing *listing // in the place of text
}

// send writes an answer. An error is the end of the session: what the client has
// got by then is not whole.
func (c *session) send(a answer) (err error) {
	defer a.file.close()
	defer a.listing.close()
	defer catch(&err)
	head, end := replyData+"\r\n", ""
	if c.inline {
		head = "201 "
	}
	switch {
	case a.listing != nil:
		if err := c.line.begin(head); err != nil {
			return err
		}
		if err := a.listing.encode(c.line.out); err != nil {
			return err
		}
		return c.line.end("")
	case a.text == "":
		return c.line.write(replyOK)
	case a.file == nil:
		return c.line.write(head + a.text)
	}
	a.text, end, _ = strings.Cut(a.text, emptyData)
	if err := c.line.begin(head + a.text + "["); err != nil {
		return err
	}
	if err := a.file.encode(c.line.out); err != nil {
		return err
	}
	return c.line.end("]" + end)
}

// catch makes an error of a panic.
func catch(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	}
}

// run carries a storage command out.
func (c *session) run(ctx context.Context, o *operation, command command, text []byte, mine *share) (_ answer, err error) {
	defer func() {
		if err != nil {
			o.file.close()
			o.listing.close()
		}
	}()
	defer catch(&err)
	words, err := splitWords(text)
	if err != nil {
		return answer{}, err
	}
	if err := mine.grow(costOf(words)); err != nil {
		return answer{}, err
	}
	a, err := parseArguments(words, command.required, command.allowed)
	if err != nil {
		return answer{}, err
	}
	caller := c.caller
	caller.Remote = remoteAddr(c.line)
	if err := o.prepare(ctx, c.server.Views, caller, a); err != nil {
		return answer{}, err
	}
	result, err := command.run(ctx, o, a)
	if err == nil && o.listing != nil {
		return answer{listing: o.listing}, nil
	}
	if err != nil || result.Kind() == cgpdata.KindString {
		return answer{}, err
	}
	line, err := cgpdata.Append(nil, result, &cgpdata.Format{SortKeys: true})
	if err == nil {
		err = mine.grow(len(line))
	}
	return answer{text: string(line), file: o.file}, err
}

func (c *session) setUser(name string) (reply string) {
	if !c.caller.Stranger() {
		return replyLoggedIn
	}
	if c.user = strings.TrimSpace(name); c.user == "" {
		return replySyntax
	}
	return replyPassword
}

// logIn checks the password. What is wrong with a login is not told.
func (c *session) logIn(ctx context.Context, password string) (reply string) {
	switch {
	case !c.caller.Stranger():
		return replyLoggedIn
	case c.user == "":
		return replyNoUser
	}
	caller, err := c.authenticate(ctx, password)
	user := c.user
	c.user = ""
	if err == nil {
		c.caller = caller
		c.line.last = time.Time{}
		c.place.Trust(true)
		c.log.Info("login", "account", caller.Account)
		return replyLogin
	}
	c.failures++
	c.quit = c.failures >= maxFailures
	if !errors.Is(err, filestore.ErrLogin) {
		c.log.Error("login failed", "account", filestore.Redact(user), filestore.LogError(err))
		return replyInternal
	}
	c.log.Debug("login refused", "account", filestore.Redact(user), "count", c.failures) // the directory says why
	return replyWrongLogin
}

func (c *session) authenticate(ctx context.Context, password string) (caller filestore.Caller, err error) {
	defer catch(&err)
	site, err := c.server.Views.Directory().Site(ctx, "", addrOf(c.line.LocalAddr()))
	if err != nil {
		return filestore.Caller{}, fmt.Errorf("find the domain: %w", err)
	}
	caller, err = c.server.Views.Directory().Login(ctx, filestore.Credentials{
		Login: filestore.QualifyAccount(c.user, site.Domain), Password: password, Service: serviceName, Remote: remoteAddr(c.line),
	})
	if err == nil && caller.Stranger() {
		err = errors.New("login names no account")
	}
	return caller, err
}

func remoteAddr(conn net.Conn) netip.Addr { return addrOf(conn.RemoteAddr()) }

// addrOf returns the IP address of an end of a connection; invalid if it has
// none.
func addrOf(a net.Addr) netip.Addr {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
