package directory_test

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
)

var (
	_ clisite.Administration = (*directory.Base)(nil)
	_ filestore.Prover       = (*directory.Base)(nil)
	_ clisite.Delegator      = (*directory.Base)(nil)
)

func TestAdministers(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Accounts/Settings/Access.settings":            `{root=(Master); ops=(UserAccounts); plain=(Domain); shown=("All Domains and Accounts");}`,
		"Domains/client2.com/Settings/Access.settings": `{boss=(CanAccessWebSites); later=(CanViewWebSites); helper=(Domain); master=(Master); creator=(CanCreateAccounts); "x@main.example"=(Domain);}`,
	}, directory.Options{})
	for _, row := range []struct {
		caller       string
		main, second bool
	}{
		{"root@main.example", true, true},
		{"ops@main.example", true, true},
		{"plain@main.example", true, false},
		{"shown@main.example", false, false},
		{"boss@client2.com", false, true},
		{"later@client2.com", false, true},
		{"helper@client2.com", false, true},
		{"master@client2.com", false, false},
		{"creator@client2.com", false, false},
		{"x@main.example", false, false},
		{"", false, false},
	} {
		for domain, want := range map[string]bool{"main.example": row.main, "client2.com": row.second} {
			may, err := b.Administers(t.Context(), filestore.Caller{Account: row.caller}, domain)
			require.NoError(t, err)
			require.Equal(t, want, may, row.caller+" "+domain)
			may, err = b.Administers(t.Context(), filestore.Caller{Account: row.caller, Limited: true}, domain)
			require.NoError(t, err)
			require.False(t, may, "it stands for a service")
		}
	}
}

func TestAccountLocations(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Accounts/john.macnt/account.settings":         `{}`,
		"Accounts/fred.mbox":                           ``,
		"Accounts/fred.settings":                       `{}`,
		"Accounts/only.settings":                       `{}`,
		"Accounts/mail.mdir/1":                         ``,
		"Accounts/m.sub/a.sub/mary.macnt/x":            ``,
		"Accounts/disk.mnt/Ann.macnt/account.settings": `{}`,
		"Domains/Client2.com/bob.macnt/x":              ``,
		"Accounts/Settings/Aliases.data":               `{johnny=john; a=(x,y); jack=john;}`,
	}, directory.Options{DomainAliases: map[string]string{"alias.example": "client2.com"}})
	want := map[string]string{
		"john@main.example": "Accounts/john.macnt", "johnny@main.example": "Accounts/john.macnt",
		"fred@main.example": "Accounts/fred.mbox", "only@main.example": "Accounts/only.mbox",
		"mail@main.example": "Accounts/mail.mdir", "mary@main.example": "Accounts/m.sub/a.sub/mary.macnt",
		"ann@main.example": "Accounts/disk.mnt/Ann.macnt", "bob@alias.example": "Domains/Client2.com/bob.macnt",
	}
	for address, location := range want {
		got, err := b.AccountLocation(t.Context(), address)
		require.NoError(t, err, address)
		require.Equal(t, location, got)
	}
	_, err := b.AccountLocation(t.Context(), "nobody@main.example")
	require.ErrorIs(t, err, fs.ErrNotExist)

	var all []string
	for location, err := range b.AccountLocations(t.Context(), "") {
		require.NoError(t, err)
		all = append(all, location)
	}
	require.ElementsMatch(t, []string{
		"Accounts/john.macnt", "Accounts/fred.mbox", "Accounts/only.mbox", "Accounts/mail.mdir", "Accounts/m.sub/a.sub/mary.macnt", "Accounts/disk.mnt/Ann.macnt",
	}, all)
	for _, err := range b.AccountLocations(t.Context(), "nowhere.example") {
		require.ErrorIs(t, err, fs.ErrNotExist)
	}

	names, err := b.AccountAliases(t.Context(), "jack@main.example")
	require.NoError(t, err)
	require.Equal(t, []string{"jack", "johnny"}, names)
	names, err = b.DomainAliases(t.Context(), "ALIAS.example")
	require.NoError(t, err)
	require.Equal(t, []string{"alias.example"}, names)
	name, err := b.DomainName(t.Context(), "alias.example")
	require.NoError(t, err)
	require.Equal(t, "client2.com", name)
	_, err = b.DomainName(t.Context(), "..")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestAdministrationOfBrokenFiles(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Accounts/john.macnt/account.settings": `{Password=secret`,
		"Accounts/john.macnt/account.info":     `{a`,
		"Accounts/mary.macnt/account.settings": `{MaxWebSize=7M; MaxWebFiles=many;}`,
		"Accounts/Settings/Aliases.data":       `{a`,
		"Accounts/Settings/Access.settings":    `(a`,
		"Accounts/Settings/Domain.settings":    `{WebSitePrefix=()`,
	}, directory.Options{})
	const john = "john@main.example"
	for _, effective := range []bool{false, true} {
		_, err := b.AccountSettings(t.Context(), john, effective)
		require.ErrorContains(t, err, "account.settings")
		require.NotContains(t, err.Error(), "secret")
		require.NotContains(t, err.Error(), b.dir)
		_, err = b.DomainSettings(t.Context(), "", effective)
		require.Error(t, err)
	}
	_, err := b.AccountAliases(t.Context(), john)
	require.Error(t, err)
	_, err = b.AccountRights(t.Context(), john)
	require.Error(t, err)
	info, err := b.AccountInfo(t.Context(), john)
	require.NoError(t, err, "the server makes it anew")
	require.Zero(t, info.Len())
	stored, err := b.AccountSettings(t.Context(), "mary@main.example", false)
	require.NoError(t, err)
	require.True(t, stored.Equal(cgpdata.Dictionary(cgpdata.Pair{Key: "MaxWebSize", Value: cgpdata.String("7M")}, cgpdata.Pair{Key: "MaxWebFiles", Value: cgpdata.String("many")})))
}

