package directory

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFresh(t *testing.T) {
	t.Parallel()
	var f fresh[int]
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	next := func(old int) int { return old + 1 }

	_, ok := f.load(start)
	require.False(t, ok)
	require.Equal(t, 0, f.last())
	require.Equal(t, 1, f.renew(start, next))
	for _, test := range []struct {
		name  string
		after time.Duration
		ok    bool
	}{
		{"at once", 0, true},
		{"just before", recheck - 1, true},
		{"in time", recheck, false},
		{"clock a little back", -recheck + 1, true},
		{"clock set back", -time.Hour, false},
	} {
		_, ok := f.load(start.Add(test.after))
		require.Equal(t, test.ok, ok, test.name)
	}
	require.Equal(t, 1, f.renew(start, next), "somebody else was first")
	require.Equal(t, 2, f.renew(start.Add(recheck), next))
	require.Equal(t, 2, f.last())
}

// However many ask at once, the value is worked out once.
func TestFreshOnce(t *testing.T) {
	t.Parallel()
	var f fresh[int]
	var group sync.WaitGroup
	now := time.Now()
	for range 50 {
		group.Go(func() { f.renew(now, func(old int) int { return old + 1 }) })
	}
	group.Wait()
	require.Equal(t, 1, f.last())
}

func FuzzSplitAddress(f *testing.F) {
	for _, address := range []string{
		"john@client1.com", "John.Smith@CLIENT1.com", "@", "a@b", "a@..", "../a@b", "a@b@c", "a%b@c", ".a@b", "a\x00@b",
		"\xff@b", "\u0130@b", "\u212a@\u212a", strings.Repeat("a", 255) + "@" + strings.Repeat("b", 255), "a@b.", "a@.b", "a@b_c-d", "con@nul",
	} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		name, domain, ok := splitAddress(address)
		if !ok {
			return
		}
		require.NotContains(t, name, "/")
		require.NotContains(t, domain, "/")
		require.False(t, strings.HasPrefix(name, ".") || strings.HasPrefix(domain, ".") || strings.Contains(domain, ".."))
		require.LessOrEqual(t, max(len(name), len(domain)), maxName)
		for _, c := range []byte(name + domain) {
			require.False(t, c < 0x20 || c == 0x7F || c == '\\' || c == '@' || c == '%')
		}
		again, againDomain, ok := splitAddress(name + "@" + domain)
		require.True(t, ok, "the real address finds the account")
		require.Equal(t, name+"@"+domain, again+"@"+againDomain)
	})
}
