package dirstore

import (
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

// faults counts the calls to the system, and lets the one with the number at
// fail, or that and all after it, as if the process had been killed there.
type faults struct {
	at     int   // 0: none
	err    error // what fails with it
	short  bool  // writes do half of their work before they fail
	killed bool

	mu    sync.Mutex // guards calls
	calls int

	unreadable bool // the fault was one of reading
}

func (f *faults) next() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if f.at > 0 && (f.calls == f.at || f.killed && f.calls > f.at) {
		return f.err
	}
	return nil
}

// open is an opener for the tree with the faults.
func (f *faults) open(base string) (tree, error) {
	if err := f.next(); err != nil {
		return nil, err
	}
	t, err := bestOpener()(base)
	if err != nil {
		return nil, err
	}
	return faulty{t, f}, nil
}

// faulty is a tree with faults. It does not really sync.
type faulty struct {
	tree
	*faults
}

func (t faulty) lstat(name string) (stat, error) {
	if err := t.next(); err != nil {
		return stat{}, err
	}
	return t.tree.lstat(name)
}

func (t faulty) look(dir, last, sidecar string, withDir bool) (found, error) {
	if err := t.next(); err != nil {
		return found{}, err
	}
	return t.tree.look(dir, last, sidecar, withDir)
}

// read counts twice: for opening and for reading.
func (t faulty) read(name string, want func(stat) bool) ([]byte, stat, error) {
	content, st, err := t.tree.read(name, want)
	return t.reading(content, st, err)
}

func (t faulty) readEntry(dir *os.File, name, last string, want func(stat) bool) ([]byte, stat, error) {
	content, st, err := t.tree.readEntry(dir, name, last, want)
	return t.reading(content, st, err)
}

func (t faulty) reading(content []byte, st stat, err error) ([]byte, stat, error) {
	if fault := t.next(); fault != nil {
		return nil, stat{}, fault
	}
	if err == nil {
		err = t.next()
	}
	if err != nil {
		return nil, st, err
	}
	return content, st, nil
}

func (t faulty) entry(dir *os.File, name, last string) (stat, error) {
	if err := t.next(); err != nil {
		return stat{}, err
	}
	return t.tree.entry(dir, name, last)
}

func (t faulty) birth(name string) (birth, error) {
	if err := t.next(); err != nil {
		return birth{}, err
	}
	return t.tree.birth(name)
}

// open counts twice: for opening, and for reading, which then fails with an
// error of its own.
func (t faulty) open(name string) (*os.File, stat, error) {
	if err := t.next(); err != nil {
		return nil, stat{}, err
	}
	f, st, err := t.tree.open(name)
	if err == nil && t.next() != nil {
		f.Close()
		f, err = t.unreadableFile()
	}
	return f, st, err
}

// content is open.
func (t faulty) content(name string) (content, stat, error) {
	if err := t.next(); err != nil {
		return nil, stat{}, err
	}
	f, st, err := t.tree.content(name)
	if err == nil && t.next() != nil {
		f.Close()
		f, err = t.unreadableFile()
	}
	return f, st, err
}

func (t faulty) unreadableFile() (*os.File, error) {
	t.unreadable = true
	return os.OpenFile(os.DevNull, os.O_WRONLY, 0)
}

func (t faulty) create(name string) (newFile, error) {
	if err := t.next(); err != nil {
		return nil, err
	}
	f, err := t.tree.create(name)
	if err != nil {
		return nil, err
	}
	return faultyFile{f, t.faults}, nil
}

func (t faulty) fstat(f newFile) (stat, error) {
	if err := t.next(); err != nil {
		return stat{}, err
	}
	return t.tree.fstat(f)
}

func (t faulty) mkdir(name string, perm os.FileMode) error {
	if err := t.next(); err != nil {
		return err
	}
	return t.tree.mkdir(name, perm)
}

func (t faulty) rename(from, to string, replace bool) error {
	if err := t.next(); err != nil {
		return err
	}
	return t.tree.rename(from, to, replace)
}

func (t faulty) exchange(a, b string) error {
	if err := t.next(); err != nil {
		return err
	}
	return t.tree.exchange(a, b)
}

func (t faulty) reopen(name string) (newFile, stat, error) {
	if err := t.next(); err != nil {
		return nil, stat{}, err
	}
	f, st, err := t.tree.reopen(name)
	if err != nil {
		return nil, stat{}, err
	}
	return faultyFile{f, t.faults}, st, nil
}

func (t faulty) remove(name string) error {
	if err := t.next(); err != nil {
		return err
	}
	return t.tree.remove(name)
}

func (t faulty) chtimes(name string, modTime time.Time) error {
	if err := t.next(); err != nil {
		return err
	}
	return t.tree.chtimes(name, modTime)
}

func (t faulty) sync(string) error { return t.next() }

// faultyFile is a new file with faults.
type faultyFile struct {
	newFile
	*faults
}

func (f faultyFile) Write(p []byte) (int, error) {
	if err := f.next(); err != nil {
		n := 0
		if f.short {
			n, _ = f.newFile.Write(p[:len(p)/2])
		}
		return n, err
	}
	return f.newFile.Write(p)
}

func (f faultyFile) ReadFrom(r io.Reader) (int64, error) {
	if err := f.next(); err != nil {
		var n int64
		if f.short {
			n, _ = f.newFile.ReadFrom(io.LimitReader(r, 1))
		}
		return n, err
	}
	return f.newFile.ReadFrom(r)
}

func (f faultyFile) Seek(offset int64, whence int) (int64, error) {
	if err := f.next(); err != nil {
		return 0, err
	}
	return f.newFile.Seek(offset, whence)
}

func (f faultyFile) Sync() error { return f.next() }

// Close closes the file also when it fails.
func (f faultyFile) Close() error {
	err := f.next()
	if closeErr := f.newFile.Close(); err == nil {
		err = closeErr
	}
	return err
}

// everyFault lists the faults to try at one call.
func everyFault() []*faults {
	return []*faults{
		{err: syscall.EIO},
		{err: syscall.ENOSPC, short: true},
		{err: syscall.EIO, short: true, killed: true},
	}
}
