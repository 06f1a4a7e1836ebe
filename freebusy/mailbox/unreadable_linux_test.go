package mailbox_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/freebusy/mailbox"
)

// A mailbox that may not be read is an error, a message that may not be read is
// one among others.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "Closed.mbox", "From <>(\n"+mail("no"))
	write(t, dir, "Closed2.mdir/1", mail("no"))
	write(t, dir, "Closed3.folder/Inner.mbox", "From <>(\n"+mail("no"))
	write(t, dir, "Open.mdir/1", mail("a"))
	write(t, dir, "Open.mdir/2", mail("no"))
	write(t, dir, "Open.mdir/3", mail("c"))
	for _, name := range []string{"Closed.mbox", "Closed2.mdir", "Closed3.folder", "Open.mdir/2"} {
		require.NoError(t, os.Chmod(filepath.Join(dir, name), 0))
		t.Cleanup(func() { os.Chmod(filepath.Join(dir, name), 0o700) })
	}
	asNobody(t, filepath.Dir(dir))

	m, err := mailbox.Open(dir, "Closed") // the state can be told
	require.NoError(t, err)
	_, errs := drain(t, m.Items(t.Context()))
	require.Len(t, errs, 1)
	require.ErrorIs(t, errs[0], fs.ErrPermission)
	require.EqualError(t, errs[0], "read mailbox Closed: permission denied")
	for _, name := range []string{"Closed2", "Closed3/Inner"} {
		_, err := mailbox.Open(dir, name)
		require.ErrorIs(t, err, fs.ErrPermission)
		require.NotContains(t, err.Error(), dir)
	}

	m, err = mailbox.Open(dir, "Open")
	require.NoError(t, err)
	uids, errs := drain(t, m.Items(t.Context()))
	require.ElementsMatch(t, []string{"a", "c"}, uids)
	require.Len(t, errs, 1)
	require.ErrorContains(t, errs[0], `file "2": permission denied`)
}

// asNobody makes the rights of files count for the rest of a test, also for root,
// whom they do not bind: its thread takes another user for access to files. That
// user may come into the directory of the test.
func asNobody(t *testing.T, dir string) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	const nobody = 65534
	require.NoError(t, os.Chmod(dir, 0o755))
	runtime.LockOSThread()
	require.NoError(t, syscall.Setfsuid(nobody))
	t.Cleanup(func() { // and if it fails, the thread ends with the test
		if syscall.Setfsuid(0) == nil {
			runtime.UnlockOSThread()
		}
	})
}
