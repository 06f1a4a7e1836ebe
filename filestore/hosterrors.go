package filestore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// What the system under a store refuses. These are faults for the administrator,
// and no decisions about the caller: none of them is fs.ErrPermission,
// fs.ErrNotExist or ErrLimit. A store makes them with [HostError].
var (
	// ErrDiskFull: the disk, or what the system lets the process have of it, has
	// no more room, in bytes or in files.
	ErrDiskFull = errors.New("disk is full")
	// ErrHostDenied: the system does not let the process do it. The file system
	// is read-only, or the process has no right to the file or directory.
	ErrHostDenied = errors.New("denied by the system")
	// ErrExhausted: the process, or the system, has too many open files or too
	// little memory at the moment.
	ErrExhausted = errors.New("out of open files or memory")
	// ErrUnavailable: a database, or another server, that keeps the files cannot be
	// reached at the moment, or does not answer in time. It is a kind of ErrExhausted.
	ErrUnavailable error = unavailable{}
)

// unavailable is a kind of ErrExhausted in all but its text.
type unavailable struct{}

func (unavailable) Error() string        { return "storage is out of reach" }
func (unavailable) Is(target error) bool { return target == ErrExhausted }

// hostKinds is the one table of what errors of the system mean.
var hostKinds = []struct {
	kind   error
	causes []error
}{
	{ErrDiskFull, []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG}},
	{ErrHostDenied, []error{fs.ErrPermission, syscall.EROFS}}, // EACCES and EPERM are fs.ErrPermission
	{ErrExhausted, []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOBUFS}},
}

// HostError returns an error of the system as callers may see it: it is
// ErrDiskFull, ErrHostDenied or ErrExhausted where it means that, and matches
// nothing else but the [syscall.Errno] it was. Its text is the system's, without
// paths of the host. nil stays nil.
func HostError(err error) error {
	if err == nil {
		return nil
	}
	var host *hostError
	if errors.As(err, &host) {
		return err
	}
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	switch {
	case errors.As(err, &pathErr):
		err = pathErr.Err
	case errors.As(err, &linkErr):
		err = linkErr.Err
	}
	return &hostError{hostKind(err), err}
}

// HostKind returns which of ErrDiskFull, ErrHostDenied and ErrExhausted an error
// is; nil for none.
func HostKind(err error) error {
	for _, k := range hostKinds {
		if errors.Is(err, k.kind) {
			return k.kind
		}
	}
	return nil
}

// hostKind returns what an error of the system means; nil for nothing special.
func hostKind(err error) error {
	for _, k := range hostKinds {
		for _, cause := range k.causes {
			if errors.Is(err, cause) {
				return k.kind
			}
		}
	}
	return nil
}

type hostError struct {
	kind error // nil: of no special kind
	err  error
}

func (e *hostError) Error() string {
	if e.kind == nil {
		return e.err.Error()
	}
	return fmt.Sprintf("%v: %v", e.kind, e.err)
}

// Is lets nobody take it for a decision about the caller: it hides what else the
// error of the system is.
func (e *hostError) Is(target error) bool {
	if _, ok := target.(syscall.Errno); ok {
		return errors.Is(e.err, target)
	}
	return e.kind != nil && target == e.kind
}
