package ftpsite

import (
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ear is the control connection as the session reads it. It can tell whether
// the client has said something that the session has not yet understood: an
// ABOR, or the end of the connection, that came just before the data ended.
type ear struct {
	net.Conn
	socket syscall.RawConn // nil: not a socket
	busy   atomic.Bool     // something was read, and is being looked at
}

const (
	// earGrace is how long the end of the control connection may come after
	// the end of the data: a system that kills a client closes both at about
	// the same time, in any order.
	earGrace = 5 * time.Millisecond
	// What the client has said must have been looked at after so many pauses.
	earPause  = time.Millisecond
	earPauses = 1000
)

func newEar(conn net.Conn) *ear {
	e := &ear{Conn: conn}
	if c, ok := conn.(syscall.Conn); ok {
		if socket, err := c.SyscallConn(); err == nil {
			e.socket = socket
		}
	}
	return e
}

// Read is called when everything read before was looked at. It is busy before
// it takes anything, so that ended misses nothing.
func (e *ear) Read(p []byte) (int, error) {
	e.busy.Store(false)
	if e.socket != nil {
		err := e.socket.Read(func(fd uintptr) bool { return poll(fd, 0) != 0 })
		if err != nil {
			return 0, err
		}
		e.busy.Store(true)
	}
	return e.Conn.Read(p)
}

// ended reports whether the client has closed its side of the connection, even
// if commands stand before the end. It waits until the commands that came were
// looked at; a client that sends too many of them counts as gone.
func (e *ear) ended() bool {
	if e.socket == nil {
		return false
	}
	wait := earGrace
	for range earPauses {
		var events int16
		err := e.socket.Control(func(fd uintptr) { events = poll(fd, wait) })
		switch {
		case err != nil || events&^unix.POLLIN != 0:
			return true
		case events == 0 && !e.busy.Load(): // asked in this order
			return false
		}
		time.Sleep(earPause)
		wait = 0
	}
	return true
}

// poll tells what a read within the given time would meet: POLLIN, and others
// for the end.
func poll(fd uintptr, wait time.Duration) int16 {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN | unix.POLLRDHUP}}
	for {
		switch _, err := unix.Poll(fds, int(wait.Milliseconds())); err {
		case nil:
			return fds[0].Revents
		case unix.EINTR:
		default:
			return unix.POLLERR
		}
	}
}
