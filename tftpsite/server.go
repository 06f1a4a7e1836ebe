package tftpsite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/connlimit"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/graceful"
)

// Server shows storages over TFTP. Views must be set; the zero value of
// every other field is a safe default. Fields are read while serving and must
// not change after the first call of Serve. The methods are safe for
// concurrent use.
type Server struct {
	// Views make the storages of the accounts.
	Views *filestore.Views
	// Storage is the Default Storage: the account whose files have plain
	// names. Without a domain it is in the Main Domain. Empty: there is none.
	Storage string
	// AllowWrite admits write requests. They need a right of the account
	// tftpuser besides. An upload that is cut leaves the old file as it was.
	AllowWrite bool
	// MaxTransfers bounds the transfers at any time; 0: 200. For one more, one
	// whose client is not yet heard of gives way. If there is none the request is
	// answered by an ERROR.
	MaxTransfers int
	// MaxTransfersPerAddr is the same for one IPv4 address or one IPv6 network of 64
	// bits; 0: 20.
	MaxTransfersPerAddr int
	// MaxBlockSize bounds the option blksize, in bytes: 512 to 65464. 0: 1428,
	// which passes an Ethernet and most tunnels in one piece. What lies
	// outside is brought to the nearer end.
	MaxBlockSize int
	// MaxWindowSize bounds the option windowsize (RFC 7440), in blocks: 1 to 64.
	// 0: 16. A window is also held below 256 KiB.
	MaxWindowSize int
	// Timeout is the time to wait for an answer before a packet is sent again, the
	// first time; it doubles up to eight times that. 0: 1 second. The option
	// timeout of a client stands in its place, and does not grow.
	Timeout time.Duration
	// Retries is how often a packet is sent again before the transfer is
	// given up; 0: 5. Before the client is heard of, it is sent again once.
	Retries int
	// Logger takes the log; nil: none.
	Logger *slog.Logger
	// Observer hears of every transfer; nil: nobody does.
	Observer filestore.Observer

	calls  graceful.Calls
	places connlimit.Places

	mu        sync.Mutex                   // guards what follows
	newest    map[netip.AddrPort]*transfer // of each client
	lingering int                          // uploads that are done, but for the last acknowledgement
}

func (s *Server) maxTransfers() int      { return cmp.Or(max(s.MaxTransfers, 0), 200) }
func (s *Server) timeout() time.Duration { return cmp.Or(max(s.Timeout, 0), time.Second) }
func (s *Server) retries() int           { return cmp.Or(max(s.Retries, 0), 5) }

func (s *Server) maxBlock() int {
	return min(max(cmp.Or(s.MaxBlockSize, 1428), plainBlock), maxBlock)
}

func (s *Server) maxWindow() int { return min(max(cmp.Or(s.MaxWindowSize, 16), 1), 64) }

func (s *Server) log() *slog.Logger {
	if s.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Logger
}

// Serve answers requests that arrive on pc until Shutdown or Close is called;
// then it waits for the transfers under way, and returns ErrServerClosed. If pc
// fails it returns that error, after the transfers. It closes pc.
//
// Addresses of clients must be *net.UDPAddr values. If pc listens on all
// addresses of the host, answers come from the one that was asked only where
// pc is a *net.UDPConn and the system tells that address.
func (s *Server) Serve(pc net.PacketConn) error {
	defer pc.Close()
	call, ok := s.calls.Begin()
	if !ok {
		return ErrServerClosed
	}
	defer call.Finish()
	defer graceful.After(call.Accepting, func() { pc.Close() })()

	var transfers sync.WaitGroup
	defer transfers.Wait()
	idle := make(chan *transfer) // to goroutines whose stacks have grown by a transfer before
	defer close(idle)
	begin := func(t *transfer) {
		select {
		case idle <- t:
			return
		default:
		}
		transfers.Go(func() {
			for ; t != nil; t = <-idle {
				for t != nil {
					t.run(call.Context, call.Accepting)
					t = s.next(t, pc)
				}
			}
		})
	}
	read := requestReader(pc)
	buf := make([]byte, maxRequest+1)
	for {
		n, from, asked, err := read(buf)
		if call.Accepting.Err() != nil {
			return ErrServerClosed
		}
		if err != nil {
			return fmt.Errorf("read a request: %w", err)
		}
		if r, ok := s.understand(buf[:n], from, asked); ok {
			if t := s.admit(r, pc); t != nil {
				begin(t)
			}
		}
	}
}

