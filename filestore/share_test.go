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
)

// Who names too many wrong keys is not listened to for a while; others are.
func TestViewWrongKeysAreCounted(t *testing.T) {
	t.Parallel()
	d := house(t)
	now := time.Unix(1e9, 0)
	d.Update(owner, func(a *filestore.Account) {
		a.Memory = &filestore.Memory{WrongKeys: 3, WrongKeysWithin: time.Minute, Now: func() time.Time { return now }}
	})
	read := func(from, key string) bool {
		v := filestore.NewView(d, filestore.Caller{Remote: netip.MustParseAddr(from)}, owner)
		_, err := v.Stat(t.Context(), "protected/pwd/"+key+"/secret.txt")
		require.True(t, err == nil || errors.Is(err, fs.ErrNotExist), "%v", err)
		return err == nil
	}
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

// The clients that are kept in mind are bounded.
func TestMemoryOfGuessersIsBounded(t *testing.T) {
	t.Parallel()
	d := house(t)
	d.Update(owner, func(a *filestore.Account) { a.Memory = &filestore.Memory{} })
	address := netip.MustParseAddr("10.0.0.0")
	for range 1<<14 + 100 {
		address = address.Next()
		_, err := filestore.NewView(d, filestore.Caller{Remote: address}, owner).Stat(t.Context(), "protected/pwd/wrong/x")
		require.ErrorIs(t, err, fs.ErrNotExist)
	}
	a, err := d.Account(t.Context(), owner)
	require.NoError(t, err)
	require.LessOrEqual(t, filestore.Guessers(a.Memory), 1<<14)
	require.Greater(t, filestore.Guessers(a.Memory), 1<<13-1)
}
