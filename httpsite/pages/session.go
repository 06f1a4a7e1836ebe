package pages

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Session is what is kept of somebody who has signed in by the form. Use field names.
type Session struct {
	// Account is their real address, account@domain.
	Account string
	// Sealed is their password, under a key that stands in their cookie alone: it is
	// checked anew with each request, so that a session ends when the password changes
	// or the account is closed.
	Sealed []byte
	// Secure tells that they signed in within TLS. Then the cookie is good there alone.
	Secure bool
	// Began and Used are when it began, and when it was used last, to the minute.
	Began, Used time.Time
}

// SessionKey names a session. Whoever knows it cannot make the cookie of it.
type SessionKey [sha256.Size]byte

// Sessions keep sessions. They must be safe for concurrent use, and bound what they
// keep. A program with several processes behind one address has some of its own that all
// processes share; [MemorySessions] are for one.
type Sessions interface {
	// Session returns a session. fs.ErrNotExist: there is none.
	Session(ctx context.Context, key SessionKey) (Session, error)
	// AddSession keeps a new session.
	AddSession(ctx context.Context, key SessionKey, s Session) error
	// UseSession notes when a session was used last. One that is not there, because it has
	// ended meanwhile, does not come back.
	UseSession(ctx context.Context, key SessionKey, at time.Time) error
	// EndSession forgets a session. That it is not there is no error.
	EndSession(ctx context.Context, key SessionKey) error
	// EndSessions forgets all sessions of an account.
	EndSessions(ctx context.Context, account string) error
}

// How many sessions MemorySessions keep. Our choice.
const (
	maxSessions          = 10_000
	maxSessionsOfAccount = 100
)

// MemorySessions keep 10,000 sessions in memory, 100 of each account: for one more, the one
// that was not used for longest is forgotten. The zero value is ready.
type MemorySessions struct {
	mu   sync.Mutex // guards what follows
	kept map[SessionKey]Session
	of   map[string]int // how many an account has
}

var _ Sessions = (*MemorySessions)(nil)

// Session implements Sessions.
func (m *MemorySessions) Session(_ context.Context, key SessionKey) (Session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.kept[key]
	if !ok {
		return Session{}, fs.ErrNotExist
	}
	return s, nil
}

// AddSession implements Sessions.
func (m *MemorySessions) AddSession(_ context.Context, key SessionKey, s Session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept, m.of = map[SessionKey]Session{}, map[string]int{}
	}
	switch {
	case m.of[s.Account] >= maxSessionsOfAccount:
		m.dropOldest(func(other Session) bool { return other.Account == s.Account })
	case len(m.kept) >= maxSessions:
		m.dropOldest(func(Session) bool { return true })
	}
	m.drop(key)
	m.kept[key] = s
	m.of[s.Account]++
	return nil
}

// UseSession implements Sessions.
func (m *MemorySessions) UseSession(_ context.Context, key SessionKey, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.kept[key]; ok {
		s.Used = at
		m.kept[key] = s
	}
	return nil
}

// EndSession implements Sessions.
func (m *MemorySessions) EndSession(_ context.Context, key SessionKey) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(key)
	return nil
}

// EndSessions implements Sessions.
func (m *MemorySessions) EndSessions(_ context.Context, account string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, s := range m.kept {
		if s.Account == account {
			m.drop(key)
		}
	}
	return nil
}

// dropOldest needs mu.
func (m *MemorySessions) dropOldest(among func(Session) bool) {
	var oldest SessionKey
	var used time.Time
	for key, s := range m.kept {
		if among(s) && (used.IsZero() || s.Used.Before(used)) {
			oldest, used = key, s.Used
		}
	}
	m.drop(oldest)
}

// drop needs mu.
func (m *MemorySessions) drop(key SessionKey) {
	s, ok := m.kept[key]
	if !ok {
		return
	}
	delete(m.kept, key)
	if m.of[s.Account]--; m.of[s.Account] == 0 {
		delete(m.of, s.Account)
	}
}

// Bounds of a session in time, unless [Pages] have others. Our choice.
const (
	defaultIdleTime = time.Hour
	defaultLifetime = 12 * time.Hour
)

// The cookie of a session. Browsers take one of the first name within TLS alone, and
// from this very host (RFC 6265bis §4.1.3.2).
const (
	secureCookie = "__Host-cgpkit-session"
	plainCookie  = "cgpkit-session"
)

// secret is what stands in the cookie: the name of the session, the key of the password
// and the token of forms are made of it, each in a way that does not lead back.
type secret [32]byte

