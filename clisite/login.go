package clisite

import (
	"context"
	"crypto/md5"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// maxFailures is how many wrong logins end a session.
const maxFailures = 3

// serviceName is the service that a login is for.
const serviceName = "PWD"

// greet writes the first line. The challenge in it is not used again.
func (c *session) greet(ctx context.Context) (err error) {
	if _, ok := c.server.Views.Directory().(filestore.Prover); !ok {
		return c.line.write(replyGreeting)
	}
	domain, err := c.domain(ctx)
	if err != nil {
		c.log.Error("greeting failed", filestore.LogError(err))
		return c.line.write(replyInternal)
	}
	var random [16]byte
	rand.Read(random[:])
	c.challenge = fmt.Sprintf("<%s.%d@%s>", hex.EncodeToString(random[:]), time.Now().Unix(), domain)
	return c.line.write(replyGreeting + " " + c.challenge)
}

// domain returns the domain of names that come without one.
func (c *session) domain(ctx context.Context) (name string, err error) {
	defer catch(&err)
	site, err := c.server.Views.Directory().Site(ctx, "", addrOf(c.line.LocalAddr()))
	if err != nil {
		return "", fmt.Errorf("find the domain: %w", err)
	}
	return site.Domain, nil
}

func (c *session) setUser(name string) (reply string) {
	if !c.caller.IsStranger() {
		return replyLoggedIn
	}
	if c.user = strings.TrimSpace(name); c.user == "" {
		return replySyntax
	}
	return replyPassword
}

// pass answers PASS.
func (c *session) pass(ctx context.Context, password string) (reply string) {
	if c.caller.IsStranger() && c.user == "" {
		return replyNoUser
	}
	user := c.user
	c.user = ""
	return c.logIn(ctx, user, func(given filestore.Credentials) (filestore.Caller, error) {
		given.Password = password
		return c.server.Views.Directory().Login(ctx, given)
	})
}

// apop answers APOP name answer (RFC 1939 §7).
func (c *session) apop(ctx context.Context, rest string) (reply string) {
	rest = strings.TrimSpace(rest)
	blank := strings.LastIndexByte(rest, ' ')
	if blank < 0 {
		return replySyntax
	}
	c.user = ""
	return c.logIn(ctx, strings.TrimSpace(rest[:blank]), func(given filestore.Credentials) (filestore.Caller, error) {
		return c.server.Views.Directory().(filestore.Prover).LoginProof(ctx, given, func(password string) bool {
			return answers(rest[blank+1:], c.challenge, password)
		})
	})
}

// answers reports whether an answer to a challenge is the MD5 of both that and the
// password, in hexadecimal digits.
func answers(answer, challenge, password string) bool {
	sum := md5.Sum([]byte(challenge + password))
	return subtle.ConstantTimeCompare([]byte(strings.ToLower(answer)), []byte(hex.EncodeToString(sum[:]))) == 1
}

// logIn checks who the client is. What is wrong with a login is not told.
func (c *session) logIn(ctx context.Context, user string, check func(filestore.Credentials) (filestore.Caller, error)) (reply string) {
	if !c.caller.IsStranger() {
		return replyLoggedIn
	}
	began := time.Now()
	caller, err := c.authenticate(ctx, user, check)
	given := filestore.Credentials{Login: user, Service: eventService, Remote: remoteAddr(c.line)}
	filestore.ObserveLogin(ctx, c.server.Observer, given, caller, began, err)
	if err == nil {
		c.caller, c.caller.Remote = caller, remoteAddr(c.line)
		c.line.last = time.Time{}
		c.place.Trust(true)
		c.log.Info("login", "account", caller.Account)
		return replyLogin
	}
	c.failures++
	c.quit = c.failures >= maxFailures
	if !errors.Is(err, filestore.ErrLogin) {
		c.log.Error("login failed", "account", filestore.Redact(user), filestore.LogError(err))
		return replyInternal
	}
	c.log.Debug("login refused", "account", filestore.Redact(user), "count", c.failures) // the directory says why
	return replyWrongLogin
}

func (c *session) authenticate(ctx context.Context, user string, check func(filestore.Credentials) (filestore.Caller, error)) (caller filestore.Caller, err error) {
	defer catch(&err)
	domain, err := c.domain(ctx)
	if err != nil {
		return filestore.Caller{}, err
	}
	caller, err = check(filestore.Credentials{
		Login: filestore.QualifyAccount(user, domain), Service: serviceName, Remote: remoteAddr(c.line),
	})
	if err == nil && caller.IsStranger() {
		err = errors.New("login names no account")
	}
	return caller, err
}
