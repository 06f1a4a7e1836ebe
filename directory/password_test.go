package directory_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/directory"
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

// What other programs store opens the account, to its password and no other.
func TestPasswordsOfOtherPrograms(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/passwords.tsv")
	require.NoError(t, err)
	defer f.Close()
	lines, count := bufio.NewScanner(f), 0
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		count++
		columns := strings.Split(lines.Text(), "\t")
		program, password, stored := columns[0], columns[1], columns[2]
		t.Run(fmt.Sprintf("%s %.20s %.8s", program, stored, password), func(t *testing.T) {
			t.Parallel()
			marked := stored
			if stored[0] != '{' {
				marked = "\x02" + stored
			}
			settings := settingsWith(t, marked)
			b := newBase(t, files{"Accounts/john.macnt/account.settings": settings}, directory.Options{})
			const john = "john@main.example"
			require.NoError(t, b.login(t, john, password))
			for _, wrong := range []string{"", password[:len(password)/2], password + "\x00", password + "\x00x"} {
				require.ErrorIs(t, b.login(t, john, wrong), filestore.ErrLogin, wrong)
			}
			require.NotContains(t, b.log.String(), stored[8:])
			require.NotContains(t, b.log.String(), password)

			// The last digits hold bits that do not count; the one before does.
			broken := []byte(marked)
			broken[len(broken)-5] ^= 1
			b.change(t, files{"Accounts/john.macnt/account.settings": settingsWith(t, string(broken))})
			require.ErrorIs(t, b.login(t, john, password), filestore.ErrLogin)
		})
	}
	require.NoError(t, lines.Err())
	require.Greater(t, count, 40)
}

// Forms that nothing checks, and such as would take too long, open nothing.
func TestPasswordsThatOpenNothing(t *testing.T) {
	t.Parallel()
	const good = "$5$saltstring$s/S5fW8Ud3G3YpK6jKMV.4ZFUlPORNY1lvbSvYNgrW/" // of "secret1", as above
	const bcrypt = "abcdefghijklmnopqrstuu7xBdc3mx5nNlgVHYL28yCH.qGrgk0.q"
	for _, test := range []struct{ name, stored string }{
		{"encrypted by the server", "\x01secret1"},
		{"encrypted by the server, a hash", "\x01" + good},
		{"two marks", "\x02\x02" + good},
		{"mark alone", "\x02"},
		{"clear behind the mark", "\x02secret1"},
		{"DES without mark", "abmizb72ph5go\x7f"},
		{"DES cut short", "\x02abmizb72ph5g"},
		{"long DES", "\x02abmizb72ph5go."},
		{"DES with two that are no digits", "\x02a:mizb72ph5g!"},
		{"DES of no password", "\x02abmF1QH4PEr.E"},
		{"extended DES", "\x02_J9..abcd22q80TrZTE6"},
		{"APR1", "\x02$apr1$abcdefgh$paCto.rW8wn6thJ8b0QQY."},
		{"gost-yescrypt", "\x02$gy$j9T$abcdefgh$u3.uh8Lf.h2kvozAkuCpf9HAQt.SmXl66.PmhTyYvR6"},
		{"scrypt", "\x02$7$CU..../....abcdefgh$U7CqeYyBGyv/ccjBu45PnztY/iRfHRYXz.CJZkHqdy8"},
		{"plain text of the library", "\x02$plaintext$secret1"},
		{"locked", "\x02!" + good},
		{"starred", "\x02*"},
		{"no digest", "\x02$5$saltstring$"},
		{"no salt", "\x02$5$"},
		{"a part too many", "\x02" + good + "$x"},
		{"rounds in hexadecimal", "\x02$5$rounds=0x10000$saltstring$abc"},
		{"very many rounds", "\x02$6$rounds=999999999$saltstring$abc"},
		{"few rounds", "\x02$6$rounds=1$saltstring$abc"},
		{"other parameter", "\x02$6$salt=1$saltstring$abc"},
		{"costly bcrypt", "\x02$2b$31$" + bcrypt},
		{"bcrypt with a bug", "\x02$2x$05$" + bcrypt},
		{"bcrypt of the first kind", "\x02$2$05$" + bcrypt},
		{"bcrypt of a kind to come", "\x02$2z$05$" + bcrypt},
		{"long bcrypt", "\x02$2b$05$" + bcrypt + "q"},
		{"short bcrypt", "\x02$2b$05$" + bcrypt[1:]},
		{"yescrypt cut short", "\x02$y$j75$abcd$kI"},
		{"brace and a control byte", "}\x01"},
		{"costly yescrypt", "\x02$y$jDT$abcd$kIRDninpAHGu7deyAewA1Vq4kWz5uU1HDDbnN.JgBs6"},
		{"yescrypt with other flags", "\x02$y$k75$abcd$kIRDninpAHGu7deyAewA1Vq4kWz5uU1HDDbnN.JgBs6"},
		{"yescrypt with other digits", "\x02$y$j[5$abcd$kIRDninpAHGu7deyAewA1Vq4kWz5uU1HDDbnN.JgBs6"},
		{"yescrypt with more parameters", "\x02$y$j75.$abcd$kIRDninpAHGu7deyAewA1Vq4kWz5uU1HDDbnN.JgBs6"},
		{"crypt without mark", good + "\x7f"},
		{"empty scheme", "{}secret1"},
		{"unknown scheme", "{X-9}AMr9EmGC6KnnwBuy8N/QBJa+ck8="},
		{"clear scheme", "{CLEAR}secret1"},
		{"salted scheme without salt", "{SSHA}AMr9EmGC6KnnwBuy8N/QBJa+ck8="},
		{"scheme with salt where none is", "{SHA}jMHEkJkWuzlqnDsrS2DorJ/3Zgm7ugGN"},
		{"half of a digest", "{SHA}AMr9EmGC6KnnwA=="},
		{"no base64", "{SHA}AMr9EmGC6KnnwBuy8N/QBJa+ck8"},
		{"hexadecimal", "{SHA}00cafd126182e8a9e7c01bb2f0dfd00496be724f"},
		{"empty digest", "{MD5}"},
		{"scheme and rubbish", "{MD5}5S2YxFmBmhF3WTbY37t5KQ== "},
		{"crypt in another scheme", "{SHA}" + good},
		{"extended DES in a scheme", "{CRYPT}_J9..abcd22q80TrZTE6"},
		{"two schemes", "{CRYPT}{SHA}AMr9EmGC6KnnwBuy8N/QBJa+ck8="},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, option := range []bool{false, true} {
				b := newBase(t, files{"Accounts/john.macnt/account.settings": settingsWith(t, test.stored)}, directory.Options{UnmarkedClear: option})
				for _, given := range []string{"secret1", test.stored, test.stored[1:], ""} {
					require.ErrorIs(t, b.login(t, "john@main.example", given), filestore.ErrLogin, given)
				}
				require.NotContains(t, b.log.String(), "secret1")
			}
		})
	}
}

