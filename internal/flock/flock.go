// Package flock locks open files against other processes, and other openings of the
// same file, by flock(2). Where the system has no such lock, nothing is locked.
package flock

import (
	"context"
	"errors"
	"os"
	"time"
)

// ErrLocked says that somebody else has the lock.
var ErrLocked = errors.New("locked by somebody else")

// Try takes the lock of f, until [Unlock] or until f is closed. Errors other than
// ErrLocked are *os.SyscallError: file systems may have no locks.
func Try(f *os.File) error { return try(f) }

// Lock waits for the lock of f, or for ctx. Flock cannot be waited for together with a
// context, so it is asked for again and again.
func Lock(ctx context.Context, f *os.File) error {
	const longest = 20 * time.Millisecond
	for pause := time.Millisecond / 16; ; pause = min(2*pause, longest) {
		if err := try(f); err != ErrLocked {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// Unlock gives the lock up. Closing f would leave it for a moment to a child process
// that is just being started, and has all open files until its program runs.
func Unlock(f *os.File) { unlock(f) }
