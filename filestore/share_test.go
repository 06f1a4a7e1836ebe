package filestore_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/cgpkit/cgpkit/meta"
)

// guessing is a house, and its views, which forget nothing about wrong keys for a
// minute of now.
func guessing(t *testing.T, now *time.Time) (*fixture.Directory, *filestore.Views) {
	t.Helper()
	d := house(t)
	d.Update(off, func(a *fixture.Account) { a.WebSite = true })
	d.Write(t, owner, "private/long.txt", "long")
	d.Write(t, owner, "private/long.txt.meta", "<meta><accessPwd><key>"+long+"</key></accessPwd></meta>")
	d.Write(t, off, "private.meta", "<meta><accessPwd><key>rootkey</key></accessPwd></meta>")
	return d, filestore.NewViews(d, d, &filestore.ViewsOptions{WrongKeys: 3, WrongKeysWithin: time.Minute, Now: func() time.Time { return *now }})
}

// long is a share key as they are made.
var long = meta.NewKey()

// opens reports whether a key opens a file for a caller.
func opens(t *testing.T, views *filestore.Views, caller filestore.Caller, account, key, name string) bool {
	t.Helper()
	_, err := views.View(caller, account).Stat(t.Context(), "protected/pwd/"+key+"/"+name)
	require.True(t, err == nil || errors.Is(err, fs.ErrNotExist), "%v", err)
	return err == nil
}

func from(address string) filestore.Caller {
	return filestore.Caller{Remote: netip.MustParseAddr(address)}
}

// Who names too many wrong keys is not listened to for a while; others are.
func TestViewWrongKeysAreCounted(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	_, views := guessing(t, &now)
	read := func(address, key string) bool { return opens(t, views, from(address), owner, key, "secret.txt") }
	const bad, good = "192.0.2.1", "192.0.2.2"
	for range 100 {
		require.False(t, read(bad, "same"), "the same key is one guess")
		require.True(t, read(bad, "rootkey"))
	}
	require.False(t, read(bad, "second"))
	require.True(t, read(bad, "rootkey"))
	require.False(t, read(bad, "third"))
	require.False(t, read(bad, "rootkey"), "nothing opens any more")
	require.False(t, read("::ffff:"+bad, "rootkey"), "this is the same address")
	require.True(t, read(good, "rootkey"))
	now = now.Add(time.Minute)
	require.True(t, read(bad, "rootkey"))

	for i := range 3 {
		require.False(t, read(fmt.Sprintf("2001:db8::%d", i), fmt.Sprint("wrong", i)))
	}
	require.False(t, read("2001:db8::ffff", "rootkey"), "an IPv6 network is one client")
	require.True(t, read("2001:db8:0:1::1", "rootkey"))
}

// Guesses at one account shut nobody out of another, until there are many.
func TestViewWrongKeysAreCountedByAccount(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	d, views := guessing(t, &now)
	const bad = "192.0.2.1"
	for i := range 100 {
		require.False(t, opens(t, views, from(bad), owner, fmt.Sprint("wrong", i), "secret.txt"))
	}
	require.False(t, opens(t, views, from(bad), owner, "rootkey", "secret.txt"))
	require.True(t, opens(t, views, from(bad), off, "rootkey", "secret.txt"), "another account")

	views = filestore.NewViews(d, d, &filestore.ViewsOptions{WrongKeys: 3})
	var accounts []string
	for i := range 11 {
		address := fmt.Sprintf("user%d@client1.com", i)
		d.Update(address, func(a *fixture.Account) {
			a.Address, a.Store, a.WebSite = address, memstore.New(), true
		})
		d.Write(t, address, "private.meta", "<meta><accessPwd><key>rootkey</key></accessPwd></meta>")
		d.Write(t, address, "private/secret.txt", "secret")
		accounts = append(accounts, address)
	}
	for _, account := range accounts[:10] {
		require.True(t, opens(t, views, from(bad), account, "rootkey", "secret.txt"))
		for i := range 3 {
			require.False(t, opens(t, views, from(bad), account, fmt.Sprint("wrong", i), "secret.txt"))
		}
	}
	require.False(t, opens(t, views, from(bad), accounts[10], "rootkey", "secret.txt"), "ten times as many over all")
	require.True(t, opens(t, views, from("192.0.2.2"), accounts[10], "rootkey", "secret.txt"))
}

