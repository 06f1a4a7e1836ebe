//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package edit_test

import (
	"io/fs"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata/edit"
)

func TestReplaceFileKeepsOwnerAndMode(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root may give files away")
	}
	name := settingsFile(t, settings)
	require.NoError(t, os.Chown(name, 1234, 2345))
	require.NoError(t, os.Chmod(name, 0o4751|fs.ModeSetuid))
	before, err := os.Stat(name)
	require.NoError(t, err)
	require.NotZero(t, before.Mode()&fs.ModeSetuid)
	require.NoError(t, edit.UpdateFile(name, nil, setCount("1")))
	after, err := os.Stat(name)
	require.NoError(t, err)
	require.False(t, os.SameFile(before, after))
	require.Equal(t, before.Mode(), after.Mode())
	stat := after.Sys().(*syscall.Stat_t)
	require.Equal(t, [2]uint32{1234, 2345}, [2]uint32{stat.Uid, stat.Gid})

	err = edit.ReplaceFile(name, func([]byte) ([]byte, error) {
		return []byte("{}"), os.Chown(name, 0, 0)
	})
	require.ErrorIs(t, err, edit.ErrFileChanged, "the owner has changed")
}

func TestReplaceFileRefusesAPipe(t *testing.T) {
	t.Parallel()
	name := settingsFile(t, settings)
	require.NoError(t, os.Remove(name))
	require.NoError(t, syscall.Mkfifo(name, 0o600))
	require.ErrorContains(t, edit.UpdateFile(name, nil, setCount("1")), "not a regular file")
}
