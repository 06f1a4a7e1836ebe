//go:build unix && !solaris && !aix

package tbd

import (
	"context"
	"os"
	"syscall"
	"time"
)

const (
	// openFlags refuse a symbolic link, and keep a FIFO from making us wait.
	openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
	// keepsOpen tells that an open file can be replaced.
	keepsOpen = true
)

// acquire waits for the lock of f. Flock cannot be waited for together with a
// context, so it is asked for again and again.
func acquire(ctx context.Context, f *os.File) error {
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return nil
		}
		if err != syscall.EWOULDBLOCK && err != syscall.EINTR {
			return os.NewSyscallError("flock", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}