// Guessing from many networks has an end, and shuts nobody out who has been there
// before, nor who guesses nothing.
func TestViewWrongKeysFromManyNetworks(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	_, views := guessing(t, &now)
	const visitor, visitor6 = "192.0.2.1", "2001:db8::1"
	for _, address := range []string{visitor, visitor6} {
		require.True(t, opens(t, views, from(address), owner, "rootkey", "secret.txt"))
	}
	guess := func(networks int) {
		for i := range networks {
			require.False(t, opens(t, views, from(fmt.Sprintf("10.0.%d.%d", i/256, i%256)), owner, "wrong", "secret.txt"))
		}
	}
	guess(29)
	require.True(t, opens(t, views, from("192.0.2.2"), owner, "rootkey", "secret.txt"))
	guess(30)
	require.False(t, opens(t, views, from("192.0.2.3"), owner, "rootkey", "secret.txt"), "thirty wrong ones of all networks together")
	require.True(t, opens(t, views, from("192.0.2.3"), off, "rootkey", "secret.txt"), "another account")
	require.True(t, opens(t, views, from("192.0.2.3"), owner, long, "long.txt"))
	require.True(t, opens(t, views, from("192.0.2.3"), owner, "rootkey", "secret.txt"), "who has named a right one is heard")
	for _, address := range []string{visitor, "192.0.2.2", visitor6, "2001:db8::2"} {
		require.True(t, opens(t, views, from(address), owner, "rootkey", "secret.txt"), address)
	}
	for i := range 3 {
		require.False(t, opens(t, views, from(visitor), owner, fmt.Sprint("wrong", i), "secret.txt"))
	}
	require.False(t, opens(t, views, from(visitor), owner, "rootkey", "secret.txt"), "who has been there before may not guess")
	now = now.Add(time.Minute)
	require.True(t, opens(t, views, from("192.0.2.4"), owner, "rootkey", "secret.txt"))

	forged := from("192.0.2.5")
	forged.RemoteUnverified = true
	for i := range 100 {
		c := from(fmt.Sprintf("10.1.0.%d", i))
		c.RemoteUnverified = true
		require.False(t, opens(t, views, c, owner, "wrong", "secret.txt"))
	}
	require.True(t, opens(t, views, from("192.0.2.5"), owner, "rootkey", "secret.txt"))
	require.True(t, opens(t, views, forged, owner, "rootkey", "secret.txt"), "addresses that may be forged are not counted together")
}

// What cannot be guessed is not guessed: such a key is never shut out.
func TestViewLongKeysAreNotShutOut(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	d, views := guessing(t, &now)
	const bad = "192.0.2.1"
	for i := range 100 {
		require.False(t, opens(t, views, from(bad), owner, fmt.Sprint(long, i), "long.txt"))
		require.True(t, opens(t, views, from(bad), owner, long, "long.txt"))
	}
	require.False(t, opens(t, views, from(bad), owner, "rootkey", "secret.txt"))
	for length, want := range map[int]bool{21: false, 22: true} {
		key := long[:length]
		d.Write(t, owner, "private.meta", "<meta><accessPwd><key>"+key+"</key></accessPwd></meta>")
		require.Equal(t, want, opens(t, views, from(bad), owner, key, "secret.txt"), "%d bytes", length)
	}
}

