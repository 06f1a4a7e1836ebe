package clisite_test

import (
	"os"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
)

// openTestBase opens a base directory with the accounts of package fixture, and some more:
// hash, whose password is not kept in clear; fred, who has but one mailbox; and helper, who
// may see what boss may, but no files.
func openTestBase(t testing.TB) *directory.Base {
	t.Helper()
	dir, cluster := t.TempDir(), t.TempDir()
	text := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	require.NoError(t, os.CopyFS(dir, fstest.MapFS{
		"Settings/Main.settings":                             text(`{DomainName = client1.com;}`),
		"Settings/DomainDefault.settings":                    text(`{AccountDefaults = {MaxWebFiles = 500;Password = everybody;}; MailToAll = NO;}`),
		"Accounts/Settings/Access.settings":                  text(`{admin = (Master);}`),
		"Accounts/Settings/Aliases.data":                     text(`{johnny = john; jack = john; m = mary;}`),
		"Accounts/john.macnt/account.settings":               text(`{Password = john-pw; RealName = "John Doe"; Rules = ((3, x, {RecoverPassword = abc;}));}`),
		"Accounts/john.macnt/account.info":                   text(`{LastLogin = #T05-03-2009_10:11:12; "#Viewer" = {CalendarBox = Calendar; IMAPPassword = abc;};}`),
		"Accounts/john.macnt/account.web/public":             text("public"),
		"Accounts/mary.macnt/account.settings":               text(`{Password = mary-pw; UseAppPassword = YES;}`),
		"Accounts/admin.macnt/account.settings":              text(`{Password = admin-pw;}`),
		"Accounts/off.macnt/account.settings":                text(`{Password = off-pw; AccessModes = (1, Mail);}`),
		"Accounts/hash.macnt/account.settings":               text(`{Password = "{SHA}uWaxFkl6g3t5V9tgJbb6I5H2oSo=";}`), // hash-pw
		"Accounts/fred.mbox":                                 text(""),
		"Accounts/fred.settings":                             text(`{Password = fred-pw;}`),
		"Domains/client2.com/Settings/Domain.settings":       text(`{AdminName = boss; PrivateSecureKey = [AAAA]; AccountDefaults = {MaxWebFiles = 7;};}`),
		"Domains/client2.com/Settings/Access.settings":       text(`{boss = (Domain, CanAccessWebSites); helper = (Domain);}`),
		"Domains/client2.com/ann.macnt/account.settings":     text(`{Password = ann-pw; MaxWebSize = 5M;}`),
		"Domains/client2.com/ann.macnt/account.web/public":   text("public"),
		"Domains/client2.com/boss.macnt/account.settings":    text(`{Password = boss-pw;}`),
		"Domains/client2.com/helper.macnt/account.settings":  text(`{Password = helper-pw;}`),
		"Domains/client3.com/Settings/Domain.settings":       text(`{}`),
		"Domains/client2.com/Settings/WebSkins/old/top.html": text("top"),
	}))
	base, err := directory.Open(dir, &directory.Options{DomainAliases: map[string]string{"alias.example": "client2.com", "b.example": "client2.com"}, ClusterDir: cluster})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, base.Close()) })
	return base
}
