package directory

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/network"
	"github.com/cgpkit/cgpkit/internal/recent"
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
// parameters would take very long. The first login to such an account is logged as
// a warning, and [Base.Check] names them all. [Options] has Crypt for crypt(3)
// strings of other forms, such as extended DES, and Verify for all the rest.
//
// After as many failed logins as FailedLoginFlow says, an account is closed to the
// network that they came from, until the time that it names has passed since the
// first of them: an account setting, an array of a count and a time, (20,10m)
// unless set. A network is an IPv4 address, or 64 bits of IPv6: so a stranger
// cannot lock the owner out. After ten times as many from all networks together,
// the account is closed to those from which nobody has logged in to it before,
// since the base was opened. Nobody can bring that about for accounts with rights
// over others, of the server (Master, UserAccounts) or of their domain
// (CanAccessWebSites, CanViewWebSites): they can be guessed at from as many networks
// as somebody has, 20 times each, so their passwords ought to be long. Logins that
// succeed change nothing in what is counted, or their owner would give more tries
// to whoever guesses. Names without an account are treated in the same way. What
// is counted is bounded in memory; when more names are guessed at, the oldest are
// forgotten.
//
// As many crypt(3) hashes are worked out as there are processors, for one network
// half as many, and one at a time for each account and network. Networks have
// their turn one after the other, those that have logged in before first. A
// password that was right is right for a minute without a hash, as long as the
// stored one does not change. A refused login costs such a hash even if it needed
// none, once the base has shown to have them: the time does not tell whether an
// account exists. A network that has used up its flow is refused at once.
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
		if refused != unverified { // that has been logged
			b.log.InfoContext(ctx, "login refused", "remote", c.Remote, "account", filestore.Redact(c.Login), "for", c.Service, "reason", refused)
		}
		return filestore.Caller{}, filestore.ErrLogin
	}
	b.failures.succeeded(a.guesser)
	return filestore.Caller{Account: a.address}, nil
}

// attempt is what there is to know of a login without its password.
type attempt struct {
	guesser        // with the real address, or what may become one
	admin   bool   // the account has rights over others
	secret  secret // of the account
	refused string // why no password opens it
	flow    flow
}

func (b *Base) attempt(ctx context.Context, c filestore.Credentials) (attempt, time.Time, error) {
	e, now, err := b.find(ctx, c.Login)
	if ctx.Err() != nil {
		return attempt{}, now, ctx.Err()
	}
	from := network.Of(c.Remote)
	if err != nil {
		return b.vainAttempt(c.Login, from, now), now, nil
	}
	levels := b.accountLevels(e, now)
	a := attempt{guesser: guesser{e.address, true, from}, admin: b.administers(e, now), flow: flowOf(levels[:])}
	a.secret, a.refused = b.secret(levels[:])
	if a.refused == "" && c.Service != "" && !b.serves(e, c.Service, now) {
		a.refused = "service is off"
	}
	if unchecked(a.refused) && b.told.first(b.proofs.of("unchecked", e.address, a.secret.stored)) {
		b.log.WarnContext(ctx, "password of an account cannot be checked: nobody can log in to it", "account", e.address, "reason", a.refused)
	}
	return a, now, nil
}

// administers reports whether an account has rights over the storages of others.
func (b *Base) administers(e entry, now time.Time) bool {
	return b.rules(e.name, e.domain.name, now) || b.granted(e.name, e.domain.name, now, rightFiles, rightFilesLater)
}

// vainAttempt is the attempt to log in to an account that does not exist.
func (b *Base) vainAttempt(login string, from netip.Addr, now time.Time) attempt {
	a := attempt{guesser: guesser{network: from}, refused: "no such account"}
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
	if b.failures.over(a.guesser, a.flow, now) {
		return tooManyFailed, nil
	}
	who := b.failures.standing(a.guesser)
	heard := who.own || a.admin
	if a.secret.costly && b.checked.has(b.checked.proof(a.address, a.secret.stored, given), now) &&
		(heard || !b.failures.closed(a.guesser, a.flow, now)) {
		return a.refused, nil // at once, however many guesses of others wait
	}
	return b.guess(ctx, a, who, heard, given, now)
}

const (
	tooManyFailed = "too many failed logins"
	unverified    = "password cannot be verified"
)

// guess is try for a password that has to be compared. Only one for each account
// and network at a time is, so that the failed ones are counted exactly. One that
// is refused without a hash works one out in vain before the next has its turn:
// neither its time nor that of several at once tells whether there is an account,
// or whether it is closed.
func (b *Base) guess(ctx context.Context, a attempt, who standing, heard bool, given string, now time.Time) (refused string, err error) {
	leave, err := b.lanes.enter(ctx, a.guesser)
	if err != nil {
		return "", err
	}
	defer leave()
	if b.failures.over(a.guesser, a.flow, now) {
		return tooManyFailed, nil
	}
	closed, end := b.failures.begin(a.guesser, a.flow, now)
	wrong := false
	defer func() { end(wrong) }() // after a panic as well
	if closed && !heard {
		a.secret, a.refused = secret{}, tooManyFailed
	}
	var right bool
	if a.secret.costly {
		right, err = b.hashOnce(ctx, a, who, given, now)
	} else {
		right = a.secret.opens(given)
	}
	if ctx.Err() != nil && err != nil {
		return "", ctx.Err()
	}
	if err != nil { // of Options.Verify: nobody knows whether it was wrong
		b.log.ErrorContext(ctx, unverified, "account", a.address, "err", err)
		return unverified, nil
	}
	if refused = a.refused; refused == "" && !right {
		refused = "wrong password"
	}
	if refused == "" {
		return "", nil
	}
	wrong = true
	if decoy := b.decoy.Load(); decoy != nil && !a.secret.costly {
		_, err = b.hash(ctx, who, *decoy, given)
	}
	return refused, err
}

// hashOnce is hash, unless that was done while others were in the lane.
func (b *Base) hashOnce(ctx context.Context, a attempt, who standing, given string, now time.Time) (right bool, err error) {
	p := b.checked.proof(a.address, a.secret.stored, given)
	if b.checked.has(p, now) {
		return true, nil
	}
	if a.secret.match != nil { // a decoy must not ask the host about an account
		b.decoy.Store(&a.secret)
	}
	if right, err = b.hash(ctx, who, a.secret, given); right && err == nil {
		b.checked.at.Set(p, now)
	}
	return right && err == nil, err
}

// hash checks a password for which that takes long: only some run at any time.
func (b *Base) hash(ctx context.Context, who standing, s secret, given string) (right bool, err error) {
	leave, err := b.turns.take(ctx, who)
	if err != nil {
		return false, err
	}
	defer leave()
	if s.match == nil && acceptable(given) {
		ctx, cancel := context.WithTimeout(ctx, maxVerify) // others wait for the place
		defer cancel()
		return b.verify(ctx, who.address, s.stored, given)
	}
	return s.opens(given), nil
}

// maxVerify is how long Options.Verify may take. Our choice.
const maxVerify = 10 * time.Second

// told remembers what has been said. It is safe for concurrent use.
type told struct {
	mu   sync.Mutex
	said *recent.Map[proof, struct{}]
}

// first reports whether something is said for the first time.
func (t *told) first(p proof) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, again := t.said.Get(p)
	t.said.Add(p, struct{}{})
	return !again
}
