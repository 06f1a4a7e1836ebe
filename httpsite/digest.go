package httpsite

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"hash"
	"mime"
	"strconv"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/connlimit"
	"github.com/cgpkit/cgpkit/filestore"
)

// digest is what a client sends to log in (RFC 7616 §3.4).
type digest struct {
	username, realm, nonce, uri, cnonce, nc, qop string
	algorithm                                    string // as it stands in the challenge
	response                                     []byte
}

// digestAlgorithms are those of challenges, in their order. RFC 7616 §3.7 would have the
// better one first, and clients that do not know it look further. But lftp 4.9 and
// urllib of Python 3.11 take the first or none, and older ones know MD5 alone; what is
// known to be weak in MD5 is of no use against a digest. All share a nonce: some
// clients, as requests of Python, join challenges to one.
var digestAlgorithms = [...]struct {
	name string
	hash func() hash.Hash
}{{"MD5", md5.New}, {"SHA-256", sha256.New}}

// errNoDigest is for what is no digest as we ask for it.
var errNoDigest = errors.New("no digest")

// parseDigest reads the field Authorization. Clients of RFC 2069, without qop, are refused:
// they could be replayed.
func parseDigest(field string) (d digest, err error) {
	p, err := digestParameters(field)
	if err != nil {
		return digest{}, err
	}
	d = digest{username: p["username"], realm: p["realm"], nonce: p["nonce"], uri: p["uri"], cnonce: p["cnonce"], nc: p["nc"], qop: p["qop"]}
	if extended, ok := p["username*"]; ok {
		if _, both := p["username"]; both {
			return digest{}, errNoDigest
		}
		// RFC 8187 §3.2, as package mime reads it in other fields.
		_, name, err := mime.ParseMediaType("x; name*=" + extended)
		if err != nil {
			return digest{}, errNoDigest
		}
		d.username = name["name"]
	}
	for _, a := range digestAlgorithms {
		if strings.EqualFold(p["algorithm"], a.name) || p["algorithm"] == "" && a.name == "MD5" {
			d.algorithm = a.name
		}
	}
	d.response, err = hex.DecodeString(p["response"])
	_, number := d.count()
	if err != nil || !number || d.algorithm == "" || len(d.response) != d.hash().Size() || strings.EqualFold(p["userhash"], "true") ||
		!strings.EqualFold(d.qop, "auth") || d.username == "" || d.realm == "" || d.nonce == "" || d.uri == "" || d.cnonce == "" {
		return digest{}, errNoDigest
	}
	return d, nil
}

// digestParameters reads the scheme and its parameters (RFC 9110 §11.2, §11.4), each of
// which comes once.
func digestParameters(field string) (map[string]string, error) {
	const mostParameters = 20 // RFC 7616 has twelve
	rest, ok := cutScheme(field, "Digest")
	if !ok {
		return nil, errNoDigest
	}
	parameters := map[string]string{}
	for rest = strings.TrimLeft(rest, " \t,"); rest != ""; rest = strings.TrimLeft(rest, " \t,") {
		name, after, found := strings.Cut(rest, "=")
		name = strings.ToLower(strings.TrimRight(name, " \t"))
		value, after, read := digestValue(strings.TrimLeft(after, " \t"))
		after = strings.TrimLeft(after, " \t")
		_, again := parameters[name]
		if !found || !read || again || !isToken(name) || len(parameters) == mostParameters || after != "" && after[0] != ',' {
			return nil, errNoDigest
		}
		parameters[name], rest = value, after
	}
	return parameters, nil
}

// digestValue takes a token or a quoted string off the beginning of a text.
func digestValue(text string) (value, rest string, ok bool) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexAny(text, " \t,")
		if end < 0 {
			end = len(text)
		}
		return text[:end], text[end:], isToken(text[:end])
	}
	return cutQuoted(text)
}

// cutQuoted takes a quoted string (RFC 9110 §5.6.4) off the beginning of a text, which
// begins with its quotation mark.
func cutQuoted(text string) (value, rest string, ok bool) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '"':
			return b.String(), text[i+1:], true
		case text[i] == '\\' && i+1 < len(text):
			i++
		}
		b.WriteByte(text[i])
	}
	return "", "", false
}

