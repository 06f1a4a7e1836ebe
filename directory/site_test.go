package directory_test

import (
	"io/fs"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/directory/check"
	"github.com/cgpkit/cgpkit/filestore"
)

func TestSite(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Accounts/": "", "Domains/client1.com/john.macnt/": "", "Domains/client1.com/Settings/Aliases.data": "{jj=john;}",
		"Domains/client2.com/Settings/Domain.settings":         `{WebSitePrefix="";}`,
		"Domains/client3.com/Settings/Domain.settings":         `{WebSitePrefix="users-";}`,
		"Domains/xn--bcher-kva.example/":                       "",
		"Domains/under_score.example/Settings/Domain.settings": `{WebSitePrefix=(x);}`,
		"Domains/10.0.0.9/":                                    "",
	}, directory.Options{
		Routes: []directory.Route{
			{Host: "Site.client1.com", Account: "JJ@client1.com"}, {Host: "gone.client1.com", Account: "nobody@client1.com"},
			{Host: "client2.com", Account: "john@client1.com"}, {Host: "nowhere.example", Account: "john@nowhere.com"},
		},
		DomainAliases: map[string]string{"www.client1.com": "client1.com", "lost.example": "nowhere.com"},
		DomainIPs:     map[netip.Addr]string{netip.MustParseAddr("127.0.0.3"): "client3.com", netip.MustParseAddr("::1"): "www.client1.com", netip.MustParseAddr("127.0.0.4"): "nowhere.com"},
		TrustPages:    []string{"Client3.com"},
	})
	main := filestore.Site{Domain: "main.example", Prefix: "~"}
	client1 := filestore.Site{Domain: "client1.com", Prefix: "~"}
	client2 := filestore.Site{Domain: "client2.com", BareNames: true}
	client3 := filestore.Site{Domain: "client3.com", Prefix: "users-", TrustPages: true}
	byDefault := func(site filestore.Site) filestore.Site {
		site.Default = true
		return site
	}
	routed := filestore.Site{Domain: "client1.com", Account: "john@client1.com", TrustPages: true}
	for _, test := range []struct {
		name, host, local string
		want              filestore.Site
		bad               bool
	}{
		{name: "nothing known", want: byDefault(main)},
		{name: "Main Domain", host: "main.example", local: "127.0.0.3", want: main},
		{name: "domain", host: "client1.com", want: client1},
		{name: "letter case, port, dot", host: "Client1.COM.:8100", want: client1},
		{name: "empty port", host: "client1.com:", want: client1},
		{name: "domain alias", host: "www.client1.com", want: client1},
		{name: "bare names", host: "client2.com", want: client2},
		{name: "prefix and trust", host: "client3.com", want: client3},
		{name: "A-label", host: "xn--bcher-kva.example", want: filestore.Site{Domain: "xn--bcher-kva.example", Prefix: "~"}},
		{name: "U-label", host: "B\u00dcCHER.example", want: filestore.Site{Domain: "xn--bcher-kva.example", Prefix: "~"}},
		{name: "prefix that cannot be read", host: "under_score.example", want: filestore.Site{Domain: "under_score.example", Prefix: "~"}},
		{name: "route, by an alias of the account", host: "site.client1.com:8100", want: routed},
		{name: "route to nobody", host: "gone.client1.com", want: filestore.Site{Domain: "client1.com", Account: "nobody@client1.com", TrustPages: true}},
		{name: "route to a domain that does not exist", host: "nowhere.example", want: filestore.Site{Domain: "nowhere.com", Account: "john@nowhere.com", TrustPages: true}},
		{name: "unknown host", host: "unknown.example", want: byDefault(main)},
		{name: "unknown host, address of a domain", host: "unknown.example", local: "127.0.0.3", want: byDefault(client3)},
		{name: "no host, address of a domain", local: "127.0.0.3", want: byDefault(client3)},
		{name: "mapped address", local: "::ffff:127.0.0.3", want: byDefault(client3)},
		{name: "IPv6 address of a domain alias", local: "::1", want: byDefault(client1)},
		{name: "other address", local: "127.0.0.1", want: byDefault(main)},
		{name: "address of no domain", local: "127.0.0.4", want: byDefault(main)},
		{name: "alias of no domain", host: "lost.example", want: byDefault(main)},
		{name: "host before address", host: "client2.com", local: "127.0.0.3", want: client2},
		{name: "IPv4 host", host: "127.0.0.1:8100", local: "127.0.0.3", want: byDefault(client3)},
		{name: "IPv4 host is no domain", host: "10.0.0.9", want: byDefault(main)},
		{name: "IPv6 host", host: "[::1]:8100", want: byDefault(main)},
		{name: "IPv6 host without port", host: "[::1]", want: byDefault(main)},
		{name: "bare IPv6 host", host: "::1", want: byDefault(main)},

		{name: "parent", host: "..", bad: true},
		{name: "dot", host: ".", bad: true},
		{name: "empty label", host: "a..b", bad: true},
		{name: "leading dot", host: ".client1.com", bad: true},
		{name: "two final dots", host: "client1.com..", bad: true},
		{name: "slash", host: "client1.com/..", bad: true},
		{name: "backslash", host: `..\client1.com`, bad: true},
		{name: "percent", host: "%2e%2e", bad: true},
		{name: "user", host: "john@client1.com", bad: true},
		{name: "blank", host: "client1.com ", bad: true},
		{name: "control byte", host: "client1.com\x00", bad: true},
		{name: "no host but a port", host: ":8100", bad: true},
		{name: "port of letters", host: "client1.com:http", bad: true},
		{name: "two ports", host: "client1.com:1:2", bad: true},
		{name: "open bracket", host: "[::1", bad: true},
		{name: "name in brackets", host: "[client1.com]", bad: true},
		{name: "dots of other scripts", host: "\u3002\u3002", bad: true},
		{name: "invalid UTF-8", host: "\xff\xfe", bad: true},
		{name: "long", host: strings.Repeat("a", 256), bad: true},
		{name: "very long", host: strings.Repeat("\u00fc", 1<<16), bad: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var local netip.Addr
			if test.local != "" {
				local = netip.MustParseAddr(test.local)
			}
			site, err := b.Site(t.Context(), test.host, local)
			if test.bad {
				require.ErrorIs(t, err, fs.ErrInvalid)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, site)
		})
	}
}

