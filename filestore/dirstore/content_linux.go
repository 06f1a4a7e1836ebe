package dirstore

import (
	"errors"
	"io"
	"os"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// descriptor is a file open for reading. An [os.File] takes two system calls more to
// open, to find out that nobody can wait for a file, and costs as much as the rest.
type descriptor struct {
	fd     int
	users  atomic.Int64 // calls that run, and one until Close; the last one closes fd
	closed atomic.Bool
}

func newDescriptor(fd int) *descriptor {
	d := &descriptor{fd: fd}
	d.users.Store(1)
	return d
}

// use calls do, unless the file is closed.
func (d *descriptor) use(do func(fd int) error) error {
	for {
		n := d.users.Load()
		if n == 0 || d.closed.Load() {
			return os.ErrClosed
		}
		if d.users.CompareAndSwap(n, n+1) {
			break
		}
	}
	defer d.leave()
	return do(d.fd)
}

func (d *descriptor) leave() {
	if d.users.Add(-1) == 0 {
		unix.Close(d.fd)
	}
}

// Close closes the file, once the calls that run have ended.
func (d *descriptor) Close() error {
	if d.closed.Swap(true) {
		return os.ErrClosed
	}
	d.leave()
	return nil
}

// Read implements io.Reader.
func (d *descriptor) Read(p []byte) (n int, err error) {
	err = d.use(func(fd int) error {
		n, err = retry(func() (int, error) { return unix.Read(fd, p) })
		return err
	})
	return ended(n, p, err)
}

// ReadAt implements io.ReaderAt.
func (d *descriptor) ReadAt(p []byte, offset int64) (n int, err error) {
	if offset < 0 {
		return 0, errNegativeOffset
	}
	for n < len(p) && err == nil {
		var m int
		err = d.use(func(fd int) error {
			m, err = retry(func() (int, error) { return unix.Pread(fd, p[n:], offset+int64(n)) })
			return err
		})
		m, err = ended(m, p[n:], err)
		n += m
	}
	return n, err
}

var errNegativeOffset = errors.New("negative offset")

// ended makes of the end of a file the error that it is in Go.
func ended(n int, p []byte, err error) (int, error) {
	if n == 0 && len(p) > 0 && err == nil {
		err = io.EOF
	}
	return max(n, 0), err
}

// Seek implements io.Seeker.
func (d *descriptor) Seek(offset int64, whence int) (at int64, err error) {
	err = d.use(func(fd int) error {
		at, err = unix.Seek(fd, offset, whence)
		return err
	})
	return max(at, 0), err
}

// SyscallConn lets the kernel send the file.
func (d *descriptor) SyscallConn() (syscall.RawConn, error) {
	if d.closed.Load() {
		return nil, os.ErrClosed
	}
	return rawDescriptor{d}, nil
}

type rawDescriptor struct{ d *descriptor }

func (r rawDescriptor) Control(f func(fd uintptr)) error {
	return r.d.use(func(fd int) error { f(uintptr(fd)); return nil })
}

func (r rawDescriptor) Read(f func(fd uintptr) (done bool)) error {
	return r.d.use(func(fd int) error {
		if !f(uintptr(fd)) {
			return errors.ErrUnsupported // a file is always ready
		}
		return nil
	})
}

func (r rawDescriptor) Write(func(fd uintptr) (done bool)) error { return errors.ErrUnsupported }
