package tbd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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

// lock returns the file that has the name path, open and locked against the other
// users of this package until it is closed. It has to be writable, although it is
// replaced: what may not be written is not changed.
func lock(ctx context.Context, path string) (*os.File, error) {
	for {
		f, err := openFile(path, os.O_RDWR)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, errGone
		} else if err != nil {
			return nil, err
		}
		err = acquire(ctx, f)
		if err == nil {
			var locked, named fs.FileInfo
			if locked, err = f.Stat(); err == nil {
				if named, err = os.Lstat(path); err == nil && os.SameFile(locked, named) {
					return f, nil
				}
			}
		}
		f.Close()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		} // else it was replaced while we waited
	}
}

// replace puts a file with this text, and the mode and owner of old, in the place
// of old, which is locked. The temporary file has always the same name, lest
// those of crashed programs pile up: the lock is that of both.
func replace(old *os.File, path, text string) error {
	info, err := old.Stat()
	if err != nil {
		return err
	}
	dir, name := filepath.Split(path)
	temp := filepath.Join(dir, "."+name+".new")
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove what a crash has left: %w", err)
	}
	if err := write(temp, text, info); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	if !keepsOpen {
		old.Close()
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncDirectory(dir)
}

// write makes a new file and brings it to the disk.
func write(path, text string, like fs.FileInfo) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, text)
	if err == nil {
		err = keepOwner(f, like) // before Chmod, as it takes bits away
	}
	if err == nil {
		err = f.Chmod(like.Mode().Perm())
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
