package directory_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/directory/check"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
)

func onDisk(root string, create bool) (filestore.Store, error) {
	return dirstore.Open(root, &dirstore.Options{NoCreate: !create})
}

// usages are two storages whose usage is written down wrong, and some others.
var usages = files{
	"Accounts/john.macnt/account.web/a": "12345", "Accounts/john.macnt/account.web.state/usage": "{Bytes=7;Files=9;}\n",
	"Accounts/fred.mbox": "", "Accounts/fred.web/d/": "", "Accounts/fred.web.state/usage": "{Bytes=0;Files=0;}\n",
	"Accounts/right.macnt/account.web/a": "1", "Accounts/right.macnt/account.web.state/usage": "{Bytes=1;Files=1;}\n",
	"Accounts/unknown.macnt/account.web/a": "1", "Accounts/unknown.macnt/account.web.state/": "",
	"Accounts/strange.macnt/account.web/a": "1", "Accounts/strange.macnt/account.web.state/usage": "nonsense",
	"Accounts/none.macnt/": "", "Accounts/single.mbox": "",
	"Domains/client1.com/ann.macnt/account.web/a": "1", "Domains/client1.com/ann.macnt/account.web.state/usage": "{Bytes=0;Files=0;}\n",
}

func TestRecount(t *testing.T) {
	t.Parallel()
	b := newBase(t, usages, directory.Options{OpenStore: onDisk})
	wrong := map[string]directory.Recounted{}
	seen := 0
	for r, err := range b.Recount(t.Context()) {
		require.NoError(t, err)
		if seen++; r.Before != r.After {
			wrong[r.Account] = r
		}
	}
	require.Equal(t, 7, seen, "all that have storages, or could")
	require.Equal(t, map[string]directory.Recounted{
		"john@main.example": {Account: "john@main.example", Before: filestore.Usage{Files: 9, Bytes: 7}, After: filestore.Usage{Files: 1, Bytes: 5}},
		"fred@main.example": {Account: "fred@main.example", After: filestore.Usage{Files: 1}},
		"ann@client1.com":   {Account: "ann@client1.com", After: filestore.Usage{Files: 1, Bytes: 1}},
	}, wrong)
	require.NoFileExists(t, b.path("Accounts/none.macnt/account.web.state"))
	require.NoError(t, b.Close())
	usage, err := os.ReadFile(b.path("Accounts/john.macnt/account.web.state/usage"))
	require.NoError(t, err)
	require.Equal(t, "{Bytes=5;Files=1;}\n", string(usage))
}

func TestRecountOfSome(t *testing.T) {
	t.Parallel()
	b := newBase(t, usages, directory.Options{OpenStore: onDisk})
	var got []string
	for r, err := range b.Recount(t.Context(), "john", "nobody", "Ann@client1.com", "single") {
		if err != nil {
			got = append(got, "error")
		}
		got = append(got, r.Account)
	}
	require.Equal(t, []string{"john@main.example", "error", "nobody@main.example", "ann@client1.com"}, got)
	for range b.Recount(t.Context()) {
		break
	}
	inMemory := newBase(t, usages, directory.Options{})
	for r, err := range inMemory.Recount(t.Context(), "john") {
		require.NoError(t, err)
		require.Equal(t, r.Before, r.After)
	}
}

// Check tells which usage is wrong, and believes nothing that is not written down.
func TestCheckUsage(t *testing.T) {
	t.Parallel()
	b := newBase(t, usages, directory.Options{OpenStore: onDisk})
	require.NoError(t, os.Rename(b.path("Accounts/john.macnt/account.web"), b.path("elsewhere.web")))
	require.NoError(t, os.Rename(b.path("Accounts/john.macnt/account.web.state"), b.path("elsewhere.web.state")))
	require.NoError(t, os.Symlink(filepath.Join("..", "..", "elsewhere.web"), b.path("Accounts/john.macnt/account.web")))
	var got []string
	for f := range b.Check(t.Context(), check.Storage) {
		got = append(got, f.String())
	}
	require.Equal(t, []string{
		"Accounts/fred.web: holds 1 files and directories and 0 bytes, and 0 and 0 are written down",
		"Accounts/john.macnt/account.web: holds 1 files and directories and 5 bytes, and 9 and 7 are written down",
		"Domains/client1.com/ann.macnt/account.web: holds 1 files and directories and 1 bytes, and 0 and 0 are written down",
	}, got)
}
