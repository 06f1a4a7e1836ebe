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
	fixtures "github.com/cgpkit/cgpkit/internal/fixture"
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
	for _, tt := range []struct{ domain, mount, entry string }{
		{"main.example", "$DomainSkins", "gold/a"},
		{"main.example", "$ServerSkins", "c"},
		{"other.example", "$DomainPBXApp", "en/b"},
		{"other.example", "$ServerSkins", "c"},
		{"other.example", "$ClusterPBXApp", "en"},
	} {
		s, err := mount(t, b.Base, tt.domain, tt.mount)
		require.NoError(t, err, tt.mount)
		_, err = s.Stat(t.Context(), tt.entry)
		require.NoError(t, err, "%s of %s", tt.mount, tt.domain)
	}
	for domain, name := range map[string]string{
		"bare.example": "$DomainSkins", "nowhere.example": "$DomainSkins", "": "$DomainPBXApp", "main.example": "$Skins",
	} {
		_, err := mount(t, b.Base, domain, name)
		require.ErrorIs(t, err, fs.ErrNotExist, "%s of %s", name, domain)
	}
	_, err := mount(t, newBase(t, files{}, directory.Options{}).Base, "", "$ClusterSkins")
	require.ErrorIs(t, err, fs.ErrNotExist)

	one, err := mount(t, b.Base, "main.example", "$ServerPBXApp")
	require.NoError(t, err)
	require.NoDirExists(t, filepath.Join(b.dir, "PBXApp"))
	require.NoError(t, one.Mkdir(t.Context(), "en", filestore.MkdirOptions{}, filestore.Limits{Files: filestore.Unlimited}))
	require.DirExists(t, filepath.Join(b.dir, "PBXApp/en"))
	two, err := mount(t, b.Base, "other.example", "$ServerPBXApp")
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
		_, err := mount(t, b.Base, "main.example", "$ServerSkins")
		require.Error(t, err, name)
		require.NotErrorIs(t, err, broken, name)
		require.NotContains(t, err.Error()+b.log.String(), "/host/path", name)
	}
}

// What a Cluster shares stands outside of the base directories of its servers: of
// two on one machine one may use it at a time, or the other would take the uploads
// of the first for what a crash has left.
func TestClusterMountIsClaimed(t *testing.T) {
	t.Parallel()
	const main, skinsName = "main.example", "$ClusterSkins"
	cluster := t.TempDir()
	open := func(clusterDir string) *directory.Base {
		dir := t.TempDir()
		if clusterDir == "" {
			clusterDir = dir
		}
		files{"Settings/Main.settings": mainSettings, "Accounts/john.macnt/": ""}.write(t, dir)
		b, err := directory.Open(dir, &directory.Options{ClusterDir: clusterDir})
		require.NoError(t, err)
		return b
	}
	first, second := open(cluster), open(cluster)
	skins, err := mount(t, first, main, skinsName)
	require.NoError(t, err)
	limits := filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited, FileSize: filestore.Unlimited}
	upload, err := skins.Create(t.Context(), "f", filestore.CreateOptions{}, limits)
	require.NoError(t, err)
	_, err = mount(t, second, main, skinsName)
	_, commitErr := upload.Commit()
	require.NoError(t, commitErr)
	if err == nil {
		fixtures.Lacking(t, "no locks here")
	}
	require.ErrorContains(t, err, "in use by another program")
	_, err = mount(t, second, main, "$ServerSkins")
	require.NoError(t, err)
	require.NoError(t, first.Close())
	_, err = mount(t, second, main, skinsName)
	require.NoError(t, err)
	require.NoError(t, second.Close())

	alone := open("") // the directory of the Cluster is the base directory
	require.NoError(t, alone.Claim())
	_, err = mount(t, alone, main, skinsName)
	require.NoError(t, err)
	require.NoError(t, alone.Close())
}

// A relative path names the directory that it named when the Base was opened.
func TestRelativeClusterDir(t *testing.T) {
	cluster := t.TempDir()
	files{"WebSkins/c": ""}.write(t, cluster)
	t.Chdir(filepath.Dir(cluster))
	b := newBase(t, files{}, directory.Options{ClusterDir: filepath.Base(cluster)})
	one, err := mount(t, b.Base, "", "$ClusterSkins")
	require.NoError(t, err)
	t.Chdir(b.dir)
	two, err := mount(t, b.Base, "", "$ClusterSkins")
	require.NoError(t, err)
	require.Equal(t, one, two)
}
