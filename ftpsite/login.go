package ftpsite

import (
	"errors"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/ftpsite/internal/users"
)

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
	s.loggedIn, s.who, s.user = false, users.User{}, ""
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
// account names (RFC 7151). It comes before the login. A host that is not known
// changes nothing (§3.2).
func (s *session) setHost(arg string) reply {
	if s.loggedIn || s.user != "" {
		return replySequence
	}
	host, err := filestore.CleanHost(arg)
	if err != nil {
		return replyParameters
	}
	site, err := s.server.Views.Directory().Site(s.ctx, host, s.local)
	switch {
	case err != nil:
		return s.replyTo(err)
	case site.Default && host != "":
		return reply{504, "Host is not known here."}
	}
	s.host = host
	return replyReady
}

func (s *session) password(arg string) reply {
	if s.user == "" {
		return replySequence
	}
	user, began := s.user, time.Now()
	s.logOut()
	who, err := users.LogIn(s.ctx, s.server.Views.Directory(), users.Login{
		Name: user, Password: arg, Host: s.host, Local: s.local, Remote: s.remote, Anonymous: s.server.Anonymous,
	})
	given := filestore.Credentials{Login: user, Service: users.Service, Remote: s.remote}
	filestore.ObserveLogin(s.ctx, s.server.Observer, given, who.Caller, began, err)
	switch {
	case errors.Is(err, filestore.ErrLogin):
		return s.refuse(user)
	case err != nil:
		return s.replyTo(err)
	}
	s.log.Info("login", "account", who.Caller.Account)
	s.loggedIn, s.who, s.failures = true, who, 0
	s.place.Trust(!who.Caller.IsStranger())
	return reply{230, "Logged in."}
}

// refuse answers a wrong password, in the same time whatever was wrong.
func (s *session) refuse(user string) reply {
	s.failures++
	s.log.Debug("login refused", "account", filestore.Redact(user), "count", s.failures) // the directory says why
	s.pause(s.timeouts.LoginFailure)
	s.closing = s.failures >= orDefault(s.server.MaxLoginFailures, 3)
	return reply{530, "Login incorrect."}
}
