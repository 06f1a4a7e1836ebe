package directory_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
)

// A storage on a disk that is not there is a fault: to its owner, files that they
// cannot reach must not look like files that are gone.
func TestStorageBehindADanglingLink(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{"Accounts/john.macnt/": ""}, directory.Options{OpenStore: func(root string, create bool) (filestore.Store, error) {
		return dirstore.Open(root, &dirstore.Options{NoCreate: !create})
	}})
	require.NoError(t, os.Symlink("../../missing", filepath.Join(b.dir, "Accounts/john.macnt/account.web")))
	_, err := b.Account(t.Context(), "john@main.example")
	require.Error(t, err)
	require.NotErrorIs(t, err, fs.ErrNotExist)
	require.NotErrorIs(t, err, fs.ErrPermission)
	require.NotContains(t, err.Error(), b.dir)
}

// A settings file that is a link to nothing closes what its text may have closed.
func TestSettingsBehindADanglingLink(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{"Accounts/john.macnt/": ""}, directory.Options{})
	require.NoError(t, os.Symlink("missing", filepath.Join(b.dir, "Accounts/john.macnt/account.settings")))
	a, err := b.Account(t.Context(), "john@main.example")
	require.NoError(t, err)
	require.False(t, a.WebSite)
}

// Where the syntax is broken, a piece of a password may pass for a key.
func TestBrokenPasswordIsNotLogged(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{"Accounts/john.macnt/account.settings": "{\n Password = begin;secretrest;\n}\n"}, directory.Options{})
	a, err := b.Account(t.Context(), "john@main.example")
	require.NoError(t, err)
	require.False(t, a.WebSite)
	require.Contains(t, b.log.String(), "line 2, column")
	require.NotContains(t, b.log.String(), "secretrest")
}

func TestMailboxesOfSingleMailboxAccounts(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Accounts/text.mbox": "", "Accounts/dir.mdir/": "", "Accounts/sliced.mslc/": "", "Accounts/none.info": "{}",
		"Accounts/wrong.mbox/": "", "Accounts/wrong.mdir": "",
	}, directory.Options{})
	var names []string
	for name, err := range b.Accounts(t.Context(), "") {
		require.NoError(t, err)
		names = append(names, name)
	}
	require.Equal(t, []string{"dir", "sliced", "text"}, names)
	for _, name := range names {
		_, err := b.Account(t.Context(), name+"@main.example")
		require.NoError(t, err, name)
	}
}

// The last of two keys that differ in letter case only counts, as it does for
// two that are the same.
func TestRightsGivenTwice(t *testing.T) {
	t.Parallel()
	for _, keys := range [][2]string{{"John", "john"}, {"john", "john"}} {
		b := newBase(t, files{
			"Accounts/john.macnt/": "", "Accounts/mary.macnt/": "",
			"Accounts/Settings/Access.settings": "{" + keys[0] + "=(Master);" + keys[1] + "=();}",
		}, directory.Options{})
		role, err := b.Role(t.Context(), filestore.Caller{Account: "john@main.example"}, "mary@main.example")
		require.NoError(t, err)
		require.Equal(t, "other", role.String())
	}
}

func TestEmptyPublishFreeBusy(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{"Accounts/john.macnt/account.info": `{"#Viewer"={PublishFreeBusy="";};}`}, directory.Options{})
	v, ok, err := b.Preference(t.Context(), "john@main.example", "PublishFreeBusy")
	require.NoError(t, err)
	require.True(t, ok)
	require.Empty(t, v.Text())
}
