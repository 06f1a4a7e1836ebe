package directory

import (
	"context"
	"errors"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/directory/passwords"
	"github.com/cgpkit/cgpkit/filestore"
)

// Login checks a password. The login may be an alias; the caller has the real
// address. All that can be wrong gives filestore.ErrLogin: no such account, a
// service that is off, a wrong password, a stored password that cannot be
// checked, too many failed logins. The reason is logged, the password never. The
// only other error is that of ctx, which ends the waiting for other logins.
//
// The stored password must be the account's own; package passwords has its forms, and
// what limits guessing. One that carries no mark is clear text if PasswordEncryption,
// which is looked up as every account setting, is clear or missing ([Options] has
// UnmarkedClear for other values). Crypt(3) hashes need [Options.Crypt]. A typed number
// opens nothing. The first login to an account whose password cannot be checked is
// logged as a warning, and [Base.Check] names them all.
//
// FailedLoginFlow, an account setting, says how many logins may fail: an array of a
// count and a time, (20,10m) unless set. Accounts with rights over others, of the
// server (Master, UserAccounts) or of their domain (CanAccessWebSites,
// CanViewWebSites), are not closed by what comes from many networks.
//
// Source: settings files of a server for Password and PasswordEncryption; what is
// refused is our choice.
func (b *Base) Login(ctx context.Context, c filestore.Credentials) (filestore.Caller, error) {
	a, err := b.knownOf(ctx, c)
	if err != nil {
		return filestore.Caller{}, err
	}
	return b.passwords.Login(ctx, c, a)
}

// LoginProof is Login for a client that does not send the password, but proves to know
// it, as by Digest of HTTP (RFC 7616) and by APOP (RFC 1939 §7): proves reports whether whoever knows this password
// has sent the proof. It must compare in constant time and must not keep the password.
// Only accounts whose password is kept in clear can log in so. Failures are counted
// together with those of Login.
func (b *Base) LoginProof(ctx context.Context, c filestore.Credentials, proves func(password string) bool) (filestore.Caller, error) {
	a, err := b.knownOf(ctx, c)
	if err != nil {
		return filestore.Caller{}, err
	}
	return b.passwords.LoginProof(ctx, c, a, proves)
}

// knownOf returns what is known of the account that somebody wants to log in to. The
// error is that of ctx only.
func (b *Base) knownOf(ctx context.Context, c filestore.Credentials) (passwords.Account, error) {
	e, now, err := b.find(ctx, c.Login)
	if ctx.Err() != nil {
		return passwords.Account{}, ctx.Err()
	}
	if err != nil {
		return b.missing(c.Login, now), nil
	}
	levels := b.accountLevels(e, now)
	a := b.passwordOf(levels[:])
	a.Address, a.Privileged, a.Flow = e.address, b.administers(e, now), flowOf(levels[:])
	if a.Refused == "" && c.Service != "" && !b.serves(e, c.Service, now) {
		a.Refused = "service is off"
	}
	return a, nil
}

// administers reports whether an account has rights over the storages of others.
func (b *Base) administers(e entry, now time.Time) bool {
	return b.rules(e.name, e.domain.name, now) || b.granted(e.name, e.domain.name, now, rightFiles, rightFilesLater)
}

// missing is what is known of a login to an account that does not exist.
func (b *Base) missing(login string, now time.Time) passwords.Account {
	a := passwords.Account{Missing: true}
	var d *domain
	if name, domain, ok := splitAddress(login); ok {
		if d = b.domainNamed(domain, now); d != nil {
			domain = d.name
		}
		a.Address = name + "@" + domain
	}
	levels := b.accountDefaults(d, now)
	a.Flow = flowOf(levels[:])
	return a
}

// passwordOf returns the password that an account has by its own settings, which are
// the first of levels.
func (b *Base) passwordOf(levels []level) passwords.Account {
	const unreadable = "settings cannot be read"
	if levels[0].err != nil {
		return passwords.Account{Refused: unreadable}
	}
	v := levels[0].values[password] // the zero Value is an empty string
	if v.Kind() != cgpdata.KindString {
		return passwords.Account{Unreadable: true}
	}
	a := passwords.Account{Password: v.Text(), Clear: true}
	if passwords.Marked(a.Password) || b.unmarkedClear {
		return a
	}
	encryption, ok, err := effective(passwordEncryption, levels...)
	if err != nil {
		return passwords.Account{Refused: unreadable}
	}
	a.Clear = !ok || encryption.Kind() == cgpdata.KindString && encryption.Text() == "clear"
	return a
}

// builtInFlow is the value of FailedLoginFlow that is missing everywhere.
var builtInFlow = cgpdata.Array(cgpdata.String("20"), cgpdata.String("10m"))

// parseFlow reads FailedLoginFlow: an array of a count and a time. The form is
// inferred from other settings of a server. Nobody could log in with a count of
// 0; a time of 0 means nothing.
func parseFlow(v cgpdata.Value) (passwords.Flow, error) {
	if v.Kind() != cgpdata.KindArray || v.Len() != 2 {
		return passwords.Flow{}, errors.New("read flow: want an array of a count and a time")
	}
	count, err := ParseCount(v.Index(0))
	if err != nil {
		return passwords.Flow{}, err
	}
	length, err := ParseDuration(v.Index(1))
	if err != nil {
		return passwords.Flow{}, err
	}
	if count == 0 || length == 0 {
		return passwords.Flow{}, errors.New("read flow: 0 is no count and no time")
	}
	return passwords.Flow{Count: count, Time: length}, nil
}

// flowOf returns the FailedLoginFlow in effect.
func flowOf(levels []level) passwords.Flow {
	v, _, _ := effective(failedLoginFlow, levels...)
	l, _ := parseFlow(v) // what cannot be read is not among the values
	return l
}
