package directory_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/directory/check"
	"github.com/cgpkit/cgpkit/filestore"
)

// settingsWith is an account.settings with this password.
func settingsWith(t testing.TB, stored string) string {
	t.Helper()
	text, err := cgpdata.Append(nil, cgpdata.Dictionary(cgpdata.Pair{Key: "Password", Value: cgpdata.String(stored)}), nil)
	require.NoError(t, err)
	return string(text)
}

func (x *fixture) login(t testing.TB, address, password string) error {
	t.Helper()
	caller, err := x.Login(t.Context(), filestore.Credentials{Login: address, Password: password})
	require.Equal(t, err == nil, caller.Account == address)
	return err
}

// The host checks forms that the package does not know, and no others.
func TestVerify(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, settings string
		unmarkedClear  bool
		asks           string // the stored password that it is asked about; "": it is not
	}{
		{name: "byte 1", settings: `{Password="\001abc";}`, asks: "\x01abc"},
		{name: "crypt of another form", settings: `{Password="\002_J9..abcd22q80TrZTE6";}`, asks: "\x02_J9..abcd22q80TrZTE6"},
		{name: "too costly", settings: `{Password="\002$2a$31$abcdefghijklmnopqrstuu7xBdc3mx5nNlgVHYL28yCH.qGrgk0.q";}`, asks: "\x02$2a$31$abcdefghijklmnopqrstuu7xBdc3mx5nNlgVHYL28yCH.qGrgk0.q"},
		{name: "another scheme", settings: `{Password="{ARGON2}abc";}`, asks: "{ARGON2}abc"},
		{name: "not printable", settings: `{Password="abc\009";}`, asks: "abc\t"},
		{name: "no mark, under another encryption", settings: `{Password=abc;PasswordEncryption="A-crpt";}`, asks: "abc"},
		{name: "no mark, with UnmarkedClear", settings: `{Password=abc;PasswordEncryption="A-crpt";}`, unmarkedClear: true},
		{name: "clear", settings: `{Password=abc;}`},
		{name: "known hash", settings: `{Password="\002abJnggxhB/yWI";}`},
		{name: "number", settings: `{Password=#5;}`},
		{name: "empty", settings: `{Password="";}`},
		{name: "missing", settings: `{}`},
		{name: "broken file", settings: `{`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var asked []string
			b := newBase(t, files{"Accounts/john.macnt/account.settings": test.settings, "Accounts/Settings/Aliases.data": "{johnny=john;}"}, directory.Options{
				UnmarkedClear: test.unmarkedClear,
				Verify: func(ctx context.Context, account, stored, password string) (bool, error) {
					require.NoError(t, ctx.Err())
					asked = append(asked, account+" "+stored+" "+password)
					return password == "right", nil
				},
			})
			login := func(address, password string) error {
				_, err := b.Login(t.Context(), filestore.Credentials{Login: address, Password: password})
				return err
			}
			require.ErrorIs(t, login("john@main.example", ""), filestore.ErrLogin)
			require.ErrorIs(t, login("john@main.example", strings.Repeat("x", 1025)), filestore.ErrLogin)
			require.Empty(t, asked, "what is no password at all")
			if test.asks == "" {
				_ = login("john@main.example", "right")
				require.Empty(t, asked)
				return
			}
			for range 2 {
				require.NoError(t, login("Johnny@Main.example", "right"))
			}
			require.Equal(t, []string{"john@main.example " + test.asks + " right"}, asked, "once, for a minute")
			require.ErrorIs(t, login("john@main.example", "wrong"), filestore.ErrLogin)
			require.ErrorIs(t, login("nobody@main.example", "wrong"), filestore.ErrLogin)
			require.Len(t, asked, 2, "names without an account ask nothing")
			require.Zero(t, b.log.count("password cannot be checked"))
			b.advance(time.Minute)
			require.NoError(t, login("john@main.example", "right"))
			require.Len(t, asked, 3)
		})
	}
}

// When the host cannot tell, nobody is let in, and nobody is locked out by it.
func TestVerifyThatFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("backend is down")
	b := newBase(t, files{"Accounts/john.macnt/account.settings": `{Password="\001abc";FailedLoginFlow=(2,1m);}`}, directory.Options{
		Verify: func(context.Context, string, string, string) (bool, error) { return true, broken },
	})
	for range 5 {
		require.ErrorIs(t, b.login(t, "john@main.example", "right"), filestore.ErrLogin)
	}
	require.Equal(t, 5, b.log.count("password cannot be verified"))
	require.Equal(t, 5, b.log.count(broken.Error()))
	require.NotContains(t, b.log.String(), "right")
	broken = nil
	require.NoError(t, b.login(t, "john@main.example", "right"))

	ctx, cancel := context.WithCancel(t.Context())
	b = newBase(t, files{"Accounts/john.macnt/account.settings": `{Password="\001abc";}`}, directory.Options{
		Verify: func(ctx context.Context, _, _, _ string) (bool, error) { cancel(); return false, ctx.Err() },
	})
	_, err := b.Login(ctx, filestore.Credentials{Login: "john@main.example", Password: "x"})
	require.ErrorIs(t, err, context.Canceled)
}

