package ftpsite

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/connlimit"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/ftpsite/internal/users"
)

// session is one client. One goroutine reads its commands and executes them one
// after the other; while a transfer runs, a second one hears what the client says
// (see transfer).
type session struct {
	server        *Server
	place         *connlimit.Place
	timeouts      Timeouts
	log           *slog.Logger
	control       *control
	remote, local netip.Addr // not valid if the connection is not TCP
	loginBy       time.Time

	// The session is a context of its own. Its cause is errShutdown if the server
	// ended it.
	ctx      context.Context
	cancel   context.CancelCauseFunc
	stopping context.Context // ends when no command is to be begun any more
	ended    chan struct{}   // closed when run returns

	verb    string // of the command that is being executed, for the log
	command users.Command
	done    filestore.Event // what the Observer hears of it
	began   time.Time       // the session
	bytes   int64           // of all commands
	closing bool            // nothing more is to be executed

	implicitTLS bool // from the first byte on
	secure      bool // the control connection is in TLS
	private     bool // PROT P
	dataTLS     dataTLS
	host        string // of HOST
	user        string // of USER; empty: none yet
	failures    int    // wrong passwords
	loggedIn    bool
	who         users.User
	dir         string // current directory: clean, begins with a slash
	ascii       bool   // TYPE A
	epsvOnly    bool   // EPSV ALL
	data        dataSource
	left        *net.TCPConn   // the data connection that was left last; nil: none
	leaving     sync.WaitGroup // for its end
	leaveLater  *time.Timer    // begins to wait for it
	rest        int64          // of REST
	reserve     int64          // of ALLO
	renaming    string         // the path of RNFR; empty: none
	wentAlong   removed        // with what was removed
	facts       facts          // of OPTS MLST
	hash        string         // of OPTS HASH
}

var (
	errShutdown = errors.New("server is shutting down")
	errAborted  = errors.New("aborted by the client")
	errGone     = errors.New("control connection has ended")
	errPanic    = errors.New("panic")
)

func newSession(server *Server, conn net.Conn, stopping context.Context) *session {
	s := &session{
		server:   server,
		timeouts: server.Timeouts.withDefaults(),
		remote:   address(conn.RemoteAddr()),
		local:    address(conn.LocalAddr()),
		stopping: stopping,
		began:    time.Now(),
		ended:    make(chan struct{}),
		dir:      "/",
		facts:    allFacts,
		hash:     hashSHA256,
	}
	s.control = newControl(conn, s.timeouts.DataStall)
	s.log = server.logger().With("remote", s.remote)
	s.loginBy = time.Now().Add(s.timeouts.Login)
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	return s
}

func address(a net.Addr) netip.Addr {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}

// run serves the client and returns when nothing is left of the session.
func (s *session) run() {
	defer close(s.ended)
	defer s.release()
	s.log.Debug("session begins")
	defer s.observeEnd()
	hearUrgent(s.control.raw)
	if s.implicitTLS && s.startTLS() != nil {
		return
	}
	s.private = s.secure
	s.say(replyReady)
	for !s.closing && !errors.Is(context.Cause(s.ctx), errGone) { // who takes no replies is gone
		if line, r := s.wait(); r == (reply{}) {
			s.say(s.execute(line))
		} else {
			s.closing = true
			s.say(r)
		}
	}
}

// observeEnd tells the log and the Observer that the session has ended.
func (s *session) observeEnd() {
	s.log.Debug("session ends", "account", s.who.Caller.Account)
	if o := s.server.Observer; o != nil {
		o.Observe(s.ctx, filestore.Event{
			Kind: filestore.EventSession, Service: users.Service, Remote: s.remote, Account: s.who.Caller.Account,
			Bytes: s.bytes, Duration: time.Since(s.began),
		})
	}
}

// release ends the connections, in TLS in good order. The session gives way to others
// meanwhile.
func (s *session) release() {
	s.cancel(errGone)
	s.data.close()
	if s.place != nil {
		s.place.Trust(false)
	}
	if s.left != nil && s.leaveLater.Stop() {
		s.leaveLater.Reset(0)
	}
	s.control.leave()
	s.leaving.Wait()
}

// kill ends the session from outside. The client has a moment to take the last
// reply, unless the session has ended before.
func (s *session) kill() {
	s.cancel(errShutdown)
	timer := time.NewTimer(lastReplyTime)
	defer timer.Stop()
	select {
	case <-timer.C:
		s.control.raw.Close()
	case <-s.ended:
	}
}

// wait returns the next line, or the reply that ends the session.
func (s *session) wait() (string, reply) {
	by := time.Now().Add(s.timeouts.Idle)
	if !s.loggedIn && s.loginBy.Before(by) {
		by = s.loginBy
	}
	line, err := s.control.next(by)
	switch {
	case err == nil:
		return line, reply{}
	case errors.Is(err, errTooLong):
		return "", reply{500, "Line is too long."}
	case errors.Is(err, errStopping):
		return "", replyShutdown
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "", reply{421, "Timeout."}
	}
	return "", replyGoodbye // nobody reads it
}

// pause waits for d, or until the session must end.
func (s *session) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.stopping.Done():
	}
}

// panicked logs a panic in the directory or a storage, which is an error of one
// command.
func (s *session) panicked(v any) error {
	s.log.Error("panic", "op", s.verb, "panic", v, "stack", string(debug.Stack()))
	return errPanic
}