// understand decides whether a packet is answered at all.
func (s *Server) understand(packet []byte, from netip.AddrPort, asked netip.Addr) (request, bool) {
	drop := func(reason string) (request, bool) {
		s.log().Debug("packet dropped", "remote", from.Addr(), "reason", reason)
		return request{}, false
	}
	if !oneHost(from.Addr()) || from.Port() == 0 {
		return drop("impossible sender")
	}
	if asked.IsValid() && !oneHost(asked) {
		return drop("not sent to one host") // RFC 1123 §4.2.3.4
	}
	r, err := parseRequest(packet)
	if errors.Is(err, errNoRequest) {
		return drop("not a request")
	}
	r.from, r.asked, r.refused = from, asked, err
	return r, true
}

// admit returns the transfer that a request begins, if it does. A client that
// repeats its request has heard nothing, and is answered at once by the transfer
// that runs. One that has heard of that, or asks for something else, has begun
// something new: where the end of the old one was lost nobody waits for it.
func (s *Server) admit(r request, pc net.PacketConn) *transfer {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.newest[r.from]
	if old != nil && !old.answered && old.request == r {
		old.push(errRepeated)
		return nil
	}
	t := &transfer{request: r, server: s}
	place, ok := s.places.Enter(r.from.Addr(), s.maxTransfers(), cmp.Or(max(s.MaxTransfersPerAddr, 0), 20), func() { t.push(errGaveWay) })
	if !ok {
		s.log().Debug("request refused", "remote", r.from.Addr(), "reason", "too many transfers")
		pc.WriteTo(replyBusy.packet(), net.UDPAddrFromAddrPort(r.from))
		return nil
	}
	if old != nil && !old.answered {
		old.push(errGaveWay)
	} else {
		t.before = old
	}
	if s.newest == nil {
		s.newest = map[netip.AddrPort]*transfer{}
	}
	s.newest[r.from], t.place = t, place
	return t
}

// hear notes that the client of t is where it seems to be. What it did before from
// the same port is over.
func (s *Server) hear(t *transfer) {
	t.place.Trust(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	t.answered = true
	if t.before != nil {
		t.before.push(errGaveWay)
		t.before = nil
	}
}

// leave gives the place of t to others.
func (s *Server) leave(t *transfer) {
	t.place.Leave()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.newest[t.from] == t {
		delete(s.newest, t.from)
	}
	t.before = nil
	t.mu.Lock()
	defer t.mu.Unlock()
	t.repeated = t.repeated || errors.Is(t.pushed, errRepeated)
}

// next returns the transfer for a request that came again while t ended.
func (s *Server) next(t *transfer, pc net.PacketConn) *transfer {
	if !t.repeated {
		return nil
	}
	return s.admit(t.request, pc)
}

// oneHost reports whether an address belongs to a single host.
func oneHost(a netip.Addr) bool {
	return a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// linger counts uploads that dally by n, and tells whether there may be more.
func (s *Server) linger(n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lingering+n > s.maxTransfers() {
		return false
	}
	s.lingering += n
	return true
}

// Shutdown stops the taking of requests, waits for the transfers under way,
// and cancels them when ctx ends; then it returns the error of ctx. It returns
// when every call of Serve is about to return and no goroutine is left.
func (s *Server) Shutdown(ctx context.Context) error { return s.calls.Shutdown(ctx) }

// Close is Shutdown that cancels transfers at once. It returns nil.
func (s *Server) Close() error { return s.calls.Close() }
