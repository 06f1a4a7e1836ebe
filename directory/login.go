package directory

import (
	"context"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// Login checks a password. The login may be an alias; the caller has the real
// address. All that can be wrong gives filestore.ErrLogin: no such account, a
// service that is off, a wrong password, a stored password that cannot be
// checked, too many failed logins. The reason is logged, the password never. The
// only other error is that of ctx, which ends the waiting for other logins.
//
// The stored password must be the account's own. Its form is told by a mark:
//
//	byte 2        a crypt(3) string: DES, MD5, SHA-256, SHA-512, bcrypt, yescrypt
//	{CRYPT}       the same
//	{SCHEME}      MD5, SMD5, SHA, SSHA, and SHA256, SHA384, SHA512 with and without salt
//	none          clear text, if it is printable and PasswordEncryption, which is
//	              looked up as every account setting, is clear or missing
//	              ([Options] has UnmarkedClear for other values)
//
// Everything else opens no account: an empty or missing password, one encrypted
// by the server (byte 1), a typed number, a hash of another form, or one whose
// parameters would take very long. [Options] has Crypt for crypt(3) strings of
// other forms, such as extended DES.
//
// After as many failed logins as FailedLoginFlow says, an account is closed until
// the time that it names has passed since the first of them, whoever failed: an
// account setting, an array of a count and a time, (20,10m) unless set. Logins
// that succeed change nothing in that, or their owner would give more tries to
// whoever guesses. Names without an account are treated in the same way.
//
// One crypt(3) hash is worked out at a time for each account, and as many as
// there are processors in all. A password that was right is right for a minute
// without that, as long as the stored one does not change. A refused login costs
// such a hash even if it needed none, once the base has shown to have them: the
// time does not tell whether an account exists.
//
// Source: settings files of a server for Password and PasswordEncryption; the
// marks and what is refused are our choice.
func (b *Base) Login(ctx context.Context, c filestore.Credentials) (filestore.Caller, error) {
	a, now, err := b.attempt(ctx, c)
	if err != nil {
		return filestore.Caller{}, err
	}
	refused, err := b.try(ctx, a, c.Password, now)
	if err != nil {
		return filestore.Caller{}, err
	}
	if refused != "" {
		b.log.InfoContext(ctx, "login refused", "credentials", c, "reason", refused)
		return filestore.Caller{}, filestore.ErrLogin
	}
	return filestore.Caller{Account: a.address}, nil
}

// attempt is what there is to know of a login without its password.
type attempt struct {
	address string // the real one, or what may become one
	known   bool   // there is such an account
	secret  secret
	refused string // why no password opens it
	flow    flow
}

func (b *Base) attempt(ctx context.Context, c filestore.Credentials) (attempt, time.Time, error) {
	e, now, err := b.find(ctx, c.Login)
	if ctx.Err() != nil {
		return attempt{}, now, ctx.Err()
	}
	if err != nil {
		return b.vainAttempt(c.Login, now), now, nil
	}
	levels := b.accountLevels(e, now)
	a := attempt{address: e.address, known: true, flow: flowOf(levels[:])}
	a.secret, a.refused = b.secret(e, now)
	if a.refused == "" && c.Service != "" && !b.serves(e, c.Service, now) {
		a.refused = "service is off"
	}
	return a, now, nil
}

// vainAttempt is the attempt to log in to an account that does not exist.
func (b *Base) vainAttempt(login string, now time.Time) attempt {
	a := attempt{refused: "no such account"}
	var d *domain
	if name, domain, ok := splitAddress(login); ok {
		if d = b.domainNamed(domain, now); d != nil {
			domain = d.name
		}
		a.address = name + "@" + domain
	}
	levels := b.accountDefaults(d, now)
	a.flow = flowOf(levels[:])
	return a
}

// flowOf returns the FailedLoginFlow in effect.
func flowOf(levels []level) flow {
	v, _, _ := effective(failedLoginFlow, levels...)
	l, _ := parseFlow(v) // what cannot be read is not among the values
	return l
}

// try returns why a login is refused, or "".
func (b *Base) try(ctx context.Context, a attempt, given string, now time.Time) (refused string, err error) {
	if b.failures.over(a.address, a.known, a.flow, now) {
		return tooManyFailed, nil
	}
	if a.secret.costly && b.checked.has(b.checked.proof(a.address, a.secret.stored, given), now) {
		return a.refused, nil // at once, however many guesses of others wait
	}
	return b.guess(ctx, a, given, now)
}

const tooManyFailed = "too many failed logins"

// guess is try for a password that has to be compared. Only one for each account
// at a time is, so that the failed ones are counted exactly. One that is refused
// without a hash works one out in vain before the next has its turn: neither its
// time nor that of several at once tells whether there is an account.
func (b *Base) guess(ctx context.Context, a attempt, given string, now time.Time) (refused string, err error) {
	leave, err := b.lanes.enter(ctx, a.address)
	if err != nil {
		return "", err
	}
	defer leave()
	if b.failures.over(a.address, a.known, a.flow, now) {
		return tooManyFailed, nil
	}
	var right bool
	if a.secret.costly {
		right, err = b.hashOnce(ctx, a, given, now)
	} else {
		right = a.secret.opens(given)
	}
	if err != nil {
		return "", err
	}
	if refused = a.refused; refused == "" && !right {
		refused = "wrong password"
	}
	if refused == "" {
		return "", nil
	}
	b.failures.add(a.address, a.known, a.flow, now)
	if decoy := b.decoy.Load(); decoy != nil && !a.secret.costly {
		_, err = b.hash(ctx, *decoy, given)
	}
	return refused, err
}

// hashOnce is hash, unless that was done while others were in the lane.
func (b *Base) hashOnce(ctx context.Context, a attempt, given string, now time.Time) (right bool, err error) {
	p := b.checked.proof(a.address, a.secret.stored, given)
	if b.checked.has(p, now) {
		return true, nil
	}
	b.decoy.Store(&a.secret)
	if right, err = b.hash(ctx, a.secret, given); right {
		b.checked.proofs.Set(p, now)
	}
	return right, err
}

// hash is secret.opens for one that takes long: only some run at any time.
func (b *Base) hash(ctx context.Context, s secret, given string) (right bool, err error) {
	select {
	case b.hashing <- struct{}{}:
		defer func() { <-b.hashing }()
		return s.opens(given), nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}
