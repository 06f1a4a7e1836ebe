package passwords_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory/passwords"
	"github.com/cgpkit/cgpkit/directory/passwords/crypt"
	"github.com/cgpkit/cgpkit/filestore"
)

// What an account may be without: the zero value of each field opens nothing that it
// should not.
func TestAccount(t *testing.T) {
	t.Parallel()
	const mary, sha = "mary@example.com", "{CRYPT}$5$saltstring$s/S5fW8Ud3G3YpK6jKMV.4ZFUlPORNY1lvbSvYNgrW/"
	all := &passwords.Options{Crypt: crypt.Match, Verify: func(context.Context, string, string, string) (bool, error) { return true, nil }}
	for _, test := range []struct {
		name      string
		options   *passwords.Options
		account   passwords.Account
		password  string
		opens     bool
		unchecked string
	}{
		{name: "zero", options: all, password: "secret1"},
		{name: "zero, no password", options: all},
		{name: "hash", options: &passwords.Options{Crypt: crypt.Match}, account: passwords.Account{Address: mary, Password: sha}, password: "secret1", opens: true},
		{name: "wrong", options: all, account: passwords.Account{Address: mary, Password: sha}, password: "secret2"},
		{name: "missing", options: all, account: passwords.Account{Address: mary, Password: sha, Missing: true}, password: "secret1"},
		{name: "refused", options: all, account: passwords.Account{Address: mary, Password: sha, Refused: "service is off"}, password: "secret1"},
		{name: "unreadable", options: all, account: passwords.Account{Address: mary, Password: sha, Unreadable: true}, password: "secret1", unchecked: "form of the stored password"},
		{name: "no options", account: passwords.Account{Address: mary, Password: sha}, password: "secret1", unchecked: "Options.Crypt is not set"},
		{name: "digest without options", account: passwords.Account{Address: mary, Password: "{SHA}AMr9EmGC6KnnwBuy8N/QBJa+ck8="}, password: "secret1", opens: true},
		{name: "not said to be clear", options: &passwords.Options{Crypt: crypt.Match}, account: passwords.Account{Address: mary, Password: "secret1"}, password: "secret1", unchecked: "encryption of the stored password"},
		{name: "clear", account: passwords.Account{Address: mary, Password: "secret1", Clear: true}, password: "secret1", opens: true},
		{name: "clear, but marked", account: passwords.Account{Address: mary, Password: "{X}secret1", Clear: true}, password: "{X}secret1", unchecked: "form of the stored password"},
		{name: "verified", options: all, account: passwords.Account{Address: mary, Password: "\x01abc"}, password: "secret1", opens: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			v := passwords.New(test.options)
			if test.unchecked == "" {
				require.Empty(t, v.Unchecked(test.account))
			} else {
				require.Contains(t, v.Unchecked(test.account), test.unchecked)
			}
			caller, err := v.Login(t.Context(), filestore.Credentials{Login: mary, Password: test.password}, test.account)
			if test.opens {
				require.NoError(t, err)
				require.Equal(t, filestore.Caller{Account: mary}, caller)
				return
			}
			require.Equal(t, filestore.ErrLogin, err)
			require.Zero(t, caller)
		})
	}
}

// An account without a Flow has one all the same, and so has a name without an account.
func TestFlowThatIsNotSet(t *testing.T) {
	t.Parallel()
	for _, flow := range []passwords.Flow{{}, {Count: 3}, {Time: 1}, {Count: -1, Time: -1}} {
		for _, missing := range []bool{false, true} {
			v := newVerifier()
			a := passwords.Account{Address: "mary@example.com", Password: "secret1", Clear: true, Missing: missing, Flow: flow}
			for n := range 25 {
				_, err := v.Login(t.Context(), filestore.Credentials{Password: "wrong", Remote: netip.MustParseAddr("192.0.2.1")}, a)
				if n < 20 {
					require.Equal(t, filestore.ErrLogin, err)
				} else {
					require.Equal(t, filestore.ErrLoginUnchecked, err)
				}
			}
			require.Equal(t, 5, strings.Count(v.log.String(), "too many failed logins"))
		}
	}
}
