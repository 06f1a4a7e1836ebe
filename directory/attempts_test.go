package directory_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
)

// extendedDES is a stored password that only Options.Crypt can check, so that a test
// sees every time a hash is worked out.
const extendedDES = `{Password="\002_J9..abcd22q80TrZTE6";}`

// hashes counts the calls of Options.Crypt, which "secret1" satisfies.
type hashes struct{ count atomic.Int64 }

func (h *hashes) crypt(stored, password string) bool {
	h.count.Add(1)
	return stored == "_J9..abcd22q80TrZTE6" && password == "secret1"
}

// since returns the number of calls since it was called last.
func (h *hashes) since() int64 { return h.count.Swap(0) }

func TestCheckedPasswordIsRemembered(t *testing.T) {
	t.Parallel()
	var h hashes
	b := newBase(t, files{"Accounts/john.macnt/account.settings": extendedDES, "Accounts/mary.macnt/account.settings": extendedDES}, directory.Options{Crypt: h.crypt})
	const john, mary = "john@main.example", "mary@main.example"
	for range 3 {
		require.NoError(t, b.login(t, john, "secret1"))
	}
	require.EqualValues(t, 1, h.since())
	require.NoError(t, b.login(t, mary, "secret1"))
	require.EqualValues(t, 1, h.since(), "the same hash and password in another account")
	for range 2 {
		require.ErrorIs(t, b.login(t, john, "secret2"), filestore.ErrLogin)
	}
	require.EqualValues(t, 2, h.since(), "wrong passwords are not remembered")

	for range 59 {
		b.pass()
	}
	require.NoError(t, b.login(t, john, "secret1"))
	require.EqualValues(t, 0, h.since())
	b.pass()
	require.NoError(t, b.login(t, john, "secret1"))
	require.EqualValues(t, 1, h.since(), "a minute has passed")

	b.change(t, files{"Accounts/john.macnt/account.settings": `{Password="\002_J9..abcd22q80TrZTEX";}`})
	require.ErrorIs(t, b.login(t, john, "secret1"), filestore.ErrLogin, "the stored password has changed")
	b.change(t, files{"Accounts/john.macnt/account.settings": `{Password="\002_J9..abcd22q80TrZTE6";AccessModes=(26,HTTP);}`})
	_, err := b.Login(t.Context(), filestore.Credentials{Login: john, Password: "secret1", Service: "FTP"})
	require.ErrorIs(t, err, filestore.ErrLogin, "remembering a password opens no service")
	b.change(t, files{"Accounts/john.macnt/account.settings": "{"})
	require.ErrorIs(t, b.login(t, john, "secret1"), filestore.ErrLogin, "the file is broken")
}

// Whatever is wrong, a refused login costs one hash.
func TestRefusedLoginsCostTheSame(t *testing.T) {
	t.Parallel()
	var h hashes
	b := newBase(t, files{
		"Accounts/hashed.macnt/account.settings": extendedDES,
		"Accounts/off.macnt/account.settings":    `{Password="\002_J9..abcd22q80TrZTE6";AccessModes=(26);}`,
		"Accounts/clear.macnt/account.settings":  "{Password=secret2;}",
		"Accounts/none.macnt/account.settings":   "{}",
		"Accounts/bad.macnt/account.settings":    "{",
		"Accounts/server.macnt/account.settings": `{Password="\001abc";}`,
	}, directory.Options{Crypt: h.crypt})
	require.ErrorIs(t, b.login(t, "nobody@main.example", "x"), filestore.ErrLogin)
	require.EqualValues(t, 0, h.since(), "a base without hashes")
	require.NoError(t, b.login(t, "hashed@main.example", "secret1"))
	require.EqualValues(t, 1, h.since())
	for _, login := range []string{
		"hashed@main.example", "off@main.example", "clear@main.example", "none@main.example", "bad@main.example", "server@main.example",
		"nobody@main.example", "nobody@nowhere.example", "nobody", "../x@main.example",
	} {
		_, err := b.Login(t.Context(), filestore.Credentials{Login: login, Password: "wrong", Service: "FTP"})
		require.Equal(t, filestore.ErrLogin, err, login)
		require.EqualValues(t, 1, h.since(), login)
	}
	require.NoError(t, b.login(t, "clear@main.example", "secret2"))
	require.EqualValues(t, 0, h.since(), "only refused ones")
}