// An address that anybody can forge shuts out nobody who is there for certain,
// nor makes that one's guesses be forgotten.
func TestViewWrongKeysFromUnverifiedAddresses(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	_, views := guessing(t, &now)
	const victim = "192.0.2.1"
	forged := func(address string) filestore.Caller {
		c := from(address)
		c.RemoteUnverified = true
		return c
	}
	for i := range 100 {
		require.False(t, opens(t, views, forged(victim), owner, fmt.Sprint("wrong", i), "secret.txt"))
	}
	require.False(t, opens(t, views, forged(victim), owner, "rootkey", "secret.txt"))
	require.True(t, opens(t, views, from(victim), owner, "rootkey", "secret.txt"))

	for i := range 3 {
		require.False(t, opens(t, views, from(victim), owner, fmt.Sprint("wrong", i), "secret.txt"))
	}
	address := netip.MustParseAddr("10.0.0.0")
	for range 1<<14 + 100 {
		address = address.Next()
		require.False(t, opens(t, views, forged(address.String()), owner, "wrong", "secret.txt"))
	}
	require.False(t, opens(t, views, from(victim), owner, "rootkey", "secret.txt"))
}

// Whoever is shut out cannot tell by the work that their keys make.
func TestViewShutOutMakesTheSameWork(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	d, views := guessing(t, &now)
	var calls []string
	d.Update(owner, func(a *fixture.Account) { a.Store = watchedStore{a.Store, &calls} })
	work := func(key string) []string {
		calls = nil
		require.False(t, opens(t, views, from("192.0.2.1"), owner, key, "secret.txt"))
		return calls
	}
	first := work("wrong")
	require.NotEmpty(t, first)
	for i := range 10 {
		require.Equal(t, first, work(fmt.Sprint("wrong", i)))
	}
	require.Equal(t, first, work("rootkey"), "nor whether a key is the right one")
}

// The clients and accounts that are kept in mind are bounded.
func TestMemoryOfGuessersIsBounded(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	d, _ := guessing(t, &now)
	views := fixture.Views(d)
	address := netip.MustParseAddr("10.0.0.0")
	for range 1<<14 + 100 {
		address = address.Next()
		require.True(t, opens(t, views, from(address.String()), owner, long, "long.txt"))
		require.False(t, opens(t, views, from(address.String()), owner, fmt.Sprint(long, "wrong"), "long.txt"))
	}
	clients, accounts, welcome := views.Guessers()
	for _, n := range []int{clients, accounts, welcome} {
		require.LessOrEqual(t, n, 1<<14)
		require.Greater(t, n, 1<<13-1)
	}
}

// A share begins where its key stands, as far up as the path tells.
func TestShareTop(t *testing.T) {
	t.Parallel()
	d := house(t)
	const sidecar = "<meta><accessPwd><key>k</key></accessPwd></meta>"
	for _, name := range []string{"private/a/b/c/file", "private/a/b/pwd/file", "private/x/file", "private/x/other"} {
		d.Write(t, owner, name, "x")
	}
	d.Write(t, owner, "private/a/b.meta", sidecar)
	d.Write(t, owner, "private/a/b/c.meta", sidecar)
	d.Write(t, owner, "private/x/file.meta", sidecar)
	v := fixture.Views(d).View(filestore.Caller{}, owner)
	for name, want := range map[string]string{
		"protected/a/b/pwd/k":          "protected/a/b/pwd/k",
		"protected/a/b/pwd/k/c/file":   "protected/a/b/pwd/k",
		"protected/a/pwd/k/b/c":        "protected/a/pwd/k/b",
		"protected/pwd/k/a/b/c/file":   "protected/pwd/k/a/b",
		"protected/a/b/c/pwd/k/file":   "protected/a/b/c/pwd/k",
		"protected/a/b/pwd/k/pwd/file": "protected/a/b/pwd/k",
		"protected/x/pwd/k/file":       "protected/x/pwd/k/file",
	} {
		top, err := v.ShareTop(t.Context(), name)
		require.NoError(t, err, name)
		require.Equal(t, want, top, name)
	}
	for _, name := range []string{"protected/x/pwd/k/other", "protected/a/b/pwd/wrong", "protected/a/pwd/k", "protected/a", "private/a/b", "protected/a/b/pwd"} {
		_, err := v.ShareTop(t.Context(), name)
		require.ErrorIs(t, err, fs.ErrNotExist, name)
		require.NotContains(t, err.Error(), "wrong", "no key in an error")
	}
}
