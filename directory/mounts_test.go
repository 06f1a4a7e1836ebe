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

func TestMount(t *testing.T) {
	t.Parallel()
	cluster := t.TempDir()
	open := func(root string, create bool) (filestore.Store, error) {
		return dirstore.Open(root, &dirstore.Options{NoCreate: !create})
	}
	b := newBase(t, files{
		"Accounts/john.macnt/":                       "",
		"Accounts/Settings/WebSkins/gold/a":          "main skin",
		"Domains/other.example/ann.macnt/":           "",
		"Domains/other.example/Settings/PBXApp/en/b": "other app",
		"Domains/bare.example/zoe.macnt/":            "",
		"WebSkins/c":                                 "server skin",
	}, directory.Options{ClusterDir: cluster, OpenStore: open})
	require.NoError(t, os.MkdirAll(filepath.Join(cluster, "PBXApp/en"), 0o700))
	for _, tt := range []struct{ account, mount, entry string }{
		{"john@main.example", "$DomainSkins", "gold/a"},
		{"john@main.example", "$ServerSkins", "c"},
		{"ann@other.example", "$DomainPBXApp", "en/b"},
		{"ann@other.example", "$ServerSkins", "c"},
		{"ann@other.example", "$ClusterPBXApp", "en"},
	} {
		s, err := b.Mount(t.Context(), tt.account, tt.mount)
		require.NoError(t, err, tt.mount)
		_, err = s.Stat(t.Context(), tt.entry)
		require.NoError(t, err, "%s of %s", tt.mount, tt.account)
	}
	for account, mount := range map[string]string{
		"zoe@bare.example": "$DomainSkins", "john@nowhere.example": "$DomainSkins", "": "$DomainPBXApp", "john@main.example": "$Skins",
	} {
		_, err := b.Mount(t.Context(), account, mount)
		require.ErrorIs(t, err, fs.ErrNotExist, "%s of %s", mount, account)
	}
	_, err := newBase(t, files{}, directory.Options{}).Mount(t.Context(), "", "$ClusterSkins")
	require.ErrorIs(t, err, fs.ErrNotExist)

	one, err := b.Mount(t.Context(), "john@main.example", "$ServerPBXApp")
	require.NoError(t, err)
	require.NoDirExists(t, filepath.Join(b.dir, "PBXApp"))
	require.NoError(t, one.Mkdir(t.Context(), "en", nil, filestore.Limits{Files: filestore.Unlimited}))
	require.DirExists(t, filepath.Join(b.dir, "PBXApp/en"))
	two, err := b.Mount(t.Context(), "ann@other.example", "$ServerPBXApp")
	require.NoError(t, err)
	require.Equal(t, one, two, "one store for one directory")
}

// A mount that cannot be opened is a fault, and does not look like one that is
// not there.
func TestMountThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]error{"missing": fs.ErrNotExist, "closed": fs.ErrPermission} {
		b := newBase(t, files{"WebSkins/c": ""}, directory.Options{
			OpenStore: func(string, bool) (filestore.Store, error) {
				return nil, &fs.PathError{Op: "open", Path: "/host/path", Err: broken}
			},
		})
		_, err := b.Mount(t.Context(), "john@main.example", "$ServerSkins")
		require.Error(t, err, name)
		require.NotErrorIs(t, err, broken, name)
		require.NotContains(t, err.Error()+b.log.String(), "/host/path", name)
	}
}
