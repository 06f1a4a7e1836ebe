package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mounts are directories that the demo shows an administrator in every account,
// each with a file.
var mounts = []string{"WebSkins/gold/login.wssp", "PBXApp/start.sppr", "Accounts/Settings/WebSkins/silver/login.wssp", "Accounts/Settings/PBXApp/en/start.sppr"}

// withMounts starts the demo with skins and applications of the server, of the
// Main Domain and of a Cluster, and returns their files.
func withMounts(t *testing.T) (r *running, files []string) {
	t.Helper()
	cluster := t.TempDir()
	r = start(t, "-cluster", cluster)
	for _, name := range mounts {
		files = append(files, filepath.Join(r.base, name))
	}
	files = append(files, filepath.Join(cluster, "WebSkins/gold/login.wssp"), filepath.Join(cluster, "PBXApp/start.sppr"))
	for _, name := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o750))
		require.NoError(t, os.WriteFile(name, []byte(name), 0o640))
	}
	return r, files
}

// What an administrator mirrors into an account takes the place of what is in
// that account, and of nothing else.
func TestMirrorLeavesMountsAlone(t *testing.T) {
	t.Parallel()
	for client, mirror := range map[string]func(t *testing.T, r *running, source string) (string, error){
		"lftp": func(t *testing.T, r *running, source string) (string, error) {
			return r.lftp(t, r.login("postmaster@client1.com"), "mirror -R --delete "+source+" ~john")
		},
		"lftp in the account": func(t *testing.T, r *running, source string) (string, error) {
			return r.lftp(t, r.login("postmaster@client1.com"), "cd ~john; mirror -R --delete "+source+" .")
		},
		"lftp, own account": func(t *testing.T, r *running, source string) (string, error) {
			return r.lftp(t, r.login("postmaster@client1.com"), "mirror -R --delete "+source+" .; cd /; rm -r *; glob -a rm -r *; mirror -R --delete "+source+" ~john")
		},
		"rclone": func(t *testing.T, r *running, source string) (string, error) {
			host, port, _ := strings.Cut(r.addr["ftp"], ":")
			password, err := client(t, "rclone", "obscure", r.password["postmaster@client1.com"])
			require.NoError(t, err)
			// It deletes by several sessions, and comes back for what was gone with a file.
			return client(t, "rclone", "sync", source, fmt.Sprintf(":ftp,host=%s,port=%s,user='postmaster@client1.com',pass='%s',encoding=None:~john", host, port, strings.TrimSpace(password)),
				"--config", "/dev/null", "--create-empty-src-dirs", "--retries", "2", "--max-delete", "100", "-v")
		},
	} {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			r, files := withMounts(t)
			source := t.TempDir()
			want := tree(t, source)
			out, err := mirror(t, r, source)
			require.NoError(t, err, out)
			for _, name := range files {
				got, err := os.ReadFile(name)
				require.NoError(t, err, out)
				require.Equal(t, name, string(got))
			}
			got := content(t, r.storage("john@client1.com", ""))
			require.Equal(t, want, got, out)
		})
	}
}

// A plain rm of a client that speaks HTTP is for files, and says so.
func TestLftpRemovesNoTree(t *testing.T) {
	t.Parallel()
	r := start(t)
	lftp := func(script string) (string, error) {
		return client(t, "lftp", "--norc", "-c", fmt.Sprintf("set net:max-retries 1; set net:timeout 20; open -u john@client1.com,%s http://%s; %s",
			r.password["john@client1.com"], r.addr["http"], script))
	}
	out, err := lftp("rm ~john/pictures")
	require.Error(t, err, out)
	out, err = lftp("rm ~john/pictures/")
	require.Error(t, err, out)
	require.FileExists(t, r.storage("john@client1.com", "pictures/rings.png"))
	out, err = lftp("rm ~john/pictures/rings.png")
	require.NoError(t, err, out)
	require.NoFileExists(t, r.storage("john@client1.com", "pictures/rings.png"))
}

// A mount in which nothing has been stored is not there, until something is.
func TestMountThatIsNotMade(t *testing.T) {
	t.Parallel()
	r := start(t)
	admin := r.login("postmaster@client1.com")
	file := filepath.Join(t.TempDir(), "login.wssp")
	require.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
	for _, script := range []string{"cls ~john/$ServerSkins", "cd ~john/$ServerSkins", "cls ~john/$DomainPBXApp", "cat ~john/$ServerSkins/x"} {
		out, err := r.lftp(t, admin, script)
		require.Error(t, err, out)
	}
	code, _ := r.curl(t, "-u", r.auth("postmaster"), r.url("/~john/$ServerSkins/index.wssp"))
	require.Equal(t, "404", code)
	_, page := r.curl(t, "-u", r.auth("postmaster"), r.url("/~john/index.wssp"))
	require.NotContains(t, page, "$")
	require.NoDirExists(t, filepath.Join(r.base, "WebSkins"), "looking makes nothing")

	out, err := r.lftp(t, admin, `mkdir ~john/$ServerSkins/gold; put -O ~john/$ServerSkins/gold `+file)
	require.NoError(t, err, out)
	require.FileExists(t, filepath.Join(r.base, "WebSkins/gold/login.wssp"))
	code, _ = r.curl(t, "-u", r.auth("postmaster"), "-T", file, r.url("/~john/$DomainPBXApp/start.sppr"))
	require.Equal(t, "201", code)
	require.FileExists(t, filepath.Join(r.base, "Accounts/Settings/PBXApp/start.sppr"))
	_, page = r.curl(t, "-u", r.auth("postmaster"), r.url("/~john/index.wssp"))
	require.Contains(t, page, `href="./$ServerSkins/index.wssp"`)
	require.Contains(t, page, `href="./$DomainPBXApp/index.wssp"`)
	_, page = r.curl(t, "-u", r.auth("john"), r.url("/~john/index.wssp"))
	require.NotContains(t, page, "$")
	out, err = r.lftp(t, admin, `cls -l ~john/$ServerSkins/gold; cls -a ~john`)
	require.NoError(t, err, out)
	require.Contains(t, out, "login.wssp")
	require.NotContains(t, out, "$ServerSkins\n")
}
