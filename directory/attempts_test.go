package directory_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/netip"
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

func (h *hashes) crypt(stored string) func(string) bool {
	return func(password string) bool {
		h.count.Add(1)
		return stored == "_J9..abcd22q80TrZTE6" && password == "secret1"
	}
}

// matching makes an Options.Crypt of what checks all passwords.
func matching(match func(password string) bool) func(string) func(string) bool {
	return func(string) func(string) bool { return match }
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
				counted := b.log.count("too many failed logins") == before
				if counted {
					require.Equal(t, filestore.ErrLogin, err)
				} else {
					require.Equal(t, filestore.ErrLoginUnchecked, err)
				}
				return counted
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
				require.Equal(t, filestore.ErrLoginUnchecked, err, "the right password neither")
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
		b := newBase(t, f, directory.Options{Crypt: matching(func(string) bool {
			running.Add(1)
			defer running.Add(-1)
			<-release
			return true
		})})
		login := func(ctx context.Context, name, password string) error {
			return b.loginFrom(ctx, networkOf(name), name+"@main.example", password)
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

// networkOf returns an address that is a network of its own for each name.
func networkOf(name string) string {
	sum := sha256.Sum256([]byte(name))
	return netip.AddrFrom4([4]byte(sum[:4])).String()
}

// loginFrom logs in from an address.
func (x *fixture) loginFrom(ctx context.Context, remote, address, password string) error {
	_, err := x.Login(ctx, filestore.Credentials{Login: address, Password: password, Remote: netip.MustParseAddr(remote)})
	return err
}

// A stranger shuts out their own network, not the owner.
func TestFlowIsCountedByNetwork(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Accounts/john.macnt/account.settings": "{Password=secret1;FailedLoginFlow=(3,1m);}",
		"Accounts/mary.macnt/account.settings": "{Password=secret1;FailedLoginFlow=(3,1m);}",
	}, directory.Options{})
	const john, mary = "john@main.example", "mary@main.example"
	login := func(remote, address, password string) bool {
		err := b.loginFrom(t.Context(), remote, address, password)
		switch {
		case err != nil && password == "secret1":
			require.Equal(t, filestore.ErrLoginUnchecked, err)
		case err != nil:
			require.ErrorIs(t, err, filestore.ErrLogin)
			require.EqualError(t, err, filestore.ErrLogin.Error(), "nobody is told which of them it is")
		}
		return err == nil
	}
	for _, test := range []struct {
		bad, same, others []string
	}{
		{[]string{"192.0.2.1"}, []string{"192.0.2.1", "::ffff:192.0.2.1"}, []string{"192.0.2.2", "2001:db8::1", "::1"}},
		{[]string{"2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:1:ffff::3"}, []string{"2001:db8:0:1::4"}, []string{"2001:db8:0:2::1", "192.0.2.2"}},
	} {
		for i := range 5 {
			require.False(t, login(test.bad[i%len(test.bad)], john, "wrong"))
		}
		for _, remote := range test.same {
			require.False(t, login(remote, john, "secret1"), remote)
			require.True(t, login(remote, mary, "secret1"), "another account")
		}
		for _, remote := range test.others {
			require.True(t, login(remote, john, "secret1"), remote)
		}
	}
	_, err := b.Login(t.Context(), filestore.Credentials{Login: john, Password: "secret1"})
	require.NoError(t, err, "an address that is not known is a network too")
}

// Guessing from many networks has an end, and locks out nobody who has logged in
// before, and no administrator.
func TestFlowOverAllNetworks(t *testing.T) {
	t.Parallel()
	const settings = "{Password=secret1;FailedLoginFlow=(3,1m);}"
	var h hashes
	b := newBase(t, files{
		"Accounts/john.macnt/account.settings":            settings,
		"Accounts/hashed.macnt/account.settings":          `{Password="\002_J9..abcd22q80TrZTE6";FailedLoginFlow=(3,1m);}`,
		"Accounts/admin.macnt/account.settings":           settings,
		"Accounts/master.macnt/account.settings":          settings,
		"Accounts/Settings/Access.settings":               "{admin=(UserAccounts);master=(Master);john=(CanImpersonate);}",
		"Accounts/Settings/Domain.settings":               "{AccountDefaults={FailedLoginFlow=(3,1m);};}",
		"Domains/client1.com/boss.macnt/account.settings": settings,
		"Domains/client1.com/mary.macnt/account.settings": settings,
		"Domains/client1.com/Settings/Access.settings":    "{boss=(CanAccessWebSites);mary=(Master,UserAccounts);}",
		"Domains/client2.com/boss.macnt/account.settings": settings,
		"Domains/client2.com/Settings/Access.settings":    "{boss=(CanViewWebSites",
	}, directory.Options{Crypt: h.crypt})
	guess := func(address string, networks int) {
		for i := range networks {
			err := b.loginFrom(t.Context(), fmt.Sprintf("10.%d.%d.1", i/256, i%256), address, "wrong")
			require.Contains(t, []error{filestore.ErrLogin, filestore.ErrLoginUnchecked}, err)
		}
	}
	const home, elsewhere = "192.0.2.1", "192.0.2.2"
	require.NoError(t, b.loginFrom(t.Context(), home, "hashed@main.example", "secret1")) // the base has hashes
	for _, test := range []struct {
		address string
		never   bool // is it closed
	}{
		{"john@main.example", false}, {"hashed@main.example", false}, {"mary@client1.com", false},
		{"boss@client2.com", false}, // rights that cannot be read are not granted
		{"admin@main.example", true}, {"master@main.example", true}, {"boss@client1.com", true},
	} {
		password := "secret1"
		require.NoError(t, b.loginFrom(t.Context(), home, test.address, password))
		guess(test.address, 29)
		require.NoError(t, b.loginFrom(t.Context(), "198.51.100.1", test.address, password))
		guess(test.address, 30)
		h.since()
		for i := range 3 {
			err := b.loginFrom(t.Context(), elsewhere, test.address, password)
			if test.never {
				require.NoError(t, err, test.address)
				continue
			}
			require.Equal(t, filestore.ErrLoginUnchecked, err, "%s, try %d", test.address, i)
			require.EqualValues(t, 1, h.since(), "a closed account costs the same as an open one")
		}
		for _, remote := range []string{home, "::ffff:" + home, "198.51.100.1"} {
			require.NoError(t, b.loginFrom(t.Context(), remote, test.address, password), test.address)
		}
		for range 3 {
			require.Equal(t, filestore.ErrLogin, b.loginFrom(t.Context(), home, test.address, "wrong"))
		}
		require.Equal(t, filestore.ErrLoginUnchecked, b.loginFrom(t.Context(), home, test.address, password), "who has logged in before may not guess")
	}
	b.advance(time.Minute)
	require.NoError(t, b.loginFrom(t.Context(), elsewhere, "john@main.example", "secret1"))

	guess("nobody@main.example", 40)
	h.since()
	for _, want := range []int64{1, 1, 1, 0} { // as with the others: three tries, then none
		require.Equal(t, filestore.ErrLoginUnchecked, b.loginFrom(t.Context(), elsewhere, "nobody@main.example", "secret1"))
		require.Equal(t, want, h.since())
	}
}

