//go:build unix

package mailbox_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/freebusy/mailbox"
)

// A link is not followed, and nothing waits for the other end of a pipe.
func TestForeign(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		make func(path, outside string) error
	}{
		{"link to a mailbox here", func(path, _ string) error { return os.Symlink("Real"+filepath.Ext(path), path) }},
		{"link to a mailbox outside", func(path, outside string) error {
			return os.Symlink(filepath.Join(outside, "Canary"+filepath.Ext(path)), path)
		}},
		{"relative link out", func(path, outside string) error {
			return os.Symlink("../outside/Canary"+filepath.Ext(path), path)
		}},
		{"link to here", func(path, _ string) error { return os.Symlink(".", path) }},
		{"link to itself", func(path, _ string) error { return os.Symlink(filepath.Base(path), path) }},
		{"link to nothing", func(path, _ string) error { return os.Symlink("gone", path) }},
		{"pipe", func(path, _ string) error { return syscall.Mkfifo(path, 0o666) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			account, outside := filepath.Join(dir, "john.macnt"), filepath.Join(dir, "outside")
			for _, at := range []string{"john.macnt/Real", "outside/Canary"} {
				write(t, dir, at+".mbox", "From <>(\n"+mail("secret"))
				write(t, dir, at+".mdir/1", mail("secret"))
				write(t, dir, at+".folder/Inner.mbox", "From <>(\n"+mail("secret"))
			}
			for _, name := range []string{"Link.mbox", "Link2.mdir", "Link3.folder"} {
				require.NoError(t, tt.make(filepath.Join(account, name), outside))
			}
			for _, name := range []string{"Link", "Link2", "Link3/Inner"} {
				_, err := mailbox.Open(account, name)
				require.ErrorContains(t, err, "not a ")
				require.NotErrorIs(t, err, fs.ErrNotExist)
				require.NotContains(t, err.Error(), dir)
				_, err = mailbox.StateOf(account, name)
				require.ErrorContains(t, err, "not a ")
			}

			require.NoError(t, tt.make(filepath.Join(account, "Real.mdir", "2.mdir"), outside))
			write(t, account, "Real.mdir/3", mail("c"))
			require.NoError(t, os.Remove(filepath.Join(account, "Real.mbox")))
			m, err := mailbox.Open(account, "Real")
			require.NoError(t, err)
			uids, errs := drain(t, m.Items(t.Context()))
			require.ElementsMatch(t, []string{"secret", "c"}, uids)
			require.Len(t, errs, 1)
			require.ErrorContains(t, errs[0], `file "2.mdir": not a regular file`)
		})
	}
}

// The directory of an account itself may be a link: an installation may keep
// accounts elsewhere.
func TestLinkToAccount(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "elsewhere/Calendar.mbox", "From <>(\n"+mail("a"))
	require.NoError(t, os.Symlink("elsewhere", filepath.Join(dir, "john.macnt")))
	m, err := mailbox.Open(filepath.Join(dir, "john.macnt"), "Calendar")
	require.NoError(t, err)
	uids, errs := drain(t, m.Items(t.Context()))
	require.Empty(t, errs)
	require.Equal(t, []string{"a"}, uids)
}

// Links are entries that are made fast.
func TestManyEntries(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "Calendar.mdir"), 0o755))
	path := filepath.Join(dir, "Calendar.mdir", "x")
	for i := range mailbox.MaxEntries + 1 {
		require.NoError(t, os.Symlink("x", fmt.Sprint(path, i)))
	}
	_, err := mailbox.Open(dir, "Calendar")
	require.EqualError(t, err, "find mailbox Calendar: more than 50000 messages")
	require.NoError(t, os.Remove(path+"0"))
	_, err = mailbox.Open(dir, "Calendar")
	require.NoError(t, err)
}