var routeTests = []struct {
	name, line string
	want       directory.Route
	bad        bool
}{
	{name: "plain", line: "<LoginPage@user.domain.com> = userA@domainB.com", want: directory.Route{Host: "user.domain.com", Account: "usera@domainb.com"}},
	{name: "without blanks", line: "<loginpage@U.com>=a@b", want: directory.Route{Host: "u.com", Account: "a@b"}},
	{name: "many blanks", line: "  <LOGINPAGE@u.com>\t =  a@b  ", want: directory.Route{Host: "u.com", Account: "a@b"}},
	{name: "asterisk", line: "<LoginPage@*.Users.example> = *@Client1.com", want: directory.Route{Host: "*.users.example", Account: "*@client1.com"}},
	{name: "asterisk in a label", line: "<LoginPage@www-*.b\u00fccher.example> = u*@b", want: directory.Route{Host: "www-*.xn--bcher-kva.example", Account: "u*@b"}},
	{name: "asterisk behind another label", line: "<LoginPage@b\u00fccher.*> = *@b", want: directory.Route{Host: "xn--bcher-kva.*", Account: "*@b"}},
	{name: "asterisk on the left only", line: "<LoginPage@*.example> = a@b", want: directory.Route{Host: "*.example", Account: "a@b"}},
	{name: "asterisk for the domain", line: "<LoginPage@*> = site@*", want: directory.Route{Host: "*", Account: "site@*"}},
	{name: "asterisk on the right only", line: "<LoginPage@a.example> = *@b", bad: true},
	{name: "two asterisks on the left", line: "<LoginPage@*.*.example> = *@b", bad: true},
	{name: "two asterisks on the right", line: "<LoginPage@*.example> = *@*", bad: true},
	{name: "asterisk beside other letters", line: "<LoginPage@\u00fc*.example> = *@b", bad: true},
	{name: "asterisk in an A-label", line: "<LoginPage@xn--*.example> = *@b", bad: true},
	{name: "asterisk and bad host", line: "<LoginPage@*..example> = *@b", bad: true},
	{name: "asterisk and port", line: "<LoginPage@*.example:80> = *@b", want: directory.Route{Host: "*.example", Account: "*@b"}},
	{name: "asterisk that makes no address", line: "<LoginPage@*.example> = .*@b", bad: true},
	{name: "asterisk of an address", line: "<LoginPage@127.0.0.*> = *@b", want: directory.Route{Host: "127.0.0.*", Account: "*@b"}},
	{name: "other address", line: "<info@u.com> = a@b", bad: true},
	{name: "whole domain", line: "<*@u.com> = a@b", bad: true},
	{name: "no brackets", line: "LoginPage@u.com = a@b", bad: true},
	{name: "no domain", line: "<LoginPage@u.com> = a", bad: true},
	{name: "no host", line: "<LoginPage@> = a@b", bad: true},
	{name: "host is an address", line: "<LoginPage@127.0.0.1> = a@b", bad: true},
	{name: "bad host", line: "<LoginPage@..> = a@b", bad: true},
	{name: "bad account", line: "<LoginPage@u.com> = ../a@b", bad: true},
	{name: "no sign", line: "<LoginPage@u.com> a@b", bad: true},
	{name: "empty", bad: true},
}

