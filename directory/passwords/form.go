package passwords

import (
	"cmp"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"hash"
	"strings"
	"unicode"
	"unicode/utf8"
)

// secret is a stored password.
type secret struct {
	stored string
	match  func(given string) bool // nil: opens nothing, or, if it is costly, the host checks it
	costly bool                    // it takes long, as crypt(3) is meant to
	clear  bool                    // stored is the password itself
}

// opens reports whether given is the password.
func (s secret) opens(given string) bool {
	return s.match != nil && acceptable(given) && s.match(given)
}

// acceptable reports whether given may be a password. An empty one never is, and
// neither is one that is very long.
func acceptable(given string) bool { return given != "" && len(given) <= maxPassword }

// maxPassword bounds a password that is given, in bytes: the cost of some hashes
// grows with it. Our choice.
const maxPassword = 1024

// Why no password opens an account.
const (
	noAccount  = "no such account"
	noPassword = "account has no password"
	noClear    = "password is not kept in clear, as APOP and Digest need it"
	// Why a password cannot be checked:
	unknownForm       = "form of the stored password is not known"
	unknownEncryption = "encryption of the stored password is not known"
	noCrypt           = "crypt(3) hashes are not checked: Options.Crypt is not set"
)

// unchecked reports whether a login is refused because nothing can check its
// password.
func unchecked(refused string) bool {
	return refused == unknownForm || refused == unknownEncryption || refused == noCrypt
}

// secret returns the password of an account, or why nothing opens it.
func (v *Verifier) secret(a Account) (s secret, refused string) {
	switch {
	case a.Unreadable:
		return secret{}, unknownForm
	case a.Password == "":
		return secret{}, cmp.Or(a.Refused, noPassword)
	}
	s, refused = v.stored(a)
	if refused != "" && v.verify != nil {
		s, refused = secret{stored: a.Password, costly: true}, ""
	}
	return s, cmp.Or(refused, a.Refused)
}

// stored returns the password in its form, or why nothing here can check it.
func (v *Verifier) stored(a Account) (s secret, refused string) {
	s.stored = a.Password
	text, crypt := strings.CutPrefix(a.Password, "\x02")
	scheme, rest, ok := strings.Cut(a.Password, "}")
	switch scheme, open := strings.CutPrefix(strings.ToUpper(scheme), "{"); {
	case !Marked(a.Password) && !a.Clear:
		return s, unknownEncryption
	case !Marked(a.Password):
		s.match, s.clear = func(given string) bool { return equal(given, a.Password) }, true
		return s, ""
	case ok && open && scheme != "CRYPT":
		s.match = digestMatch(scheme, rest)
	case ok && open:
		text, crypt = rest, true
	}
	if crypt {
		if v.crypt == nil {
			return s, noCrypt
		}
		s.match, s.costly = v.crypt(text), true
	}
	if s.match == nil {
		return secret{stored: a.Password}, unknownForm
	}
	return s, ""
}

// Marked reports whether a stored password says by itself that it is something else
// than clear text: it is not printable, which the bytes 1 and 2 are not either, or it
// begins with a scheme, as {SSHA}.
func Marked(stored string) bool {
	if !utf8.ValidString(stored) || strings.ContainsFunc(stored, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return true
	}
	return strings.HasPrefix(stored, "{") && strings.Contains(stored, "}")
}

// equal compares without telling by its time where, or after how many bytes, the
// texts differ.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// digestMatch checks what LDAP servers store, less the scheme: the digest of the
// password and a salt, followed by the salt, in base64. RFC 2307 §5.3 has MD5 and
// SHA, the others are OpenLDAP's (slapd-pw-sha2).
func digestMatch(scheme, text string) func(given string) bool {
	var digest func() hash.Hash
	name, salted := strings.CutPrefix(scheme, "S")
	if salted && strings.HasPrefix(name, "HA") { // SHA without salt
		name, salted = scheme, false
	}
	switch name {
	case "MD5":
		digest = md5.New
	case "SHA":
		digest = sha1.New
	case "SHA256":
		digest = sha256.New
	case "SHA384":
		digest = sha512.New384
	case "SHA512":
		digest = sha512.New
	default:
		return nil
	}
	sum, err := base64.StdEncoding.Strict().DecodeString(text)
	size := digest().Size()
	if err != nil || len(sum) < size || (len(sum) > size) != salted {
		return nil
	}
	return func(given string) bool {
		h := digest()
		h.Write([]byte(given))
		h.Write(sum[size:])
		return subtle.ConstantTimeCompare(h.Sum(nil), sum[:size]) == 1
	}
}
