package clisite

import (
	"errors"
	"io/fs"

	"github.com/cgpkit/cgpkit/filestore"
)

// ErrServerClosed is what Serve returns after Shutdown or Close.
var ErrServerClosed = errors.New("clisite: server closed")

// Replies (CommuniGate Pro Guide, PWD). 500 is for what was not understood,
// 501 for everything else that did not work.
const (
	replyGreeting   = "200 cgpkit PWD server ready"
	replyOK         = "200 OK"
	replyLogin      = "200 login OK"
	replyBye        = "200 connection closed"
	replyData       = "200 data follows"
	replyPassword   = "300 please send the PASS"
	replyUnknown    = "500 unknown command"
	replySyntax     = "500 syntax error"
	replyTooLong    = "500 line is too long"
	replyNoLogin    = "501 please log in first"
	replyLoggedIn   = "501 already logged in"
	replyNoUser     = "501 please send USER first"
	replyWrongLogin = "501 wrong name or password"
	replyFull       = "501 too many connections"
	replyIdle       = "501 connection was idle for too long"
	replyClosing    = "501 server is shutting down"
	replyInternal   = "501 internal error"
	replyNewPass    = "501 passwords cannot be changed here"
	replyTLS        = "200 please begin with TLS"
	replyInTLS      = "501 already in TLS"
)

// errSyntax: a command is not understood.
var errSyntax = errors.New("syntax error")

// errAuth: the option AUTH is not allowed. It looks like any other refusal.
var errAuth = errors.New("may not act for that account")

// What commands find wrong that are about other things than files.
var (
	errUnknown   = errors.New("unknown command")
	errPassword  = errors.New("wrong password")
	errNoAccount = errors.New("no such account")
	errNoDomain  = errors.New("no such domain")
	errTooLarge  = errors.New("too large for an answer")
)

// replyTo translates an error: the only place where that is done.
func replyTo(err error) string {
	switch {
	case errors.Is(err, errSyntax):
		return replySyntax
	case errors.Is(err, errUnknown):
		return replyUnknown
	case errors.Is(err, errors.ErrUnsupported):
		return "501 not possible here"
	case errors.Is(err, errPassword):
		return "501 wrong password"
	case errors.Is(err, errNoAccount):
		return "501 no such account"
	case errors.Is(err, errNoDomain):
		return "501 no such domain"
	case errors.Is(err, errTooLarge):
		return "501 file is too large for an answer"
	case errors.Is(err, errAuth), errors.Is(err, fs.ErrPermission), errors.Is(err, filestore.ErrHostDenied):
		return "501 access denied"
	case errors.Is(err, fs.ErrNotExist):
		return "501 no such file or folder"
	case errors.Is(err, fs.ErrExist):
		return "501 already exists"
	case errors.Is(err, fs.ErrInvalid):
		return "501 invalid name or position"
	case errors.Is(err, filestore.ErrIsDirectory):
		return "501 is a folder"
	case errors.Is(err, filestore.ErrNotDirectory):
		return "501 is not a folder"
	case errors.Is(err, filestore.ErrNotEmpty):
		return "501 folder is not empty"
	case errors.Is(err, filestore.ErrLimit):
		return "501 storage limit exceeded"
	case errors.Is(err, filestore.ErrDiskFull):
		return "501 disk is full"
	case errors.Is(err, filestore.ErrExhausted):
		return "501 server is busy, try again later"
	case errors.Is(err, filestore.ErrConflict):
		return "501 attributes are in the way"
	case errors.Is(err, filestore.ErrLocked):
		return "501 locked by another client"
	case errors.Is(err, filestore.ErrChanged):
		return "501 file is being changed"
	}
	return replyInternal
}
