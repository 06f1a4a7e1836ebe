package dirstore_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore/dirstore"
	"github.com/cgpkit/cgpkit/filestore/storetest"
)

func FuzzModel(f *testing.F) {
	f.Add(true, []byte("an upload, a directory, and so on"))
	f.Add(false, []byte{0, 0, 0, 0, 5, 1, 0, 0, 2, 9, 0, 2, 0, 0, 1, 1, 1})
	f.Fuzz(func(t *testing.T, rooted bool, script []byte) {
		open := opens["best"]
		if rooted {
			open = opens["rooted"]
		}
		dir := t.TempDir()
		s, err := open(filepath.Join(dir, "account.web"), &dirstore.Options{Sync: dirstore.SyncLater})
		require.NoError(t, err)
		storetest.Play(t, s, script)
		_, err = open(filepath.Join(dir, "account.web"), nil)
		require.NoError(t, err)
	})
}
