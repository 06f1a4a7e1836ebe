package directory

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"hash"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-crypt/crypt/algorithm"
	"github.com/go-crypt/crypt/algorithm/md5crypt"
	"github.com/go-crypt/crypt/algorithm/scrypt"
	"github.com/go-crypt/crypt/algorithm/shacrypt"
	"github.com/sergeymakinen/go-crypt/des"
	"golang.org/x/crypto/bcrypt"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// secret is a stored password.
type secret struct {
	stored string
	match  func(given string) bool // nil: opens nothing, or, if it is costly, the host checks it
	costly bool                    // it takes long, as crypt(3) is meant to
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

// Why a password cannot be checked.
const (
	unknownForm       = "form of the stored password is not known"
	unknownEncryption = "encryption of the stored password is not known"
)

// unchecked reports whether a login is refused because nothing can check its
// password.
func unchecked(refused string) bool { return refused == unknownForm || refused == unknownEncryption }

// secret returns the password that an account has by its own settings, which are
// the first of levels, or why it has none that can be checked.
func (b *Base) secret(levels []level) (s secret, refused string) {
	if levels[0].err != nil {
		return secret{}, "settings cannot be read"
	}
	v := levels[0].values[password] // the zero Value is an empty string
	stored := v.Text()
	if v.Kind() != cgpdata.KindString {
		return secret{}, unknownForm
	}
	if stored == "" {
		return secret{}, "account has no password"
	}
	if marked(stored) {
		if s = b.hashed(stored); s.match == nil {
			return b.unknown(stored, unknownForm)
		}
		return s, ""
	}
	encryption, ok, err := effective(passwordEncryption, levels...)
	switch {
	case b.unmarkedClear:
	case err != nil:
		return secret{}, "settings cannot be read"
	case ok && (encryption.Kind() != cgpdata.KindString || encryption.Text() != "clear"):
		return b.unknown(stored, unknownEncryption)
	}
	return secret{stored: stored, match: func(given string) bool { return equal(given, stored) }}, ""
}

// unknown returns a stored password that the host may know to check.
func (b *Base) unknown(stored, refused string) (secret, string) {
	if b.verify == nil {
		return secret{stored: stored}, refused
	}
	return secret{stored: stored, costly: true}, ""
}

// marked reports whether a stored password is something else than clear text: it
// is not printable, which the bytes 1 and 2 are not either, or it begins with a
// scheme, as {SSHA}.
func marked(stored string) bool {
	if !utf8.ValidString(stored) || strings.ContainsFunc(stored, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return true
	}
	return strings.HasPrefix(stored, "{") && strings.Contains(stored, "}")
}

// hashed returns a stored password that has a mark; without match, if nothing
// can check it.
func (b *Base) hashed(stored string) secret {
	text, crypt := strings.CutPrefix(stored, "\x02")
	if scheme, rest, ok := strings.Cut(stored, "}"); ok && strings.HasPrefix(scheme, "{") {
		if scheme = strings.ToUpper(scheme[1:]); scheme != "CRYPT" {
			return secret{stored: stored, match: digestMatch(scheme, rest)}
		}
		text, crypt = rest, true
	}
	if !crypt {
		return secret{}
	}
	match := cryptMatch(text)
	if match == nil && b.crypt != nil {
		match = func(given string) bool { return b.crypt(text, given) }
	}
	return secret{stored: stored, match: match, costly: true}
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

// What a crypt(3) string may cost, at most: seconds of time, and memory. What
// costs more opens nothing. Our choice.
const (
	maxBcryptCost     = 15
	maxSHARounds      = 2_000_000
	minSHARounds      = 1000 // crypt(3) never stores less
	maxYescryptMemory = 64 << 20
)

const desDigits = 11 // of the 64 bits that DES makes

// cryptMatch checks what crypt(3) stores: traditional DES, MD5 ($1$), SHA-256
// ($5$), SHA-512 ($6$), bcrypt ($2a$, $2b$, $2y$) and yescrypt ($y$). Other forms
// give nil.
func cryptMatch(text string) func(given string) bool {
	if len(text) == des.SaltLength+desDigits && isCrypt64(text) {
		return func(given string) bool { return !hasNUL(given) && desMatches(text, given) }
	}
	parts := strings.Split(text, "$")
	if len(parts) < 4 || parts[0] != "" {
		return nil
	}
	var digest algorithm.Digest
	var err error
	switch parts[1] {
	case "2a", "2b", "2y":
		const length = 60
		if cost, err := bcrypt.Cost([]byte(text)); err != nil || cost > maxBcryptCost || len(parts) != 4 || len(text) != length {
			return nil
		}
		return func(given string) bool {
			return !hasNUL(given) && bcrypt.CompareHashAndPassword([]byte(text), []byte(given)) == nil
		}
	case "1":
		if len(parts) != 4 || !isCrypt64(parts[3]) {
			return nil
		}
		digest, err = md5crypt.Decode(text)
	case "5", "6":
		if len(parts) == 5 && !validRounds(parts[2]) || !isCrypt64(parts[len(parts)-1]) {
			return nil
		}
		digest, err = shacrypt.Decode(text)
	case "y":
		if len(parts) != 5 || len(parts[4]) != 43 || !validYescrypt(parts[2]) || !isCrypt64(parts[3]) || !isCrypt64(parts[4]) {
			return nil
		}
		digest, err = scrypt.Decode(text)
	default:
		return nil
	}
	if err != nil {
		return nil
	}
	return func(given string) bool { return !hasNUL(given) && digest.Match(given) }
}

// desMatches checks traditional DES. It does not use des.Check, which writes to
// memory that all its callers share (go-crypt 1.0.1).
func desMatches(text, given string) bool {
	given = given[:min(len(given), des.MaxPasswordLength)] // what is longer does not count there
	key, err := des.Key([]byte(given), []byte(text[:des.SaltLength]))
	if err != nil {
		return false
	}
	digits := base64.NewEncoding(crypt64).WithPadding(base64.NoPadding).EncodeToString(key)
	return subtle.ConstantTimeCompare([]byte(digits), []byte(text[des.SaltLength:])) == 1
}

// hasNUL reports whether C, for which a text ends there, would hash less than
// all of given.
func hasNUL(given string) bool { return strings.Contains(given, "\x00") }

// crypt64 are the digits of crypt(3), from 0 to 63.
const crypt64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func isCrypt64(s string) bool { return s != "" && strings.Trim(s, crypt64) == "" }

// validRounds reports whether the parameter of SHA-crypt is rounds=N, as
// crypt(3) writes it, and not too much.
func validRounds(parameter string) bool {
	digits, ok := strings.CutPrefix(parameter, "rounds=")
	n, err := strconv.ParseUint(digits, 10, 32)
	return ok && err == nil && digits[0] != '0' && n >= minSHARounds && n <= maxSHARounds
}

// validYescrypt reports whether the parameters of yescrypt are those that
// crypt(3) writes (flags, N and r, one digit each), and not too much.
func validYescrypt(parameters string) bool {
	if len(parameters) != 3 || parameters[0] != 'j' {
		return false
	}
	log2N := strings.IndexByte(crypt64, parameters[1]) + 1
	r := strings.IndexByte(crypt64, parameters[2]) + 1
	return 1 < log2N && log2N <= 20 && 1 <= r && int64(128*r)<<log2N <= maxYescryptMemory
}
