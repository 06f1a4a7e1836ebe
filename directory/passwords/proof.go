package passwords

import (
	"context"

	"github.com/cgpkit/cgpkit/filestore"
)

// LoginProof is [Verifier.Login] for a client that does not send the password, but proves
// to know it: proves reports whether whoever knows this password has sent the proof. It is
// called once at most, must compare in constant time and must not keep the password.
// c.Password counts for nothing. Only a password that is kept in clear opens an account
// so. Failures are counted together with those of Login.
//
// Whoever has heard challenge and proof can try passwords on them without asking
// anybody: TLS is better.
func (v *Verifier) LoginProof(ctx context.Context, c filestore.Credentials, a Account, proves func(password string) bool) (filestore.Caller, error) {
	at := v.attempt(ctx, c, a)
	if at.refused == "" && !at.secret.clear {
		at.refused = noClear
	}
	stored := at.secret.stored
	if at.secret.clear {
		at.secret = secret{stored: stored, match: func(string) bool { return proves(stored) }}
	} else {
		at.secret = secret{}
	}
	return v.logIn(ctx, c, at, "a proof")
}
