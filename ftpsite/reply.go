package ftpsite

import (
	"context"
	"errors"
	"io/fs"
	"strconv"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// reply is one answer on the control connection. A text with several lines ends
// in the last one's.
type reply struct {
	code int
	text string
}

// Replies of RFC 959 §4.2. Texts are constant: what happened is in the log.
var (
	replySent        = reply{-1, ""} // the answer is already given
	replyOpening     = reply{150, "Data connection is open."}
	replyOK          = reply{200, "OK."}
	replyReady       = reply{220, "FTP server ready."}
	replyGoodbye     = reply{221, "Goodbye."}
	replyTransferred = reply{226, "Transfer complete."}
	replyDone        = reply{250, "OK."}
	replyShutdown    = reply{421, "Server is shutting down."}
	replyNoData      = reply{425, "No data connection."}
	replyCut         = reply{426, "Connection closed; transfer aborted."}
	replyInternal    = reply{451, "Internal error."}
	replyParameters  = reply{501, "Bad parameters."}
	replyUnknown     = reply{502, "Command not implemented."}
	replySequence    = reply{503, "Bad sequence of commands."}
	replyParameter   = reply{504, "Not implemented for that parameter."}
	replyNotLoggedIn = reply{530, "Not logged in."}
)

// errNoData: the client did not open the data connection, or did not take ours.
var errNoData = errors.New("no data connection")

// replyTo is the one table of replies to errors.
func (s *session) replyTo(err error) reply {
	if errors.Is(err, context.Canceled) && s.ctx.Err() != nil {
		err = context.Cause(s.ctx)
	}
	r := replyInternal
	s.done.Err = err
	switch {
	case errors.Is(err, errShutdown):
		r = replyShutdown
	case errors.Is(err, errAborted), errors.Is(err, errGone), errors.Is(err, errIncomplete):
		r = replyCut
	case errors.Is(err, errNoData):
		r = replyNoData
	case errors.Is(err, errNoListing):
		r = reply{501, "Not a directory."}
	case errors.Is(err, errNoReuse):
		r = reply{522, "Resume the TLS session of the control connection."}
	case errors.Is(err, errRestart):
		r = reply{554, "No such place in the file."}
	case errors.Is(err, fs.ErrNotExist):
		r = reply{550, "No such file or directory."}
	case errors.Is(err, fs.ErrPermission), errors.Is(err, filestore.ErrHostDenied): // ErrReserved is one
		r = reply{550, "Permission denied."}
	case errors.Is(err, fs.ErrExist):
		r = reply{550, "Name is taken."}
	case errors.Is(err, filestore.ErrIsDirectory):
		r = reply{550, "Is a directory."}
	case errors.Is(err, filestore.ErrNotDirectory):
		r = reply{550, "Not a directory."}
	case errors.Is(err, filestore.ErrNotEmpty):
		r = reply{550, "Directory is not empty."}
	case errors.Is(err, filestore.ErrConflict):
		r = reply{550, "Conflict with an attribute file."}
	case errors.Is(err, fs.ErrInvalid):
		r = reply{553, "Name or position not allowed."}
	case errors.Is(err, filestore.ErrLimit):
		r = reply{552, "Over the storage limit."}
	case errors.Is(err, filestore.ErrDiskFull):
		r = reply{452, "Disk is full."}
	case errors.Is(err, filestore.ErrExhausted): // RFC 959 §4.2: 421 closes the connection
		r = reply{421, "Server is busy, try again later."}
		s.closing = true
	case errors.Is(err, filestore.ErrLocked):
		r = reply{450, "File is locked."}
	case errors.Is(err, filestore.ErrChanged):
		r = reply{450, "File has changed."}
	}
	if r == replyInternal {
		s.log.Error("command failed", "op", s.verb, "account", s.who.Caller.Account, filestore.LogError(err))
	} else {
		s.log.Debug("command refused", "op", s.verb, "code", r.code, filestore.LogError(err))
	}
	return r
}

// say sends a reply to the client. It may be called while a transfer runs.
func (s *session) say(r reply) {
	if r == replySent {
		return
	}
	s.send(r.wire())
}

// send sends text to the client, and what is held before it.
func (s *session) send(text string) {
	if s.control.write(text) != nil {
		s.cancel(errGone)
	}
}

// wire is a reply as it is sent (RFC 959 §4.2).
func (r reply) wire() string {
	code := strconv.Itoa(r.code)
	text := code + " " + r.text
	if first, rest, more := strings.Cut(r.text, "\n"); more {
		i := strings.LastIndexByte(rest, '\n') + 1
		text = code + "-" + first + "\r\n" + strings.ReplaceAll(rest[:i], "\n", "\r\n") + code + " " + rest[i:]
	}
	return text + "\r\n"
}

// quoted is a path in a reply (RFC 959 §5.4, Appendix II).
func quoted(path string) string { return `"` + strings.ReplaceAll(path, `"`, `""`) + `"` }
