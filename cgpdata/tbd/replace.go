package tbd

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/cgpkit/cgpkit/internal/flock"
)

// openFile opens a regular file.
func openFile(path string, flag int) (*os.File, error) {
	f, err := os.OpenFile(path, flag|openFlags, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: errors.New("not a regular file")}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// lock keeps the other users of this package from changing the file that has the name
// path, until unlock is called. It has to be writable, although it is replaced: what may
// not be written is not changed.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	for {
		f, err := openFile(path, os.O_RDWR)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, errGone
		} else if err != nil {
			return nil, err
		}
		if !keepsOpen {
			f.Close()
			return func() {}, nil
		}
		err = flock.Lock(ctx, f)
		if err == nil {
			var locked, named fs.FileInfo
			if locked, err = f.Stat(); err == nil {
				if named, err = os.Lstat(path); err == nil && os.SameFile(locked, named) {
					return func() { f.Close() }, nil
				}
			}
		}
		f.Close()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		} // else it was replaced while we waited
	}
}