// A host that does not answer holds nobody up for ever.
func TestVerifyThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBase(t, files{"Accounts/john.macnt/account.settings": `{Password="\001abc";}`, "Accounts/mary.macnt/account.settings": settingsWith(t, "\x02abJnggxhB/yWI")}, directory.Options{
			Verify: func(ctx context.Context, _, _, _ string) (bool, error) { <-ctx.Done(); return true, ctx.Err() },
		})
		for range 3 {
			require.ErrorIs(t, b.login(t, "john@main.example", "x"), filestore.ErrLogin)
		}
		require.ErrorIs(t, b.login(t, "mary@main.example", "x"), filestore.ErrLogin)
		require.Equal(t, 3, b.log.count(context.DeadlineExceeded.Error()))
	})
}

// Accounts that nobody can log in to are told of: at the first login, and by
// Check.
func TestPasswordsThatCannotBeChecked(t *testing.T) {
	t.Parallel()
	f := files{
		"Accounts/server.macnt/account.settings":       `{Password="\001abc";PasswordEncryption="A-crpt";}`,
		"Accounts/plain.macnt/account.settings":        `{Password=secret1;PasswordEncryption="A-crpt";}`,
		"Accounts/single.settings":                     `{Password="{ARGON2}abc";}`,
		"Accounts/number.macnt/account.settings":       `{Password=#5;}`,
		"Accounts/fine.macnt/account.settings":         `{Password=secret1;PasswordEncryption=clear;}`,
		"Accounts/hashed.macnt/account.settings":       `{Password="\002abJnggxhB/yWI";}`,
		"Accounts/none.macnt/account.settings":         `{}`,
		"Domains/client1.com/x.settings":               `{Password=secret1;}`,
		"Domains/client1.com/Settings/Domain.settings": `{AccountDefaults={PasswordEncryption="A-crpt";};}`,
	}
	verify := func(context.Context, string, string, string) (bool, error) { return false, nil }
	for _, test := range []struct {
		name string
		o    directory.Options
		want []string
	}{
		{"nothing set", directory.Options{}, []string{
			"Accounts/number.macnt/account.settings", "Accounts/plain.macnt/account.settings", "Accounts/server.macnt/account.settings",
			"Accounts/single.settings", "Domains/client1.com/x.settings",
		}},
		{"UnmarkedClear", directory.Options{UnmarkedClear: true}, []string{
			"Accounts/number.macnt/account.settings", "Accounts/server.macnt/account.settings", "Accounts/single.settings",
		}},
		{"Verify", directory.Options{Verify: verify}, []string{"Accounts/number.macnt/account.settings"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBase(t, f, test.o)
			var got []string
			last := ""
			for finding := range b.Check(t.Context(), check.Storage) {
				if strings.Contains(finding.Text, "nobody can log in") {
					got = append(got, finding.Path)
				}
				require.NotContains(t, finding.Text, "secret1")
				last = finding.String()
			}
			require.Equal(t, test.want, got)
			require.Contains(t, last, fmt.Sprintf(".: %d accounts", len(test.want)))
			require.Contains(t, last, "PasswordEncryption")

			for _, account := range []string{"server@main.example", "fine@main.example"} {
				for range 3 {
					_ = b.login(t, account, "x")
				}
			}
			want := 1
			if test.o.Verify != nil {
				want = 0
			}
			require.Equal(t, want, b.log.count("password cannot be checked"), "once for each account")
			b.change(t, files{"Accounts/server.macnt/account.settings": `{Password="\001abd";}`})
			_ = b.login(t, "server@main.example", "x")
			require.Equal(t, 2*want, b.log.count("password cannot be checked"), "and for each new password")
			require.NotContains(t, b.log.String(), "abc")
		})
	}
}

// Whoever forgets to say how hashes are checked lets nobody in by them, and is told.
func TestHashesWithoutCrypt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files{
		"Settings/Main.settings":               mainSettings,
		"Accounts/john.macnt/account.settings": settingsWith(t, "\x02abJnggxhB/yWI"),
		"Accounts/mary.macnt/account.settings": settingsWith(t, "{CRYPT}abzlUXK5ed5rs"),
		"Accounts/ssha.macnt/account.settings": settingsWith(t, "{SSHA}jMHEkJkWuzlqnDsrS2DorJ/3Zgm7ugGN"),
	}.write(t, dir)
	log := &logBuffer{}
	b, err := directory.Open(dir, &directory.Options{Logger: slog.New(slog.NewTextHandler(log, nil))})
	require.NoError(t, err)
	for _, password := range []string{"", "pw", "secret1", "abJnggxhB/yWI", "\x02abJnggxhB/yWI", "{CRYPT}abzlUXK5ed5rs"} {
		for _, login := range []string{"john@main.example", "mary@main.example"} {
			_, err := b.Login(t.Context(), filestore.Credentials{Login: login, Password: password})
			require.ErrorIs(t, err, filestore.ErrLogin)
		}
	}
	require.Equal(t, 2, log.count(`level=WARN msg="password cannot be checked: nobody can log in"`), "once for each account")
	require.Contains(t, log.String(), "Options.Crypt is not set")
	_, err = b.Login(t.Context(), filestore.Credentials{Login: "ssha@main.example", Password: "secret1"})
	require.NoError(t, err, "a form that needs no library")
	var found []string
	for finding := range b.Check(t.Context(), check.Storage) {
		if strings.Contains(finding.Text, "nobody can log in: crypt(3) hashes are not checked") {
			found = append(found, finding.Path)
		}
	}
	require.Equal(t, []string{"Accounts/john.macnt/account.settings", "Accounts/mary.macnt/account.settings"}, found)
}
