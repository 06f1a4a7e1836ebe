package passwords_test

import (
	"bufio"
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory/passwords"
	"github.com/cgpkit/cgpkit/directory/passwords/crypt"
	"github.com/cgpkit/cgpkit/filestore"
)

// verifier is a Verifier with a log, for one goroutine.
type verifier struct {
	*passwords.Verifier
	log *bytes.Buffer
}

func newVerifier() verifier { return newVerifierWith(passwords.Options{Crypt: crypt.Match}) }

func newVerifierWith(o passwords.Options) verifier {
	var log bytes.Buffer
	o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return verifier{passwords.New(&o), &log}
}

// login logs in to an account with a stored password.
func (v verifier) login(t testing.TB, stored, given string) error {
	t.Helper()
	const john = "john@main.example"
	caller, err := v.Login(t.Context(), filestore.Credentials{Login: john, Password: given}, passwords.Account{Address: john, Password: stored, Clear: true})
	require.Equal(t, err == nil, caller.Account == john)
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
			v := newVerifier()
			require.NoError(t, v.login(t, marked, password))
			for _, wrong := range []string{"", password[:len(password)/2], password + "\x00", password + "\x00x"} {
				require.ErrorIs(t, v.login(t, marked, wrong), filestore.ErrLogin, wrong)
			}
			require.NotContains(t, v.log.String(), stored[8:])
			require.NotContains(t, v.log.String(), password)

			// The last digits hold bits that do not count; the one before does.
			broken := []byte(marked)
			broken[len(broken)-5] ^= 1
			require.ErrorIs(t, v.login(t, string(broken), password), filestore.ErrLogin)
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
			v := newVerifier()
			for _, given := range []string{"secret1", test.stored, test.stored[1:], ""} {
				require.ErrorIs(t, v.login(t, test.stored, given), filestore.ErrLogin, given)
			}
			require.NotContains(t, v.log.String(), "secret1")
		})
	}
}

// Schemes are compared in any letter case (RFC 2307 §5.3).
func TestSchemeInSmallLetters(t *testing.T) {
	t.Parallel()
	require.NoError(t, newVerifier().login(t, "{ssha}jMHEkJkWuzlqnDsrS2DorJ/3Zgm7ugGN", "secret1"))
}

func TestVeryLongPassword(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1025)
	v := newVerifier()
	require.ErrorIs(t, v.login(t, long, long), filestore.ErrLogin)
	require.NoError(t, v.login(t, long[1:], long[1:]))
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
		if strings.Contains(stored, "rounds=") || strings.Contains(stored, "$2") || strings.Contains(stored, "$y$") {
			given = "" // what takes long is not worked out
		}
		if newVerifier().login(t, stored, given) == nil {
			require.NotContains(t, stored, "\x01")
			require.NotEmpty(t, given)
		}
	})
}

// Passwords are checked at the same time: the library for DES shares memory.
func TestPasswordsAtTheSameTime(t *testing.T) {
	t.Parallel()
	v := newVerifier()
	var group sync.WaitGroup
	for _, account := range []string{"john@main.example", "mary@main.example"} {
		login := func(password string) error {
			_, err := v.Login(t.Context(), filestore.Credentials{Password: password}, passwords.Account{Address: account, Password: "{CRYPT}abzlUXK5ed5rs"})
			return err
		}
		group.Go(func() {
			for range 5 {
				assert.Error(t, login("PW"))
			}
			assert.NoError(t, login("pw"))
		})
	}
	group.Wait()
}
