package ftpsite

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"time"
)

// auth puts the control connection into TLS (RFC 4217 §4; "SSL" and "TLS-P",
// which protect the data as well, are in the CommuniGate Pro Guide). The login
// starts again.
func (s *session) auth(arg string) reply {
	mechanism := strings.ToUpper(arg)
	switch {
	case s.server.TLSConfig == nil:
		return replyUnknown
	case s.secure:
		return replySequence
	case mechanism != "TLS" && mechanism != "TLS-C" && mechanism != "TLS-P" && mechanism != "SSL":
		return replyParameter
	}
	s.say(reply{234, "TLS, please."})
	if err := s.startTLS(); err != nil {
		s.closing = true
		return replyGoodbye
	}
	s.logOut()
	s.private = mechanism == "TLS-P" || mechanism == "SSL"
	return replySent
}

// startTLS does the handshake of the control connection, for which a shutdown does not
// wait. What came in clear
// before it is dropped, never executed (CVE-2011-1575).
func (s *session) startTLS() error {
	s.control.forget()
	ctx, cancel := context.WithDeadline(s.ctx, s.loginBy)
	if s.loggedIn {
		cancel()
		ctx, cancel = context.WithTimeout(s.ctx, s.timeouts.Login)
	}
	defer cancel()
	defer context.AfterFunc(s.stopping, cancel)()
	s.dataTLS = newDataTLS(s.server.TLSConfig, s.server.RequireSessionReuse)
	s.control.raw.SetReadDeadline(time.Time{})
	conn := tls.Server(s.control.raw, s.dataTLS.config)
	if err := conn.HandshakeContext(ctx); err != nil {
		s.log.Warn("TLS handshake failed", "err", err)
		return err
	}
	s.control.conn, s.secure = conn, true
	return nil
}

// protectionBuffer: RFC 4217 §8. Any size is as good as 0.
func (s *session) protectionBuffer(string) reply {
	if !s.secure {
		return replySequence
	}
	return reply{200, "PBSZ=0"}
}

// protection: RFC 4217 §9.
func (s *session) protection(arg string) reply {
	switch level := strings.ToUpper(arg); {
	case !s.secure:
		return replySequence
	case level == "C" || level == "P":
		s.private = level == "P"
		return replyOK
	}
	return reply{536, "Not supported by TLS."}
}

// dataTLS is TLS for the data connections of a session.
type dataTLS struct {
	config *tls.Config
	reuse  bool // a data connection must resume the session of the control connection
}

// newDataTLS returns the configuration for all connections of one session. Where
// the session must be reused its tickets are made with a key of its own, so
// that those of others do not count.
func newDataTLS(config *tls.Config, reuse bool) dataTLS {
	if reuse {
		var key [32]byte
		rand.Read(key[:]) // never fails
		config = config.Clone()
		config.SessionTicketsDisabled = false
		config.SetSessionTicketKeys([][32]byte{key})
	}
	return dataTLS{config, reuse}
}

var (
	errNoNotify = errors.New("TLS data ended without close_notify")
	errNoReuse  = errors.New("data connection in a TLS session of its own")
)

// secure puts a data connection into TLS.
func (d *data) secure(ctx context.Context, t dataTLS) error {
	conn := tls.Server(mustNotify{d.tcp}, t.config)
	ctx, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	err := conn.HandshakeContext(ctx)
	if err == nil && t.reuse && !conn.ConnectionState().DidResume {
		err = errNoReuse
	}
	if err != nil {
		d.err = err
		return err
	}
	d.Conn, d.private = conn, true
	return nil
}

// mustNotify makes the end of the connection below a TLS stream an error:
// crypto/tls takes it for the end of the stream even if no close_notify came
// before it, which lets anybody cut a file short (RFC 4217 §12.8, RFC 8446
// §6.1).
type mustNotify struct {
	net.Conn
}

func (c mustNotify) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == io.EOF {
		err = errNoNotify
	}
	return n, err
}
