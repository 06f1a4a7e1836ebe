package mailbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/cgpkit/cgpkit/internal/hostfile"
)

// The names on disk: folderSuffix ends the directory of nested mailboxes, the
// others end mailboxes.
const (
	folderSuffix = ".folder"
	mboxSuffix   = ".mbox"
	mdirSuffix   = ".mdir"
	slicedSuffix = ".mslc"
)

// ErrSliced says that a mailbox is there, in the form .mslc: no source tells how
// that is read.
var ErrSliced = errors.New("a sliced mailbox (" + slicedSuffix + "), whose format is not known")

var (
	errNotRegular   = errors.New("not a regular file")
	errNotDirectory = errors.New("not a directory")
	errReplaced     = fmt.Errorf("%w: replaced while it was opened", ErrMailboxChanged)
)

// found is a mailbox on disk.
type found struct {
	dir  *os.Root // that holds it
	name string   // in dir
	info fs.FileInfo
}

// locate finds a mailbox below the directory of an account, in steps of one
// directory: an os.Root follows links inside itself. If there is none, name is "";
// dir is to be closed in any case. Where there are several forms, .mbox goes before
// .mdir, and .mdir before .mslc: our choice.
func locate(account, name string) (found, error) {
	folders, base, err := diskPath(name)
	if err != nil {
		return found{}, err
	}
	dir, err := os.OpenRoot(account)
	if err != nil {
		return found{}, err
	}
	for _, folder := range folders {
		inside, err := openDirectory(dir, folder)
		dir.Close()
		if errors.Is(err, fs.ErrNotExist) {
			return found{}, nil
		}
		if err != nil {
			return found{}, err
		}
		dir = inside
	}
	for _, suffix := range []string{mboxSuffix, mdirSuffix, slicedSuffix} {
		info, err := dir.Lstat(base + suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = checkForm(suffix, info)
		}
		if err != nil {
			dir.Close()
			return found{}, err
		}
		return found{dir, base + suffix, info}, nil
	}
	dir.Close()
	return found{}, nil
}

func checkForm(suffix string, info fs.FileInfo) error {
	switch {
	case suffix == slicedSuffix:
		return ErrSliced
	case suffix == mboxSuffix && !info.Mode().IsRegular():
		return errNotRegular
	case suffix == mdirSuffix && !info.IsDir():
		return errNotDirectory
	}
	return nil
}

// openDirectory opens a directory in dir that is no link.
func openDirectory(dir *os.Root, name string) (*os.Root, error) {
	info, err := dir.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, errNotDirectory
	}
	inside, err := dir.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	now, err := inside.Stat(".")
	if err == nil && !os.SameFile(now, info) {
		err = errReplaced
	}
	if err != nil {
		inside.Close()
		return nil, err
	}
	return inside, nil
}

// openFile opens a regular file in dir that is no link, and tells what it is now.
func openFile(dir *os.Root, name string) (*os.File, fs.FileInfo, error) {
	info, err := dir.Lstat(name)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, errNotRegular
	}
	f, err := dir.OpenFile(name, os.O_RDONLY|hostfile.NonBlocking, 0)
	if err != nil {
		return nil, nil, err
	}
	now, err := f.Stat()
	if err == nil && !os.SameFile(now, info) {
		err = errReplaced
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, now, nil
}
