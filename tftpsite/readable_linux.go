package tftpsite

import "golang.org/x/sys/unix"

// readable reports whether a packet, or an error, is there.
func readable(fd uintptr) bool {
	fds := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds[:], 0)
	return n > 0 || err != nil
}
