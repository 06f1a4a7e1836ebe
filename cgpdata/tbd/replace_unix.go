//go:build unix && !solaris && !aix

package tbd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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

// keepOwner gives f the owner and group of like. A table that its server could no
// longer read is worse than one that was not changed: an error ends the change.
func keepOwner(f *os.File, like fs.FileInfo) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	is, ok := info.Sys().(*syscall.Stat_t)
	want, wok := like.Sys().(*syscall.Stat_t)
	if !ok || !wok || is.Uid == want.Uid && is.Gid == want.Gid {
		return nil
	}
	if err := f.Chown(int(want.Uid), int(want.Gid)); err != nil {
		return fmt.Errorf("keep the owner: %w", err)
	}
	return nil
}

// syncDirectory brings the names in a directory to the disk.
func syncDirectory(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) { // a file system that cannot
		return err
	}
	return nil
}
