package directory_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
)

func benchBase(b *testing.B) *fixture {
	f := files{
		"Settings/DomainDefault.settings":              "{AccountDefaults={MaxWebSize=50M;AccessModes=(26,Mail,Relay,POP,IMAP,PWD,HTTP,WebSite,FTP);};DomainAccessModes=All;}",
		"Domains/client1.com/Settings/Domain.settings": `{WebSitePrefix="~";AccountDefaults={MaxWebFiles=500;};}`,
		"Domains/client1.com/Settings/Aliases.data":    "{alias=a1;}",
	}
	for i := range 100 {
		f[fmt.Sprintf("Domains/client1.com/a%d.macnt/account.settings", i)] = "{Password=secret;RealName=\"A B\";Rules=((1,x,(),()));}"
	}
	return newBase(b, f, directory.Options{})
}

// What every request costs: the account as it was found within the last second.
func BenchmarkAccount(b *testing.B) {
	base := benchBase(b)
	ctx := b.Context()
	for _, test := range []struct{ name, address string }{{"warm", "a1@client1.com"}, {"alias", "alias@client1.com"}, {"missing", "nobody@client1.com"}} {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = base.Account(ctx, test.address)
			}
		})
	}
	b.Run("each second anew", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			base.pass()
			_, err := base.Account(ctx, "a1@client1.com")
			require.NoError(b, err)
		}
	})
}

func BenchmarkRole(b *testing.B) {
	base := benchBase(b)
	b.ReportAllocs()
	for b.Loop() {
		_, err := base.Role(b.Context(), filestore.Caller{Account: "a2@client1.com"}, "a1@client1.com")
		require.NoError(b, err)
	}
}

// A login by a clear password, by a hash that was checked within the last
// minute, and by what it costs otherwise.
func BenchmarkLogin(b *testing.B) {
	const sha512 = "\x02$6$saltstring$.Oq6XmpoJ8HDLKnQtrF5FcmKZ5wer04s.9RTp74/4ef0CpDeNfu0HtxtGk.4u4wirwmAr3K3UwbUSRB3ZAkkH."
	base := newBase(b, files{
		"Accounts/clear.macnt/account.settings": settingsWith(b, "secret1"), "Accounts/sha512.macnt/account.settings": settingsWith(b, sha512),
		"Accounts/yescrypt.macnt/account.settings": settingsWith(b, "\x02$y$j9T$LdJMENpBABJJ3hIHjB1Bi.$ELaLdGSIB4k45xfSZIeFJQ2WJ4b2Cbjfx6KUnlqVOR/"),
	}, directory.Options{})
	for _, test := range []struct {
		name, account string
		hashes        bool
	}{{"clear", "clear", false}, {"remembered", "sha512", false}, {"SHA-512", "sha512", true}, {"yescrypt", "yescrypt", true}} {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if test.hashes {
					base.advance(time.Minute)
				}
				_, err := base.Login(b.Context(), filestore.Credentials{Login: test.account + "@main.example", Password: "secret1"})
				require.NoError(b, err)
			}
		})
	}
}
