package ftpsite

import (
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/ftpsite/internal/users"
)

// command says how a command is executed.
type command struct {
	run      func(s *session, arg string) reply
	open     bool // allowed before the login
	argument bool // needs an argument
}

// commandFor returns the command that verb names. HELP lists them all.
func commandFor(verb string) (c command, ok bool) {
	switch verb {
	// login.go
	case "USER":
		c = command{run: (*session).setUser, open: true, argument: true}
	case "PASS":
		c = command{run: (*session).password, open: true}
	case "HOST":
		c = command{run: (*session).setHost, open: true, argument: true}
	case "REIN":
		c = command{run: (*session).reinitialize, open: true}
	case "QUIT":
		c = command{run: (*session).quit, open: true}

	// tls.go
	case "AUTH":
		c = command{run: (*session).auth, open: true, argument: true}
	case "PBSZ":
		c = command{run: (*session).protectionBuffer, open: true, argument: true}
	case "PROT":
		c = command{run: (*session).protection, open: true, argument: true}

	// status.go
	case "FEAT":
		c = command{run: (*session).features, open: true}
	case "OPTS":
		c = command{run: (*session).options, open: true, argument: true}
	case "CLNT":
		c = command{run: (*session).acknowledge, open: true, argument: true}
	case "NOOP":
		c = command{run: (*session).acknowledge, open: true}
	case "SYST":
		c = command{run: (*session).system, open: true}
	case "HELP":
		c = command{run: (*session).help, open: true}
	case "STAT":
		c = command{run: (*session).status}

	// parameters.go
	case "TYPE":
		c = command{run: (*session).setType, argument: true}
	case "MODE":
		c = command{run: (*session).mode, argument: true}
	case "STRU":
		c = command{run: (*session).structure, argument: true}
	case "ALLO":
		c = command{run: (*session).allocate, argument: true}
	case "REST":
		c = command{run: (*session).restart, argument: true}

	// connect.go
	case "PASV":
		c = command{run: (*session).passive}
	case "EPSV":
		c = command{run: (*session).extendedPassive}
	case "PORT":
		c = command{run: (*session).port, argument: true}
	case "EPRT":
		c = command{run: (*session).extendedPort, argument: true}

	// directory.go
	case "PWD", "XPWD":
		c = command{run: (*session).printDirectory}
	case "CWD", "XCWD":
		c = command{run: (*session).changeDirectory, argument: true}
	case "CDUP", "XCUP":
		c = command{run: (*session).changeUp}
	case "MKD", "XMKD":
		c = command{run: (*session).makeDirectory, argument: true}
	case "RMD", "XRMD":
		c = command{run: (*session).removeDirectory, argument: true}

	// listing.go
	case "LIST":
		c = command{run: (*session).list}
	case "NLST":
		c = command{run: (*session).nameList}
	case "MLSD":
		c = command{run: (*session).machineList}
	case "MLST":
		c = command{run: (*session).machineFacts}

	// file.go
	case "SIZE":
		c = command{run: (*session).size, argument: true}
	case "MDTM":
		c = command{run: (*session).modified, argument: true}
	case "MFMT":
		c = command{run: (*session).setModified, argument: true}
	case "DELE":
		c = command{run: (*session).deleteFile, argument: true}
	case "RNFR":
		c = command{run: (*session).renameFrom, argument: true}
	case "RNTO":
		c = command{run: (*session).renameTo, argument: true}
	case "HASH":
		c = command{run: (*session).hashFile, argument: true}
	case "SITE":
		c = command{run: (*session).site, argument: true}

	// transfer.go
	case "RETR":
		c = command{run: (*session).retrieve, argument: true}
	case "STOR":
		c = command{run: (*session).store, argument: true}
	case "STOU":
		c = command{run: (*session).storeUnique}
	case "APPE":
		c = command{run: (*session).appendTo, argument: true}
	case "ABOR":
		c = command{run: (*session).abort, open: true}
	default:
		return command{}, false
	}
	return c, true
}

// execute runs one command and returns its last reply.
func (s *session) execute(line string) (r reply) {
	verb, arg := splitLine(line)
	s.verb = ""
	c, ok := commandFor(verb)
	if ok {
		s.verb = verb // what is in the log is none of the client's making
	}
	s.command = users.Command{User: s.who, Views: s.server.Views}
	s.done = filestore.Event{Service: users.Service, Remote: s.remote, Account: s.who.Caller.Account, Op: s.verb}
	began := time.Now()
	defer func() {
		if v := recover(); v != nil {
			r = s.replyTo(s.panicked(v))
		}
		s.bytes += s.done.Bytes
		if o := s.server.Observer; o != nil && s.done.Storage != "" {
			s.done.Code, s.done.Duration = r.code, time.Since(began)
			o.Observe(s.ctx, s.done)
		}
		if verb != "RNFR" {
			s.renaming = ""
		}
		s.log.Debug("command", "op", s.verb, "code", r.code)
	}()
	switch {
	case !ok:
		return replyUnknown
	case !c.open && !s.loggedIn:
		return replyNotLoggedIn
	case c.argument && strings.Trim(arg, " ") == "":
		return replyParameters
	}
	return c.run(s, arg)
}
