//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package directory

import (
	"os"
	"syscall"
)

// lockDirectory locks an open directory until it is closed. Only a lock that
// somebody else has is an error: network file systems may have none.
func lockDirectory(f *os.File) error {
	for {
		switch syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) {
		case syscall.EINTR:
		case syscall.EWOULDBLOCK:
			return errClaimed
		default:
			return nil
		}
	}
}

// unlockDirectory gives the lock up. Closing the directory would leave it for a
// moment to a child process that is just being started, and has all open files
// until its program runs.
func unlockDirectory(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
