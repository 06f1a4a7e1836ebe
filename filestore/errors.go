package filestore

import (
	"errors"
	"fmt"
	"io/fs"
)

// Errors that callers branch on, beside fs.ErrNotExist, fs.ErrExist,
// fs.ErrPermission and fs.ErrInvalid. Compare with errors.Is.
var (
	// ErrReserved: nobody may do this to that name. It is a kind of
	// fs.ErrPermission.
	ErrReserved = fmt.Errorf("name is reserved: %w", fs.ErrPermission)
	// ErrSidecars: to learn what access control lists give, more sidecars would
	// have to be read than one request may. It is a kind of fs.ErrPermission.
	ErrSidecars = fmt.Errorf("more sidecars to look at than one request may: %w", fs.ErrPermission)
	// ErrIsDirectory: a file is needed and the name is a directory.
	ErrIsDirectory = errors.New("is a directory")
	// ErrNotDirectory: a directory is needed and the name is a file.
	ErrNotDirectory = errors.New("not a directory")
	// ErrNotEmpty: the directory has entries.
	ErrNotEmpty = errors.New("directory not empty")
	// ErrConflict: a sidecar has no room for its name, or something else has it.
	ErrConflict = errors.New("conflict with a sidecar")
	// ErrChanged: what is there is not what the caller meant, see [Precondition].
	ErrChanged = errors.New("file has changed")
	// ErrLocked: see LockedError.
	ErrLocked = errors.New("locked")
	// ErrLimit: see LimitError.
	ErrLimit = errors.New("over the limit")
	// ErrLogin: this name and this password open no account here. One error
	// for every reason, so that nobody learns which accounts exist.
	ErrLogin = errors.New("wrong name or password")
	// ErrLoginUnchecked: an ErrLogin that says nothing about the password, as too many
	// logins failed, or what checks it gave no answer. It is a kind of ErrLogin with the
	// same text: whoever logs in must not see a difference.
	ErrLoginUnchecked = fmt.Errorf("%w", ErrLogin)
)

// LimitKind tells which of the limits was met.
type LimitKind uint8

// The limits of an account.
const (
	LimitFiles    LimitKind = iota // Limits.Files
	LimitBytes                     // Limits.Bytes
	LimitFileSize                  // Limits.FileSize
	LimitLocks                     // of a store that has Locks
)

// String returns the name of the account setting, as "MaxWebFiles", or "locks".
func (k LimitKind) String() string {
	switch k {
	case LimitFiles:
		return "MaxWebFiles"
	case LimitBytes:
		return "MaxWebSize"
	case LimitFileSize:
		return "MaxFileSize"
	case LimitLocks:
		return "locks"
	}
	return fmt.Sprintf("LimitKind(%d)", uint8(k))
}

// LimitError says that a change would end above a limit. It satisfies
// errors.Is(err, ErrLimit).
type LimitError struct {
	Kind  LimitKind
	Limit int64 // the limit, in bytes or entries
}

// Error tells the setting and its value.
func (e *LimitError) Error() string {
	return fmt.Sprintf("over the limit: %v is %d", e.Kind, e.Limit)
}

// Is reports whether target is ErrLimit.
func (e *LimitError) Is(target error) bool { return target == ErrLimit }

// LockedError says which lock a change lacks the token of. It satisfies
// errors.Is(err, ErrLocked).
type LockedError struct {
	Name string // the root of the lock
}

// Error tells no token.
func (e *LockedError) Error() string { return "locked at " + e.Name }

// Is reports whether target is ErrLocked.
func (e *LockedError) Is(target error) bool { return target == ErrLocked }

func pathError(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: name, Err: err}
}
