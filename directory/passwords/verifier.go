package passwords

import (
	"cmp"
	"context"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/lru"
	"github.com/cgpkit/cgpkit/internal/network"
)

// Options are what a Verifier can do without. A nil *Options is the zero Options. Use
// field names: fields may be added.
type Options struct {
	// Crypt returns what checks passwords against a crypt(3) string, or nil for a
	// form that it does not know; crypt.Match in the package below does. Both must be
	// safe for concurrent use. nil: such strings open no account.
	Crypt func(stored string) (match func(password string) bool)
	// Verify reports whether a password belongs to a stored one that nothing else here
	// is for: one that a server has encrypted (byte 1), a hash of another form or with
	// parameters that would take very long, or a text without a mark that is not clear.
	// account is the real address, and stored is Account.Password; neither stored nor
	// password is empty. nil: such accounts cannot log in.
	//
	// All that limits guessing is done before. Verify is called by as many goroutines
	// as crypt(3) hashes are worked out, so it must be safe for concurrent use. It must
	// end with ctx, which has 10 seconds. What was right is not asked again for a
	// minute, as long as stored does not change.
	//
	// An error refuses the login, and is not counted as a failed one. It is logged, so
	// it must hold no password. Names without an account do not call Verify, so its
	// time may tell that an account exists.
	Verify func(ctx context.Context, account, stored, password string) (bool, error)
	// Logger gets logins that fail. nil: nobody.
	Logger *slog.Logger
	// Now tells the time. nil: time.Now.
	Now func() time.Time
}

// Account is what the mail server knows of an account that somebody wants to log in
// to. Use field names. Nothing opens the zero Account.
type Account struct {
	// Address is the real address of the account; of a name without one, what would
	// be it, always in the same letters, or empty.
	Address string
	// Missing tells that there is no such account. It is to be verified all the same,
	// so that it behaves like one that is there.
	Missing bool
	// Password is the password as it is stored, marks included; see the package.
	Password string
	// Clear tells that a password without a mark is clear text.
	Clear bool
	// Unreadable tells that there is a password which is no text.
	Unreadable bool
	// Refused tells the log why no password opens the account now, as a service that
	// is off does. Empty: the right one does.
	Refused string
	// Privileged is an account with rights over others: it is never closed by what
	// comes from many networks.
	Privileged bool
	// Flow is how many logins may fail.
	Flow Flow
}

// Verifier checks passwords, and limits guessing. Make one with [New] for all
// accounts of a server. It is safe for concurrent use.
type Verifier struct {
	crypt  func(stored string) func(password string) bool
	verify func(ctx context.Context, account, stored, password string) (bool, error)
	log    *slog.Logger
	now    func() time.Time

	failures failures
	checked  checked
	proofs   *proofs
	told     told // which accounts have passwords that cannot be checked
	lanes    lanes
	turns    turns
	decoy    atomic.Pointer[secret] // the last one that was costly
}

// New returns a Verifier. Options may be nil.
func New(o *Options) *Verifier {
	if o == nil {
		o = &Options{}
	}
	proofs := newProofs()
	v := &Verifier{
		crypt: o.Crypt, verify: o.Verify, log: o.Logger, now: o.Now,
		failures: newFailures(proofs),
		checked:  newChecked(proofs),
		proofs:   proofs,
		told:     told{said: lru.New[proof, struct{}](keepAccounts)},
		turns:    newTurns(max(2, runtime.GOMAXPROCS(0))),
	}
	if v.log == nil {
		v.log = slog.New(slog.DiscardHandler)
	}
	if v.now == nil {
		v.now = time.Now
	}
	return v
}

// Login checks the password of an account, which c.Login names. All that can be wrong
// gives filestore.ErrLogin: no such account, a.Refused, a wrong password, a stored
// password that cannot be checked, too many failed logins. The last, and an error of
// Options.Verify, give its kind filestore.ErrLoginUnchecked. The reason is logged, the
// password never. The only other error is that of ctx, which ends the waiting for
// other logins.
func (v *Verifier) Login(ctx context.Context, c filestore.Credentials, a Account) (filestore.Caller, error) {
	return v.logIn(ctx, c, v.attempt(ctx, c, a), c.Password)
}

// logIn is Login with what is there to know of it, and what was given in proof.
func (v *Verifier) logIn(ctx context.Context, c filestore.Credentials, at attempt, given string) (filestore.Caller, error) {
	refused, err := v.try(ctx, at, given, v.now())
	if err != nil {
		return filestore.Caller{}, err
	}
	if refused != "" {
		if refused != unverified { // that has been logged
			v.log.InfoContext(ctx, "login refused", "remote", c.Remote, "account", filestore.Redact(c.Login), "service", c.Service, "reason", refused)
		}
		if refused == tooManyFailed || refused == unverified {
			return filestore.Caller{}, filestore.ErrLoginUnchecked
		}
		return filestore.Caller{}, filestore.ErrLogin
	}
	v.failures.succeeded(at.guesser)
	return filestore.Caller{Account: at.address}, nil
}