func TestParseRoute(t *testing.T) {
	t.Parallel()
	for _, test := range routeTests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := directory.ParseRoute(test.line)
			require.Equal(t, test.bad, err != nil, "%v", err)
			require.Equal(t, test.want, got)
		})
	}
}

// TestPatterns routes hosts by asterisks.
func TestPatterns(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Accounts/": "", "Domains/client1.com/john.macnt/": "", "Domains/client1.com/j.smith.macnt/": "", "Domains/client1.com/Settings/Aliases.data": "{jj=john;}",
		"Domains/own.users.example/": "",
	}, directory.Options{
		Routes: []directory.Route{
			{Host: "u*.example", Account: "*@client1.com"},
			{Host: "mary.users.example", Account: "john@client1.com"},
			{Host: "a.*.users.example", Account: "first@client1.com"},
			{Host: "*.Users.example", Account: "*@client1.com"},
			{Host: "a*.users.example", Account: "late@client1.com"},
			{Host: "*.Users.example", Account: "*@client1.com"},
			{Host: "*.sites.example", Account: "john@*"},
			{Host: "*-x.example", Account: "x*y@client1.com"},
		},
		DomainAliases: map[string]string{"alias.users.example": "client1.com"},
		DomainIPs:     map[netip.Addr]string{netip.MustParseAddr("127.0.0.3"): "client1.com"},
	})
	for _, test := range []struct{ host, want string }{ // "": Main Domain
		{"john.users.example", "john@client1.com"},
		{"JJ.users.example:8100", "john@client1.com"},
		{"j.smith.users.example", "j.smith@client1.com"},
		{"nobody.users.example", "nobody@client1.com"},
		{"mary.users.example", "john@client1.com"},
		{"a.b.users.example", "first@client1.com"},
		{"ab.users.example", "ab@client1.com"},
		{"users.example", "sers@client1.com"},
		{"u.example", ""},   // an asterisk stands for something
		{"u.x.example", ""}, // .x is no name of an account
		{"ujohn.example", "john@client1.com"},
		{"-x.example", ""},
		{"john-x.example", "xjohny@client1.com"},
		{"client1.com.sites.example", "john@client1.com"},
		{"nowhere.sites.example", "john@nowhere"},
		{"other.test", ""},
		{"127.0.0.1", ""},
		{"", ""},
	} {
		site, err := b.Site(t.Context(), test.host, netip.Addr{})
		require.NoError(t, err)
		require.Equal(t, test.want, site.Account, test.host)
		require.Equal(t, test.want != "", site.TrustPages, test.host)
	}
	for _, host := range []string{"own.users.example", "alias.users.example"} {
		site, err := b.Site(t.Context(), host, netip.Addr{})
		require.NoError(t, err)
		require.Empty(t, site.Account, "%s is a domain", host)
	}
	site, err := b.Site(t.Context(), "john.users.example", netip.MustParseAddr("127.0.0.3"))
	require.NoError(t, err)
	require.Equal(t, "john@client1.com", site.Account, "a route comes before the local address")

	for _, routes := range [][]directory.Route{
		{{Host: "*.a", Account: "*@b"}, {Host: "*.A", Account: "x@b"}},
		{{Host: "a", Account: "*@b"}}, {{Host: "*.*", Account: "*@b"}},
	} {
		_, err := directory.Open(b.dir, &directory.Options{Routes: routes})
		require.Error(t, err)
	}
}

