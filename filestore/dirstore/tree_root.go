package dirstore

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/cgpkit/cgpkit/internal/hostfile"
)

// rooted is the tree where there is no openat2: an [os.Root] for every step
// down, because a Root follows links inside itself.
type rooted struct {
	root *os.Root
}

func openRoot(base string) (tree, error) {
	root, err := os.OpenRoot(base)
	if err != nil {
		return nil, err
	}
	return rooted{root}, nil
}

func (t rooted) close() { t.root.Close() }

// in calls do with the directory that holds name, and the last segment. It
// goes down step by step and looks where it has come: a link on the way, also
// one that was put there just now, gives fs.ErrNotExist.
func (t rooted) in(name string, do func(dir *os.Root, last string) error) error {
	dir := t.root
	for {
		first, rest, below := strings.Cut(name, "/")
		if !below {
			return do(dir, first)
		}
		info, err := dir.Lstat(first)
		if err != nil {
			return err
		}
		if !info.IsDir() {
			return fs.ErrNotExist
		}
		next, err := dir.OpenRoot(first)
		if err != nil {
			return err
		}
		defer next.Close()
		if err := same(next, ".", info); err != nil {
			return err
		}
		dir, name = next, rest
	}
}

// same demands that name is still what it was.
func same(dir *os.Root, name string, info fs.FileInfo) error {
	now, err := dir.Lstat(name)
	if err == nil && !os.SameFile(now, info) {
		return fs.ErrNotExist
	}
	return err
}

func (t rooted) lstat(name string) (stat, error) {
	var st stat
	err := t.in(name, func(dir *os.Root, last string) error {
		info, err := dir.Lstat(last)
		if err == nil {
			st = infoStat(info)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENAMETOOLONG) {
		return stat{}, nil
	}
	return st, err
}

func infoStat(info fs.FileInfo) stat {
	st := stat{kind: kindForeign, size: info.Size(), modTime: info.ModTime()}
	switch {
	case info.Mode().IsRegular():
		st.kind = kindFile
	case info.IsDir():
		st.kind = kindDir
	}
	st.inode, st.changed = hostfile.Identity(info)
	return st
}

func (t rooted) look(dir, last, sidecar string, _ bool) (f found, err error) {
	if f.dir, err = t.lstat(dir); err != nil || f.dir.kind != kindDir {
		return f, err
	}
	if f.entry, err = t.lstat(dir + "/" + last); err == nil && sidecar != "" {
		f.sidecar, err = t.lstat(dir + "/" + sidecar)
	}
	return f, err
}

func (t rooted) entry(_ *os.File, name, last string) (stat, error) {
	return t.lstat(name + "/" + last)
}

func (t rooted) birth(name string) (birth, error) {
	st, err := t.lstat(name)
	return birth{inode: st.inode}, err
}

func (t rooted) fstat(f newFile) (stat, error) {
	info, err := f.Stat()
	if err != nil {
		return stat{}, err
	}
	return infoStat(info), nil
}

func (t rooted) open(name string) (f *os.File, st stat, err error) {
	err = t.in(name, func(dir *os.Root, last string) error {
		// A file may be replaced by another one between two looks.
		for range maxReplaced {
			f, st, err = openLast(dir, last)
			if err != errReplaced {
				return err
			}
		}
		return fs.ErrNotExist
	})
	return f, st, err
}

func (t rooted) content(name string) (content, stat, error) {
	f, st, err := t.open(name)
	if err != nil {
		return nil, stat{}, err // not a nil *os.File
	}
	return f, st, nil
}

// maxReplaced is how often what is opened may be replaced meanwhile. Our choice.
const maxReplaced = 100

// errReplaced: what was opened is not what was there just before.
var errReplaced = errors.New("replaced")

func openLast(dir *os.Root, last string) (*os.File, stat, error) {
	info, err := dir.Lstat(last)
	if err != nil {
		return nil, stat{}, err
	}
	if !info.Mode().IsRegular() && !info.IsDir() {
		return nil, stat{}, fs.ErrNotExist
	}
	f, err := dir.OpenFile(last, os.O_RDONLY|hostfile.NonBlocking, 0)
	if err != nil {
		return nil, stat{}, err
	}
	now, err := f.Stat()
	if err == nil && !os.SameFile(now, info) {
		err = errReplaced
	}
	if err != nil {
		f.Close()
		return nil, stat{}, err
	}
	return f, infoStat(now), nil
}

func (t rooted) read(name string, want func(stat) bool) ([]byte, stat, error) {
	f, st, err := t.open(name)
	if err != nil {
		return nil, st, err
	}
	defer f.Close()
	if st.kind != kindFile || !want(st) {
		return nil, st, nil
	}
	content, err := io.ReadAll(io.LimitReader(f, st.size))
	return content, st, err
}

func (t rooted) readEntry(_ *os.File, name, last string, want func(stat) bool) ([]byte, stat, error) {
	return t.read(name+"/"+last, want)
}

func (t rooted) create(name string) (newFile, error) {
	var f *os.File
	err := t.in(name, func(dir *os.Root, last string) (err error) {
		f, err = dir.OpenFile(last, os.O_WRONLY|os.O_CREATE|os.O_EXCL, filePerm)
		return err
	})
	if err != nil {
		return nil, err // not a nil *os.File
	}
	return f, nil
}

func (t rooted) mkdir(name string, perm os.FileMode) error {
	return t.in(name, func(dir *os.Root, last string) error { return dir.Mkdir(last, perm) })
}

func (t rooted) rename(from, to string, replace bool) error {
	// Rename wants both names in one root: this only looks at the ways there.
	if err := t.in(from, func(*os.Root, string) error { return nil }); err != nil {
		return err
	}
	err := t.in(to, func(dir *os.Root, last string) error {
		if _, err := dir.Lstat(last); err == nil && !replace {
			return fs.ErrExist
		}
		return nil
	})
	if err != nil {
		return err
	}
	return t.root.Rename(from, to)
}

func (t rooted) exchange(string, string) error { return errors.ErrUnsupported }

func (t rooted) reopen(string) (newFile, stat, error) { return nil, stat{}, errors.ErrUnsupported }

func (t rooted) remove(name string) error {
	return t.in(name, func(dir *os.Root, last string) error { return dir.Remove(last) })
}

func (t rooted) chtimes(name string, modTime time.Time) error {
	return t.in(name, func(dir *os.Root, last string) error { return dir.Chtimes(last, time.Time{}, modTime) })
}

func (t rooted) sync(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // has no such thing
	}
	f, _, err := t.open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
