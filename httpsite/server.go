package httpsite

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/connlimit"
)

// Server serves a handler in the way that strangers on the Internet make necessary:
//
//   - it bounds connections, and keeps those of clients who have logged in to a
//     [Handler];
//   - the head of a request has a time to come;
//   - the faulty framing of HTTP/1.0 that net/http hides from handlers is refused;
//   - its end lets uploads finish.
//
// HTTP/2 is spoken within TLS.
//
// It bounds no time for bodies and answers, as uploads may be long: a Handler bounds
// that by its StallTimeout, and what else Handler leads to has to do so itself.
//
// Only Handler must be set. Use field names; they must not change once it serves.
// Its methods are safe for concurrent use.
type Server struct {
	// Handler answers the requests: a [Handler], or one that leads to it beside
	// others, as http.ServeMux.
	Handler http.Handler
	// TLSConfig is for ServeTLS. Its NextProtos are not used.
	TLSConfig *tls.Config
	// MaxConns bounds the connections at any time; 0: 10,000. For one more, one on
	// which nobody has logged in is closed, one that waits for a request before the
	// others; package connlimit tells which. If there is none, the new one is.
	MaxConns int
	// MaxConnsPerAddr bounds those from one IPv4 address or one IPv6 network of 64
	// bits in the same way; 0: 1,000, which leaves room for a proxy in front.
	MaxConnsPerAddr int
	// ErrorLog hears of faults of connections, as that of http.Server does; nil:
	// nobody does. Package sitelog makes one of a slog.Logger.
	ErrorLog *log.Logger

	start  sync.Once
	plain  *http.Server
	secure *http.Server // below its connections is TLS; it does not know
	places connlimit.Places
	cut    context.CancelFunc // of all requests

	mu      sync.Mutex // guards ended, and Add of running
	ended   bool
	running sync.WaitGroup // requests
}

// Times and sizes of the head of a request, and how long a connection may wait for
// the next one.
const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
)

// Serve answers clients that connect to l until Shutdown or Close is called, and
// then returns [http.ErrServerClosed], at once: Shutdown and Close wait. If l fails
// it returns that error. It closes l.
func (s *Server) Serve(l net.Listener) error { return s.serve(l, false) }

// ServeTLS is Serve for HTTPS. It needs TLSConfig.
func (s *Server) ServeTLS(l net.Listener) error { return s.serve(l, true) }

// Shutdown stops accepting clients and waits until the requests that run have their
// answers. When ctx ends first, it cuts what is left as Close does, and returns the
// error of ctx.
func (s *Server) Shutdown(ctx context.Context) error {
	s.start.Do(s.prepare)
	err := errors.Join(s.plain.Shutdown(ctx), s.secure.Shutdown(ctx))
	if err != nil {
		_ = s.Close()
		return ctx.Err()
	}
	s.cut()
	return nil
}

// Close stops accepting clients and cuts all requests and connections; uploads that
// have not ended leave nothing. It waits for the handlers to end, and returns nil.
func (s *Server) Close() error {
	s.start.Do(s.prepare)
	s.cut()
	_ = errors.Join(s.plain.Close(), s.secure.Close()) // what fails to close is closed
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.running.Wait()
	return nil
}

func (s *Server) serve(l net.Listener, secure bool) error {
	var config *tls.Config
	switch {
	case s.Handler == nil:
		l.Close()
		return errors.New("httpsite: Server.Handler is nil")
	case secure && s.TLSConfig == nil:
		l.Close()
		return errors.New("httpsite: Server.ServeTLS without TLSConfig")
	case secure:
		config = s.TLSConfig.Clone()
		config.NextProtos = []string{"h2", "http/1.1"}
	}
	s.start.Do(s.prepare)
	limited := s.places.Listener(l, orDefault(s.MaxConns, 10_000), orDefault(s.MaxConnsPerAddr, 1000))
	server := s.plain
	if secure {
		server = s.secure
	}
	return server.Serve(watchListener{limited, config})
}

// prepare makes both servers of net/http.
func (s *Server) prepare() {
	var ctx context.Context
	ctx, s.cut = context.WithCancel(context.Background())
	errorLog := s.ErrorLog
	if errorLog == nil {
		errorLog = log.New(io.Discard, "", 0)
	}
	make := func() *http.Server {
		return &http.Server{
			Handler:           http.HandlerFunc(s.answer),
			ReadHeaderTimeout: readHeaderTimeout,
			IdleTimeout:       idleTimeout,
			MaxHeaderBytes:    maxHeaderBytes,
			ErrorLog:          errorLog,

			DisableGeneralOptionsHandler: true, // OPTIONS has one answer, and it is the handler's
			BaseContext:                  func(net.Listener) context.Context { return ctx },
			ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
				return connlimit.NewContext(watchedContext(ctx, conn), conn)
			},
			ConnState: func(conn net.Conn, state http.ConnState) {
				connlimit.PlaceOf(conn).Busy(state == http.StateActive)
			},
		}
	}
	s.plain, s.secure = make(), make()
	s.secure.Protocols = new(http.Protocols)
	s.secure.Protocols.SetHTTP1(true)
	s.secure.Protocols.SetUnencryptedHTTP2(true) // what is in TLS is not encrypted once more
}

// answer hands a request on.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		panic(http.ErrAbortHandler)
	}
	s.running.Add(1)
	s.mu.Unlock()
	defer s.running.Done()
	if isFaultyFraming(r) {
		w.Header().Set("Connection", "close")
		http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
		return
	}
	s.Handler.ServeHTTP(w, r)
}

func orDefault(n, value int) int {
	if n <= 0 {
		return value
	}
	return n
}
