package ldb

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// ErrPlainBind tells that a password was not sent, because anybody could read it
// on its way: there is no TLS, the server is not on the loopback interface, and
// Options.PlainBind is not set.
var ErrPlainBind = errors.New("ldb: the password is not sent without TLS")

// A conn is a connection to the server, logged in. It serves one request at a
// time, so that closing it ends just that request.
type conn struct {
	ldap *ldap.Conn
	wire *wire
}

// A wire is a connection whose writes end, and whose reads are limited by a
// budget of bytes.
type wire struct {
	net.Conn
	timeout time.Duration
	budget  atomic.Int64
}

var errReplyTooLong = errors.New("the reply has more bytes than Options.MaxReply")

// Read implements io.Reader.
func (w *wire) Read(b []byte) (int, error) {
	left := w.budget.Load()
	if left <= 0 {
		return 0, errReplyTooLong
	}
	n, err := w.Conn.Read(b[:min(int64(len(b)), left)])
	w.budget.Add(-int64(n))
	return n, err
}

// Write implements io.Writer.
func (w *wire) Write(b []byte) (int, error) {
	if err := w.SetWriteDeadline(time.Now().Add(w.timeout)); err != nil {
		return 0, err
	}
	return w.Conn.Write(b)
}

// connect returns a new connection.
func (t *Table) connect(ctx context.Context) (*conn, error) {
	raw, err := t.dial(ctx, t.server.Host)
	if err != nil {
		return nil, err
	}
	c := &conn{wire: &wire{Conn: raw, timeout: t.o.Timeout}}
	if err := t.login(ctx, c); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func dial(ctx context.Context, host string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", host)
}

// login begins TLS, if there is to be, and binds.
func (t *Table) login(ctx context.Context, c *conn) error {
	secure := t.server.Scheme == "ldaps"
	return c.run(ctx, t.o.MaxReply, func() error {
		if secure {
			encrypted := tls.Client(c.wire, tlsConfig(t.o.TLS, t.server))
			if err := encrypted.HandshakeContext(ctx); err != nil {
				return err
			}
			c.ldap = ldap.NewConn(encrypted, true)
		} else {
			c.ldap = ldap.NewConn(c.wire, false)
		}
		c.ldap.Start()
		if t.o.StartTLS && !secure {
			if err := c.ldap.StartTLS(tlsConfig(t.o.TLS, t.server)); err != nil {
				return err
			}
			secure = true
		}
		if t.config.LoginName == "" {
			return nil
		}
		if !secure && !t.o.PlainBind && !isLoopback(c.wire.RemoteAddr()) {
			return ErrPlainBind
		}
		return c.ldap.Bind(t.config.LoginName, t.config.LoginPassword)
	})
}

// tlsConfig returns a configuration that checks the name of the server.
func tlsConfig(config *tls.Config, server *url.URL) *tls.Config {
	if config = config.Clone(); config == nil {
		config = &tls.Config{}
	}
	if config.ServerName == "" {
		config.ServerName = server.Hostname()
	}
	return config
}

func isLoopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// run makes requests, which end with ctx. Of the replies no more than limit bytes
// are read. What go-ldap might panic at in them is an error.
func (c *conn) run(ctx context.Context, limit int64, requests func() error) (err error) {
	c.wire.budget.Store(limit)
	defer context.AfterFunc(ctx, func() { c.wire.Close() })()
	defer func() {
		if p := recover(); p != nil {
			c.wire.Close()
			err = fmt.Errorf("a reply that cannot be read: %v", p)
		}
	}()
	err = requests()
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	return err
}

// isUsable reports whether another request can be made after one ended in err.
func (c *conn) isUsable(err error) bool {
	return (err == nil || isAnswer(err)) && !c.ldap.IsClosing()
}

func (c *conn) close() {
	c.wire.Close() // first, as go-ldap waits for what is being written
	if c.ldap != nil {
		c.ldap.Close()
	}
}

// isAnswer reports whether err comes from what the server has answered, which
// tells that the connection works.
func isAnswer(err error) bool {
	answer, ok := errors.AsType[*ldap.Error](err)
	return isOurs(err) || ok && answer.ResultCode < ldap.ErrorNetwork
}

// explain puts an error into words of ours. No type of go-ldap leaves the package.
func explain(action string, err error) error {
	answer, ok := errors.AsType[*ldap.Error](err)
	switch {
	case !ok:
		return fmt.Errorf("ldb: %s: %w", action, err)
	case !isAnswer(err):
		return fmt.Errorf("ldb: %s: %v", action, answer.Err)
	}
	text := fmt.Sprintf("ldb: %s: the server answers %d, %s, %q", action,
		answer.ResultCode, ldap.LDAPResultCodeMap[answer.ResultCode], fmt.Sprint(answer.Err))
	switch answer.ResultCode {
	case ldap.LDAPResultInvalidCredentials, ldap.LDAPResultInsufficientAccessRights,
		ldap.LDAPResultInappropriateAuthentication, ldap.LDAPResultStrongAuthRequired:
		return fmt.Errorf("%s: %w", text, fs.ErrPermission)
	case ldap.LDAPResultInvalidAttributeSyntax, ldap.LDAPResultAttributeOrValueExists, ldap.LDAPResultConstraintViolation:
		return fmt.Errorf("%s: %w", text, fs.ErrInvalid)
	}
	return errors.New(text)
}
