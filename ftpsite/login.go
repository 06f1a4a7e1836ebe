package ftpsite

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// service is the name of the service that a login here needs.
const service = "FTP"

func (s *session) setUser(arg string) reply {
	if r := s.demandTLS(); r != (reply{}) {
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

// logOut sets everything back to the start that belongs to a login.
func (s *session) logOut() {
	s.data.close()
	s.loggedIn, s.caller, s.user, s.domain = false, filestore.Caller{}, "", ""
	s.dir, s.ascii, s.rest, s.reserve, s.renaming, s.epsvOnly = "/", false, 0, 0, "", false
	s.facts, s.hash = allFacts, hashSHA256
	s.place.Trust(false)
}

// reinitialize: RFC 959 §4.1.1. TLS stays (RFC 4217 §11).
func (s *session) reinitialize(string) reply {
	s.logOut()
	s.host = ""
	return replyReady
}

func (s *session) quit(string) reply {
	s.closing = true
	return replyGoodbye
}

// setHost names the host that the client means, and so the domain that completes
// account names (RFC 7151). It comes before the login.
func (s *session) setHost(arg string) reply {
	if s.loggedIn || s.user != "" {
		return replySequence
	}
	host, err := filestore.CleanHost(arg)
	if err != nil {
		return replyParameters
	}
	s.host = host
	return replyReady
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
	s.place.Trust(!caller.Stranger())
	return reply{230, "Logged in."}
}

// refuse answers a wrong password, in the same time whatever was wrong.
func (s *session) refuse(user string) reply {
	s.failures++
	s.log.Debug("login refused", "account", filestore.Redact(user), "failures", s.failures) // the directory says why
	s.pause(s.timeouts.LoginFailure)
	s.closing = s.failures >= orDefault(s.server.MaxLoginFailures, 3)
	return reply{530, "Login incorrect."}
}

// logIn finds out who the user is, and the domain that completes account names
// in his paths.
func (s *session) logIn(user, password string) (filestore.Caller, string, error) {
	site, err := s.server.Directory.Site(s.ctx, s.host, s.local)
	if err != nil {
		return filestore.Caller{}, "", err
	}
	login := loginName(user, site.Domain)
	if s.server.Anonymous && isAnonymous(user) { // before a login that would be refused, and logged
		if _, err := s.server.Directory.Account(s.ctx, login); errors.Is(err, fs.ErrNotExist) {
			return filestore.Caller{}, site.Domain, nil
		}
	}
	caller, err := s.server.Directory.Login(s.ctx, filestore.Credentials{
		Login: login, Password: password, Service: service, Remote: s.remote,
	})
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
