//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package calllog

import (
	"context"
	"os"
	"syscall"
	"time"
)

// openFlags refuse a symbolic link, and keep a FIFO from making us wait.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// lock waits for the lock of f. Flock cannot be waited for together with a
// context, so it is asked for again and again.
func lock(ctx context.Context, f *os.File) error {
	const longest = 20 * time.Millisecond
	for pause := time.Millisecond / 16; ; pause = min(2*pause, longest) {
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
