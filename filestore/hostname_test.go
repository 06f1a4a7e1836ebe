package filestore_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

var hosts = []struct {
	name, in, want string
	bad            bool
}{
	{name: "plain", in: "client1.com", want: "client1.com"},
	{name: "port", in: "client1.com:8100", want: "client1.com"},
	{name: "letter case", in: "Client1.COM", want: "client1.com"},
	{name: "final dot", in: "client1.com.", want: "client1.com"},
	{name: "underscore", in: "my_host.client1.com", want: "my_host.client1.com"},
	{name: "international", in: "bücher.example", want: "xn--bcher-kva.example"},
	{name: "none", in: ""},
	{name: "IPv4", in: "127.0.0.1:8100"},
	{name: "IPv6", in: "[::1]:8100"},
	{name: "IPv6 without port", in: "[::1]"},
	{name: "bare IPv6", in: "::1"},
	{name: "port, no digits", in: "client1.com:", want: "client1.com"},
	{name: "name that ends in a digit", in: "client1", want: "client1"},
	{name: "port alone", in: ":80", bad: true},
	{name: "brackets around a name", in: "[client1.com]", bad: true},
	{name: "open bracket", in: "[::1", bad: true},
	{name: "dot dot", in: "..", bad: true},
	{name: "dot", in: ".", bad: true},
	{name: "above", in: "../x", bad: true},
	{name: "empty label", in: "a..b", bad: true},
	{name: "two final dots", in: "a..", bad: true},
	{name: "slash", in: "a/b", bad: true},
	{name: "backslash", in: `a\b`, bad: true},
	{name: "at sign", in: "user@host", bad: true},
	{name: "NUL", in: "a\x00b", bad: true},
	{name: "bad port", in: "a:b", bad: true},
	{name: "long label", in: strings.Repeat("a", 64) + ".com", bad: true},
	{name: "long name", in: strings.Repeat("a.", 130) + "com", bad: true},
	{name: "full-width dots", in: "a\uff0e\uff0eb", bad: true},
}

func TestCleanHost(t *testing.T) {
	t.Parallel()
	for _, tt := range hosts {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := filestore.CleanHost(tt.in)
			if tt.bad {
				require.ErrorIs(t, err, fs.ErrInvalid)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

// A host name can be a file name and nothing more.
func FuzzCleanHost(f *testing.F) {
	for _, tt := range hosts {
		f.Add(tt.in)
	}
	for _, host := range []string{"%2e%2e", "\u3002\u3002", "[", "xn--bcher-kva", "xn--\u00fc.example", "a\u200db"} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, in string) {
		host, err := filestore.CleanHost(in)
		if err != nil || host == "" {
			return
		}
		require.Equal(t, host, strings.ToLower(host))
		require.Empty(t, strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-_."))
		require.NotContains(t, "."+host+".", "..")
		again, err := filestore.CleanHost(host + ".:8100")
		require.NoError(t, err)
		require.Equal(t, host, again)
	})
}