// Schemes are compared in any letter case (RFC 2307 §5.3).
func TestSchemeInSmallLetters(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{"Accounts/john.macnt/account.settings": settingsWith(t, "{ssha}jMHEkJkWuzlqnDsrS2DorJ/3Zgm7ugGN")}, directory.Options{})
	require.NoError(t, b.login(t, "john@main.example", "secret1"))
}

func TestVeryLongPassword(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1025)
	b := newBase(t, files{
		"Accounts/long.macnt/account.settings": settingsWith(t, long),
		"Accounts/fits.macnt/account.settings": settingsWith(t, long[1:]),
	}, directory.Options{})
	require.ErrorIs(t, b.login(t, "long@main.example", long), filestore.ErrLogin)
	require.NoError(t, b.login(t, "fits@main.example", long[1:]))
}

// No stored text makes a library panic, or takes long.
func FuzzStoredPassword(f *testing.F) {
	lines, err := os.ReadFile("testdata/passwords.tsv")
	require.NoError(f, err)
	for line := range strings.Lines(string(lines)) {
		if _, rest, ok := strings.Cut(line, "\t"); ok {
			given, stored, _ := strings.Cut(strings.TrimSuffix(rest, "\n"), "\t")
			f.Add("\x02"+stored, given)
			f.Add(stored, given)
		}
	}
	f.Fuzz(func(t *testing.T, stored, given string) {
		if strings.Contains(stored, "\x00") {
			t.Skip("no settings file holds such a byte")
		}
		if strings.Contains(stored, "rounds=") || strings.Contains(stored, "$2") || strings.Contains(stored, "$y$") {
			given = "" // what takes long is not worked out
		}
		b := newBase(t, files{"Accounts/john.macnt/account.settings": settingsWith(t, stored)}, directory.Options{})
		if b.login(t, "john@main.example", given) == nil {
			require.NotContains(t, stored, "\x01")
			require.NotEmpty(t, given)
		}
	})
}

// Passwords are checked at the same time: the library for DES shares memory.
func TestPasswordsAtTheSameTime(t *testing.T) {
	t.Parallel()
	const stored = `{Password="{CRYPT}abzlUXK5ed5rs";}`
	b := newBase(t, files{"Accounts/john.macnt/account.settings": stored, "Accounts/mary.macnt/account.settings": stored}, directory.Options{})
	var group sync.WaitGroup
	for _, login := range []string{"john@main.example", "mary@main.example"} {
		group.Go(func() {
			for range 5 {
				_, err := b.Login(t.Context(), filestore.Credentials{Login: login, Password: "PW"})
				assert.Error(t, err)
			}
			_, err := b.Login(t.Context(), filestore.Credentials{Login: login, Password: "pw"})
			assert.NoError(t, err)
		})
	}
	group.Wait()
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
			require.Zero(t, b.log.count("password of an account cannot be checked"))
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
			for finding := range b.Check(t.Context()) {
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
			require.Equal(t, want, b.log.count("password of an account cannot be checked"), "once for each account")
			b.change(t, files{"Accounts/server.macnt/account.settings": `{Password="\001abd";}`})
			_ = b.login(t, "server@main.example", "x")
			require.Equal(t, 2*want, b.log.count("password of an account cannot be checked"), "and for each new password")
			require.NotContains(t, b.log.String(), "abc")
		})
	}
}
