package directory_test

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
)

// TestOutOfFiles runs in a process of its own, which has no open files left: what
// cannot be read then is no decision, and is read as soon as that is possible.
func TestOutOfFiles(t *testing.T) {
	const alone = "CGPKIT_OUT_OF_FILES"
	if os.Getenv(alone) == "" {
		t.Parallel()
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOutOfFiles$", "-test.v")
		command.Env = append(os.Environ(), alone+"=1")
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "--- PASS: TestOutOfFiles")
		return
	}
	b := newBase(t, files{
		"Accounts/john.macnt/account.settings": "{MaxWebFiles=7;}", "Accounts/john.macnt/account.web/public": "x",
		"Accounts/john.macnt/account.web/private/s": "x", "Accounts/john.macnt/account.web/private/s.meta": "<meta><accessPwd><key>right</key></accessPwd></meta>",
		"Accounts/Settings/Aliases.data": "{johnny=john;}",
	}, directory.Options{OpenStore: func(root string, create bool) (filestore.Store, error) {
		return dirstore.Open(root, &dirstore.Options{NoCreate: !create})
	}})
	view := func(address string) *filestore.View {
		return filestore.NewViews(b.Base, b.Stores(), nil).View(filestore.Caller{}, address)
	}
	read := func(address, name string) error {
		f, err := view(address).Open(t.Context(), name)
		if err == nil {
			err = f.Close()
		}
		return err
	}
	limit := syscall.Rlimit{Cur: 200, Max: 200}
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit))
	var held []*os.File
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			require.ErrorIs(t, err, syscall.EMFILE)
			break
		}
		held = append(held, f)
	}
	names := map[string]string{"john@main.example": "public", "johnny@main.example": "public"}
	for address, name := range names {
		require.ErrorIs(t, read(address, name), filestore.ErrExhausted, address)
		require.ErrorIs(t, read(address, "protected/pwd/right/s"), filestore.ErrExhausted, address)
	}
	for _, f := range held {
		require.NoError(t, f.Close())
	}
	b.pass()
	for address, name := range names {
		require.NoError(t, read(address, name), address)
	}
	a, err := b.Account(t.Context(), "john@main.example")
	require.NoError(t, err)
	require.EqualValues(t, 7, a.Limits.Files)
}
