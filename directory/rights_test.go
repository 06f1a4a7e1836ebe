package directory_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
)

func rightsBase(t *testing.T) *fixture {
	return newBase(t, files{
		"Accounts/Settings/Access.settings": `{
			Boss = (Master); users = (Domain, UserAccounts); shown = ("All Domains and Accounts", "All Users"); wrong = (master, MASTER, "Master ");
			lone = Master; files = (CanAccessWebSites); later = (CanViewWebSites); "qualified@main.example" = (Master); "foreign@client1.com" = (Master);
			twice = (Domain); TWICE = (Master); typed = (#5, (Master)); player = (CanImpersonate); mixed = ("*", Master);
		}`,
		"Domains/client1.com/Settings/Access.settings": `{
			master = (Master, UserAccounts); files = (CanAccessWebSites); later = (CanViewWebSites); domain = (Domain, CanCreateAccounts);
			player = (CanImpersonate); "boss@main.example" = (CanAccessWebSites);
		}`,
		"Domains/client2.com/Settings/Access.settings": `{files = (CanAccessWebSites);`,
	}, directory.Options{})
}

func TestRole(t *testing.T) {
	t.Parallel()
	b := rightsBase(t)
	const stranger, other, owner, admin = filestore.Stranger, filestore.Other, filestore.Owner, filestore.Administrator
	for _, test := range []struct {
		name    string
		caller  string
		account string
		limited bool
		want    filestore.Role
	}{
		{name: "stranger", account: "john@client1.com", want: stranger},
		{name: "stranger without account", want: stranger},
		{name: "owner", caller: "john@client1.com", account: "john@client1.com", want: owner},
		{name: "owner in other letters", caller: "John@Client1.com", account: "john@client1.COM", want: owner},
		{name: "limited is no owner", caller: "john@client1.com", account: "john@client1.com", limited: true, want: other},
		{name: "other", caller: "mary@client1.com", account: "john@client1.com", want: other},
		{name: "same name in another domain", caller: "john@main.example", account: "john@client1.com", want: other},
		{name: "no account", caller: "john@client1.com", want: other},

		{name: "Master", caller: "boss@main.example", account: "john@client1.com", want: admin},
		{name: "Master without account", caller: "boss@main.example", want: admin},
		{name: "Master, limited", caller: "boss@main.example", account: "john@client1.com", limited: true, want: admin},
		{name: "Master in their own account", caller: "boss@main.example", account: "boss@main.example", want: admin},
		{name: "UserAccounts", caller: "users@main.example", account: "john@client1.com", want: admin},
		{name: "shown names", caller: "shown@main.example", account: "john@main.example", want: other},
		{name: "wrong spelling", caller: "wrong@main.example", account: "john@main.example", want: other},
		{name: "no array", caller: "lone@main.example", account: "john@main.example", want: other},
		{name: "typed rights", caller: "typed@main.example", account: "john@main.example", want: other},
		{name: "beside a sign", caller: "mixed@main.example", account: "john@main.example", want: admin},
		{name: "key with the domain", caller: "qualified@main.example", account: "john@main.example", want: admin},
		{name: "key with another domain", caller: "foreign@client1.com", account: "john@main.example", want: other},
		{name: "key twice", caller: "twice@main.example", account: "john@main.example", want: admin},
		{name: "Master of a secondary domain", caller: "master@client1.com", account: "john@client1.com", want: other},
		{name: "Master of a secondary domain, elsewhere", caller: "master@client1.com", account: "john@main.example", want: other},

		{name: "CanAccessWebSites", caller: "files@client1.com", account: "john@client1.com", want: admin},
		{name: "CanViewWebSites", caller: "later@client1.com", account: "john@client1.com", want: admin},
		{name: "in another domain", caller: "files@client1.com", account: "john@main.example", want: other},
		{name: "of the Main Domain in another", caller: "files@main.example", account: "john@client1.com", want: other},
		{name: "of the Main Domain in it", caller: "files@main.example", account: "john@main.example", want: admin},
		{name: "without account", caller: "files@client1.com", want: other},
		{name: "other rights", caller: "domain@client1.com", account: "john@client1.com", want: other},
		{name: "limited", caller: "files@client1.com", account: "john@client1.com", limited: true, want: admin},
		{name: "broken file", caller: "files@client2.com", account: "john@client2.com", want: other},
		{name: "domain that does not exist", caller: "files@client3.com", account: "john@client3.com", want: other},
		{name: "domain that is a path", caller: "boss@../Accounts", account: "john@main.example", want: stranger},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := b.Role(t.Context(), filestore.Caller{Account: test.caller, Limited: test.limited}, test.account)
			require.NoError(t, err)
			require.Equal(t, test.want.String(), got.String())
		})
	}
}

func TestRoleChanges(t *testing.T) {
	t.Parallel()
	b := rightsBase(t)
	role := func() filestore.Role {
		r, err := b.Role(t.Context(), filestore.Caller{Account: "boss@main.example"}, "john@client1.com")
		require.NoError(t, err)
		return r
	}
	require.Equal(t, filestore.Administrator, role())
	require.NoError(t, os.Remove(b.path("Accounts/Settings/Access.settings")))
	b.pass()
	require.Equal(t, filestore.Other, role())
	b.change(t, files{"Accounts/Settings/Access.settings": "{boss=(Master);}"})
	require.Equal(t, filestore.Administrator, role())
	b.change(t, files{"Accounts/Settings/Access.settings": "{boss=(Master);"})
	require.Equal(t, filestore.Other, role())
}

func TestMayActFor(t *testing.T) {
	t.Parallel()
	b := rightsBase(t)
	for _, test := range []struct {
		name, caller, account string
		limited               bool
		want                  bool
	}{
		{name: "himself", caller: "john@client1.com", account: "John@client1.com", want: true},
		{name: "another", caller: "john@client1.com", account: "mary@client1.com"},
		{name: "stranger", account: "john@client1.com"},
		{name: "nobody", caller: "boss@main.example", account: "nobody"},
		{name: "administrator", caller: "boss@main.example", account: "users@main.example", want: true},
		{name: "domain administrator", caller: "files@client1.com", account: "john@client1.com"},
		{name: "right", caller: "player@client1.com", account: "files@client1.com", want: true},
		{name: "right in another domain", caller: "player@client1.com", account: "john@main.example"},
		{name: "for an administrator", caller: "player@main.example", account: "boss@main.example"},
		{name: "for an account of the Main Domain", caller: "player@main.example", account: "john@main.example", want: true},
		{name: "for an account elsewhere", caller: "player@main.example", account: "john@client1.com"},
		{name: "limited", caller: "boss@main.example", account: "john@client1.com", limited: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := b.MayActFor(t.Context(), filestore.Caller{Account: test.caller, Limited: test.limited}, test.account)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}
