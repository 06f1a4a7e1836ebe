package ftpsite

import (
	"io"
	"strings"
)

// verbs are the commands, as HELP lists them.
var verbs = strings.Fields("ABOR ALLO APPE AUTH CDUP CLNT CWD DELE EPRT EPSV FEAT HASH HELP HOST LIST MDTM MFMT MKD MLSD MLST MODE " +
	"NLST NOOP OPTS PASS PASV PBSZ PORT PROT PWD QUIT REIN REST RETR RMD RNFR RNTO SITE SIZE STAT STOR STOU STRU SYST TYPE USER " +
	"XCUP XCWD XMKD XPWD XRMD")

func (s *session) acknowledge(string) reply { return replyOK }

func (s *session) system(string) reply { return reply{215, "UNIX Type: L8"} }

func (s *session) help(arg string) reply {
	if strings.EqualFold(arg, "SITE") {
		return s.site("HELP")
	}
	const width = 12
	text := "These commands are known:\n"
	for i := 0; i < len(verbs); i += width {
		text += " " + strings.Join(verbs[i:min(i+width, len(verbs))], " ") + "\n"
	}
	return reply{214, text + "End"}
}

// features: RFC 2389 §3, RFC 3659 §7.8, RFC 7151 §3.
func (s *session) features(string) reply {
	lines := []string{"Features:", "UTF8", "SIZE", "MDTM", "MFMT", "REST STREAM", "TVFS", "EPSV"}
	if s.server.ActiveMode {
		lines = append(lines, "EPRT")
	}
	lines = append(lines, s.facts.feature(), s.hashFeature(), "HOST", "CLNT")
	if s.server.TLSConfig != nil {
		lines = append(lines, "AUTH TLS", "PBSZ", "PROT")
	}
	return reply{211, strings.Join(lines, "\n ") + "\nEnd"}
}

// options: RFC 2389 §4.
func (s *session) options(arg string) reply {
	name, value := splitLine(arg)
	switch name {
	case "UTF8":
		if value == "" || strings.EqualFold(value, "ON") {
			return replyOK
		}
	case "MLST":
		return reply{200, s.facts.choose(value)}
	case "HASH":
		switch strings.ToUpper(value) {
		case "":
		case hashSHA256, hashCRC32:
			s.hash = strings.ToUpper(value)
		default:
			return replyParameters
		}
		return reply{200, s.hash}
	}
	return replyParameters
}

// status: RFC 959 §4.1.3. With a path it is LIST over the control connection.
func (s *session) status(arg string) reply {
	if arg != "" {
		return s.statusOf(arg)
	}
	who := "a stranger"
	if !s.who.Caller.IsStranger() {
		who = s.who.Caller.Account
	}
	types := map[bool]string{false: "BINARY", true: "ASCII"}
	secured := map[bool]string{false: "in clear", true: "in TLS"}
	return reply{211, "Status:\n Logged in as " + who +
		"\n Control connection " + secured[s.secure] + ", data connections " + secured[s.private] +
		"\n TYPE: " + types[s.ascii] + ", STRU: File, MODE: Stream\n No transfer is running\nEnd"}
}

func (s *session) statusOf(arg string) reply {
	l, err := s.look(s.ctx, arg)
	if err != nil {
		return s.replyTo(err)
	}
	defer l.close()
	defer s.noteLeft(l)
	code := "212"
	if l.one != nil {
		code = "213"
	}
	now := s.server.now()
	err = s.control.write(code + "-Status:\r\n")
	if err == nil {
		err = l.send(controlWriter{s.control}, func(b []byte, e entry) []byte { return e.appendLong(append(b, ' '), now) })
	}
	if err == nil {
		err = s.control.write(code + " End\r\n")
	}
	if err != nil {
		s.cancel(errGone)
	}
	return replySent
}

// controlWriter writes parts of a reply.
type controlWriter struct{ c *control }

var _ io.Writer = controlWriter{}

func (w controlWriter) Write(p []byte) (int, error) { return len(p), w.c.write(string(p)) }
