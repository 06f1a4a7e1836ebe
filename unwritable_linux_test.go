package cgpkit_test

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/directory/check"
)

// unwritableBase names the base directory to the process that may not write it.
const unwritableBase = "CGPKIT_UNWRITABLE_BASE"

// TestUnwritableBase: a server that may read a base directory and not write it
// serves what is there, refuses changes as not permitted, in every protocol, and
// tells the administrator once which directory it is.
func TestUnwritableBase(t *testing.T) {
	if dir := os.Getenv(unwritableBase); dir != "" {
		serveUnwritable(t, dir)
		return
	}
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"Settings/Main.settings":                   "{DomainName=client1.com;}",
		"Accounts/john.macnt/account.settings":     `{Password="john-pw";}`,
		"Accounts/john.macnt/account.web/f":        "content",
		"Accounts/john.macnt/account.web/f.meta":   "<meta/>",
		"Accounts/john.macnt/account.web/dir/x":    "x",
		"Accounts/mary.macnt/account.settings":     `{Password="mary-pw";}`, // without a storage
		"Accounts/Settings/Access.settings":        "{tftpuser=(CanAccessWebSites);}",
		"Accounts/tftpuser.macnt/account.settings": "{}",

		"Domains/client2.com/zoe.macnt/account.web/d/x": "x", // whose storage can be changed, but for a directory
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	}
	program := copyOfThis(t)
	command := exec.CommandContext(t.Context(), program, "-test.run=^TestUnwritableBase$", "-test.v")
	command.Env = append(os.Environ(), unwritableBase+"="+dir)
	command.Dir = dir
	if os.Geteuid() == 0 {
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	} else {
		forbidWriting(t, dir)
	}
	for _, dir := range []string{filepath.Join(dir, "Domains/client2.com/zoe.macnt"), filepath.Join(dir, "Domains/client2.com/zoe.macnt/account.web")} {
		require.NoError(t, os.Chmod(dir, 0o777))
	}
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "--- PASS: TestUnwritableBase")
}

// copyOfThis returns a copy of this program that everybody may run.
func copyOfThis(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	from, err := os.Open("/proc/self/exe")
	require.NoError(t, err)
	defer from.Close()
	to, err := os.OpenFile(filepath.Join(dir, "test"), os.O_CREATE|os.O_WRONLY, 0o755)
	require.NoError(t, err)
	_, err = io.Copy(to, from)
	require.NoError(t, err)
	require.NoError(t, to.Close())
	return to.Name()
}

// forbidWriting takes the right to change directories away, until the test ends.
func forbidWriting(t *testing.T, dir string) {
	t.Helper()
	chmod := func(mode os.FileMode) error {
		return filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
			if err == nil && e.IsDir() {
				err = os.Chmod(path, mode)
			}
			return err
		})
	}
	require.NoError(t, chmod(0o555))
	t.Cleanup(func() { require.NoError(t, chmod(0o755)) })
}

func serveUnwritable(t *testing.T, dir string) {
	var log bytes.Buffer
	b, err := directory.Open(dir, &directory.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	require.NoError(t, b.Claim())
	var found []string
	for f := range b.Check(t.Context(), check.Storage) {
		found = append(found, f.String())
	}
	require.Equal(t, []string{
		"Accounts/john.macnt/account.web: cannot be changed: permission denied",
		"Accounts/mary.macnt/account.web: cannot be made: permission denied",
		"Accounts/tftpuser.macnt/account.web: cannot be made: permission denied",
		"Domains/client2.com/zoe.macnt/account.web/d: cannot be changed: permission denied",
	}, found)
	const mary = "mary@client1.com"
	for _, w := range []wayIn{overHTTP(t, b, nil), overFTP(t, b, nil), overTFTP(t, b, "", nil), overCLI(t, b, nil)} {
		denied := map[string]string{"HTTP": "403", "FTP": "550", "TFTP": "2", "CLI": "501"}[w.name]
		for range 5 {
			for _, user := range []string{john, ""} {
				for _, operation := range []string{"write", "mkdir", "remove", "rename", "copy"} {
					name := "f"
					if operation == "mkdir" {
						name = "dir"
					}
					if user == "" && w.name != "TFTP" {
						continue
					}
					if got := w.try(t, user, operation, john, name); got != "" {
						require.Equal(t, denied, got, "%s, %s", w.name, operation)
					}
				}
			}
		}
		user := john
		if w.name == "TFTP" {
			user = ""
		}
		require.Contains(t, strings.Fields(w.codes("read", ok, false)), w.try(t, user, "read", john, "f"), w.name)
		if w.name == "HTTP" {
			require.Equal(t, "403", w.try(t, mary, "write", mary, "new"))
			require.Equal(t, "404", w.try(t, mary, "read", mary, "new"))
		}
		if w.name == "CLI" {
			require.Equal(t, "201", w.try(t, user, "usage", john, "dir"))
		}
	}
	require.NoError(t, b.Close())
	for _, account := range []string{"john", "mary"} {
		web := filepath.Join(dir, "Accounts", account+".macnt", "account.web")
		require.Equal(t, 1, strings.Count(log.String(), "dir="+web+" "), "%s", log.String())
	}
	require.Equal(t, 2, strings.Count(log.String(), "\n"), "%s", log.String())
}
