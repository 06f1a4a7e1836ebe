package ftpsite

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// service is the name of the service that a login here needs.
const service = "FTP"

func (s *session) setUser(arg string) reply {
	if r := s.demandTLS(); r.code != 0 {
		return r
	}
	s.logOut()
	s.user = arg
	return reply{331, "Password, please."}
}

func (s *session) demandTLS() reply {
	if s.server.RequireTLS && !s.secure {
		return reply{530, "Use AUTH TLS first."}
	}
	return reply{}
}

func (s *session) logOut() {
	s.loggedIn, s.caller, s.user, s.domain = false, filestore.Caller{}, "", ""
	s.rest, s.declared, s.renaming, s.epsvOnly = 0, 0, false, false
}

func (s *session) password(arg string) reply {
	if s.user == "" {
		return replySequence
	}
	user := s.user
	s.logOut()
	caller, domain, err := s.logIn(user, arg)
	switch {
	case errors.Is(err, filestore.ErrLogin):
		return s.refuse(user)
	case err != nil:
		return s.replyTo(err)
	}
	s.log.Info("login", "account", caller.Account)
	s.loggedIn, s.caller, s.domain, s.failures = true, caller, domain, 0
	// The engine has a login of its own, which sets it back to the start.
	s.command.line = "USER -\r\nPASS -"
	return reply{}
}

// refuse answers a wrong password, in the same time whatever was wrong.
func (s *session) refuse(user string) reply {
	s.failures++
	s.log.Warn("login refused", "user", user, "failures", s.failures)
	s.pause(s.timeouts.LoginFailure)
	s.closing = s.failures >= orDefault(s.server.MaxLoginFailures, 3)
	return reply{530, "Login incorrect."}
}

// logIn finds out who the user is, and the domain that completes account names
// in his paths.
func (s *session) logIn(user, password string) (filestore.Caller, string, error) {
	site, err := s.server.Directory.Site(s.ctx, "", s.local)
	if err != nil {
		return filestore.Caller{}, "", err
	}
	login := loginName(user, site.Domain)
	caller, err := s.server.Directory.Login(s.ctx, filestore.Credentials{
		Login: login, Password: password, Service: service, Remote: s.remote,
	})
	if errors.Is(err, filestore.ErrLogin) && s.server.Anonymous && isAnonymous(user) {
		if _, lookup := s.server.Directory.Account(s.ctx, login); errors.Is(lookup, fs.ErrNotExist) {
			return filestore.Caller{}, site.Domain, nil
		}
	}
	if err != nil {
		return filestore.Caller{}, "", err
	}
	_, domain, _ := strings.Cut(caller.Account, "@")
	return caller, domain, nil
}

func isAnonymous(user string) bool {
	return strings.EqualFold(user, "anonymous") || strings.EqualFold(user, "ftp")
}

// loginName makes an address of "name", "name@domain" or "name%domain"
// (CommuniGate Pro Guide, File Storage, FTP).
func loginName(user, domain string) string {
	if strings.Contains(user, "@") {
		return user
	}
	if i := strings.LastIndexByte(user, '%'); i >= 0 {
		return user[:i] + "@" + user[i+1:]
	}
	return user + "@" + domain
}

// auth puts the control connection into TLS (RFC 4217 §4; "SSL" and "TLS-P",
// which protect the data as well, are in the CommuniGate Pro Guide). The login
// starts again.
func (s *session) auth(arg string) reply {
	mechanism := strings.ToUpper(arg)
	switch {
	case s.server.TLSConfig == nil:
		return replyUnknown
	case s.secure:
		return replySequence
	case mechanism != "TLS" && mechanism != "TLS-C" && mechanism != "TLS-P" && mechanism != "SSL":
		return reply{504, "Not implemented for that parameter."}
	}
	s.say(reply{234, "TLS, please."})
	ctx, cancel := context.WithDeadline(s.ctx, time.Now().Add(s.timeouts.Login))
	defer cancel()
	conn := tls.Server(s.ear, s.server.TLSConfig)
	if err := conn.HandshakeContext(ctx); err != nil {
		s.log.Warn("TLS handshake", "err", err)
		s.closing = true
		return replyGoodbye
	}
	s.conn, s.secure = conn, true
	s.private = mechanism == "TLS-P" || mechanism == "SSL"
	s.logOut()
	return replySent
}

// protectionBuffer: RFC 4217 §8. Any size is as good as 0.
func (s *session) protectionBuffer(string) reply {
	if !s.secure {
		return replySequence
	}
	return reply{200, "PBSZ=0"}
}

// protection: RFC 4217 §9.
func (s *session) protection(arg string) reply {
	switch level := strings.ToUpper(arg); {
	case !s.secure:
		return replySequence
	case level == "C" || level == "P":
		s.private = level == "P"
		return replyOK
	}
	return reply{536, "Not supported by TLS."}
}
