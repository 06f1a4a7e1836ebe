package ftpsite

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"
)

// passivePASV checks what the library does not. RFC 959 §4.1.2 has no form for
// an IPv6 address; after EPSV ALL nothing else is allowed (RFC 2428 §4).
func (s *session) passivePASV(string) reply {
	switch {
	case s.epsvOnly:
		return replySequence
	case !s.toldAddr().IsValid():
		return reply{502, "Not possible here. Use EPSV."}
	}
	return reply{}
}

// passiveEPSV: RFC 2428 §3.
func (s *session) passiveEPSV(arg string) reply {
	switch arg {
	case "ALL":
		s.epsvOnly = true
		return replyOK
	case "", s.protocol():
	default:
		return reply{522, "Network protocol not supported, use (" + s.protocol() + ")"}
	}
	if !s.local.IsValid() {
		return replyNoData
	}
	s.command.line = "EPSV"
	return reply{}
}

func (s *session) protocol() string {
	if s.local.Is4() {
		return "1"
	}
	return "2"
}

// toldAddr is the address to be told in the answer to PASV.
func (s *session) toldAddr() netip.Addr {
	if !s.local.Is4() {
		return netip.Addr{}
	}
	if s.server.PublicAddr != nil {
		if a := s.server.PublicAddr(s.remote).Unmap(); a.Is4() {
			return a
		}
	}
	return s.local
}

// WrapPassiveListener implements ftp.MainDriverExtensionPassiveWrapper. The
// library listens on all addresses, and with a port range on IPv4 alone, and
// it keeps using its *net.TCPListener. So that variable is given the listener
// that we want.
func (e engine) WrapPassiveListener(l net.Listener) (net.Listener, error) {
	l.Close()
	theirs, ok := l.(*net.TCPListener)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	s := e.s
	if s.listener != nil {
		s.listener.Close() // at most one for a session
		s.listener = nil
	}
	ours, err := s.listen()
	if err != nil {
		s.log.Error("cannot listen for a data connection", "err", err)
		return nil, err
	}
	*theirs = *ours
	s.listener = &passive{TCPListener: theirs, s: s}
	return s.listener, nil
}

// listen opens a port on the local address of the control connection.
func (s *session) listen() (*net.TCPListener, error) {
	ports := s.server.PassivePorts
	count := int(ports.High) - int(ports.Low) + 1
	start := rand.IntN(count)
	var err error
	for i := range count {
		port := ports.Low + uint16((start+i)%count)
		var l *net.TCPListener
		if l, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(s.local, port))); err == nil {
			return l, nil
		}
	}
	return nil, err
}

// passive waits for the data connection of one transfer.
type passive struct {
	*net.TCPListener
	s *session
}

// Accept takes one connection, and only from the client: the first comer may be
// somebody else (RFC 2577 §4).
func (p *passive) Accept() (net.Conn, error) {
	s := p.s
	defer p.Close()
	if err := p.SetDeadline(time.Now().Add(s.timeouts.DataConnect)); err != nil {
		return nil, err
	}
	for {
		conn, err := p.AcceptTCP()
		if err != nil {
			return nil, err
		}
		if from := address(conn.RemoteAddr()); from != s.remote {
			s.log.Warn("data connection from a stranger", "from", from)
			conn.Close()
			continue
		}
		return s.transfer.attach(s.dataConn(conn))
	}
}

func (s *session) dataConn(tcp *net.TCPConn) *data {
	d := &data{Conn: tcp, tcp: tcp, stall: s.timeouts.DataStall}
	if s.private {
		// The handshake comes with the first bytes, after the reply 150.
		d.Conn = tls.Server(mustNotify{tcp}, s.server.TLSConfig)
		d.private = true
	}
	return d
}

// transfer is one command with a data connection.
type transfer struct {
	s        *session
	ctx      context.Context
	cancel   context.CancelCauseFunc
	stop     func() bool // keeps the end of ctx from calling cut
	listener *passive
	file     io.Closer // what is being sent or received, for the case of a panic

	data *data // set with s.mu held
}

// beginTransfer prepares for the transfer that the engine is about to begin,
// unless the client has already given it up.
func (s *session) beginTransfer() reply {
	if s.server.RequireTLS && !s.private {
		return reply{522, "Use PROT P first."}
	}
	t := &transfer{s: s, listener: s.listener}
	t.ctx, t.cancel = context.WithCancelCause(s.ctx)
	s.listener = nil
	t.stop = context.AfterFunc(t.ctx, t.cut)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.transfer = t
	switch {
	case s.aborts > 0:
		t.cancel(errAborted)
	case s.gone:
		t.cancel(errGone)
	default:
		// The library runs transfers in a goroutine, and goes on in it after
		// the reply. Before it does a NOOP it waits for that goroutine.
		s.command.line += "\r\nNOOP"
		return reply{}
	}
	return replyCut
}

// endTransfer leaves nothing of a transfer that has ended.
func (s *session) endTransfer() {
	t := s.transfer
	if t == nil {
		return
	}
	t.stop()
	t.cancel(nil)
	t.cut()
	if t.file != nil {
		t.file.Close() // does nothing, unless a panic kept the engine from it
	}
	s.rest, s.declared = 0, 0
	s.mu.Lock()
	defer s.mu.Unlock()
	s.transfer = nil
}

// attach makes d the data connection, unless the transfer has been given up.
func (t *transfer) attach(d *data) (net.Conn, error) {
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	t.data = d
	if cause := context.Cause(t.ctx); cause != nil {
		d.cut()
		return nil, cause
	}
	return d, nil
}

// cut closes what the transfer has open. It is called when ctx ends, and after
// every transfer.
func (t *transfer) cut() {
	if t.listener != nil {
		t.listener.Close()
	}
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	if t.data != nil {
		t.data.cut()
	}
}
