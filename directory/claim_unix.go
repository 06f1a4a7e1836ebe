//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package directory

import (
	"os"
	"syscall"
)

// lockDirectory locks an open directory until it is closed. Only a lock that
// somebody else has is an error: network file systems may have none.
func lockDirectory(f *os.File) error {
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == syscall.EWOULDBLOCK {
		return errClaimed
	}
	return nil
}
