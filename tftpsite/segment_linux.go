package tftpsite

import (
	"net"

	"golang.org/x/sys/unix"
)

// segment lets the system cut what is sent at once into packets of size bytes (UDP
// segmentation, udp(7)), and reports whether it does. Shorter packets go as they are.
func segment(conn *net.UDPConn, size int) bool {
	socket, err := conn.SyscallConn()
	if err != nil {
		return false
	}
	failed := socket.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_SEGMENT, size) })
	return failed == nil && err == nil
}
