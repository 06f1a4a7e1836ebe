package ftpsite

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/cgpkit/cgpkit/connlimit"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/graceful"
)

// ErrServerClosed is what Serve returns after Shutdown or Close.
var ErrServerClosed = errors.New("ftpsite: server closed")

// Server serves File Storage over FTP. Use field names. All fields but
// Views may be left zero; none may be changed once Serve was called.
//
// Its methods are safe for concurrent use, and Serve may be called for several
// listeners.
type Server struct {
	// Views make the storages of the accounts; their directory knows who may log in.
	// They must be set.
	Views *filestore.Views
	// Anonymous lets strangers log in as "anonymous" or "ftp", with any
	// password. Their root is empty; "~account/..." leads to public files.
	// An account that has such a name logs in as itself.
	Anonymous bool
	// PassivePorts are the ports for data connections. Zero: any free port, from
	// 49152 on where there is one.
	PassivePorts PortRange
	// PublicAddr, if not nil, returns the address to be told to a client in
	// the answer to PASV, such as the outer address of a NAT; domain is that of
	// the login, empty for strangers at a site without one. The server listens
	// on the local address of the control connection all the same. Anything but
	// an IPv4 address stands for that local address.
	PublicAddr func(client netip.Addr, domain string) netip.Addr
	// ActiveMode lets clients have the server open data connections (PORT, EPRT):
	// to the address of the client alone, and to ports from 1024 on.
	ActiveMode bool
	// TLSConfig makes AUTH TLS possible. Nil: no TLS.
	TLSConfig *tls.Config
	// RequireTLS refuses logins and transfers in clear. It needs TLSConfig.
	RequireTLS bool
	// RequireSessionReuse refuses data connections in TLS that do not resume the
	// TLS session of their control connection: who sees a port number can then
	// not take the connection over. Not every client does that.
	RequireSessionReuse bool
	// Timeouts bound how long a client may take.
	Timeouts Timeouts
	// MaxSessions bounds the connections of all clients; 0 means 1,000. For
	// one more, one without a login, or with an anonymous one, is closed: the oldest
	// of the network that has most of them. If there is none, the new one is
	// answered by 421.
	MaxSessions int
	// MaxSessionsPerAddr bounds the connections of one IPv4 address or one
	// IPv6 network of 64 bits in the same way; 0 means 20.
	MaxSessionsPerAddr int
	// MaxLoginFailures is the number of wrong passwords after which a
	// connection is closed; 0 means 3.
	MaxLoginFailures int
	// Observer hears of every command on a storage, of logins and of the end of
	// sessions. Nil: nobody does.
	Observer filestore.Observer
	// Logger takes what happens. Nil: nothing is logged.
	Logger *slog.Logger
	// Now tells the time that listings are written at. Nil: time.Now.
	Now func() time.Time

	calls  graceful.Calls
	places connlimit.Places

	refused atomic.Int32 // clients that were refused and have not gone yet
}

// PortRange is a range of TCP ports, both ends included. The zero value means
// any free port.
type PortRange struct {
	Low, High uint16
}

// Timeouts bound how long a client may take. Zero fields have the value named
// beside them. Use field names.
type Timeouts struct {
	// Login is from the connection to the end of the login: 1 minute.
	Login time.Duration
	// Idle is from one command to the next, transfers not counted: 5 minutes.
	Idle time.Duration
	// DataConnect is for the client's data connection to arrive: 30 seconds.
	DataConnect time.Duration
	// DataStall is for the next bytes of a transfer (64 KiB of them, when the
	// server is sending), and for a reply to be taken: 1 minute.
	DataStall time.Duration
	// LoginFailure is how long the answer to a wrong password waits: 1 second.
	LoginFailure time.Duration
}

