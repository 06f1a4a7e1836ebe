// Package crypt checks passwords against what crypt(3) stores. It brings the
// libraries for that into a program, so whatever needs it takes [Match] as an option.
package crypt

import (
	"crypto/subtle"
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/go-crypt/crypt/algorithm"
	"github.com/go-crypt/crypt/algorithm/md5crypt"
	"github.com/go-crypt/crypt/algorithm/scrypt"
	"github.com/go-crypt/crypt/algorithm/shacrypt"
	"github.com/sergeymakinen/go-crypt/des"
	"golang.org/x/crypto/bcrypt"
)

// What a crypt(3) string may cost, at most: seconds of time, and memory. What
// costs more opens nothing. Our choice.
const (
	maxBcryptCost     = 15
	maxSHARounds      = 2_000_000
	minSHARounds      = 1000 // crypt(3) never stores less
	maxYescryptMemory = 64 << 20
)

const desDigits = 11 // of the 64 bits that DES makes

// Match returns what checks passwords against a string of crypt(3): traditional DES,
// MD5 ($1$), SHA-256 ($5$), SHA-512 ($6$), bcrypt ($2a$, $2b$, $2y$) and yescrypt
// ($y$). Other forms give nil, and so do parameters that would take more than some
// seconds, or 64 MiB of memory. It is safe for concurrent use, and so is what it
// returns.
//
// Sources: crypt(5) of libxcrypt; the bounds are our choice.
func Match(text string) func(given string) bool {
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
