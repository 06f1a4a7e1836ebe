package httpsite_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/internal/fixture"
)

// TestGVFS copies, renames and removes what has odd names by the file system of GNOME.
func TestGVFS(t *testing.T) {
	t.Parallel()
	session, _, _ := fixture.Program(t, "dbus-run-session"), fixture.Program(t, "gio"), fixture.Program(t, "/usr/libexec/gvfsd-dav")
	s := newServer(t)
	s.Remove(t, "folder/default.html")
	up, down, home := t.TempDir(), t.TempDir(), t.TempDir()
	writeOdd(t, up, len(oddNames))
	command := exec.CommandContext(t.Context(), session, "--", "bash", "-euc", `
printf 'john\njohn-pw\n' | gio mount "$SHARE/"
for f in "$UP"/* "$UP"/.[!.]* "$UP"/..?*; do
	gio copy "$f" "$SHARE/folder/"
done
gio mkdir "$SHARE/folder/new"
echo saved | gio save "$SHARE/folder/new/file"
echo again | gio save "$SHARE/folder/new/file"
gio rename "$SHARE/folder/new/file" 'renamed ü'
gio move "$SHARE/folder/new/renamed%20%C3%BC" "$SHARE/folder/moved"
gio cat "$SHARE/folder/moved"
gio remove "$SHARE/folder/moved" "$SHARE/folder/new"
gio list -h -u "$SHARE/folder" >"$HOME/list"
while read -r uri; do
	gio copy "$uri" "$DOWN"
done <"$HOME/list"
gio info -f "$SHARE/" # the quota
gio mount -u "$SHARE/"
`)
	command.Env = append(os.Environ(), "HOME="+home, "XDG_RUNTIME_DIR="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home, "GVFS_DISABLE_FUSE=1", "GIO_USE_VOLUME_MONITOR=null",
		"LC_ALL=C.UTF-8", "UP="+up, "DOWN="+down, "SHARE=dav"+strings.TrimPrefix(s.URL, "http")+"/~john")
	command.WaitDelay = time.Minute
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "again")
	same(t, up, down)
}

// TestDavfs mounts a share into the file system by davfs2. That needs root and FUSE.
func TestDavfs(t *testing.T) {
	t.Parallel()
	fixture.Program(t, "/usr/sbin/mount.davfs")
	if fuse, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0); err != nil || os.Geteuid() != 0 {
		t.Skip("no FUSE here: ", err)
	} else {
		fuse.Close()
	}
	s := newServer(t)
	s.Remove(t, "folder/default.html")
	up, home := t.TempDir(), fixture.ProgramDir(t)
	require.NoError(t, os.Chmod(home, 0o755)) // the program becomes the user davfs2
	writeOdd(t, up, len(oddNames)+40)
	require.NoError(t, os.Mkdir(filepath.Join(home, "mnt"), 0o755))
	require.NoError(t, os.Mkdir(filepath.Join(home, "cache"), 0o755))
	require.NoError(t, os.Chmod(filepath.Join(home, "cache"), 0o777))
	url := s.URL + "/~john/folder/"
	// With its own buf_size it cannot list on Linux 6.16 and later.
	conf := fmt.Sprintf("secrets %[1]s/secrets\ncache_dir %[1]s/cache\nask_auth 0\nuse_locks 1\ndelay_upload 0\nbuf_size 64\n", home)
	require.NoError(t, os.WriteFile(filepath.Join(home, "conf"), []byte(conf), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(home, "secrets"), []byte(url+" john john-pw\n"), 0o600))
	mount := func(script string) string {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		command := exec.CommandContext(ctx, "bash", "-euc", `
mount -t davfs -o conf="$HOME_DIR/conf" "$SHARE" "$HOME_DIR/mnt"
trap 'cd /; umount "$HOME_DIR/mnt"' EXIT
cd "$HOME_DIR/mnt"
`+script)
		command.Env = append(os.Environ(), "HOME_DIR="+home, "SHARE="+url, "UP="+up, "LC_ALL=C.UTF-8")
		command.WaitDelay = time.Minute
		out, err := command.CombinedOutput()
		require.NoError(t, err, string(out))
		return string(out)
	}
	mount(`
mkdir tree
cp -r "$UP/." tree
echo one >file; echo two >>file; mv file renamed; mkdir dir; mv renamed dir/moved
`)
	content, _ := s.Read(t, john, "folder/dir/moved")
	require.Equal(t, "one\ntwo\n", content)
	require.Contains(t, mount(`
diff -r --exclude lost+found "$UP" tree
rm -r tree/dir* dir
rm tree/--option
df . | tail -1
ls -a tree
`), "...")
	_, there := s.Read(t, john, "folder/dir/moved")
	require.False(t, there)
	_, there = s.Read(t, john, "folder/tree/--option")
	require.False(t, there)
}