func (t Timeouts) withDefaults() Timeouts {
	set := func(d *time.Duration, value time.Duration) {
		if *d <= 0 {
			*d = value
		}
	}
	set(&t.Login, time.Minute)
	set(&t.Idle, 5*time.Minute)
	set(&t.DataConnect, 30*time.Second)
	set(&t.DataStall, time.Minute)
	set(&t.LoginFailure, time.Second)
	return t
}

// lastReplyTime is how long a client that is being cut off has to take the last
// reply.
const lastReplyTime = time.Second

// Serve answers clients that connect to l until Shutdown or Close is called;
// then it waits for the sessions, and returns ErrServerClosed. If l fails it ends
// the sessions in the same way, and returns that error; it also tells what is
// wrong with the fields of s. It closes l.
func (s *Server) Serve(l net.Listener) error {
	if err := s.check(); err != nil {
		l.Close()
		return err
	}
	return s.calls.Serve(l, ErrServerClosed, func(call *graceful.Call, conn net.Conn) { s.admit(call, conn, false) })
}

// ServeTLS is Serve for clients that begin with TLS, without AUTH (implicit TLS,
// usually on port 990). Their data connections are in TLS until they ask for
// PROT C. It needs TLSConfig.
func (s *Server) ServeTLS(l net.Listener) error {
	err := s.check()
	if err == nil && s.TLSConfig == nil {
		err = errors.New("ftpsite: Server.ServeTLS without TLSConfig")
	}
	if err != nil {
		l.Close()
		return err
	}
	return s.calls.Serve(l, ErrServerClosed, func(call *graceful.Call, conn net.Conn) { s.admit(call, conn, true) })
}

// Shutdown stops accepting clients, lets transfers end, tells every client 421
// and waits for all sessions to end. When ctx ends first, it cuts what is left
// as Close does, and returns the error of ctx.
func (s *Server) Shutdown(ctx context.Context) error { return s.calls.Shutdown(ctx) }

// Close stops accepting clients and cuts all sessions and transfers; uploads
// that have not ended leave nothing. It waits for all sessions to end, and
// returns nil.
func (s *Server) Close() error { return s.calls.Close() }

func (s *Server) check() error {
	switch {
	case s.Views == nil:
		return errors.New("ftpsite: Server.Views is nil")
	case s.RequireTLS && s.TLSConfig == nil:
		return errors.New("ftpsite: Server.RequireTLS without TLSConfig")
	case s.PassivePorts.Low > s.PassivePorts.High, s.PassivePorts.Low == 0 && s.PassivePorts.High > 0:
		return errors.New("ftpsite: Server.PassivePorts is not a range of ports")
	}
	return nil
}

func (s *Server) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

func (s *Server) logger() *slog.Logger {
	if s.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Logger
}

// admit serves a client, or tells it that there is no room.
func (s *Server) admit(call *graceful.Call, conn net.Conn, implicitTLS bool) {
	c := newSession(s, conn, call.Accepting)
	c.implicitTLS = implicitTLS
	place, ok := s.places.Enter(c.remote, orDefault(s.MaxSessions, 1000), orDefault(s.MaxSessionsPerAddr, 20), func() { conn.Close() })
	if ok {
		c.place = place
		defer graceful.After(call.Context, c.kill)()
		defer graceful.After(call.Accepting, c.control.stop)()
		c.run()
		if place.Leave() {
			c.log.Info("session gave way", "err", errCrowd)
		}
		return
	}
	c.log.Warn("connection refused", "err", errCrowd)
	conn.SetDeadline(time.Now().Add(lastReplyTime))
	conn.Write([]byte("421 Too many connections.\r\n")) // in clear: TLS would cost more than a refusal may
	defer s.refused.Add(-1)
	if s.refused.Add(1) > maxRefused {
		conn.Close()
		return
	}
	c.release()
}

// maxRefused is how many clients may be waited for that were refused.
const maxRefused = 100

var errCrowd = errors.New("too many connections")

func orDefault(n, value int) int {
	if n <= 0 {
		return value
	}
	return n
}