func (s *secret) derive(purpose string) [sha256.Size]byte {
	h := hmac.New(sha256.New, s[:])
	h.Write([]byte(purpose))
	return [sha256.Size]byte(h.Sum(nil))
}

func (s *secret) key() SessionKey { return s.derive("session") }

func (s *secret) aead() cipher.AEAD {
	key := s.derive("password")
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // the key has the right length
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return aead
}

// readCookie returns what stands in the cookie of a request. Within TLS only the cookie
// counts that was set there, also if a proxy ends TLS: another host of the domain can plant
// the plain one.
func readCookie(r *http.Request, secure bool) (s secret, hostOnly, ok bool) {
	secure = secure || saysTLS(r)
	for _, name := range []string{secureCookie, plainCookie} {
		cookie, err := r.Cookie(name)
		if err != nil {
			continue
		}
		hostOnly = name == secureCookie
		raw, err := base64.RawURLEncoding.DecodeString(cookie.Value)
		if err != nil || len(raw) != len(s) || secure && !hostOnly {
			return secret{}, false, false
		}
		return secret(raw), hostOnly, true
	}
	return secret{}, false, false
}

// saysTLS reports whether a browser tells by its request that it sees TLS, which a proxy
// may end: by the origin of a form, or by Sec-Fetch-Site. It sends that to trustworthy
// addresses alone (Fetch Metadata Request Headers §2.3), which without TLS are those of
// its own machine (Secure Contexts §3.1).
func saysTLS(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Origin"), "https://") || r.Header.Get("Sec-Fetch-Site") != "" && !isLoopback(r.Host)
}

// isLoopback reports whether a host, with or without a port, is the machine of the
// browser (RFC 6761 §6.3).
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return addr.IsLoopback()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// HasSession reports whether a request has the cookie of a session, whether or not that
// still lasts. Only browsers that have used the form do.
func (p *Pages) HasSession(r *http.Request) bool {
	_, plain := r.Cookie(plainCookie)
	_, secure := r.Cookie(secureCookie)
	return plain == nil || secure == nil
}

// SignedIn is who a request says that it is by its session.
type SignedIn struct {
	Account, Password string
	secret            secret
}

// SignedIn returns the session of a request. secure tells that it came within TLS. One that
// another site, or a page in a sandbox, has made the browser send has none
// (Fetch Metadata Request Headers §2.2): the cookie is SameSite=Strict too, so two faults
// would have to meet. fs.ErrNotExist: there is no session, or it has ended.
func (p *Pages) SignedIn(r *http.Request, secure bool) (*SignedIn, error) {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return nil, fs.ErrNotExist
	}
	secret, hostOnly, ok := readCookie(r, secure)
	if !ok {
		return nil, fs.ErrNotExist
	}
	key := secret.key()
	s, err := p.sessions().Session(r.Context(), key)
	if err != nil {
		return nil, err
	}
	now := p.now()
	if s.Secure != hostOnly || now.Sub(s.Used) >= orDefault(p.IdleTime, defaultIdleTime) || now.Sub(s.Began) >= orDefault(p.Lifetime, defaultLifetime) {
		return nil, errors.Join(fs.ErrNotExist, p.sessions().EndSession(r.Context(), key))
	}
	password, err := secret.aead().Open(nil, nil, s.Sealed, nil)
	if err != nil {
		return nil, errors.Join(fs.ErrNotExist, p.sessions().EndSession(r.Context(), key))
	}
	if now.Sub(s.Used) >= time.Minute {
		if err := p.sessions().UseSession(r.Context(), key, now); err != nil {
			return nil, err
		}
	}
	return &SignedIn{Account: s.Account, Password: string(password), secret: secret}, nil
}

// EndSession ends the session of somebody whose password is not right any more.
func (p *Pages) EndSession(ctx context.Context, s *SignedIn) error {
	return p.sessions().EndSession(ctx, s.secret.key())
}

// beginSession keeps a new session, and sets its cookie.
func (v *visit) beginSession(account, password string) error {
	var s secret
	rand.Read(s[:])
	now := v.pages.now()
	secure := v.isSecure()
	kept := Session{Account: account, Sealed: s.aead().Seal(nil, nil, []byte(password), nil), Secure: secure, Began: now, Used: now}
	if err := v.pages.sessions().AddSession(v.HTTP.Context(), s.key(), kept); err != nil {
		return err
	}
	setSessionCookie(v.Writer, base64.RawURLEncoding.EncodeToString(s[:]), secure, 0)
	return nil
}

func setSessionCookie(w http.ResponseWriter, value string, secure bool, maxAge int) {
	name := plainCookie
	if secure {
		name = secureCookie
	}
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", Secure: secure, HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: maxAge})
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
