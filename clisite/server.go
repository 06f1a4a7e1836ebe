package clisite

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/cgpkit/cgpkit/connlimit"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/graceful"
)

// Server serves storages over the PWD protocol. Views must be set; the zero value of
// every other field is a safe default. Fields are read while serving and must not
// change after the first call of Serve. The methods are safe for concurrent use.
type Server struct {
	// Views make the storages of the accounts; their directory knows who may log in. A
	// login is for the service PWD.
	Views *filestore.Views
	// LoginTimeout is the time from the connection to a login; 0: 1 minute.
	LoginTimeout time.Duration
	// IdleTimeout is the time between two commands; 0: 5 minutes.
	IdleTimeout time.Duration
	// StallTimeout is the time in which 64 KiB of a long command or answer
	// have to pass; 0: 1 minute.
	StallTimeout time.Duration
	// MaxLine bounds the length of a command, in bytes; 0: 23,068,672 (22
	// MiB), room for 16 MiB of a file in base64 and 680 KiB besides. Before
	// the login a command has at most 2,048 bytes.
	MaxLine int
	// MaxMemory bounds what long commands and answers of all sessions hold
	// together, in bytes; 0: 134,217,728 (128 MiB). A command that would need
	// more is refused, and may be repeated. One with a datablock needs about its
	// length, twice that for a moment while it comes, and any other about four
	// times as much; the content of files is sent as it is read. Commands and
	// answers of up to 64 KiB are not counted.
	MaxMemory int64
	// MaxSessions bounds the sessions at any time; 0: 100. For one more, one
	// that has not logged in is closed: the oldest of the network that has most of
	// them. If all have logged in, the new one is told so and closed.
	MaxSessions int
	// MaxSessionsPerAddr is the same for one client address; 0: 20.
	MaxSessionsPerAddr int
	// TLSConfig makes STLS and ServeTLS possible. nil: no TLS.
	TLSConfig *tls.Config
	// Observer hears of every command after the login, of logins and of the end of
	// sessions; nil: nobody does.
	Observer filestore.Observer
	// Logger takes the log; nil: none.
	Logger *slog.Logger

	calls  graceful.Calls
	places connlimit.Places
	memory memory

	refused atomic.Int32 // clients that were refused and have not gone yet
}

func (s *Server) login() time.Duration { return cmp.Or(max(s.LoginTimeout, 0), time.Minute) }
func (s *Server) idle() time.Duration  { return cmp.Or(max(s.IdleTimeout, 0), 5*time.Minute) }
func (s *Server) stall() time.Duration { return cmp.Or(max(s.StallTimeout, 0), time.Minute) }
func (s *Server) maxLine() int         { return cmp.Or(max(s.MaxLine, 0), 22<<20) }

// share returns what a command may hold of the memory of all.
func (s *Server) share() *share {
	return &share{of: &s.memory, limit: cmp.Or(max(s.MaxMemory, 0), 128<<20)}
}

func (s *Server) log() *slog.Logger {
	if s.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Logger
}

// Serve answers connections that arrive on l until Shutdown or Close is
// called; then it waits for the commands under way, and returns
// ErrServerClosed. If l fails it ends the sessions in the same way, and returns
// that error. It closes l.
func (s *Server) Serve(l net.Listener) error { return s.serve(l, false) }

// ServeTLS is Serve for clients that begin with TLS, without STLS. It needs
// TLSConfig.
func (s *Server) ServeTLS(l net.Listener) error {
	if s.TLSConfig == nil {
		l.Close()
		return errors.New("clisite: Server.ServeTLS without TLSConfig")
	}
	return s.serve(l, true)
}

func (s *Server) serve(l net.Listener, implicit bool) error {
	return s.calls.Serve(l, ErrServerClosed, func(call *graceful.Call, conn net.Conn) {
		defer conn.Close()
		s.admit(call.Context, call.Accepting, conn, implicit)
	})
}

// admit serves a connection if there is room.
func (s *Server) admit(ctx, accepting context.Context, conn net.Conn, implicit bool) {
	addr := remoteAddr(conn)
	place, ok := s.places.Enter(addr, cmp.Or(max(s.MaxSessions, 0), 100), cmp.Or(max(s.MaxSessionsPerAddr, 0), 20), func() { conn.Close() })
	if !ok {
		s.log().Warn("connection refused", "remote", addr, "err", errCrowd)
		if !implicit { // TLS would cost more than a refusal may
			newLine(accepting, conn, time.Second).write(replyFull)
			defer s.refused.Add(-1)
			if s.refused.Add(1) <= maxRefused {
				defer graceful.After(ctx, func() { conn.Close() })()
				graceful.Leave(conn, lastAnswerTime)
			}
		}
		return
	}
	s.session(ctx, accepting, conn, place, implicit)
	if place.Leave() {
		s.log().Info("session gave way", "remote", addr, "err", errCrowd)
	}
}

// maxRefused is how many clients may be waited for that were refused.
const maxRefused = 100

var errCrowd = errors.New("too many connections")

// Shutdown stops the taking of connections and commands, waits for the
// commands under way, and cancels them when ctx ends; then it returns the
// error of ctx. It returns when every call of Serve is about to return and no
// goroutine is left.
func (s *Server) Shutdown(ctx context.Context) error { return s.calls.Shutdown(ctx) }

// Close is Shutdown that cancels commands at once. It returns nil.
func (s *Server) Close() error { return s.calls.Close() }
