package lending_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore/lending"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// places are those of accounts and of mounts, by name.
type places map[string]lending.Place

func (p places) Storage(_ context.Context, account string) (lending.Place, error) {
	place, ok := p[account]
	if !ok {
		return lending.Place{}, fs.ErrNotExist
	}
	return place, nil
}

func (p places) Mount(_ context.Context, domain, name string) (lending.Place, error) {
	return p.Storage(context.Background(), domain+name)
}

var roomy = filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited, FileSize: filestore.Unlimited}

// An account that can have no storage, and one that has none yet, are not there; one
// whose storage may come to be has an empty one.
func TestStorages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	now := time.Now()
	s := lending.New(places{
		"may":     {Dir: filepath.Join(dir, "may"), Create: true},
		"has":     {Dir: filepath.Join(dir, "has")},
		"another": {Dir: filepath.Join(dir, "has")},
		"a$Skins": {Dir: filepath.Join(dir, "may"), Create: true},
	}, &lending.Options{Now: func() time.Time { return now }})
	defer s.Close()
	for _, account := range []string{"nobody", "has"} {
		_, err := s.Store(t.Context(), account)
		require.ErrorIs(t, err, fs.ErrNotExist, account)
	}
	_, err := s.Mount(t.Context(), "b", "$Skins")
	require.ErrorIs(t, err, fs.ErrNotExist)

	require.NoError(t, os.Mkdir(filepath.Join(dir, "has"), 0o700))
	now = now.Add(time.Second)
	one, err := s.Store(t.Context(), "has")
	require.NoError(t, err)
	two, err := s.Store(t.Context(), "another")
	require.NoError(t, err)
	require.Equal(t, one, two, "one directory, one store")

	store, err := s.Store(t.Context(), "may")
	require.NoError(t, err)
	mount, err := s.Mount(t.Context(), "a", "$Skins")
	require.NoError(t, err)
	require.Equal(t, store, mount)
	require.NoDirExists(t, filepath.Join(dir, "may"))
	require.NoError(t, store.Mkdir(t.Context(), "x", filestore.MkdirOptions{}, roomy))
	require.DirExists(t, filepath.Join(dir, "may", "x"))
}

// What is claimed is kept from others, by whatever path, until Close; not from
// storages with another claim, nor from who claims nothing.
func TestClaims(t *testing.T) {
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	other, link := filepath.Join(dir, "other"), filepath.Join(dir, "link")
	require.NoError(t, os.Mkdir(other, 0o700))
	if err := os.Symlink(dir, link); err != nil {
		fixture.Lacking(t, "no symbolic links here")
	}
	at := func(claim string) lending.Place {
		return lending.Place{Dir: filepath.Join(dir, filepath.Base(claim)+".web"), Create: true, Claim: claim}
	}
	of := places{"a": at(dir), "b": at(other), "linked": at(link), "free": {Dir: filepath.Join(dir, "free"), Create: true}}
	first, second := lending.New(of, nil), lending.New(of, nil)
	_, err = first.Store(t.Context(), "a")
	require.NoError(t, err)
	_, err = first.Store(t.Context(), "linked")
	require.NoError(t, err, "its own, by another path")
	_, err = second.Store(t.Context(), "a")
	if err == nil {
		fixture.Lacking(t, "no locks here")
	}
	require.ErrorContains(t, err, "in use by another program")
	require.NotErrorIs(t, err, fs.ErrNotExist)
	require.Error(t, second.Claim(link))
	for _, account := range []string{"b", "free"} {
		_, err = second.Store(t.Context(), account)
		require.NoError(t, err, account)
	}
	own := lending.New(of, &lending.Options{Open: func(string, bool) (filestore.Store, error) { return memstore.New(), nil }})
	_, err = own.Store(t.Context(), "a")
	require.NoError(t, err, "who opens stores themselves")
	require.NoError(t, own.Claim(dir))

	require.NoError(t, first.Close())
	require.NoError(t, second.Claim(dir))
	require.NoError(t, second.Close())
	require.ErrorIs(t, second.Claim(dir), fs.ErrClosed)
	require.NoError(t, own.Close())
}

// A storage that cannot be opened does not look like one that is not there.
func TestStorageThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	for _, broken := range []error{fs.ErrNotExist, errors.New("disk on fire")} {
		s := lending.New(places{"a": {Dir: t.TempDir(), Create: true}}, &lending.Options{
			Open: func(string, bool) (filestore.Store, error) { return nil, broken },
		})
		_, err := s.Store(t.Context(), "a")
		require.Error(t, err)
		require.NotErrorIs(t, err, fs.ErrNotExist)
	}
}
