package directory_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
)

// Files may be replaced by rename, as the server replaces them, removed, broken
// and mended while the Base is open. Broken, they close what they might have
// opened; gone, they are as if they had never been.
func TestChangedFiles(t *testing.T) {
	t.Parallel()
	const john, mary = "john@main.example", "mary@main.example"
	for _, test := range []struct {
		name, file   string
		first, other string
		opens        func(b *fixture) bool // first does
		gone         bool                  // no file does
	}{
		{
			name: "password", file: "Accounts/john.macnt/account.settings", first: "{Password=secret1;}", other: "{Password=secret2;}",
			opens: func(b *fixture) bool { return b.login(t, john, "secret1") == nil },
		},
		{
			name: "service of an account", file: "Accounts/john.macnt/account.settings", first: "{AccessModes=(26,WebSite);}", other: "{AccessModes=(26,HTTP);}",
			opens: func(b *fixture) bool { return b.account(t, john).WebSite }, gone: true,
		},
		{
			name: "service of a domain", file: "Accounts/Settings/Domain.settings", first: "{DomainAccessModes=(26,WebSite);}", other: "{DomainAccessModes=(26,HTTP);}",
			opens: func(b *fixture) bool { return b.account(t, john).WebSite }, gone: true,
		},
		{
			name: "service of the server's domains", file: "Settings/DomainDefault.settings", first: "{DomainAccessModes=(26,WebSite);}", other: "{DomainAccessModes=(26,HTTP);}",
			opens: func(b *fixture) bool { return b.account(t, john).WebSite }, gone: true,
		},
		{
			name: "right", file: "Accounts/Settings/Access.settings", first: "{john=(Master);}", other: "{mary=(Master);}",
			opens: func(b *fixture) bool {
				role, err := b.Role(t.Context(), filestore.Caller{Account: john}, mary)
				require.NoError(t, err)
				return role == filestore.Administrator
			},
		},
		{
			name: "alias", file: "Accounts/Settings/Aliases.data", first: "{jj=john;}", other: "{jj=nobody;}",
			opens: func(b *fixture) bool { _, err := b.Account(t.Context(), "jj@main.example"); return err == nil },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBase(t, files{"Accounts/john.macnt/": "", "Accounts/mary.macnt/": "", test.file: test.first}, directory.Options{})
			require.True(t, test.opens(b))
			replace := func(text string) {
				files{"new": text}.write(t, b.dir)
				require.NoError(t, os.Rename(b.path("new"), b.path(test.file)))
				b.pass()
			}
			for range 2 {
				replace(test.other)
				require.False(t, test.opens(b), "replaced")
				replace(test.first)
				require.True(t, test.opens(b), "and back")
				b.change(t, files{test.file: test.first[:len(test.first)-1]})
				require.False(t, test.opens(b), "broken")
				b.pass()
				require.False(t, test.opens(b), "still broken")
				b.change(t, files{test.file: test.first})
				require.True(t, test.opens(b), "mended")
				require.NoError(t, os.Truncate(b.path(test.file), 0))
				b.pass()
				require.False(t, test.opens(b), "emptied, as by a full disk")
				require.NoError(t, os.Remove(b.path(test.file)))
				b.pass()
				require.Equal(t, test.gone, test.opens(b), "removed")
				files{test.file + "/": ""}.write(t, b.dir)
				b.pass()
				require.False(t, test.opens(b), "a directory in its place")
				require.NoError(t, os.Remove(b.path(test.file)))
				b.change(t, files{test.file: test.first})
				require.True(t, test.opens(b), "there again")
			}
		})
	}
}
