package ftpsite

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

const (
	// maxLine is the longest command in bytes, without its CR LF: what the
	// engine reads.
	maxLine = 4094
	// maxAhead is the number of commands read before they can be executed: some
	// clients send a NOOP every now and then while a transfer runs.
	maxAhead = 256
	// tooLong stands in the queue of commands for one that is over maxLine.
	tooLong = "\n"
)

// session is one client. Three goroutines work in it:
//
//   - read takes lines from the client all the time, so that ABOR and the end
//     of the connection are seen during a transfer;
//   - the engine's command goroutine, in next, executes them: by ourselves,
//     or by handing them to the engine (see engine);
//   - the engine's transfer goroutine runs one transfer.
//
// The last two never work at the same time: see beginTransfer. What both use
// needs no lock.
type session struct {
	server        *Server
	stopping      <-chan struct{} // closed when no command is to be begun any more
	timeouts      Timeouts
	log           *slog.Logger
	raw           net.Conn
	ear           *ear       // on raw
	remote, local netip.Addr // not valid if the connection is not TCP
	loginBy       time.Time

	// The engine knows no contexts, so the session keeps one. Its cause is
	// errShutdown if the server ended it.
	ctx    context.Context
	cancel context.CancelCauseFunc

	lines   chan string   // from read to wait; closed at the end of the connection
	secured chan net.Conn // after AUTH, what read goes on with, or nil
	ended   chan struct{} // closed when the engine is done

	mu       sync.Mutex // guards what follows
	aborts   int        // ABOR commands read but not yet executed
	gone     bool       // nothing more comes from the client
	transfer *transfer  // the one that runs, or nil

	// For the engine's goroutines.
	conn     net.Conn // ear, or TLS on it
	secure   bool     // conn is TLS
	private  bool     // PROT P
	epsvOnly bool     // EPSV ALL
	ascii    bool     // TYPE A
	closing  bool     // nothing more is to be executed
	user     string   // of USER; empty: none yet
	failures int      // wrong passwords
	loggedIn bool
	caller   filestore.Caller
	domain   string // completes account names in paths
	listener *passive
	rest     int64 // of REST
	declared int64 // of ALLO; 0: none
	renaming bool  // RNFR was just accepted
	command  current
	input    []byte // a command that the engine has not yet read
	output   []byte // a reply that the engine has not yet completed
}

// current is the command that is being executed.
type current struct {
	verb, arg string
	line      string // what the engine gets
	opened    bool   // the data connection was announced
	failure   error  // the first error of a driver method
}

var (
	errShutdown = errors.New("server is shutting down")
	errAborted  = errors.New("aborted by the client")
	errGone     = errors.New("control connection has ended")
	errPanic    = errors.New("panic")
)

func newSession(server *Server, conn net.Conn, stopping <-chan struct{}) *session {
	s := &session{
		server:   server,
		stopping: stopping,
		timeouts: server.Timeouts.withDefaults(),
		raw:      conn,
		ear:      newEar(conn),
		remote:   address(conn.RemoteAddr()),
		local:    address(conn.LocalAddr()),
		lines:    make(chan string, maxAhead),
		secured:  make(chan net.Conn, 1),
		ended:    make(chan struct{}),
	}
	s.conn = s.ear
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
	s.log.Info("session begins")
	var reading sync.WaitGroup
	reading.Go(s.read)
	if err := startEngine(s); err != nil {
		s.log.Error("cannot start the FTP engine", "err", err)
	} else {
		<-s.ended
	}
	s.release()
	reading.Wait()
	s.log.Info("session ends", "account", s.caller.Account)
}

// release ends the connections.
func (s *session) release() {
	s.cancel(errGone)
	if s.listener != nil {
		s.listener.Close()
	}
	s.raw.Close()
}

// kill ends the session from outside. The client has a moment to take the last
// reply, unless the session has ended before.
func (s *session) kill() {
	s.cancel(errShutdown)
	timer := time.NewTimer(lastReplyTime)
	defer timer.Stop()
	select {
	case <-timer.C:
		s.raw.Close()
	case <-s.ended:
	}
}

// read puts the lines of the client into the queue.
func (s *session) read() {
	defer close(s.lines)
	defer s.hangUp()
	r := bufio.NewReaderSize(s.ear, maxLine+len("\r\n"))
	for {
		slice, err := r.ReadSlice('\n')
		line := tooLong
		switch {
		case err == nil:
			line = cleanLine(slice)
		case errors.Is(err, bufio.ErrBufferFull):
			skipLine(r)
		default:
			return
		}
		verb, _ := splitLine(line)
		if verb == "ABOR" {
			s.abort()
		}
		select {
		case s.lines <- line:
		case <-s.ctx.Done():
			return
		}
		switch {
		case line == tooLong:
			return
		case verb == "AUTH":
			// What came in clear behind AUTH is dropped, never executed
			// (CVE-2011-1575): Reset forgets what was buffered.
			select {
			case conn := <-s.secured:
				if conn != nil {
					r.Reset(conn)
				}
			case <-s.ctx.Done():
				return
			}
		}
	}
}

// skipLine reads on to the end of a line that is too long, if that is not far:
// when a connection is closed, what was not read of it takes the last reply away
// from the client.
func skipLine(r *bufio.Reader) {
	const pieces = 16
	for range pieces {
		if _, err := r.ReadSlice('\n'); !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// cleanLine takes the end of line away, and the Telnet signals that may stand
// before ABOR (RFC 959 §4.1.3), no byte of which can be in UTF-8 text.
func cleanLine(line []byte) string {
	for len(line) > 0 && (line[0] == 0xFF || line[0] == 0xF4 || line[0] == 0xF2) {
		line = line[1:]
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r")
}

func splitLine(line string) (verb, arg string) {
	verb, arg, _ = strings.Cut(line, " ")
	return strings.ToUpper(verb), arg
}

// abort ends the transfer that runs, and those that are begun before the ABOR
// command is executed.
func (s *session) abort() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aborts++
	if s.transfer != nil {
		s.transfer.cancel(errAborted)
	}
}

// hangUp ends the transfer of a client that is gone.
func (s *session) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
	if s.transfer != nil {
		s.transfer.cancel(errGone)
	}
}

// next returns the next command for the engine, which has done all of the one
// before. io.EOF ends the session.
func (s *session) next() (string, error) {
	for {
		s.endTransfer()
		if s.closing {
			return "", io.EOF
		}
		line, r := s.wait()
		if r.code == 0 {
			r = s.execute(line)
		}
		if r.code == 0 {
			return s.command.line, nil
		}
		s.say(r)
	}
}

// wait returns the next line, or the reply that ends the session.
func (s *session) wait() (string, reply) {
	limit := s.timeouts.Idle
	if !s.loggedIn {
		limit = min(limit, time.Until(s.loginBy))
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	r := replyShutdown
	select {
	case line, ok := <-s.lines:
		switch {
		case !ok:
			r = replyGoodbye // nobody reads it
		case line == tooLong:
			r = reply{500, "Line is too long."}
		default:
			return line, reply{}
		}
	case <-timer.C:
		r = reply{421, "Timeout."}
	case <-s.stopping:
	}
	s.closing = true
	return "", r
}

// pause waits for d, or until the session must end.
func (s *session) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.stopping:
	}
}

// panicked logs a panic in the directory or a storage, which is an error of one
// command.
func (s *session) panicked(v any) error {
	s.log.Error("panic", "verb", s.command.verb, "panic", v, "stack", string(debug.Stack()))
	return errPanic
}
