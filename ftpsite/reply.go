package ftpsite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// reply is one answer on the control connection. The zero reply means that the
// engine is to answer. A text with several lines ends in the last one's.
type reply struct {
	code int
	text string
}

// Replies of RFC 959 §4.2. Texts are constant: what happened is in the log.
var (
	replySent        = reply{-1, ""} // the answer is already given
	replyOK          = reply{200, "OK."}
	replyGoodbye     = reply{221, "Goodbye."}
	replyShutdown    = reply{421, "Server is shutting down."}
	replyNoData      = reply{425, "No data connection."}
	replyCut         = reply{426, "Connection closed; transfer aborted."}
	replyInternal    = reply{451, "Internal error."}
	replyParameters  = reply{501, "Bad parameters."}
	replyUnknown     = reply{502, "Command not implemented."}
	replySequence    = reply{503, "Bad sequence of commands."}
	replyNotLoggedIn = reply{530, "Not logged in."}
)

// replyTo is the one table of replies to errors.
func (s *session) replyTo(err error) reply {
	if errors.Is(err, context.Canceled) && s.ctx.Err() != nil {
		err = context.Cause(s.ctx)
	}
	r := replyInternal
	switch {
	case errors.Is(err, errShutdown):
		r = replyShutdown
	case errors.Is(err, errAborted), errors.Is(err, errGone), errors.Is(err, errIncomplete):
		r = replyCut
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
	case errors.Is(err, filestore.ErrChanged):
		r = reply{450, "File has changed."}
	}
	if r == replyInternal {
		s.log.Error("command failed", "verb", s.command.verb, "account", s.caller.Account, filestore.LogError(err))
	} else {
		s.log.Debug("command refused", "verb", s.command.verb, "code", r.code, filestore.LogError(err))
	}
	return r
}

// say sends a reply to the client.
func (s *session) say(r reply) {
	if r == replySent {
		return
	}
	code := strconv.Itoa(r.code)
	first, rest, more := strings.Cut(r.text, "\n")
	if more {
		i := strings.LastIndexByte(rest, '\n') + 1
		first = code + "-" + first + "\r\n" + strings.ReplaceAll(rest[:i], "\n", "\r\n") + code + " " + rest[i:]
	} else {
		first = code + " " + first
	}
	s.send(first)
}

func (s *session) send(line string) {
	s.raw.SetWriteDeadline(time.Now().Add(s.timeouts.DataStall))
	if _, err := s.conn.Write([]byte(line + "\r\n")); err != nil {
		s.closing = true
	}
}

// fromEngine takes what the engine writes: one reply to each command that it
// was given; a transfer has an announcement as well.
func (s *session) fromEngine(p []byte) {
	s.output = append(s.output, p...)
	for {
		line, rest, ok := strings.Cut(string(s.output), "\n")
		if !ok {
			return
		}
		s.output = []byte(rest)
		s.passOn(strings.TrimSuffix(line, "\r"))
	}
}

// passOn lets a line of the engine through, in our words.
func (s *session) passOn(line string) {
	code, final := replyCode(line)
	switch {
	case !final:
		if s.command.verb == "MLST" { // the only one in several lines
			s.send(line)
		}
		return
	case code == 331, code == 200 && s.transfer != nil: // to a USER or NOOP of ours
		return
	case code >= 400:
		s.say(s.refusal(code))
	case hasOwnText(code):
		s.say(reply{code, successText(code)})
	default:
		s.send(line)
	}
	s.accepted(code)
}

// accepted remembers what the engine has done.
func (s *session) accepted(code int) {
	switch {
	case code == 150:
		s.command.opened = true
	case code == 200 && s.command.verb == "TYPE":
		kind := strings.ToUpper(s.command.arg)
		s.ascii = strings.HasPrefix(kind, "A") || kind == "L7"
	case code == 350:
		s.renaming = true
	}
}

func replyCode(line string) (code int, final bool) {
	if len(line) < 4 || line[3] != ' ' {
		return 0, false
	}
	code, err := strconv.Atoi(line[:3])
	return code, err == nil && code >= 100
}

// hasOwnText reports whether a reply of success is ours in full. The text of
// the others is the answer: sizes, times, addresses and clean paths.
func hasOwnText(code int) bool { return successText(code) != "" }

func successText(code int) string {
	switch code {
	case 150:
		return "Data connection is open."
	case 200, 250:
		return "OK."
	case 220:
		return "FTP server ready."
	case 226:
		return "Transfer complete."
	case 230:
		return "Logged in."
	case 350:
		return "Continue."
	}
	return ""
}

// refusal is our reply for an error reply of the engine: by the error that a
// driver method gave, else by what the engine was doing. Its codes are fixed
// for most commands, and its texts hold Go errors.
func (s *session) refusal(code int) reply {
	if t := s.transfer; t != nil {
		if cause := context.Cause(t.ctx); cause != nil {
			return s.replyTo(cause)
		}
		if t.data != nil && t.data.broken() {
			s.log.Debug("data connection failed", "err", t.data.err)
			return replyCut
		}
	}
	switch verb := s.command.verb; {
	case s.command.failure != nil:
		return s.replyTo(s.command.failure)
	case code == 500:
		return s.replyTo(fmt.Errorf("the engine answered 500: %w", errPanic))
	case s.transfer != nil && s.command.opened:
		return replyCut
	case s.transfer != nil, verb == "PASV", verb == "EPSV":
		return replyNoData
	case code == 504:
		return reply{504, "Not implemented for that parameter."}
	}
	return reply{code, "Requested action not taken."}
}
