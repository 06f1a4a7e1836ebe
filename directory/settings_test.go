package directory_test

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
)

func TestAccountSetting(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Accounts/john.macnt/account.settings":   `{MaxWebSize=1M; Own=a; CallLogs=maybe; Rules=((1,x),(2,y)); Password=pw;}`,
		"Accounts/broken.macnt/account.settings": `{MaxWebSize=1M;`,
		"Accounts/bare.macnt/":                   "",
		"Accounts/Settings/Domain.settings":      `{AccountDefaults={MaxWebFiles=7; Own=b; OfDomain=c; CallLogs=NO;}; OfDomain=no;}`,
		"Settings/DomainDefault.settings":        `{AccountDefaults={MaxWebFiles=8; Own=d; OfDomain=e; OfServer=f;}; OfServer=no;}`,
		"Accounts/Settings/Template.settings":    `{InTemplate=g;}`,
	}, directory.Options{})
	for _, test := range []struct{ name, account, key, want string }{
		{"own", "john", "MaxWebSize", "1M"},
		{"own, not known to the package", "john", "Own", "a"},
		{"a large one", "john", "Rules", "((1,x),(2,y))"},
		{"of the domain", "john", "OfDomain", "c"},
		{"of the domain, known", "john", "MaxWebFiles", "7"},
		{"of the server", "john", "OfServer", "f"},
		{"built in", "john", "DefaultWebPage", "default.html"},
		{"unreadable", "john", "CallLogs", "NO"},
		{"nowhere", "john", "Nothing", ""},
		{"template", "john", "InTemplate", ""},
		{"letter case", "john", "maxwebsize", ""},
		{"no file", "bare", "Own", "b"},
		{"no file, known", "bare", "MaxWebFiles", "7"},
	} {
		t.Run(test.name, func(t *testing.T) {
			v, ok, err := b.AccountSetting(t.Context(), test.account+"@main.example", test.key)
			require.NoError(t, err)
			require.Equal(t, test.want != "", ok)
			if ok {
				require.Equal(t, test.want, v.String())
			}
		})
	}
	for _, key := range []string{"MaxWebSize", "Own", "Nothing"} {
		_, _, err := b.AccountSetting(t.Context(), "broken@main.example", key)
		require.ErrorContains(t, err, "read settings of broken@main.example: ")
		require.NotContains(t, err.Error(), b.dir)
	}
	_, _, err := b.AccountSetting(t.Context(), "nobody@main.example", "Own")
	require.ErrorIs(t, err, fs.ErrNotExist)

	b.change(t, files{"Accounts/john.macnt/account.settings": "{Own=new;}"})
	v, _, err := b.AccountSetting(t.Context(), "john@main.example", "Own")
	require.NoError(t, err)
	require.Equal(t, "new", v.Text())
}

