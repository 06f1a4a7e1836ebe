//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package cgpdata

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// openFlags guard against what takes the place of a regular file: a link is not
// followed, and a pipe does not block.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

func sameOwner(a, b fs.FileInfo) bool {
	x, y := a.Sys().(*syscall.Stat_t), b.Sys().(*syscall.Stat_t)
	return x.Uid == y.Uid && x.Gid == y.Gid
}

// keepOwner gives f the owner and group of info.
func keepOwner(f *os.File, info fs.FileInfo) error {
	own, err := f.Stat()
	if err != nil || sameOwner(own, info) {
		return err
	}
	stat := info.Sys().(*syscall.Stat_t)
	return f.Chown(int(stat.Uid), int(stat.Gid))
}

// renameIf renames temp to name if unchanged returns nil, and makes it last.
func renameIf(unchanged func() error, temp, name string) error {
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer dir.Close() // ends the lock
	for {
		err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break // locked, or on a file system without locks
		}
	}
	if err := unchanged(); err != nil {
		return err
	}
	if err := os.Rename(temp, name); err != nil {
		return err
	}
	if err := dir.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) { // a file system that cannot
		return err
	}
	return nil
}
