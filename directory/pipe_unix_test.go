//go:build unix

package directory_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/directory/check"
	"github.com/cgpkit/cgpkit/filestore"
)

// Opening a pipe would wait for ever for its other end.
func TestPipesAreNotOpened(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Accounts/john.macnt/": "", "Accounts/Settings/": "", "Domains/client1.com/": "",
	}, directory.Options{})
	for _, name := range []string{
		"Accounts/john.macnt/account.settings", "Accounts/john.macnt/account.info", "Accounts/john.macnt/account.prefs", "Accounts/fred.mbox", "Accounts/eve.macnt",
		"Accounts/Settings/Aliases.data", "Accounts/Settings/Access.settings", "Accounts/Settings/Domain.settings", "Settings/WebUserPrefs.settings",
	} {
		require.NoError(t, syscall.Mkfifo(b.path(name), 0o600))
	}
	a, err := b.Account(t.Context(), "john@main.example")
	require.NoError(t, err)
	require.False(t, a.WebSite)
	for _, address := range []string{"fred@main.example", "eve@main.example", "alias@main.example"} {
		_, err := b.Account(t.Context(), address)
		require.ErrorIs(t, err, os.ErrNotExist, address)
	}
	_, err = b.Login(t.Context(), filestore.Credentials{Login: "john@main.example", Password: "x"})
	require.ErrorIs(t, err, filestore.ErrLogin)
	role, err := b.Role(t.Context(), filestore.Caller{Account: "john@main.example"}, "x@main.example")
	require.NoError(t, err)
	require.Equal(t, filestore.Other, role)
	_, _, err = b.Preference(t.Context(), "john@main.example", "CalendarBox")
	require.ErrorContains(t, err, "not a regular file")
}

// Nor does the report open one, whatever it stands for.
func TestCheckOpensNoPipe(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{"Accounts/john.macnt/": "", "Accounts/mary.macnt/account.web/q": "", "Accounts/Settings/": ""}, directory.Options{})
	want := map[string]string{
		"Accounts/john.macnt/account.web": "storage cannot be opened: not a directory", "Accounts/mary.macnt/account.web/q.meta": "neither a file nor a directory",
		"Accounts/eve.macnt": "not what its name says: it is no account", "Accounts/Settings/Aliases.data": "cannot be read: not a regular file",
		"Domains": "cannot be read: not a directory", "Settings/Some.settings": "cannot be read: not a regular file",
	}
	for name := range want {
		require.NoError(t, syscall.Mkfifo(b.path(name), 0o600))
	}
	found := map[string]string{}
	for f := range b.Check(t.Context(), check.Storage) {
		found[f.Path] = f.Text
	}
	require.Equal(t, want, found)
}
