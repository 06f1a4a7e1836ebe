//go:build unix

package tbd_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTableKeepsItsOwner(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	table, path := open(t, "k\nx\n", nil)
	require.NoError(t, os.Chown(path, 1234, 4321))
	require.NoError(t, table.Put(t.Context(), record("k", "y")))
	info, err := os.Stat(path)
	require.NoError(t, err)
	is := info.Sys().(*syscall.Stat_t)
	require.Equal(t, [2]uint32{1234, 4321}, [2]uint32{is.Uid, is.Gid})
}
