package ftpsite

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/serving"
)

// ErrServerClosed is what Serve returns after Shutdown or Close.
var ErrServerClosed = errors.New("ftpsite: server closed")

// Server serves File Storage over FTP. Use field names. All fields but
// Directory may be left zero; none may be changed once Serve was called.
//
// Its methods are safe for concurrent use, and Serve may be called for several
// listeners.
type Server struct {
	// Directory knows the accounts. It must be set.
	Directory filestore.Directory
	// Anonymous lets strangers log in as "anonymous" or "ftp", with any
	// password. Their root is empty; "~account/..." leads to public files.
	// An account that has such a name logs in as itself.
	Anonymous bool
	// PassivePorts are the ports for data connections. Zero: any free port.
	PassivePorts PortRange
	// PublicAddr, if not nil, returns the address to be told to a client in
	// the answer to PASV, such as the outer address of a NAT. The server
	// listens on the local address of the control connection all the same.
	// Anything but an IPv4 address stands for that local address.
	PublicAddr func(client netip.Addr) netip.Addr
	// TLSConfig makes AUTH TLS possible. Nil: no TLS.
	TLSConfig *tls.Config
	// RequireTLS refuses logins and transfers in clear. It needs TLSConfig.
	RequireTLS bool
	// Timeouts bound how long a client may take.
	Timeouts Timeouts
	// MaxSessions bounds the connections of all clients; 0 means 1,000.
	// Further ones are answered by 421.
	MaxSessions int
	// MaxSessionsPerAddr bounds the connections of one IPv4 address or one
	// IPv6 network of 64 bits; 0 means 20. Further ones are answered by 421.
	MaxSessionsPerAddr int
	// MaxLoginFailures is the number of wrong passwords after which a
	// connection is closed; 0 means 3.
	MaxLoginFailures int
	// Logger takes what happens. Nil: nothing is logged.
	Logger *slog.Logger

	mu        sync.Mutex // guards what follows
	stopping  chan struct{}
	stopped   bool
	listeners map[net.Listener]struct{}
	sessions  map[*session]struct{}
	running   sync.WaitGroup // sessions

	peers serving.Peers
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

// The longest pause after a failed Accept, and how long a client that is being
// cut off has to take the last reply.
const (
	maxAcceptDelay = time.Second
	lastReplyTime  = time.Second
)

// Serve answers clients that connect to l until Shutdown or Close is called,
// and then returns ErrServerClosed. Otherwise it returns the error that l ended
// with, or one that tells what is wrong with the fields of s. It closes l.
func (s *Server) Serve(l net.Listener) error {
	defer l.Close()
	if err := s.check(); err != nil {
		return err
	}
	stopping, ok := s.track(l)
	if !ok {
		return ErrServerClosed
	}
	defer s.untrack(l)

	delay := time.Duration(0)
	for {
		conn, err := l.Accept()
		if err == nil {
			delay = 0
			s.admit(conn)
			continue
		}
		select {
		case <-stopping:
			return ErrServerClosed
		default:
		}
		var network net.Error
		if !errors.As(err, &network) || errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("accept connections: %w", err)
		}
		s.logger().Error("cannot accept connections", "err", err)
		delay = min(max(2*delay, 5*time.Millisecond), maxAcceptDelay)
		select {
		case <-stopping:
			return ErrServerClosed
		case <-time.After(delay):
		}
	}
}

// Shutdown stops accepting clients, lets transfers end, tells every client 421
// and waits for all sessions to end. When ctx ends first, it cuts what is left
// as Close does, and returns the error of ctx.
func (s *Server) Shutdown(ctx context.Context) error {
	s.stop()
	ended := make(chan struct{})
	go func() {
		s.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		s.cut()
		<-ended
		return ctx.Err()
	}
}

// Close stops accepting clients and cuts all sessions and transfers; uploads
// that have not ended leave nothing. It waits for all sessions to end, and
// returns nil.
func (s *Server) Close() error {
	s.stop()
	s.cut()
	s.running.Wait()
	return nil
}

func (s *Server) check() error {
	switch {
	case s.Directory == nil:
		return errors.New("ftpsite: Server.Directory is nil")
	case s.RequireTLS && s.TLSConfig == nil:
		return errors.New("ftpsite: Server.RequireTLS without TLSConfig")
	case s.PassivePorts.Low > s.PassivePorts.High, s.PassivePorts.Low == 0 && s.PassivePorts.High > 0:
		return errors.New("ftpsite: Server.PassivePorts is not a range of ports")
	}
	return nil
}

func (s *Server) logger() *slog.Logger {
	if s.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Logger
}

// begin makes what the zero Server lacks. Callers hold s.mu.
func (s *Server) begin() {
	if s.stopping == nil {
		s.stopping = make(chan struct{})
		s.listeners = map[net.Listener]struct{}{}
		s.sessions = map[*session]struct{}{}
	}
}

func (s *Server) track(l net.Listener) (stopping <-chan struct{}, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin()
	if s.stopped {
		return nil, false
	}
	s.listeners[l] = struct{}{}
	return s.stopping, true
}

func (s *Server) untrack(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}

func (s *Server) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin()
	if s.stopped {
		return
	}
	s.stopped = true
	close(s.stopping)
	for l := range s.listeners {
		l.Close()
	}
}

func (s *Server) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.sessions {
		c.kill()
	}
}

// admit begins a session, or tells the client that there is no room.
func (s *Server) admit(conn net.Conn) {
	c := newSession(s, conn)
	if s.enter(c) {
		go func() {
			defer s.leave(c)
			c.run()
		}()
		return
	}
	c.log.Warn("connection refused: too many sessions")
	conn.SetDeadline(time.Now().Add(lastReplyTime))
	conn.Write([]byte("421 Too many connections.\r\n"))
	c.release()
}

func (s *Server) enter(c *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped || !s.peers.Enter(c.remote, orDefault(s.MaxSessions, 1000), orDefault(s.MaxSessionsPerAddr, 20)) {
		return false
	}
	s.sessions[c] = struct{}{}
	s.running.Add(1)
	return true
}

func (s *Server) leave(c *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, c)
	s.peers.Leave(c.remote)
	s.running.Done()
}

func orDefault(n, value int) int {
	if n <= 0 {
		return value
	}
	return n
}