func TestFailedLoginFlow(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                    string
		account, domain, server string // settings
		login                   string
		count                   int
		time                    time.Duration
		warn                    bool
	}{
		{name: "built in", count: 20, time: 10 * time.Minute},
		{name: "account", account: "FailedLoginFlow=(3,1m);", domain: "FailedLoginFlow=(5,2m);", count: 3, time: time.Minute},
		{name: "domain", domain: "FailedLoginFlow=(5,90);", server: "FailedLoginFlow=(7,2m);", count: 5, time: 90 * time.Second},
		{name: "server", server: "FailedLoginFlow=(#7,#120);", count: 7, time: 2 * time.Minute},
		{name: "unreadable", account: "FailedLoginFlow=(3);", server: "FailedLoginFlow=(7,2m);", count: 7, time: 2 * time.Minute, warn: true},
		{name: "zero", account: "FailedLoginFlow=(0,1m);", count: 20, time: 10 * time.Minute, warn: true},
		{name: "no time", account: "FailedLoginFlow=(1,0);", count: 20, time: 10 * time.Minute, warn: true},
		{name: "text", account: `FailedLoginFlow="3,1m";`, count: 20, time: 10 * time.Minute, warn: true},
		{name: "by an alias", account: "FailedLoginFlow=(3,1m);", login: "Johnny@WWW.main.example", count: 3, time: time.Minute},
		{name: "no account", account: "FailedLoginFlow=(3,1m);", domain: "FailedLoginFlow=(5,2m);", login: "nobody@main.example", count: 5, time: 2 * time.Minute},
		{name: "no account of an alias", domain: "FailedLoginFlow=(5,2m);", login: "nobody@www.main.example", count: 5, time: 2 * time.Minute},
		{name: "no domain", domain: "FailedLoginFlow=(5,2m);", server: "FailedLoginFlow=(7,2m);", login: "john@nowhere.example", count: 7, time: 2 * time.Minute},
		{name: "no address", server: "FailedLoginFlow=(7,2m);", login: "../john", count: 7, time: 2 * time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBase(t, files{
				"Accounts/john.macnt/account.settings": "{Password=secret1;" + test.account + "}",
				"Accounts/mary.macnt/account.settings": "{Password=secret1;}",
				"Accounts/Settings/Domain.settings":    "{AccountDefaults={" + test.domain + "};}",
				"Settings/DomainDefault.settings":      "{AccountDefaults={" + test.server + "};}",
				"Accounts/Settings/Aliases.data":       "{johnny=john;}",
			}, directory.Options{DomainAliases: map[string]string{"www.main.example": "main.example"}})
			login := test.login
			if login == "" {
				login = "john@main.example"
			}
			fail := func() bool { // the login was counted
				before := b.log.count("too many failed logins")
				_, err := b.Login(t.Context(), filestore.Credentials{Login: login, Password: "wrong"})
				require.Equal(t, filestore.ErrLogin, err)
				return b.log.count("too many failed logins") == before
			}
			for round := range 2 {
				for n := range test.count {
					require.True(t, fail(), "round %d, try %d", round, n)
					if n == 0 {
						b.pass() // the time counts from the first failure
					}
				}
				require.False(t, fail())
				_, err := b.Login(t.Context(), filestore.Credentials{Login: login, Password: "secret1"})
				require.Equal(t, filestore.ErrLogin, err, "the right password neither")
				require.NoError(t, b.login(t, "mary@main.example", "secret1"), "other accounts stay open")
				b.advance(test.time - 2*time.Second)
				require.False(t, fail())
				b.pass()
			}
			require.Equal(t, test.warn, b.log.count("FailedLoginFlow") > 0)
		})
	}
}

// Successes of the owner give no new tries to others.
func TestSuccessDoesNotResetTheFlow(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{"Accounts/john.macnt/account.settings": "{Password=secret1;FailedLoginFlow=(3,1m);}"}, directory.Options{})
	for range 3 {
		require.NoError(t, b.login(t, "john@main.example", "secret1"))
		require.ErrorIs(t, b.login(t, "john@main.example", "wrong"), filestore.ErrLogin)
	}
	require.ErrorIs(t, b.login(t, "john@main.example", "secret1"), filestore.ErrLogin)
}

// However many names without an account are tried, the failures of an account
// are not forgotten.
func TestFailuresAreNotFlushed(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{"Accounts/john.macnt/account.settings": "{Password=secret1;FailedLoginFlow=(3,1m);}"}, directory.Options{})
	for range 3 {
		require.ErrorIs(t, b.login(t, "john@main.example", "wrong"), filestore.ErrLogin)
	}
	for i := range 10_000 {
		require.ErrorIs(t, b.login(t, fmt.Sprintf("nobody%d@nowhere.example", i), "wrong"), filestore.ErrLogin)
	}
	require.ErrorIs(t, b.login(t, "john@main.example", "secret1"), filestore.ErrLogin)
}

