package directory

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/filestore"
)

// Login checks a password. The login may be an alias; the caller has the real
// address. All that can be wrong gives filestore.ErrLogin, and takes the same
// work: no such account, a service that is off, a wrong password, a stored
// password that cannot be checked. The reason is logged, the password never.
//
// What can be checked is a password stored as clear text: a string that is not
// empty, printable and without the mark of another form, under a PasswordEncryption
// that is clear or missing ([Options] has UnmarkedClear for others). Everything
// else opens no account: an empty or missing password, one encrypted by the
// server (byte 1), a Unix crypt string (byte 2), a hash with its scheme in
// braces, a typed number. The password must be the account's own; PasswordEncryption is looked up
// as every account setting.
//
// Source: settings files of a server for Password and PasswordEncryption; the
// marks and what is refused are our choice.
func (b *Base) Login(ctx context.Context, c filestore.Credentials) (filestore.Caller, error) {
	if err := ctx.Err(); err != nil {
		return filestore.Caller{}, err
	}
	var stored, refused string
	e, now, err := b.find(ctx, c.Login)
	if err != nil {
		refused = "no such account"
	} else if stored, refused = b.clearPassword(e, now); refused == "" && c.Service != "" && !b.serves(e, c.Service, now) {
		refused = "service is off"
	}
	same := equal(c.Password, stored) // always: the work does not depend on the account
	if refused == "" && !same {
		refused = "wrong password"
	}
	if refused != "" {
		b.log.InfoContext(ctx, "login refused", "credentials", c, "reason", refused)
		return filestore.Caller{}, filestore.ErrLogin
	}
	return filestore.Caller{Account: e.address}, nil
}

// equal compares without telling by its time where, or after how many bytes, the
// texts differ.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// clearPassword returns the password of an account, or why it has none that can
// be checked.
func (b *Base) clearPassword(e entry, now time.Time) (stored, refused string) {
	levels := b.accountLevels(e, now)
	if levels[0].err != nil {
		return "", "settings cannot be read"
	}
	v := levels[0].values[password] // the zero Value is an empty string
	stored = v.Text()
	switch {
	case v.Kind() != cgpdata.KindString || marked(stored):
		return "", "form of the stored password is not known"
	case stored == "":
		return "", "account has no password"
	}
	encryption, ok, err := effective(passwordEncryption, levels[:]...)
	switch {
	case b.unmarkedClear:
		return stored, ""
	case err != nil:
		return "", "settings cannot be read"
	case ok && (encryption.Kind() != cgpdata.KindString || encryption.Text() != "clear"):
		return "", "encryption of the stored password is not known"
	}
	return stored, ""
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