func TestPrefix(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, setting, want string
		bare, warn          bool
	}{
		{name: "slash", setting: `"people/"`, want: "people/"},
		{name: "several segments", setting: `"a/b/u-"`, want: "a/b/u-"},
		{name: "leading slash", setting: `"/people/"`, want: "people/"},
		{name: "blank and other letters", setting: "\"\u00fc x/\"", want: "\u00fc x/"},
		{name: "tilde", setting: `"~"`, want: "~"},
		{name: "slash and tilde", setting: `"/~"`, want: "~"},
		{name: "tilde behind", setting: `"u/~"`, want: "u/~"},
		{name: "empty", setting: `""`, bare: true},
		{name: "slash only", setting: `"/"`, bare: true},
		{name: "number", setting: `#5`, want: "5"},
		{name: "tilde and more", setting: `"~people/"`, warn: true},
		{name: "two tildes", setting: `"~~"`, warn: true},
		{name: "tilde and slash", setting: `"~/"`, warn: true},
		{name: "two leading slashes", setting: `"//people/"`, warn: true},
		{name: "empty segment", setting: `"a//b"`, warn: true},
		{name: "final slashes", setting: `"people//"`, warn: true},
		{name: "dot", setting: `"./"`, warn: true},
		{name: "parent", setting: `"../people/"`, warn: true},
		{name: "control byte", setting: `"people\009"`, warn: true},
		{name: "backslash", setting: `"people\\"`, warn: true},
		{name: "no UTF-8", setting: `"\255"`, warn: true},
		{name: "long segment", setting: `"` + strings.Repeat("x", 255) + `"`, warn: true},
		{name: "array", setting: `(people)`, warn: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBase(t, files{"Accounts/Settings/Domain.settings": "{WebSitePrefix=" + test.setting + ";}"}, directory.Options{})
			site, err := b.Site(t.Context(), "main.example", netip.Addr{})
			require.NoError(t, err)
			if test.warn {
				test.want = "~" // the one that is built in
			}
			require.Equal(t, filestore.Site{Domain: "main.example", Prefix: test.want, BareNames: test.bare}, site)
			require.Equal(t, test.warn, b.log.count("WebSitePrefix") > 0)
			reported := false
			for finding := range b.Check(t.Context(), check.Storage) {
				reported = reported || strings.Contains(finding.Text, "WebSitePrefix")
			}
			require.Equal(t, test.warn, reported)
		})
	}
}

func FuzzParseRoute(f *testing.F) {
	for _, test := range routeTests {
		f.Add(test.line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		r, err := directory.ParseRoute(line)
		if err != nil {
			require.Zero(t, r)
			return
		}
		require.NotContains(t, r.Account+r.Host, "/")
		require.LessOrEqual(t, strings.Count(r.Account, "*"), strings.Count(r.Host, "*"))
		again, err := directory.ParseRoute("<LoginPage@" + r.Host + "> = " + r.Account)
		require.NoError(t, err)
		require.Equal(t, r, again)
	})
}

func TestParseDomainOptions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, alias, domain string }{
		{"plain", "www.client1.com=client1.com", "www.client1.com", "client1.com"},
		{"letter case and blanks", " WWW.client1.com = Client1.COM ", "www.client1.com", "client1.com"},
		{"no sign", "www.client1.com", "", ""},
		{"no alias", "=client1.com", "", ""},
		{"no domain", "www.client1.com=", "", ""},
		{"path", "a=../b", "", ""},
		{"two", "a=b=c", "", ""},
	} {
		t.Run("alias "+test.name, func(t *testing.T) {
			t.Parallel()
			alias, domain, err := directory.ParseDomainAlias(test.text)
			require.Equal(t, test.alias == "", err != nil, "%v", err)
			require.Equal(t, test.alias+"="+test.domain, alias+"="+domain)
		})
	}
	for _, test := range []struct{ name, text, ip, domain string }{
		{"IPv4", "10.0.0.1=Client1.com", "10.0.0.1", "client1.com"},
		{"IPv6", "::1=client1.com", "::1", "client1.com"},
		{"mapped", "::ffff:10.0.0.1=client1.com", "10.0.0.1", "client1.com"},
		{"zone", "fe80::1%eth0=client1.com", "", ""},
		{"port", "10.0.0.1:80=client1.com", "", ""},
		{"name", "localhost=client1.com", "", ""},
		{"no domain", "10.0.0.1", "", ""},
		{"bad domain", "10.0.0.1=..", "", ""},
	} {
		t.Run("address "+test.name, func(t *testing.T) {
			t.Parallel()
			ip, domain, err := directory.ParseDomainIP(test.text)
			if test.ip == "" {
				require.Error(t, err)
				require.False(t, ip.IsValid())
				return
			}
			require.NoError(t, err)
			require.Equal(t, netip.MustParseAddr(test.ip), ip)
			require.Equal(t, test.domain, domain)
		})
	}
}
