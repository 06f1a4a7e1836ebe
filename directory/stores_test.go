package directory_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/directory/check"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	fixtures "github.com/cgpkit/cgpkit/internal/fixture"
)

// closing is a store that counts how often it is closed.
type closing struct {
	filestore.Store
	closed atomic.Int32
	err    error
}

func (c *closing) Close() error {
	c.closed.Add(1)
	return c.err
}

// A store is closed when its account is gone, and all others by Close.
func TestStoresAreClosed(t *testing.T) {
	t.Parallel()
	opened := map[string]*closing{}
	b := newBase(t, files{"Accounts/john.macnt/": "", "Accounts/mary.macnt/": "", "Accounts/zoe.macnt/": ""}, directory.Options{
		OpenStore: func(root string, _ bool) (filestore.Store, error) {
			c := &closing{Store: memstore.New()}
			opened[filepath.Base(filepath.Dir(root))] = c
			return c, nil
		},
	})
	for _, name := range []string{"john", "mary"} {
		_, err := b.Account(t.Context(), name+"@main.example")
		require.NoError(t, err)
	}
	john := opened["john.macnt"]
	john.err = errors.New("disk on fire")
	require.NoError(t, os.RemoveAll(filepath.Join(b.dir, "Accounts/john.macnt")))
	b.pass()
	_, err := b.Account(t.Context(), "john@main.example")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.EqualValues(t, 1, john.closed.Load())
	require.Contains(t, b.log.String(), "disk on fire")
	require.Zero(t, opened["mary.macnt"].closed.Load())

	b.change(t, files{"Accounts/john.macnt/": ""})
	_, err = b.Account(t.Context(), "john@main.example")
	require.NoError(t, err)
	require.NotSame(t, john, opened["john.macnt"])

	opened["mary.macnt"].err = errors.New("disk full")
	require.ErrorContains(t, b.Close(), "mary.macnt/account.web: disk full")
	require.NoError(t, b.Close())
	for _, c := range opened {
		require.EqualValues(t, 1, c.closed.Load())
	}
	_, err = b.Account(t.Context(), "zoe@main.example")
	require.Error(t, err)
	require.NotErrorIs(t, err, fs.ErrNotExist)
	require.Len(t, opened, 2)
}

// The storages of a base directory belong to one Base at a time, whatever process
// it is in; what only reads the directory is not kept out.
func TestClaim(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files{"Settings/Main.settings": mainSettings, "Accounts/john.macnt/account.settings": "{Password=secret;}"}.write(t, dir)
	const john = "john@main.example"
	first, err := directory.Open(dir, nil)
	require.NoError(t, err)
	require.NoError(t, first.Claim())
	require.NoError(t, first.Claim())
	second, err := directory.Open(dir, nil)
	require.NoError(t, err)
	const want = "in use by another program"
	if err := second.Claim(); err == nil {
		fixtures.Lacking(t, "no locks here")
	} else {
		require.ErrorContains(t, err, want)
	}
	_, err = withFiles(t.Context(), second, john)
	require.ErrorContains(t, err, want)
	require.NotErrorIs(t, err, fs.ErrNotExist)
	_, err = second.Login(t.Context(), filestore.Credentials{Login: john, Password: "secret"})
	require.NoError(t, err)
	for finding := range second.Check(t.Context(), check.Storage) {
		t.Error(finding)
	}
	own, err := directory.Open(dir, &directory.Options{OpenStore: func(string, bool) (filestore.Store, error) { return memstore.New(), nil }})
	require.NoError(t, err)
	require.NoError(t, own.Claim())
	_, err = withFiles(t.Context(), own, john)
	require.NoError(t, err)

	require.NoError(t, first.Close())
	require.NoError(t, second.Claim())
	third, err := directory.Open(dir, nil)
	require.NoError(t, err)
	require.Error(t, third.Claim())
	require.NoError(t, second.Close())
	_, err = withFiles(t.Context(), third, john)
	require.NoError(t, err)
	require.NoError(t, third.Close())
}

// A Base that is closed claims nothing any more: nobody would give it up.
func TestClaimAfterClose(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files{"Settings/Main.settings": mainSettings}.write(t, dir)
	first, err := directory.Open(dir, nil)
	require.NoError(t, err)
	require.NoError(t, first.Close())
	require.ErrorIs(t, first.Claim(), fs.ErrClosed)
	second, err := directory.Open(dir, nil)
	require.NoError(t, err)
	require.NoError(t, second.Claim())
	require.NoError(t, second.Close())
}

// Close gives the storages up at once, although child processes that are being
// started have all open files of this one for a moment.
func TestClaimIsGivenUpWhileProcessesStart(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("true")
	if err != nil {
		t.Skip("no program to start")
	}
	dir := t.TempDir()
	files{"Settings/Main.settings": mainSettings}.write(t, dir)
	const rounds = 100
	var starting atomic.Bool
	var group sync.WaitGroup
	starting.Store(true)
	group.Go(func() {
		defer starting.Store(false)
		for range rounds {
			assert.NoError(t, exec.Command(program).Run())
		}
	})
	defer group.Wait()
	for starting.Load() {
		b, err := directory.Open(dir, nil)
		require.NoError(t, err)
		require.NoError(t, b.Claim())
		require.NoError(t, b.Close())
	}
}