// isToken reports whether a text is a token (RFC 9110 §5.6.2).
func isToken(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7F || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// cutScheme returns what follows the scheme of credentials (RFC 9110 §11.4).
func cutScheme(field, scheme string) (rest string, ok bool) {
	if len(field) <= len(scheme) || !strings.EqualFold(field[:len(scheme)], scheme) || field[len(scheme)] != ' ' {
		return "", false
	}
	return field[len(scheme)+1:], true
}

// count is how often the client has used the nonce.
func (d digest) count() (n uint32, ok bool) {
	parsed, err := strconv.ParseUint(d.nc, 16, 32)
	return uint32(parsed), err == nil && len(d.nc) == 8 && parsed > 0
}

// hash returns a new hash of the algorithm.
func (d digest) hash() hash.Hash {
	for _, a := range digestAlgorithms {
		if a.name == d.algorithm {
			return a.hash()
		}
	}
	return nil
}

// proves reports whether whoever sent the digest knows the password (RFC 7616 §3.4.1).
func (d digest) proves(method, password string) bool {
	sum := func(parts ...string) string {
		h := d.hash()
		h.Write([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(h.Sum(nil))
	}
	want := sum(sum(d.username, d.realm, password), d.nonce, d.nc, d.cnonce, d.qop, sum(method, d.uri))
	return subtle.ConstantTimeCompare([]byte(hex.EncodeToString(d.response)), []byte(want)) == 1
}

// loginDigest is login for a client that sends a digest. One for another URL, or of
// another server's challenge, is as if it were not there.
func (req *request) loginDigest(d digest) (filestore.Caller, error) {
	if d.realm != req.site.Domain || !req.isTarget(d.uri) {
		return filestore.Caller{}, errLoginNeeded
	}
	count, _ := d.count()
	now := req.now()
	n, ok := req.nonces.read(d.nonce, now)
	if !ok || req.nonces.used(n, count, now) {
		return filestore.Caller{}, errStaleNonce
	}
	c := filestore.Credentials{Login: filestore.QualifyAccount(d.username, req.site.Domain), Remote: req.remote}
	caller, err := req.accounts().(filestore.Prover).LoginProof(req.r.Context(), c, func(password string) bool { return d.proves(req.r.Method, password) })
	if err == nil && !req.nonces.use(n, count, now) {
		err = errStaleNonce // the same digest came twice at a time
	}
	return caller, err
}

// isTarget reports whether a URI is that of the request. It may have the name of the
// server (RFC 9110 §7.1), and the path that a proxy takes away.
func (req *request) isTarget(uri string) bool {
	target := withoutOrigin(req.r.RequestURI)
	uri = withoutOrigin(uri)
	return uri == target || uri == req.escapedPrefix()+target
}

func withoutOrigin(uri string) string {
	_, rest, ok := strings.Cut(uri, "://")
	if slash := strings.IndexByte(rest, '/'); ok && !strings.HasPrefix(uri, "/") && slash >= 0 {
		return rest[slash:]
	}
	return uri
}

// offersDigest reports whether clients may log in by Digest.
func (h *Handler) offersDigest() bool {
	_, ok := h.accounts().(filestore.Prover)
	return ok && !h.NoDigestAuth
}

// offersBasic reports whether the client may send a password.
func (req *request) offersBasic() bool {
	return !req.NoBasicAuth && (!req.RequireTLS || IsPrivate(req.r))
}

// challenge asks for a login, by all that is offered. It returns false
// if nothing is. After a digest that was wrong only Basic is offered, if it is at all:
// whoever has an account whose password is kept as a hash could not log in otherwise, as
// clients take the best. That it is told nobody, so the same holds for all.
func (req *request) challenge(err error) bool {
	realm := "realm=" + strconv.Quote(req.site.Domain) + `, charset="UTF-8"`
	basic := req.offersBasic()
	header := req.w.Header()
	_, sent := cutScheme(req.r.Header.Get("Authorization"), "Digest")
	digest := req.offersDigest() && !(sent && basic && errors.Is(err, filestore.ErrLogin))
	if digest {
		stale := ""
		if errors.Is(err, errStaleNonce) {
			stale = ", stale=true"
		}
		nonce := req.nonces.issue(req.now())
		for _, a := range digestAlgorithms {
			header.Add("WWW-Authenticate", "Digest "+realm+`, qop="auth", algorithm=`+a.name+`, nonce="`+nonce+`"`+stale)
		}
	}
	if basic {
		header.Add("WWW-Authenticate", "Basic "+realm)
	}
	return digest || basic
}

// login returns who sent the request. Without credentials that is nobody, and
// nobody gets errLoginNeeded. So do credentials that are not asked for.
func (req *request) login() (caller filestore.Caller, err error) {
	began := time.Now()
	if d, noDigest := parseDigest(req.r.Header.Get("Authorization")); noDigest == nil && req.offersDigest() {
		caller, err = req.loginDigest(d)
		return req.loggedIn(caller, err, d.username, began)
	}
	if name, password, ok := req.r.BasicAuth(); ok && req.offersBasic() {
		return req.loginPassword(name, password)
	}
	if req.r.Header.Get("Authorization") == "" && req.mayHaveSession() {
		return req.loginBySession()
	}
	return filestore.Caller{}, errLoginNeeded
}

// loginPassword checks a name, with or without a domain, and a password.
func (req *request) loginPassword(name, password string) (filestore.Caller, error) {
	began := time.Now()
	c := filestore.Credentials{Login: filestore.QualifyAccount(name, req.site.Domain), Password: password, Remote: req.remote}
	caller, err := req.accounts().Login(req.r.Context(), c)
	return req.loggedIn(caller, err, name, began)
}

// loggedIn notes who has logged in, or failed to.
func (req *request) loggedIn(caller filestore.Caller, err error, login string, began time.Time) (filestore.Caller, error) {
	if err != errLoginNeeded && err != errStaleNonce { // nobody has looked at the others
		given := filestore.Credentials{Login: login, Service: eventService, Remote: req.remote}
		filestore.ObserveLogin(req.r.Context(), req.Observer, given, caller, began, err)
	}
	if err == nil {
		req.caller = caller.Account
		connlimit.FromContext(req.r.Context()).Trust(true)
	}
	return caller, err
}
