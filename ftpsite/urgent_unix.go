//go:build unix

package ftpsite

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// hearUrgent puts urgent data where it stands in the stream: clients send the
// end of ABOR so (RFC 959 §4.1.3, RFC 854 "Synch"), and it would be lost.
func hearUrgent(conn net.Conn) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	if socket, err := c.SyscallConn(); err == nil {
		socket.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_OOBINLINE, 1) })
	}
}
