package dirstore_test

import (
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
				s, err := open(filepath.Join(dir, "account.web"), &dirstore.Options{NoSync: true})
				require.NoError(t, err)
				t.Cleanup(func() { checkAround(t, dir) })
				return s
			})
		})
	}
}

// checkAround demands that nothing but the two directories was made, that the
// canary is as it was, and that the state directory is empty.
func checkAround(t *testing.T, dir string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "account.settings"))
	require.NoError(t, err)
	require.Equal(t, "{Password=secret;}", string(content))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		require.Contains(t, []string{"account.settings", "account.web", "account.web.state"}, e.Name())
	}
	state, err := os.ReadDir(filepath.Join(dir, "account.web.state"))
	if err == nil && len(state) > 0 && !t.Failed() {
		for _, e := range state {
			t.Errorf("left in the state directory: %s", e.Name())
		}
	}
}