// Unchecked tells why nobody can log in to an account since nothing can check its
// password; "" if something can, or if it has none. It is for reports.
func (v *Verifier) Unchecked(a Account) (reason string) {
	if _, refused := v.secret(a); unchecked(refused) {
		return refused
	}
	return ""
}

// attempt is what there is to know of a login without its password.
type attempt struct {
	guesser        // with the real address, or what may become one
	admin   bool   // the account has rights over others
	secret  secret // of the account
	refused string // why no password opens it
	flow    Flow
}

func (v *Verifier) attempt(ctx context.Context, c filestore.Credentials, a Account) attempt {
	at := attempt{
		guesser: guesser{a.Address, !a.Missing, network.Of(c.Remote)},
		admin:   a.Privileged, flow: a.Flow.orDefault(),
	}
	if a.Missing {
		at.refused = cmp.Or(a.Refused, noAccount)
		return at
	}
	at.secret, at.refused = v.secret(a)
	if unchecked(at.refused) && v.told.first(v.proofs.of("unchecked", a.Address, at.secret.stored)) {
		v.log.WarnContext(ctx, "password cannot be checked: nobody can log in", "account", a.Address, "reason", at.refused)
	}
	return at
}

// try returns why a login is refused, or "".
func (v *Verifier) try(ctx context.Context, a attempt, given string, now time.Time) (refused string, err error) {
	if v.failures.over(a.guesser, a.flow, now) {
		return tooManyFailed, nil
	}
	who := v.failures.reputation(a.guesser)
	heard := who.own || a.admin
	if a.secret.costly && v.checked.has(v.checked.proof(a.address, a.secret.stored, given), now) &&
		(heard || !v.failures.closed(a.guesser, a.flow, now)) {
		return a.refused, nil // at once, however many guesses of others wait
	}
	return v.guess(ctx, a, who, heard, given, now)
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
func (v *Verifier) guess(ctx context.Context, a attempt, who reputation, heard bool, given string, now time.Time) (refused string, err error) {
	leave, err := v.lanes.enter(ctx, a.guesser)
	if err != nil {
		return "", err
	}
	defer leave()
	if v.failures.over(a.guesser, a.flow, now) {
		return tooManyFailed, nil
	}
	closed, end := v.failures.begin(a.guesser, a.flow, now)
	wrong := false
	defer func() { end(wrong) }() // after a panic as well
	if closed && !heard {
		a.secret, a.refused = secret{}, tooManyFailed
	}
	var right bool
	if a.secret.costly {
		right, err = v.hashOnce(ctx, a, who, given, now)
	} else {
		right = a.secret.opens(given)
	}
	if ctx.Err() != nil && err != nil {
		return "", ctx.Err()
	}
	if err != nil { // of Options.Verify: nobody knows whether it was wrong
		v.log.ErrorContext(ctx, "password cannot be verified", "account", a.address, "err", err)
		return unverified, nil
	}
	if refused = a.refused; refused == "" && !right {
		refused = "wrong password"
	}
	if refused == "" {
		return "", nil
	}
	wrong = true
	if decoy := v.decoy.Load(); decoy != nil && !a.secret.costly {
		_, err = v.hash(ctx, who, *decoy, given)
	}
	return refused, err
}

// hashOnce is hash, unless that was done while others were in the lane.
func (v *Verifier) hashOnce(ctx context.Context, a attempt, who reputation, given string, now time.Time) (right bool, err error) {
	p := v.checked.proof(a.address, a.secret.stored, given)
	if v.checked.has(p, now) {
		return true, nil
	}
	if a.secret.match != nil { // a decoy must not ask the host about an account
		v.decoy.Store(&a.secret)
	}
	if right, err = v.hash(ctx, who, a.secret, given); right && err == nil {
		v.checked.at.Set(p, now)
	}
	return right && err == nil, err
}

// hash checks a password for which that takes long: only some run at any time.
func (v *Verifier) hash(ctx context.Context, who reputation, s secret, given string) (right bool, err error) {
	leave, err := v.turns.take(ctx, who)
	if err != nil {
		return false, err
	}
	defer leave()
	if s.match == nil && acceptable(given) {
		ctx, cancel := context.WithTimeout(ctx, maxVerify) // others wait for the place
		defer cancel()
		return v.verify(ctx, who.address, s.stored, given)
	}
	return s.opens(given), nil
}

// maxVerify is how long Options.Verify may take. Our choice.
const maxVerify = 10 * time.Second

// told remembers what has been said. It is safe for concurrent use.
type told struct {
	mu   sync.Mutex
	said *lru.Map[proof, struct{}]
}

// first reports whether something is said for the first time.
func (t *told) first(p proof) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, again := t.said.Get(p)
	t.said.Add(p, struct{}{})
	return !again
}
