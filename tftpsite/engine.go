package tftpsite

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"

	"github.com/pin/tftp/v3"
)

// engine is the library's server. It takes requests on the loopback interface
// and carries the blocks of the transfers; each exchange hands it one request
// and passes the packets on. So the library never sees a client, and no client
// sees what the library says about errors.
type engine struct {
	conn   *net.UDPConn
	addr   netip.AddrPort
	server *tftp.Server
	served chan struct{} // closed when the server has ended

	mu   sync.Mutex // guards jobs
	jobs map[netip.AddrPort]*job
}

// job is the content of one transfer. One of source and target is set.
type job struct {
	source  io.Reader
	proof   int64 // what the engine says in the option tsize of source
	target  io.Writer
	end     chan error    // told once, when the engine is through
	release chan struct{} // closed when the engine may say its last word
}

var (
	errNoJob = errors.New("no such transfer")
	errPanic = errors.New("panic")
)

// startEngine starts the library. close ends it.
func startEngine(s *Server) (*engine, error) {
	conn, err := listenLoopback()
	if err != nil {
		return nil, fmt.Errorf("listen on the loopback interface: %w", err)
	}
	e := &engine{
		conn:   conn,
		addr:   localAddr(conn),
		served: make(chan struct{}),
		jobs:   map[netip.AddrPort]*job{},
	}
	e.server = tftp.NewServer(e.send, e.receive)
	e.server.SetTimeout(s.timeout())
	e.server.SetRetries(s.retries())
	e.server.SetBackoff(noBackoff)
	e.server.SetBlockSizeNegotiation(false) // exchanges have limited it already
	go func() {
		defer close(e.served)
		e.server.Serve(conn)
	}()
	return e, nil
}

// close ends the library. All exchanges must have ended.
func (e *engine) close() {
	e.server.Shutdown()
	<-e.served
}

// listenLoopback opens a socket that only this host can reach. Where the whole
// of 127.0.0.0/8 is the loopback interface, as on Linux, it has an address of its
// own, so that others on this host do not find it by trying.
func listenLoopback() (*net.UDPConn, error) {
	n := rand.Uint32()
	own := net.IPv4(127, byte(n>>16), byte(n>>8), 2+byte(n)%250)
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: own})
	if err != nil {
		conn, err = net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	}
	if err != nil {
		conn, err = net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv6loopback})
	}
	return conn, err
}

func localAddr(conn *net.UDPConn) netip.AddrPort {
	return unmap(conn.LocalAddr().(*net.UDPAddr).AddrPort())
}

// unmap gives an IPv4 address one form, whichever socket it came from.
func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// put announces the job of the exchange at a local address.
func (e *engine) put(at netip.AddrPort, j *job) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.jobs[at] = j
}

// take removes the job of an address. The first caller gets it, so a job either
// runs or has been withdrawn.
func (e *engine) take(at netip.AddrPort) (*job, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	j, ok := e.jobs[at]
	delete(e.jobs, at)
	return j, ok
}

// send is the library's handler of read requests.
func (e *engine) send(_ string, to io.ReaderFrom) error {
	transfer := to.(tftp.OutgoingTransfer)
	return e.run(transfer.RemoteAddr(), func(j *job) error {
		if j.source == nil {
			return errNoJob
		}
		transfer.SetSize(j.proof)
		_, err := to.ReadFrom(j.source)
		return err
	})
}

// receive is the library's handler of write requests. When it returns nil the
// library acknowledges the last block, so it waits for the exchange to do that
// in its own time.
func (e *engine) receive(_ string, from io.WriterTo) error {
	return e.run(from.(tftp.IncomingTransfer).RemoteAddr(), func(j *job) error {
		if j.target == nil {
			return errNoJob
		}
		_, err := from.WriteTo(j.target)
		return err
	})
}

// run does the job of the exchange at addr and tells it the end.
func (e *engine) run(addr net.UDPAddr, do func(*job) error) (err error) {
	j, ok := e.take(unmap(addr.AddrPort()))
	if !ok {
		return errNoJob
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v\n%s", errPanic, p, debug.Stack())
		}
		j.end <- err
		<-j.release
	}()
	return do(j)
}
