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

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/serving"
)

// Server shows storages over TFTP. Directory must be set; the zero value of
// every other field is a safe default. Fields are read while serving and must
// not change after the first call of Serve. The methods are safe for
// concurrent use.
type Server struct {
	// Directory knows the accounts.
	Directory filestore.Directory
	// Storage is the Default Storage: the account whose files have plain
	// names. Without a domain it is in the Main Domain. Empty: there is none.
	Storage string
	// AllowWrite admits write requests. They need a right of the account
	// tftpuser besides. An upload that is cut, or has another size than its
	// tsize option says, leaves the old file as it was.
	AllowWrite bool
	// MaxTransfers bounds the transfers at any time; 0: 200. For one more, one
	// whose client has not answered the last packet is given up: the oldest of the
	// network that has most of them. If there is none, the request is dropped, and
	// the client will repeat it.
	MaxTransfers int
	// MaxTransfersPerAddr is the same for one client address; 0: 20.
	MaxTransfersPerAddr int
	// MaxBlockSize bounds the option blksize, in bytes: 512 to 65464. 0: 1428,
	// which passes an Ethernet and most tunnels in one piece. What lies
	// outside is brought to the nearer end.
	MaxBlockSize int
	// Timeout is the time to wait for an answer before a packet is sent
	// again; 0: 5 seconds.
	Timeout time.Duration
	// Retries is how often a packet is sent again before the transfer is
	// given up; 0: 5.
	Retries int
	// Observer hears of every transfer; nil: nobody does.
	Observer filestore.Observer
	// Logger takes the log; nil: none.
	Logger *slog.Logger

	calls  serving.Calls
	places serving.Places

	mu        sync.Mutex // guards what follows
	requests  map[identity]struct{}
	lingering int // uploads that are done, but for the last acknowledgement
}

// identity tells a repeated request from a new one: a client may go on to its
// next file before we have seen the end of the last.
type identity struct {
	client netip.AddrPort
	write  bool
	name   string
}

func (r request) identity() identity { return identity{r.from, r.write, r.name} }

func (s *Server) maxTransfers() int      { return cmp.Or(max(s.MaxTransfers, 0), 200) }
func (s *Server) timeout() time.Duration { return cmp.Or(max(s.Timeout, 0), 5*time.Second) }
func (s *Server) retries() int           { return cmp.Or(max(s.Retries, 0), 5) }

func (s *Server) maxBlock() int {
	return min(max(cmp.Or(s.MaxBlockSize, 1428), plainBlock), maxBlock)
}

func (s *Server) log() *slog.Logger {
	if s.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Logger
}

// noBackoff: the wait for the answer was long enough.
func noBackoff(int) time.Duration { return 0 }

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
	defer serving.After(call.Accepting, func() { pc.Close() })()

	e, err := startEngine(s)
	if err != nil {
		return err
	}
	defer e.close()
	var transfers sync.WaitGroup
	defer transfers.Wait()

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
		ctx, giveUp := context.WithCancelCause(call.Context)
		r, place, ok := s.admit(buf[:n], from, asked, func() { giveUp(errGaveWay) })
		if !ok {
			giveUp(nil)
			continue
		}
		transfers.Go(func() {
			defer giveUp(nil)
			s.exchange(ctx, call.Accepting, e, r, place)
		})
	}
}

// admit decides whether a packet is answered at all. What it begins may have to
// give way.
func (s *Server) admit(packet []byte, from netip.AddrPort, asked netip.Addr, giveWay func()) (request, *serving.Place, bool) {
	drop := func(reason string) (request, *serving.Place, bool) {
		s.log().Debug("packet dropped", "remote", from.Addr(), "reason", reason)
		return request{}, nil, false
	}
	if !oneHost(from.Addr()) || from.Port() == 0 {
		return drop("impossible sender")
	}
	if asked.IsValid() && !oneHost(asked) {
		return drop("not sent to one host") // RFC 1123 §4.2.3.4
	}
	r, err := parseRequest(packet)
	if errors.Is(err, errMalformed) {
		return drop("not a request")
	}
	r.from, r.asked, r.refused = from, asked, err
	place, ok := s.enter(r, giveWay)
	if !ok {
		return drop("repeated, or too many transfers")
	}
	return r, place, true
}

// oneHost reports whether an address belongs to a single host.
func oneHost(a netip.Addr) bool {
	return a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// enter counts a transfer. A client that repeats its request while its
// transfer runs gets no second one.
func (s *Server) enter(r request, giveWay func()) (*serving.Place, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, repeated := s.requests[r.identity()]; repeated {
		return nil, false
	}
	place, ok := s.places.Enter(r.from.Addr(), s.maxTransfers(), cmp.Or(max(s.MaxTransfersPerAddr, 0), 20), giveWay)
	if !ok {
		return nil, false
	}
	if s.requests == nil {
		s.requests = map[identity]struct{}{}
	}
	s.requests[r.identity()] = struct{}{}
	return place, true
}

func (s *Server) leave(r request, place *serving.Place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.requests, r.identity())
	place.Leave()
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
