package directory_test

import (
	"fmt"
	"testing"

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
