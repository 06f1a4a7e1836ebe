package client_test

import (
	"crypto/tls"
	"crypto/x509"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/clisite/client"
	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
)

// The commands about domains and accounts, the ways to log in, and what is refused, on
// this project's server over a base directory.
func TestOnBase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"Settings/Main.settings":                         "{DomainName = client1.com;}\n",
		"Accounts/Settings/Access.settings":              "{postmaster = (Master);}\n",
		"Accounts/postmaster.macnt/account.settings":     "{Password = postmaster-pw;}\n",
		"Accounts/john.macnt/account.settings":           "{Password = john-pw;MaxWebSize=5M;MaxWebFiles=7;}\n",
		"Domains/client2.com/Settings/Domain.settings":   "{}\n",
		"Domains/client2.com/ann.macnt/account.settings": "{Password = ann-pw;}\n",
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	base, err := directory.Open(dir, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, base.Close()) })
	web := httptest.NewTLSServer(nil) // for its certificate
	t.Cleanup(web.Close)
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	address := serve(t, &clisite.Server{Views: filestore.NewViews(base, base.Stores(), nil), TLSConfig: web.TLS})
	ctx := t.Context()

	c := open(t, address, "postmaster@client1.com")
	c.Login = client.LoginAPOP
	names, err := c.ListDomains(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"client1.com", "client2.com"}, names)
	name, err := c.MainDomainName(ctx)
	require.NoError(t, err)
	require.Equal(t, "client1.com", name)
	names, err = c.ListAccounts(ctx, "client1.com")
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"john", "postmaster"}, names)
	_, err = c.ListAccounts(ctx, "client9.com")
	require.ErrorIs(t, err, fs.ErrNotExist)
	v, err := c.GetAccountSettings(ctx, "john")
	require.NoError(t, err)
	size, _ := v.Get("MaxWebSize")
	require.Equal(t, "5M", size.Text())
	limits, err := c.Storage("john").Limits(ctx)
	require.NoError(t, err)
	require.Equal(t, filestore.Limits{Files: 7, Bytes: 5 << 20, FileSize: filestore.Unlimited}, limits)
	name, err = c.GetAccountLocation(ctx, "ann@client2.com")
	require.NoError(t, err)
	require.Contains(t, name, "ann.macnt")
	names, err = c.GetAccountRights(ctx, "postmaster")
	require.NoError(t, err)
	require.Equal(t, []string{"Master"}, names)
	names, err = c.GetAccountAliases(ctx, "john")
	require.NoError(t, err)
	require.Empty(t, names)
	names, err = c.GetDomainAliases(ctx, "client2.com")
	require.NoError(t, err)
	require.Empty(t, names)
	_, err = c.GetDomainSettings(ctx, "client2.com")
	require.NoError(t, err)
	_, err = c.GetDomainEffectiveSettings(ctx, "client2.com")
	require.NoError(t, err)
	require.NoError(t, c.VerifyAccountPassword(ctx, "john", "john-pw"))
	require.ErrorIs(t, c.VerifyAccountPassword(ctx, "john", "wrong"), filestore.ErrLogin)
	_, err = c.Do(ctx, "SHUTDOWN")
	require.Error(t, err)

	// In the name of another, with their rights and no others.
	ann := &client.Storage{Client: c, Account: "ann@client2.com", As: "john@client1.com"}
	_, err = ann.Stat(ctx, "private")
	require.ErrorIs(t, err, fs.ErrPermission)
	require.NoError(t, (&client.Storage{Client: c, Account: "john", As: "john"}).Mkdir(ctx, "mine"))

	secured := open(t, address, john)
	secured.Security, secured.TLSConfig = client.StartTLS, &tls.Config{RootCAs: roots, ServerName: "example.com"}
	storage := secured.Storage("")
	require.NoError(t, storage.SetFileSubscription(ctx, []string{"~ann@client2.com/public", "a b"}))
	names, err = storage.GetFileSubscription(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"~ann@client2.com/public", "a b"}, names)
	_, err = secured.ListDomains(ctx)
	require.ErrorIs(t, err, fs.ErrPermission)
	_, err = storage.Stat(ctx, "mine")
	require.NoError(t, err)
}
