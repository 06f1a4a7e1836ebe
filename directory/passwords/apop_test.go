package passwords_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory/passwords"
	"github.com/cgpkit/cgpkit/directory/passwords/crypt"
	"github.com/cgpkit/cgpkit/filestore"
)

func TestLoginAPOP(t *testing.T) {
	t.Parallel()
	// RFC 1939 §7 has this example.
	const challenge, rfc = "<1896.697170952@dbc.mtview.ca.us>", "c4c9334bac560ecc979e58001b3e22fb"
	answer := func(password string) string {
		sum := md5.Sum([]byte(challenge + password))
		return hex.EncodeToString(sum[:])
	}
	const mary, sha = "mary@example.com", "{SHA}AMr9EmGC6KnnwBuy8N/QBJa+ck8="
	for _, test := range []struct {
		name    string
		account passwords.Account
		answer  string
		opens   bool
		reason  string
	}{
		{name: "example of the standard", account: passwords.Account{Address: mary, Password: "tanstaaf", Clear: true}, answer: rfc, opens: true},
		{name: "capitals", account: passwords.Account{Address: mary, Password: "tanstaaf", Clear: true}, answer: strings.ToUpper(rfc), opens: true},
		{name: "wrong", account: passwords.Account{Address: mary, Password: "tanstaaf", Clear: true}, answer: answer("tanstaa"), reason: "wrong password"},
		{name: "the password itself", account: passwords.Account{Address: mary, Password: "tanstaaf", Clear: true}, answer: "tanstaaf", reason: "wrong password"},
		{name: "too long", account: passwords.Account{Address: mary, Password: "tanstaaf", Clear: true}, answer: rfc + "0", reason: "wrong password"},
		{name: "too short", account: passwords.Account{Address: mary, Password: "tanstaaf", Clear: true}, answer: rfc[:31], reason: "wrong password"},
		{name: "empty", account: passwords.Account{Address: mary, Password: "tanstaaf", Clear: true}, reason: "wrong password"},
		{name: "zero account", answer: answer(""), reason: "no password"},
		{name: "missing", account: passwords.Account{Address: mary, Missing: true}, answer: answer(""), reason: "no such account"},
		{name: "refused", account: passwords.Account{Address: mary, Password: "tanstaaf", Clear: true, Refused: "service is off"}, answer: rfc, reason: "service is off"},
		{name: "hash", account: passwords.Account{Address: mary, Password: sha}, answer: answer("secret1"), reason: "not kept in clear"},
		{name: "hash as a password", account: passwords.Account{Address: mary, Password: sha, Clear: true}, answer: answer(sha), reason: "not kept in clear"},
		{name: "not said to be clear", account: passwords.Account{Address: mary, Password: "tanstaaf"}, answer: rfc, reason: "not kept in clear"},
		{name: "unreadable", account: passwords.Account{Address: mary, Password: "tanstaaf", Clear: true, Unreadable: true}, answer: rfc, reason: "form of the stored password"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			v := newVerifierWith(passwords.Options{Crypt: crypt.Match, Verify: func(context.Context, string, string, string) (bool, error) {
				t.Error("the host cannot check answers")
				return true, nil
			}})
			caller, err := v.LoginAPOP(t.Context(), filestore.Credentials{Login: mary, Password: "tanstaaf"}, test.account, challenge, test.answer)
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

// Wrong answers and wrong passwords use up one flow.
func TestLoginAPOPIsCounted(t *testing.T) {
	t.Parallel()
	v := newVerifier()
	a := passwords.Account{Address: "mary@example.com", Password: "secret1", Clear: true, Flow: passwords.Flow{Count: 4, Time: 1 << 40}}
	c := filestore.Credentials{Password: "wrong", Remote: netip.MustParseAddr("192.0.2.1")}
	for range 2 {
		_, err := v.LoginAPOP(t.Context(), c, a, "<1@x>", "wrong")
		require.Equal(t, filestore.ErrLogin, err)
		_, err = v.Login(t.Context(), c, a)
		require.Equal(t, filestore.ErrLogin, err)
	}
	sum := md5.Sum([]byte("<1@x>secret1"))
	_, err := v.LoginAPOP(t.Context(), c, a, "<1@x>", hex.EncodeToString(sum[:]))
	require.Equal(t, filestore.ErrLogin, err)
	require.Contains(t, v.log.String(), "too many failed logins")
	c.Remote = netip.MustParseAddr("192.0.2.2")
	_, err = v.LoginAPOP(t.Context(), c, a, "<1@x>", hex.EncodeToString(sum[:]))
	require.NoError(t, err, "other networks are not closed out")
}
