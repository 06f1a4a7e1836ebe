package dirstore_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
	"github.com/cgpkit/cgpkit/filestore/storetest"
)

var boundless = filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited, FileSize: filestore.Unlimited}

// opens are the two ways to reach a tree.
var opens = map[string]func(string, *dirstore.Options) (*dirstore.Store, error){
	"best":   dirstore.Open,
	"rooted": dirstore.OpenRooted,
}

func TestStore(t *testing.T) {
	t.Parallel()
	for name, open := range opens {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T) filestore.Store {
				dir := t.TempDir()
				canary := filepath.Join(dir, "account.settings")
				require.NoError(t, os.WriteFile(canary, []byte("{Password=secret;}"), 0o600))
				s, err := open(filepath.Join(dir, "account.web"), &dirstore.Options{Sync: dirstore.SyncLater})
				require.NoError(t, err)
				t.Cleanup(func() { checkClosed(t, s, dir) })
				return s
			})
		})
	}
}

// checkClosed closes s, and demands that nothing but the two directories was
// made, that the canary is as it was, that the state directory holds no more
// than the usage, and that this is right.
func checkClosed(t *testing.T, s *dirstore.Store, dir string) {
	t.Helper()
	ctx := context.Background() // that of t has ended
	counted, err := s.Usage(ctx, filestore.Root)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.Equal(t, "{Password=secret;}", contents(t, filepath.Join(dir, "account.settings")))
	require.Subset(t, []string{"account.settings", "account.web", "account.web.state"}, names(t, dir))
	state, err := os.ReadDir(filepath.Join(dir, "account.web.state"))
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	require.NoError(t, err)
	for _, e := range state {
		require.Equal(t, "usage", e.Name(), "left in the state directory")
		want := fmt.Sprintf("{Bytes=%d;Files=%d;}\n", counted.Bytes, counted.Files)
		require.Equal(t, want, contents(t, filepath.Join(dir, "account.web.state", "usage")))
	}
	s, err = dirstore.Open(filepath.Join(dir, "account.web"), nil)
	require.NoError(t, err)
	kept, err := s.Usage(ctx, filestore.Root)
	require.NoError(t, err)
	require.Equal(t, counted, kept)
	require.NoError(t, s.Close())
}
