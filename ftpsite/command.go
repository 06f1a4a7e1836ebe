package ftpsite

import (
	"strconv"
	"strings"
)

// command says how a command is executed.
type command struct {
	// run executes it. The zero reply, or no run, hands it to the engine.
	run      func(s *session, arg string) reply
	open     bool // allowed before the login
	argument bool // needs an argument
	transfer bool // uses a data connection
}

// commandFor returns the command that verb names. What is not here does not
// reach the engine.
func commandFor(verb string) (c command, ok bool) {
	switch verb {
	case "USER":
		c = command{run: (*session).setUser, open: true, argument: true}
	case "PASS":
		c = command{run: (*session).password, open: true}
	case "AUTH":
		c = command{run: (*session).auth, open: true, argument: true}
	case "PBSZ":
		c = command{run: (*session).protectionBuffer, open: true, argument: true}
	case "PROT":
		c = command{run: (*session).protection, open: true, argument: true}
	case "QUIT":
		c = command{run: (*session).quit, open: true}
	case "FEAT":
		c = command{run: (*session).features, open: true}
	case "OPTS":
		c = command{run: (*session).options, open: true, argument: true}
	case "CLNT":
		c = command{run: (*session).acknowledge, open: true, argument: true}
	case "NOOP", "SYST":
		c = command{open: true}
	case "ABOR":
		c = command{run: (*session).aborted, open: true}
	case "MODE":
		c = command{run: (*session).mode, argument: true}
	case "STRU":
		c = command{run: (*session).structure, argument: true}
	case "ALLO":
		c = command{run: (*session).allocate, argument: true}
	case "REST":
		c = command{run: (*session).restart, argument: true}
	case "PASV":
		c = command{run: (*session).passivePASV}
	case "EPSV":
		c = command{run: (*session).passiveEPSV}
	case "LIST", "NLST":
		c = command{run: (*session).dropFlags, transfer: true}
	case "MLSD":
		c = command{transfer: true}
	case "RETR", "STOR", "APPE":
		c = command{argument: true, transfer: true}
	case "RNTO":
		c = command{run: (*session).renameTo, argument: true}
	case "PWD", "XPWD", "CDUP", "MLST":
	case "XCUP":
		c = command{run: (*session).modernName}
	case "TYPE", "CWD", "XCWD", "SIZE", "MDTM", "DELE", "MKD", "XMKD", "RMD", "XRMD", "RNFR":
		c = command{argument: true}
	default:
		return command{}, false
	}
	return c, true
}

// execute runs one command. The zero reply hands s.command.line to the engine,
// which then replies.
func (s *session) execute(line string) reply {
	verb, arg := splitLine(line)
	s.command = current{verb: verb, arg: arg}
	s.command.line = engineLine(verb, arg)
	c, ok := commandFor(verb)
	r := replyUnknown
	switch {
	case !ok:
	case !c.open && !s.loggedIn:
		r = replyNotLoggedIn
	case c.argument && arg == "":
		r = replyParameters
	default:
		r = s.attempt(c)
	}
	if verb == "AUTH" { // read waits to be told what to read from
		if r == replySent {
			s.secured <- s.conn
		} else {
			s.secured <- nil
		}
	}
	if verb != "RNFR" {
		s.renaming = false
	}
	s.log.Debug("command", "verb", verb, "code", r.code)
	if r.code == 0 && c.transfer {
		r = s.beginTransfer()
	}
	return r
}

func engineLine(verb, arg string) string {
	if arg == "" {
		return verb
	}
	return verb + " " + arg
}

func (s *session) attempt(c command) (r reply) {
	if c.run == nil {
		return reply{}
	}
	defer func() {
		if v := recover(); v != nil {
			r = s.replyTo(s.panicked(v))
		}
	}()
	return c.run(s, s.command.arg)
}

func (s *session) quit(string) reply {
	s.closing = true
	return replyGoodbye
}

func (s *session) acknowledge(string) reply { return replyOK }

// features: RFC 2389 §3, RFC 3659 §7.8.
func (s *session) features(string) reply {
	text := "Features:\n UTF8\n SIZE\n MDTM\n REST STREAM\n EPSV\n MLST type*;size*;modify*;\n"
	if s.server.TLSConfig != nil {
		text += " AUTH TLS\n PBSZ\n PROT\n"
	}
	return reply{211, text + "End"}
}

func (s *session) options(arg string) reply {
	if name, value, _ := strings.Cut(strings.ToUpper(arg), " "); name == "UTF8" && (value == "" || value == "ON") {
		return replyOK
	}
	return replyParameters
}

// aborted answers an ABOR, whose work was done when it was read.
func (s *session) aborted(string) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aborts--
	s.rest, s.declared = 0, 0
	return reply{226, "Aborted."}
}

func (s *session) mode(arg string) reply      { return only(arg, "S") }
func (s *session) structure(arg string) reply { return only(arg, "F") }

func only(arg, allowed string) reply {
	if strings.EqualFold(arg, allowed) {
		return replyOK
	}
	return reply{504, "Not implemented for that parameter."}
}

// allocate takes the number of bytes of the next transfer (RFC 959 §4.1.3). A
// record size behind it means nothing here.
func (s *session) allocate(arg string) reply {
	size, _, _ := strings.Cut(arg, " ")
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil || n < 0 {
		return replyParameters
	}
	s.declared = n
	return replyOK
}

// restart takes the place where the next transfer begins (RFC 3659 §5).
func (s *session) restart(arg string) reply {
	n, err := strconv.ParseInt(arg, 10, 64)
	switch {
	case err != nil || n < 0:
		return replyParameters
	case n > 0 && s.ascii:
		return reply{504, "Not implemented for TYPE A."}
	}
	s.rest = n
	return reply{350, "Continue."}
}

// dropFlags takes the flags of ls away, which clients send although no
// standard knows them: "LIST -la dir".
func (s *session) dropFlags(arg string) reply {
	for strings.HasPrefix(arg, "-") {
		_, arg, _ = strings.Cut(arg, " ")
	}
	s.command.arg = arg
	s.command.line = engineLine(s.command.verb, arg)
	return reply{}
}

func (s *session) renameTo(string) reply {
	if !s.renaming {
		return replySequence
	}
	return reply{}
}

func (s *session) modernName(string) reply {
	s.command.line = "CDUP"
	return reply{}
}
