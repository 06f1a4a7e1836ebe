package client

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// Errors that callers branch on, beside those that [Error] stands for. Compare with
// errors.Is.
var (
	// ErrProtocol: what came is no answer of the protocol.
	ErrProtocol = errors.New("cli: not an answer of the protocol")
	// ErrTooLong: an answer is longer than Client.MaxAnswer.
	ErrTooLong = errors.New("cli: the answer is too long")
	// ErrUnsafe: the password would go over the network in clear, and the server does
	// not offer APOP. See [Login].
	ErrUnsafe = errors.New("cli: the password would be sent in clear, and the server does not offer APOP")

	errBadLogin  = errors.New("cli: the name or the password cannot be sent")
	errBeforeTLS = errors.New("cli: something came in clear after STLS")
)

// Error is the answer to a command that the server did not carry out. errors.Is finds
// in it what its text says: fs.ErrNotExist, fs.ErrExist, fs.ErrPermission,
// fs.ErrInvalid, filestore.ErrIsDirectory, ErrNotDirectory, ErrNotEmpty, ErrLimit,
// ErrDiskFull, ErrExhausted, ErrConflict, ErrChanged and ErrLogin; and
// errors.ErrUnsupported in the answer to a command that the server does not have. The
// protocol has no codes for them. The texts of this project's server are all known;
// other servers have others, of which the common ones are.
type Error struct {
	Op   string // the command; empty: there was none, the server would not serve
	Code int    // 500: not understood; others: refused
	Text string // what the server says
}

// Error returns the command and the answer.
func (e *Error) Error() string {
	return fmt.Sprintf("cli: %s: %d %s", orConnect(e.Op), e.Code, filestore.Clip(e.Text, 200))
}

func orConnect(op string) string {
	if op == "" {
		return "connect"
	}
	return op
}

// meanings are words in answers, the more special ones first.
var meanings = []struct {
	words string
	err   error
}{
	{"unknown command", errors.ErrUnsupported},
	{"not possible here", errors.ErrUnsupported},
	{"server is busy", filestore.ErrExhausted},
	{"too many connections", filestore.ErrExhausted},
	{"is locked", filestore.ErrChanged},
	{"wrong name or password", filestore.ErrLogin},
	{"wrong password", filestore.ErrLogin},
	{"access denied", fs.ErrPermission},
	{"attributes are in the way", filestore.ErrConflict},
	{"being changed", filestore.ErrChanged},
	{"is not empty", filestore.ErrNotEmpty},
	{"not empty", filestore.ErrNotEmpty},
	{"is not a folder", filestore.ErrNotDirectory},
	{"is a folder", filestore.ErrIsDirectory},
	{"not a directory", filestore.ErrNotDirectory},
	{"is a directory", filestore.ErrIsDirectory},
	{"limit exceeded", filestore.ErrLimit},
	{"quota", filestore.ErrLimit},
	{"disk is full", filestore.ErrDiskFull},
	{"no space", filestore.ErrDiskFull},
	{"already exist", fs.ErrExist},
	{"no such", fs.ErrNotExist},
	{"not found", fs.ErrNotExist},
	{"does not exist", fs.ErrNotExist},
	{"invalid name", fs.ErrInvalid},
	{"illegal name", fs.ErrInvalid},
	{"not permitted", fs.ErrPermission},
	{"permission", fs.ErrPermission},
	{"access rights", fs.ErrPermission},
}

// meaning returns what the answer says; nil: nothing that is known.
func (e *Error) meaning() error {
	text := strings.ToLower(e.Text)
	for _, m := range meanings {
		if strings.Contains(text, m.words) {
			return m.err
		}
	}
	switch e.Op {
	case "USER", "PASS", "APOP":
		return filestore.ErrLogin // other servers say why, in words of theirs
	}
	return nil
}

// Is reports whether the text of the answer means target.
func (e *Error) Is(target error) bool {
	meaning := e.meaning()
	return meaning != nil && meaning == target
}

func pathError(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}