// Guesses that come at the same time are counted exactly.
func TestConcurrentGuesses(t *testing.T) {
	t.Parallel()
	var h hashes
	b := newBase(t, files{"Accounts/john.macnt/account.settings": `{Password="\002_J9..abcd22q80TrZTE6";FailedLoginFlow=(5,1m);}`}, directory.Options{Crypt: h.crypt})
	var group sync.WaitGroup
	for i := range 64 {
		group.Go(func() {
			_, err := b.Login(t.Context(), filestore.Credentials{Login: "john@main.example", Password: fmt.Sprint(i)})
			assert.ErrorIs(t, err, filestore.ErrLogin)
		})
	}
	group.Wait()
	require.EqualValues(t, 5, h.since())
	require.Equal(t, 59, b.log.count("too many failed logins"))
}

// Of the hashes only some are worked out at a time, one for each account, and
// whoever needs none does not wait.
func TestHashesDoNotBlock(t *testing.T) {
	t.Parallel()
	slots := max(2, runtime.GOMAXPROCS(0))
	f := files{"Accounts/clear.macnt/account.settings": "{Password=secret2;}", "Accounts/warm.macnt/account.settings": extendedDES}
	for i := range 50 {
		f[fmt.Sprintf("Accounts/a%d.macnt/account.settings", i)] = extendedDES
	}
	synctest.Test(t, func(t *testing.T) {
		var running atomic.Int64
		release := make(chan struct{}, 1)
		b := newBase(t, f, directory.Options{Crypt: func(string, string) bool {
			running.Add(1)
			defer running.Add(-1)
			<-release
			return true
		}})
		login := func(ctx context.Context, name, password string) error {
			_, err := b.Login(ctx, filestore.Credentials{Login: name + "@main.example", Password: password})
			return err
		}
		release <- struct{}{}
		require.NoError(t, login(t.Context(), "warm", "secret1"))

		var group sync.WaitGroup
		for range 10 { // one account takes one place
			group.Go(func() { assert.NoError(t, login(t.Context(), "a0", "secret1")) })
		}
		synctest.Wait()
		require.EqualValues(t, 1, running.Load())
		ctx, cancel := context.WithCancel(t.Context())
		var canceled atomic.Int64
		for i := 1; i < 50; i++ { // all accounts together take no more places than there are
			group.Go(func() {
				if err := login(ctx, fmt.Sprintf("a%d", i), "secret1"); err != nil {
					assert.ErrorIs(t, err, context.Canceled)
					canceled.Add(1)
				}
			})
		}
		synctest.Wait()
		require.EqualValues(t, slots, running.Load())

		require.NoError(t, login(t.Context(), "warm", "secret1"), "remembered")
		require.NoError(t, login(t.Context(), "clear", "secret2"))
		cancel() // whoever waits goes away
		synctest.Wait()
		require.EqualValues(t, 50-slots, canceled.Load())
		close(release)
		group.Wait()
		require.Zero(t, running.Load())
	})
}

// Several guesses at once take as long where there is no account as where there
// is one, whatever its password is like: one after the other works a hash out.
func TestVainHashesHaveTheirTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var running atomic.Int64
		release := make(chan struct{}, 1)
		b := newBase(t, files{
			"Accounts/hashed.macnt/account.settings": extendedDES, "Accounts/clear.macnt/account.settings": "{Password=secret2;}", "Accounts/none.macnt/account.settings": "{}",
		}, directory.Options{Crypt: func(string, string) bool {
			running.Add(1)
			defer running.Add(-1)
			<-release
			return false
		}})
		fail := func(login string) {
			_, err := b.Login(t.Context(), filestore.Credentials{Login: login, Password: "wrong"})
			assert.ErrorIs(t, err, filestore.ErrLogin)
		}
		release <- struct{}{}
		fail("hashed@main.example")
		for _, login := range []string{"hashed@main.example", "clear@main.example", "none@main.example", "nobody@main.example", "x@nowhere.example", "nobody"} {
			var group sync.WaitGroup
			for range 5 {
				group.Go(func() { fail(login) })
			}
			for range 5 {
				synctest.Wait()
				require.EqualValues(t, 1, running.Load(), login)
				release <- struct{}{}
			}
			group.Wait()
			require.Zero(t, running.Load(), login)
		}
	})
}
