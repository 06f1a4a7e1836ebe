package passwords_test

import (
	"context"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory/passwords"
	"github.com/cgpkit/cgpkit/directory/passwords/crypt"
	"github.com/cgpkit/cgpkit/filestore"
)

// proofBy is the proof of a client who takes that for the password.
func proofBy(password string) func(string) bool {
	return func(stored string) bool { return stored == password }
}

func TestLoginProof(t *testing.T) {
	t.Parallel()
	const mary, sha = "mary@example.com", "{SHA}AMr9EmGC6KnnwBuy8N/QBJa+ck8="
	for _, test := range []struct {
		name    string
		account passwords.Account
		proof   string // the password of whoever made it
		opens   bool
		reason  string
	}{
		{name: "right", account: passwords.Account{Address: mary, Password: "tanstaaf", Clear: true}, proof: "tanstaaf", opens: true},
		{name: "wrong", account: passwords.Account{Address: mary, Password: "tanstaaf", Clear: true}, proof: "tanstaa", reason: "wrong password"},
		{name: "empty", account: passwords.Account{Address: mary, Password: "tanstaaf", Clear: true}, reason: "wrong password"},
		{name: "zero account", reason: "no password"},
		{name: "missing", account: passwords.Account{Address: mary, Missing: true}, reason: "no such account"},
		{name: "refused", account: passwords.Account{Address: mary, Password: "tanstaaf", Clear: true, Refused: "service is off"}, proof: "tanstaaf", reason: "service is off"},
		{name: "hash", account: passwords.Account{Address: mary, Password: sha}, proof: "secret1", reason: "not kept in clear"},
		{name: "hash as a password", account: passwords.Account{Address: mary, Password: sha, Clear: true}, proof: sha, reason: "not kept in clear"},
		{name: "not said to be clear", account: passwords.Account{Address: mary, Password: "tanstaaf"}, proof: "tanstaaf", reason: "not kept in clear"},
		{name: "unreadable", account: passwords.Account{Address: mary, Password: "tanstaaf", Clear: true, Unreadable: true}, proof: "tanstaaf", reason: "form of the stored password"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			v := newVerifierWith(passwords.Options{Crypt: crypt.Match, Verify: func(context.Context, string, string, string) (bool, error) {
				t.Error("the host cannot check proofs")
				return true, nil
			}})
			caller, err := v.LoginProof(t.Context(), filestore.Credentials{Login: mary, Password: "tanstaaf"}, test.account, proofBy(test.proof))
			if test.opens {
				require.NoError(t, err)
				require.Equal(t, filestore.Caller{Account: mary}, caller)
				return
			}
			require.Equal(t, filestore.ErrLogin, err)
			require.Zero(t, caller)
			require.Contains(t, v.log.String(), test.reason)
		})
	}
}

// Wrong proofs and wrong passwords use up one flow.
func TestLoginProofIsCounted(t *testing.T) {
	t.Parallel()
	v := newVerifier()
	a := passwords.Account{Address: "mary@example.com", Password: "secret1", Clear: true, Flow: passwords.Flow{Count: 4, Time: 1 << 40}}
	c := filestore.Credentials{Password: "wrong", Remote: netip.MustParseAddr("192.0.2.1")}
	for range 2 {
		_, err := v.LoginProof(t.Context(), c, a, proofBy("wrong"))
		require.Equal(t, filestore.ErrLogin, err)
		_, err = v.Login(t.Context(), c, a)
		require.Equal(t, filestore.ErrLogin, err)
	}
	_, err := v.LoginProof(t.Context(), c, a, proofBy("secret1"))
	require.Equal(t, filestore.ErrLoginUnchecked, err)
	require.Contains(t, v.log.String(), "too many failed logins")
	c.Remote = netip.MustParseAddr("192.0.2.2")
	_, err = v.LoginProof(t.Context(), c, a, proofBy("secret1"))
	require.NoError(t, err, "other networks are not closed out")
}
