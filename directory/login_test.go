package directory_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
)

func TestStoredPasswords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name           string
		settings       string
		defaults       string // AccountDefaults of the server
		given          string
		unmarkedClear  bool
		want           bool
		wantWithOption bool // and with UnmarkedClear; true where want is
	}{
		{name: "clear", settings: `{Password=secret1;}`, given: "secret1", want: true},
		{name: "quoted", settings: `{Password="pass word \"1\" {x}";}`, given: `pass word "1" {x}`, want: true},
		{name: "other letters than ASCII", settings: `{Password="gr` + "ü" + `n";}`, given: "grün", want: true},
		{name: "wrong", settings: `{Password=secret1;}`, given: "secret2"},
		{name: "longer", settings: `{Password=secret1;}`, given: "secret11"},
		{name: "other case", settings: `{Password=secret1;}`, given: "Secret1"},
		{name: "empty given", settings: `{Password=secret1;}`},
		{name: "missing", settings: `{}`},
		{name: "no settings at all", settings: ""},
		{name: "empty stored", settings: `{Password="";}`},
		{name: "encryption clear", settings: `{Password=secret1;PasswordEncryption=clear;}`, given: "secret1", want: true},
		{name: "encryption by the server", settings: `{Password=secret1;PasswordEncryption=A-crpt;}`, given: "secret1", wantWithOption: true},
		{name: "encryption by crypt", settings: `{Password=secret1;PasswordEncryption="U-crpt";}`, given: "secret1", wantWithOption: true},
		{name: "encryption by default", settings: `{Password=secret1;}`, defaults: "PasswordEncryption=A-crpt;", given: "secret1", wantWithOption: true},
		{name: "encryption before default", settings: `{Password=secret1;PasswordEncryption=clear;}`, defaults: "PasswordEncryption=A-crpt;", given: "secret1", want: true},
		{name: "encryption of another kind", settings: `{Password=secret1;PasswordEncryption=(clear);}`, given: "secret1", wantWithOption: true},
		{name: "encryption empty", settings: `{Password=secret1;PasswordEncryption="";}`, given: "secret1", wantWithOption: true},
		{name: "byte 1", settings: `{Password="\001secret1";}`, given: "\x01secret1"},
		{name: "byte 1, without it", settings: `{Password="\001secret1";}`, given: "secret1"},
		{name: "byte 2", settings: `{Password="\002abJnggxhB/yWI";}`, given: "\x02abJnggxhB/yWI"},
		{name: "scheme", settings: `{Password="{SSHA}MTIzNDU2Nzg5MA==";}`, given: "{SSHA}MTIzNDU2Nzg5MA=="},
		{name: "unknown scheme", settings: `{Password="{x-9}abc";}`, given: "{x-9}abc"},
		{name: "not printable", settings: `{Password="abc\009";}`, given: "abc\t"},
		{name: "no UTF-8", settings: `{Password="abc\200";}`, given: "abc\xc8"},
		{name: "number", settings: `{Password=#12345;}`, given: "12345"},
		{name: "array", settings: `{Password=(secret1);}`, given: "secret1"},
		{name: "of the defaults", settings: `{}`, defaults: "Password=secret1;", given: "secret1"},
		{name: "broken file", settings: `{Password=secret1;`, given: "secret1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, option := range []bool{false, true} {
				f := files{"Accounts/john.macnt/": "", "Settings/DomainDefault.settings": "{AccountDefaults={" + test.defaults + "};}"}
				f.add("Accounts/john.macnt/account.settings", test.settings)
				b := newBase(t, f, directory.Options{UnmarkedClear: option})
				caller, err := b.Login(t.Context(), filestore.Credentials{Login: "john@main.example", Password: test.given})
				if test.want || option && test.wantWithOption {
					require.NoError(t, err)
					require.Equal(t, filestore.Caller{Account: "john@main.example"}, caller)
					continue
				}
				require.ErrorIs(t, err, filestore.ErrLogin)
				require.Zero(t, caller)
				require.Equal(t, 1, b.log.count("login refused"))
				if test.given != "" {
					require.NotContains(t, b.log.String(), test.given)
				}
				require.NotContains(t, b.log.String(), "secret1")
			}
		})
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Accounts/john.macnt/account.settings":            `{Password=pw1;}`,
		"Accounts/noftp.macnt/account.settings":           `{Password=pw2;AccessModes=(26,PWD,WebSite);}`,
		"Accounts/Settings/Aliases.data":                  `{j=john;}`,
		"Domains/client1.com/john.settings":               `{Password=pw3;}`,
		"Domains/client2.com/john.macnt/account.settings": `{Password=pw4;}`,
		"Domains/client2.com/Settings/Domain.settings":    `{DomainAccessModes=(26,WebSite);}`,
	}, directory.Options{DomainAliases: map[string]string{"alias.example": "main.example"}})
	for _, test := range []struct {
		name, login, password, service string
		want                           string // empty: refused
		reason                         string
	}{
		{name: "no service", login: "john@main.example", password: "pw1", want: "john@main.example"},
		{name: "letter case", login: "JOHN@Main.Example", password: "pw1", want: "john@main.example"},
		{name: "alias", login: "j@main.example", password: "pw1", want: "john@main.example"},
		{name: "domain alias", login: "J@alias.example", password: "pw1", service: "FTP", want: "john@main.example"},
		{name: "single mailbox", login: "john@client1.com", password: "pw3", service: "PWD", want: "john@client1.com"},
		{name: "password of another domain", login: "john@client1.com", password: "pw1", reason: "wrong password"},
		{name: "service on", login: "noftp@main.example", password: "pw2", service: "PWD", want: "noftp@main.example"},
		{name: "service off", login: "noftp@main.example", password: "pw2", service: "FTP", reason: "service is off"},
		{name: "service off for the domain", login: "john@client2.com", password: "pw4", service: "FTP", reason: "service is off"},
		{name: "HTTP needs none", login: "john@client2.com", password: "pw4", want: "john@client2.com"},
		{name: "unknown service", login: "noftp@main.example", password: "pw2", service: "pwd", reason: "service is off"},
		{name: "unknown account", login: "nobody@main.example", password: "pw1", reason: "no such account"},
		{name: "unknown account, empty password", login: "nobody@main.example", reason: "no such account"},
		{name: "no domain", login: "john", password: "pw1", reason: "no such account"},
		{name: "nothing", reason: "no such account"},
		{name: "path", login: "../Accounts/john@main.example", password: "pw1", reason: "no such account"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := b.log.count("reason=\"" + test.reason)
			caller, err := b.Login(t.Context(), filestore.Credentials{Login: test.login, Password: test.password, Service: test.service})
			if test.want == "" {
				require.Equal(t, filestore.ErrLogin, err, "one error for every reason")
				require.Zero(t, caller)
				require.Equal(t, before+1, b.log.count("reason=\""+test.reason))
				return
			}
			require.NoError(t, err)
			require.Equal(t, filestore.Caller{Account: test.want}, caller)
		})
	}

	b.change(t, files{"Accounts/john.macnt/account.settings": `{Password=new;}`})
	_, err := b.Login(t.Context(), filestore.Credentials{Login: "john@main.example", Password: "pw1"})
	require.ErrorIs(t, err, filestore.ErrLogin)
	_, err = b.Login(t.Context(), filestore.Credentials{Login: "john@main.example", Password: "new"})
	require.NoError(t, err)
}