func TestCallLogs(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Accounts/off.macnt/account.settings":                   `{CallLogs=NO;}`,
		"Accounts/on.macnt/account.settings":                    `{CallLogs=YES;}`,
		"Accounts/unknown.macnt/account.settings":               `{CallLogs=maybe;}`,
		"Accounts/broken.macnt/account.settings":                `{CallLogs=YES;`,
		"Accounts/bare.macnt/":                                  "",
		"Domains/client1.com/bare.macnt/":                       "",
		"Domains/client1.com/Settings/Domain.settings":          `{AccountDefaults={CallLogs=NO;};}`,
		"Domains/client1.com/own.macnt/account.settings":        `{CallLogs=YES;}`,
		"Domains/client1.com/unknown.macnt/account.settings":    `{CallLogs=(NO);}`,
		"Domains/broken.example/bare.macnt/":                    "",
		"Domains/broken.example/Settings/Domain.settings":       `{AccountDefaults=`,
		"Domains/broken.example/own.macnt/account.settings":     `{CallLogs=YES;}`,
		"Domains/broken.example/unknown.macnt/account.settings": `{CallLogs=maybe;}`,
	}, directory.Options{})
	for address, want := range map[string]bool{
		"off@main.example": false, "on@main.example": true, "unknown@main.example": true, "Bare@Main.Example": true,
		"bare@client1.com": false, "own@client1.com": true, "unknown@client1.com": false, "own@broken.example": true,
	} {
		on, err := b.CallLogs(t.Context(), address)
		require.NoError(t, err, address)
		require.Equal(t, want, on, address)
	}
	for _, address := range []string{"broken@main.example", "bare@broken.example", "unknown@broken.example"} {
		on, err := b.CallLogs(t.Context(), address)
		require.ErrorContains(t, err, "read settings of "+address)
		require.False(t, on)
	}
	_, err := b.CallLogs(t.Context(), "nobody@main.example")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestDomainSetting(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Domains/client1.com/Settings/Domain.settings": `{WebSitePrefix="u-"; Own=a; AccountDefaults={Hidden=x;};}`,
		"Domains/client2.com/Settings/Domain.settings": `{Own=a;`,
		"Settings/DomainDefault.settings":              `{WebSitePrefix="s-"; Own=b; OfServer=c;}`,
	}, directory.Options{DomainAliases: map[string]string{"alias.example": "client1.com"}})
	for _, test := range []struct{ name, domain, key, want string }{
		{"own", "client1.com", "Own", "a"},
		{"by alias", "Alias.example", "WebSitePrefix", `"u-"`},
		{"of the server", "client1.com", "OfServer", "c"},
		{"Main Domain", "", "WebSitePrefix", `"s-"`},
		{"built in", "client1.com", "DomainAccessModes", "All"},
		{"nowhere", "client1.com", "Hidden", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			v, ok, err := b.DomainSetting(t.Context(), test.domain, test.key)
			require.NoError(t, err)
			require.Equal(t, test.want != "", ok)
			if ok {
				require.True(t, parse(t, test.want).Equal(v), "%v", v)
			}
		})
	}
	_, _, err := b.DomainSetting(t.Context(), "client2.com", "Own")
	require.ErrorContains(t, err, "read settings of client2.com: ")
	for _, domain := range []string{"nowhere.com", "..", "../Domains/client1.com"} {
		_, _, err := b.DomainSetting(t.Context(), domain, "Own")
		require.ErrorIs(t, err, fs.ErrNotExist, domain)
	}
}

func TestPreference(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Accounts/new.macnt/account.info":  `{INBOX={Size=5;}; "#Viewer"={CalendarBox=Termine; PublishFreeBusy=(x);};}`,
		"Accounts/new.macnt/account.prefs": `{CalendarBox=Old; PublishFreeBusy=30;}`,
		"Accounts/old.macnt/account.prefs": `{CalendarBox=Agenda;}`,
		"Accounts/bad.macnt/account.info":  `{"#Viewer"={CalendarBox=Lost;`,
		"Accounts/bare.macnt/":             "",
		"Accounts/single.mbox":             "",
		"Accounts/single.prefs":            `{CalendarBox=Single;}`,
		"Settings/WebUserPrefs.settings":   `{PublishFreeBusy=14; CalendarBox=Server;}`,
		"Domains/client1.com/a.macnt/":     "",
	}, directory.Options{})
	for _, test := range []struct{ name, account, key, want string }{
		{"in .info", "new", "CalendarBox", "Termine"},
		{"unreadable in .info", "new", "PublishFreeBusy", "30"},
		{"in .prefs", "old", "CalendarBox", "Agenda"},
		{"of the server", "old", "PublishFreeBusy", "14"},
		{"single mailbox", "single", "CalendarBox", "Single"},
		{"broken .info", "bad", "CalendarBox", "Server"},
		{"no files", "bare", "CalendarBox", "Server"},
		{"nowhere", "bare", "Nothing", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			v, ok, err := b.Preference(t.Context(), test.account+"@main.example", test.key)
			require.NoError(t, err)
			require.Equal(t, test.want != "", ok)
			require.Equal(t, test.want, v.Text())
		})
	}
	require.Equal(t, 1, b.log.count("file=Accounts/bad.macnt/account.info"))

	bare := newBase(t, files{"Accounts/a.macnt/": ""}, directory.Options{})
	for key, want := range map[string]string{"CalendarBox": "Calendar", "PublishFreeBusy": "60"} {
		v, ok, err := bare.Preference(t.Context(), "a@main.example", key)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, want, v.Text())
	}
	bare.change(t, files{"Settings/WebUserPrefs.settings": "{x"})
	_, _, err := bare.Preference(t.Context(), "a@main.example", "CalendarBox")
	require.ErrorContains(t, err, "read preferences of a@main.example: ")
	_, _, err = bare.Preference(t.Context(), "b@main.example", "CalendarBox")
	require.ErrorIs(t, err, fs.ErrNotExist)
}
