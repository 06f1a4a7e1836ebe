package directory

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

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