func TestEffectiveSettings(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Accounts/mary.macnt/account.settings": `{MaxWebSize=7M; MaxWebFiles=many; RealName=Mary;}`,
		"Accounts/Settings/Domain.settings":    `{Own=yes; AccountDefaults={MaxWebFiles=5; FromDomain=yes;};}`,
		"Settings/DomainDefault.settings":      `{Own=no; Other=no; AccountDefaults={MaxWebFiles=6; MaxWebSize=1M; FromServer=yes;};}`,
	}, directory.Options{})
	v, err := b.AccountSettings(t.Context(), "mary@main.example", true)
	require.NoError(t, err)
	require.Equal(t, `{AccessModes=All;CallLogs=YES;DefaultWebPage=default.html;FailedLoginFlow=(20,10m);FromDomain=yes;FromServer=yes;MaxFileSize=unlimited;MaxWebFiles=5;MaxWebSize=7M;RealName=Mary;}`, v.String())
	v, err = b.DomainSettings(t.Context(), "main.example", true)
	require.NoError(t, err)
	require.Equal(t, `{DomainAccessModes=All;Other=no;Own=yes;WebSitePrefix="~";}`, v.String())
	_, err = b.AccountSettings(t.Context(), "nobody@main.example", true)
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = b.DomainSettings(t.Context(), "nowhere.example", true)
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// A proof opens what the password opens, if that is kept in clear.
func TestLoginProof(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Accounts/john.macnt/account.settings": `{Password=secret1;}`,
		"Accounts/off.macnt/account.settings":  `{Password=secret1;AccessModes=(1,Mail);}`,
		"Accounts/enc.macnt/account.settings":  `{Password=secret1;PasswordEncryption="A-crpt";}`,
		"Accounts/hash.macnt/account.settings": extendedDES,
		"Accounts/none.macnt/account.settings": `{}`,
	}, directory.Options{})
	for name, want := range map[string]error{"john": nil, "off": filestore.ErrLogin, "enc": filestore.ErrLogin, "hash": filestore.ErrLogin, "none": filestore.ErrLogin, "nobody": filestore.ErrLogin} {
		caller, err := b.LoginProof(t.Context(), filestore.Credentials{Login: name + "@main.example", Service: "PWD"}, func(password string) bool { return password == "secret1" })
		require.Equal(t, want, err, name)
		require.Equal(t, want == nil, caller.Account == name+"@main.example")
	}
}