// What many networks guess at the same time is counted exactly as well.
func TestConcurrentGuessesFromManyNetworks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var begun atomic.Int64
		release := make(chan struct{})
		b := newBase(t, files{"Accounts/john.macnt/account.settings": `{Password="\002_J9..abcd22q80TrZTE6";FailedLoginFlow=(2,1m);}`}, directory.Options{
			Crypt: matching(func(password string) bool {
				<-release
				if password == "right" {
					begun.Add(1)
				}
				return false
			}),
		})
		var group sync.WaitGroup
		for i := range 100 {
			group.Go(func() {
				assert.ErrorIs(t, b.loginFrom(t.Context(), networkOf(fmt.Sprint(i)), "john@main.example", "right"), filestore.ErrLogin)
			})
		}
		synctest.Wait()
		close(release)
		group.Wait()
		require.EqualValues(t, 100, begun.Load(), "those that are refused unheard work one out in vain")
		require.Equal(t, 80, b.log.count("too many failed logins"))
		require.Equal(t, 20, b.log.count("wrong password"))
	})
}

// Whoever sends many logins waits for themselves, and others for one of theirs.
func TestFloodsWaitForThemselves(t *testing.T) {
	t.Parallel()
	f := files{"Accounts/seen.macnt/account.settings": extendedDES}
	for _, name := range []string{"john", "mary", "anna"} {
		f["Accounts/"+name+".macnt/account.settings"] = extendedDES
	}
	synctest.Test(t, func(t *testing.T) {
		var begun atomic.Int64
		release := make(chan struct{})
		b := newBase(t, f, directory.Options{Crypt: matching(func(password string) bool {
			begun.Add(1)
			<-release
			return password == "secret1"
		})})
		var group sync.WaitGroup
		defer group.Wait()
		login := func(remote, name string, password string) (done chan error) {
			done = make(chan error, 1)
			group.Go(func() { done <- b.loginFrom(t.Context(), remote, name+"@main.example", password) })
			synctest.Wait()
			return done
		}
		step := func() { // one hash ends, and the next ones begin
			release <- struct{}{}
			synctest.Wait()
		}
		const flood, home, office, cafe = "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"
		for _, known := range []struct{ remote, name string }{{home, "john"}, {office, "mary"}} {
			done := login(known.remote, known.name, "secret1")
			step()
			require.NoError(t, <-done)
		}
		b.advance(2 * time.Minute) // no password is remembered any more
		const many = 60
		begun.Store(0)
		for i := range many {
			login(flood, fmt.Sprint("nobody", i), "wrong")
		}
		places := max(2, runtime.GOMAXPROCS(0))
		require.EqualValues(t, places/2, begun.Load(), "one network has half of the places")

		before := begun.Load()
		stranger := login(cafe, "anna", "secret1")
		require.Equal(t, before+1, begun.Load(), "at once, since there is room that the flood may not take")
		for i := range many { // fill what is left, from as many networks
			login(fmt.Sprintf("198.51.100.%d", i), fmt.Sprint("no", i), "wrong")
		}
		require.EqualValues(t, places, begun.Load())
		waiting := login(home, "john", "secret1")
		here := login(office, "anna", "secret1") // another account, of a network that has logged in before
		for n := 0; len(waiting) == 0 || len(here) == 0 || len(stranger) == 0; n++ {
			require.Less(t, n, 2*places+2, "after those that had begun, and before all others")
			step()
		}
		for _, done := range []chan error{waiting, here, stranger} {
			require.NoError(t, <-done)
		}
		close(release)
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
		}, directory.Options{Crypt: matching(func(string) bool {
			running.Add(1)
			defer running.Add(-1)
			<-release
			return false
		})})
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
