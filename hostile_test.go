package cgpkit_test

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// hostileNames reads the names that every store is tested with: those that no
// store takes, and those that only look dangerous.
func hostileNames(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile("filestore/storetest/testdata/" + file)
	require.NoError(t, err)
	var names []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] != '"' {
			continue
		}
		name, err := strconv.Unquote(line)
		require.NoError(t, err, line)
		names = append(names, name)
	}
	require.NotEmpty(t, names)
	return names
}

// outside reads everything in dir but john's files and what is kept about them.
func outside(t *testing.T, dir string) map[string]string {
	t.Helper()
	seen := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		switch rel = filepath.ToSlash(rel); {
		case strings.HasPrefix(rel, "base/Accounts/john.macnt/account.web"):
			if e.IsDir() {
				return fs.SkipDir
			}
		case e.IsDir():
			seen[rel+"/"] = ""
		default:
			content, err := os.ReadFile(path)
			seen[rel] = string(content)
			return err
		}
		return nil
	}))
	return seen
}

// Whatever an owner does to whatever name, by whatever way: nothing outside of
// their storage changes, or comes into being. Where a name is hostile as it stands
// it is refused as well; protocols that fold names may make a harmless one of
// it.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	for name, content := range map[string]string{
		"canary": "outside", "etc/passwd": "outside", "base/canary": "outside", "base/Settings/Main.settings": "{DomainName=client1.com;}",
		"base/Accounts/Settings/Access.settings": "{tftpuser=(UserAccounts);}", "base/Accounts/tftpuser.macnt/account.settings": "{}",
		"base/Accounts/john.macnt/account.settings": `{Password="john-pw";}`, "base/Accounts/john.macnt/canary": "outside",
		"base/Accounts/mary.macnt/account.settings": `{Password="mary-pw";}`, "base/Accounts/mary.macnt/account.web/canary": "hers",
		"base/Accounts/mary.macnt/account.web/private/canary": "hers", "base/Accounts/john.macnt/account.web/dir/x": "x",
	} {
		write(name, content)
	}
	d, err := directory.Open(filepath.Join(dir, "base"), nil)
	require.NoError(t, err)
	before := outside(t, dir)
	require.Greater(t, len(before), 10)

	hostile := hostileNames(t, "hostile_names.txt")
	view := fixture.Views(d).View(filestore.Caller{Account: john}, john)
	for _, name := range hostile {
		for operation, do := range operations {
			require.ErrorIs(t, do(t.Context(), view, name), fs.ErrInvalid, "%s %q", operation, name)
		}
		require.ErrorIs(t, view.Rename(t.Context(), "dir/x", name, filestore.RenameOptions{Replace: true}), fs.ErrInvalid, "rename to %q", name)
		require.ErrorIs(t, view.Copy(t.Context(), "dir/x", name, filestore.CopyOptions{Replace: true}), fs.ErrInvalid, "copy to %q", name)
		require.ErrorIs(t, view.Manage(t.Context(), name), fs.ErrInvalid, "manage %q", name)
	}
	require.Equal(t, before, outside(t, dir), "the view")

	const tftpuser = "tftpuser@client1.com" // an administrator, who may write
	for _, by := range []struct {
		who string
		way wayIn
	}{
		{john, overHTTP(t, d, nil)},
		{john, overFTP(t, d, nil)},
		{tftpuser, overTFTP(t, d, tftpuser, nil)},
		{tftpuser, overTFTPStorage(t, d, tftpuser)},
		{john, overCLI(t, d, nil)},
	} {
		t.Run(by.way.name, func(t *testing.T) {
			long, written := 0, 0
			for _, name := range append(hostile, hostileNames(t, "odd_names.txt")...) {
				if !by.way.can(name) {
					continue
				}
				if len(name) >= 2000 {
					long++
				}
				for operation := range maps.Keys(operations) {
					got := by.way.try(t, by.who, operation, john, name)
					if operation == "write" && slices.Contains(strings.Fields(by.way.codes("write", ok, false)), got) {
						written++
					}
				}
			}
			require.NotZero(t, long)
			require.Greater(t, written, 30, "names that only look dangerous are taken")
			require.Equal(t, before, outside(t, dir))
		})
	}
	t.Run("TFTP as a stranger", func(t *testing.T) {
		stranger, err := directory.Open(filepath.Join(dir, "base"), nil)
		require.NoError(t, err)
		w := overTFTP(t, withoutTFTPUser{stranger}, "", nil)
		for _, name := range append(hostile, hostileNames(t, "odd_names.txt")...) {
			if w.can(name) {
				require.NotEqual(t, "done", w.try(t, "", "write", john, name), "%q", name)
				w.try(t, "", "read", john, name)
			}
		}
		require.Equal(t, before, outside(t, dir))
	})
}

// withoutTFTPUser is a directory where TFTP acts as a stranger.
type withoutTFTPUser struct{ *directory.Base }

func (d withoutTFTPUser) Account(ctx context.Context, address string) (filestore.Account, error) {
	if strings.HasPrefix(address, "tftpuser@") {
		return filestore.Account{}, fs.ErrNotExist
	}
	return d.Base.Account(ctx, address)
}
