//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package edit

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/cgpkit/cgpkit/internal/flock"
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

// lockDirectory waits for the lock of dir, for a while: whoever may read a directory can
// keep it. A file system without locks has to do without.
func lockDirectory(dir *os.File) error {
	const patience = 10 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := flock.Lock(ctx, dir); errors.Is(err, context.DeadlineExceeded) {
		return &fs.PathError{Op: "lock", Path: dir.Name(), Err: flock.ErrLocked}
	}
	return nil
}

// renameIf renames temp to name if unchanged returns nil, and makes it last.
func renameIf(unchanged func() error, temp, name string) error {
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer dir.Close() // ends the lock
	if err := lockDirectory(dir); err != nil {
		return err
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
