package tftpsite

import (
	"net"
	"syscall"
	"time"
)

// lookout looks for answers before anybody waits for them. A client on the same host
// or in the next rack answers within a few dozen microseconds; to put a goroutine and
// its processor to sleep and wake both again takes as long as that, for every packet.
// So where answers come that fast the next one is looked for, again and again, for as
// long as it may be expected. Where they do not, nothing is looked for.
type lookout struct {
	raw  syscall.RawConn
	fast int // answers in a row that came soon
}

const (
	soon     = 100 * time.Microsecond
	promises = 8  // fast answers in a row promise another
	turn     = 32 // after as many packets others have their turn
)

func newLookout(conn *net.UDPConn) lookout {
	raw, err := conn.SyscallConn()
	if err != nil { // it is closed
		return lookout{}
	}
	return lookout{raw: raw}
}

// expects reports whether the next answer is looked for.
func (l *lookout) expects() bool { return l.raw != nil && l.fast >= promises && l.fast%turn != 0 }

// look returns when a packet is there, or is not to be expected any more.
func (l *lookout) look() {
	if !l.expects() {
		return
	}
	until := time.Now().Add(soon)
	l.raw.Control(func(fd uintptr) {
		for !readable(fd) && time.Now().Before(until) {
		}
	})
}

// note counts an answer that took so long.
func (l *lookout) note(took time.Duration) {
	if l.fast++; took > soon {
		l.fast = 0
	}
}
