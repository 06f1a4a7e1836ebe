package passwords

import (
	"context"
	"crypto/md5"
	"crypto/subtle"
	"encoding/hex"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// LoginAPOP is [Verifier.Login] for a client that does not send the password, but, as APOP
// has it (RFC 1939 §7), an answer to a challenge: the MD5 of both, in hexadecimal
// digits. c.Password counts for nothing. Only a password that is kept in clear opens an
// account so. Failures are counted together with those of Login.
//
// Whoever has heard challenge and answer can try passwords on them without asking
// anybody: TLS is better.
func (v *Verifier) LoginAPOP(ctx context.Context, c filestore.Credentials, a Account, challenge, answer string) (filestore.Caller, error) {
	at := v.attempt(ctx, c, a)
	if at.refused == "" && !at.secret.clear {
		at.refused = noClear
	}
	at.secret = at.secret.answering(challenge)
	return v.logIn(ctx, c, at, strings.ToLower(answer))
}

// answering returns the secret that the right answer to a challenge opens.
func (s secret) answering(challenge string) secret {
	if !s.clear {
		return secret{}
	}
	sum := md5.Sum([]byte(challenge + s.stored))
	want := hex.EncodeToString(sum[:])
	return secret{stored: s.stored, match: func(answer string) bool {
		return subtle.ConstantTimeCompare([]byte(answer), []byte(want)) == 1
	}}
}
