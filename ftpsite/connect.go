package ftpsite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// dataSource is where the next data connection comes from. The zero value is
// from nowhere.
type dataSource struct {
	listener *net.TCPListener // PASV, EPSV
	target   netip.AddrPort   // PORT, EPRT
}

func (d *dataSource) none() bool { return d.listener == nil && !d.target.IsValid() }

// close forgets it. It may be called repeatedly.
func (d *dataSource) close() {
	if d.listener != nil {
		d.listener.Close()
	}
	*d = dataSource{}
}

// passive: RFC 959 §4.1.2, which has no form for an IPv6 address. After EPSV ALL
// nothing else is allowed (RFC 2428 §4).
func (s *session) passive(string) reply {
	told := s.toldAddr()
	switch {
	case s.epsvOnly:
		return replySequence
	case !told.IsValid():
		return reply{502, "Not possible here. Use EPSV."}
	}
	port, r := s.listen()
	if r != (reply{}) {
		return r
	}
	a := told.As4()
	return reply{227, fmt.Sprintf("Entering Passive Mode (%d,%d,%d,%d,%d,%d)", a[0], a[1], a[2], a[3], port/256, port%256)}
}

// extendedPassive: RFC 2428 §3.
func (s *session) extendedPassive(arg string) reply {
	switch arg = strings.Trim(arg, " "); {
	case strings.EqualFold(arg, "ALL"):
		s.epsvOnly = true
		return replyOK
	case arg != "" && arg != s.protocol():
		return reply{522, "Network protocol not supported, use (" + s.protocol() + ")"}
	case !s.local.IsValid():
		return replyNoData
	}
	port, r := s.listen()
	if r != (reply{}) {
		return r
	}
	return reply{229, fmt.Sprintf("Entering Extended Passive Mode (|||%d|)", port)}
}

// protocol is the network protocol of the control connection, by its number.
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
		if a := s.server.PublicAddr(s.remote, s.who.Domain).Unmap(); a.Is4() {
			return a
		}
	}
	return s.local
}

// listen opens a port on the local address of the control connection. A session
// has at most one.
func (s *session) listen() (uint16, reply) {
	s.data.close()
	config := net.ListenConfig{KeepAlive: -1} // the data itself is the sign of life
	config.SetMultipathTCP(false)             // whose sockets cost more, and which nobody uses for FTP
	var err error
	for port := range s.server.PassivePorts.inTurn {
		var l net.Listener
		if l, err = config.Listen(s.ctx, "tcp", netip.AddrPortFrom(s.local, port).String()); err == nil {
			s.data.listener = l.(*net.TCPListener)
			return uint16(l.Addr().(*net.TCPAddr).Port), reply{}
		}
	}
	s.log.Error("cannot listen for a data connection", "err", err)
	return 0, replyNoData
}

// inTurn yields the ports to be tried, from a random one on. Where any will do these are
// some of the dynamic ones (RFC 6335 §6) before the choice is left to the system: that
// tries one after the other, which takes long when thousands are in TIME-WAIT.
func (r PortRange) inTurn(yield func(port uint16) bool) {
	if r == (PortRange{}) {
		const first, tries = 49152, 10
		for range tries {
			if !yield(first + uint16(rand.IntN(1<<16-first))) {
				return
			}
		}
		yield(0)
		return
	}
	count := int(r.High) - int(r.Low) + 1
	start := rand.IntN(count)
	for i := range count {
		if !yield(r.Low + uint16((start+i)%count)) {
			return
		}
	}
}

// port: RFC 959 §4.1.2.
func (s *session) port(arg string) reply {
	fields := strings.Split(arg, ",")
	if len(fields) != 6 {
		return replyParameters
	}
	var b [6]byte
	for i, field := range fields {
		n, err := strconv.ParseUint(field, 10, 8)
		if err != nil {
			return replyParameters
		}
		b[i] = byte(n)
	}
	return s.setTarget(netip.AddrFrom4([4]byte(b[:4])), uint16(b[4])<<8|uint16(b[5]))
}

// extendedPort: RFC 2428 §2.
func (s *session) extendedPort(arg string) reply {
	if arg == "" {
		return replyParameters
	}
	fields := strings.Split(arg, arg[:1])
	if len(fields) != 5 || fields[0] != "" || fields[4] != "" {
		return replyParameters
	}
	if fields[1] != s.protocol() {
		return reply{522, "Network protocol not supported, use (" + s.protocol() + ")"}
	}
	addr, err := netip.ParseAddr(fields[2])
	port, portErr := strconv.ParseUint(fields[3], 10, 16)
	if err != nil || portErr != nil || addr.Is4() != s.local.Is4() {
		return replyParameters
	}
	return s.setTarget(addr, uint16(port))
}

// lowestPort is the first one that is not reserved for servers.
const lowestPort = 1024

// setTarget lets the server open the next data connection, if that is allowed:
// to the client itself alone, and not to the port of a server (RFC 2577 §3).
func (s *session) setTarget(addr netip.Addr, port uint16) reply {
	addr = addr.Unmap().WithZone(s.remote.Zone())
	switch {
	case !s.server.ActiveMode:
		return replyUnknown
	case s.epsvOnly:
		return replySequence
	case addr != s.remote || port < lowestPort:
		s.log.Warn("data connection to a stranger refused", "peer", netip.AddrPortFrom(addr, port))
		return reply{504, "Only to yourself, and to ports from 1024 on."}
	}
	s.data.close()
	s.data.target = netip.AddrPortFrom(addr, port)
	return replyOK
}

// connect makes the data connection.
func (d *dataSource) connect(ctx context.Context, s *session) (*net.TCPConn, error) {
	deadline := time.Now().Add(s.timeouts.DataConnect)
	if d.listener != nil {
		return d.accept(deadline, s)
	}
	dialer := net.Dialer{Deadline: deadline, LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(s.local, 0))}
	conn, err := dialer.DialContext(ctx, "tcp", d.target.String())
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// accept takes one connection, and only from the client: the first comer may be
// somebody else (RFC 2577 §4).
func (d *dataSource) accept(deadline time.Time, s *session) (*net.TCPConn, error) {
	defer d.listener.Close()
	if err := d.listener.SetDeadline(deadline); err != nil {
		return nil, err
	}
	for {
		conn, err := d.listener.AcceptTCP()
		if err != nil {
			return nil, err
		}
		if from := address(conn.RemoteAddr()); from != s.remote {
			s.log.Warn("data connection from a stranger refused", "peer", from)
			conn.Close()
			continue
		}
		return conn, nil
	}
}
