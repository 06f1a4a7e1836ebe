package directory

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/internal/recent"
)

// flow is how many logins may fail in how much time.
type flow struct {
	count int64
	time  time.Duration
}

// builtInFlow is the value of FailedLoginFlow that is missing everywhere.
var builtInFlow = cgpdata.Array(cgpdata.String("20"), cgpdata.String("10m"))

// parseFlow reads FailedLoginFlow: an array of a count and a time. The form is
// inferred from other settings of a server. Nobody could log in with a count of
// 0; a time of 0 means nothing.
func parseFlow(v cgpdata.Value) (flow, error) {
	if v.Kind() != cgpdata.KindArray || v.Len() != 2 {
		return flow{}, errors.New("read flow: want an array of a count and a time")
	}
	count, err := ParseCount(v.Index(0))
	if err != nil {
		return flow{}, err
	}
	length, err := ParseTime(v.Index(1))
	if err != nil {
		return flow{}, err
	}
	if count == 0 || length == 0 {
		return flow{}, errors.New("read flow: 0 is no count and no time")
	}
	return flow{count, length}, nil
}

// failures counts the failed logins of accounts. Names without an account are
// counted in the same way, so that they behave in the same way, but apart, so
// that no number of them makes it forget about accounts. It is safe for
// concurrent use.
type failures struct {
	mu      sync.Mutex // guards what known and unknown point to
	known   *recent.Map[string, *failed]
	unknown *recent.Map[string, *failed]
}

// failed are the failed logins of one name since a time.
type failed struct {
	count int64
	since time.Time
}

// How many names with failed logins are kept in mind, at least.
const (
	keepFailed  = 1 << 16
	keepUnknown = 1 << 12
)

func newFailures() failures {
	return failures{known: recent.New[string, *failed](keepFailed), unknown: recent.New[string, *failed](keepUnknown)}
}

func (f *failures) of(known bool) *recent.Map[string, *failed] {
	if known {
		return f.known
	}
	return f.unknown
}

// over reports whether a name has used up its flow.
func (f *failures) over(address string, known bool, l flow, now time.Time) bool {
	n, ok := f.of(known).Get(address)
	if !ok {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return n.count >= l.count && n.within(l, now)
}

// add counts a failed login.
func (f *failures) add(address string, known bool, l flow, now time.Time) {
	names := f.of(known)
	n, ok := names.Get(address)
	if !ok {
		n = names.Add(address, &failed{})
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !n.within(l, now) {
		*n = failed{since: now}
	}
	n.count++
}

// within reports whether the time has not run out. The clock may have been set
// back.
func (n *failed) within(l flow, now time.Time) bool {
	age := now.Sub(n.since)
	return 0 <= age && age < l.time
}

// lanes let one goroutine through at a time for each key. The zero value is
// ready. It is safe for concurrent use.
type lanes struct {
	mu    sync.Mutex // guards byKey, and users of each
	byKey map[string]*lane
}

type lane struct {
	token chan struct{}
	users int
}

// enter waits for its turn, or for ctx.
func (l *lanes) enter(ctx context.Context, key string) (leave func(), err error) {
	l.mu.Lock()
	if l.byKey == nil {
		l.byKey = map[string]*lane{}
	}
	in, ok := l.byKey[key]
	if !ok {
		in = &lane{token: make(chan struct{}, 1)}
		l.byKey[key] = in
	}
	in.users++
	l.mu.Unlock()
	gone := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if in.users--; in.users == 0 {
			delete(l.byKey, key)
		}
	}
	select {
	case in.token <- struct{}{}:
		return func() { <-in.token; gone() }, nil
	case <-ctx.Done():
		gone()
		return nil, ctx.Err()
	}
}

// remember is how long a password that was checked need not be hashed again.
const remember = time.Minute

// checked remembers for some time which passwords were right. What it keeps is
// worth nothing outside this process, and nothing once the stored password has
// changed. It is safe for concurrent use.
type checked struct {
	key    [sha256.Size]byte
	proofs *recent.Map[proof, time.Time]
}

type proof [sha256.Size]byte

func newChecked() checked {
	c := checked{proofs: recent.New[proof, time.Time](keepAccounts)}
	_, _ = rand.Read(c.key[:]) // never fails
	return c
}

// proof stands for an account with this stored password, and one that was given.
func (c *checked) proof(address, stored, given string) (p proof) {
	h := hmac.New(sha256.New, c.key[:])
	for _, s := range [...]string{address, stored, given} {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(s)))
		h.Write(size[:])
		h.Write([]byte(s))
	}
	h.Sum(p[:0])
	return p
}

func (c *checked) has(p proof, now time.Time) bool {
	at, ok := c.proofs.Get(p)
	age := now.Sub(at)
	return ok && 0 <= age && age < remember
}
