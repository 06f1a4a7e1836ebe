package dirstore_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
)

// An account that is removed and made anew starts from nothing, although the
// inode of its directory may be used again.
func TestTreeThatIsMadeAnew(t *testing.T) {
	t.Parallel()
	base := filepath.Join(t.TempDir(), "john.macnt")
	root := filepath.Join(base, "account.web")
	require.NoError(t, os.Mkdir(base, 0o700))
	s, err := dirstore.Open(root, &dirstore.Options{Sync: dirstore.SyncLater})
	require.NoError(t, err)
	one := filestore.Limits{Files: 1, Bytes: 1000, FileSize: 1000}
	for range 3 {
		require.NoError(t, s.Mkdir(t.Context(), "dir", filestore.MkdirOptions{}, one))
		require.ErrorIs(t, s.Mkdir(t.Context(), "more", filestore.MkdirOptions{}, one), filestore.ErrLimit)
		usage, err := s.Usage(t.Context(), filestore.Root)
		require.NoError(t, err)
		require.Equal(t, filestore.Usage{Files: 1}, usage)
		require.NoError(t, os.RemoveAll(base))
		require.NoError(t, os.Mkdir(base, 0o700))
		usage, err = s.Usage(t.Context(), filestore.Root)
		require.NoError(t, err)
		require.Zero(t, usage)
	}
}
