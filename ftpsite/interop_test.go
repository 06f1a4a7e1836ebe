package ftpsite_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// run runs a client to its end and returns what it printed.
func run(t *testing.T, stdin string, name string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, name, args...)
	command.Stdin = strings.NewReader(stdin)
	command.Env = append(os.Environ(), "HOME="+t.TempDir(), "LFTP_HOME="+t.TempDir(), "TERM=dumb")
	output, err := command.CombinedOutput()
	return string(output), err
}

func mustRun(t *testing.T, stdin string, name string, args ...string) string {
	t.Helper()
	output, err := run(t, stdin, name, args...)
	require.NoError(t, err, output)
	return output
}

// tree makes files of many shapes.
func tree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"empty":                            "",
		"plain.txt":                        "hello\nworld\n",
		"with space and 'quotes'":          "x",
		"ünïcode/日本語.txt":                  "utf-8",
		"deep/er/and/deeper/file":          "x",
		"binary":                           "\x00\r\n\xff\n\r\n",
		"large":                            strings.Repeat("0123456789abcdef", 100_000),
		"private/secret.txt":               "secret",
		"plain.txt.meta":                   "<meta/>",
		"many/" + strings.Repeat("n", 200): "x",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o666))
	}
	for i := range 40 {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "many", fmt.Sprint("f", i)), []byte(fmt.Sprint(i)), 0o666))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "empty dir"), 0o777))
	return dir
}

// sums describes a tree: names, kinds and contents.
func sums(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || e.IsDir() {
			found[name] = "directory"
			return err
		}
		content, err := os.ReadFile(path)
		found[name] = fmt.Sprintf("%x", sha256.Sum256(content))
		return err
	}))
	return found
}

func hostPort(t *testing.T, addr string) (host, port string) {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	require.NoError(t, err)
	return host, port
}

// writePEM stores the certificate of a server for a client to trust.
func writePEM(t *testing.T, der []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	content := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	require.NoError(t, os.WriteFile(path, content, 0o666))
	return path
}

func TestLftp(t *testing.T) {
	t.Parallel()
	lftp := fixture.Program(t, "lftp")
	serverTLS, _ := newTLS(t)
	ca := writePEM(t, serverTLS.Certificates[0].Certificate[0])
	for name, settings := range map[string]string{
		"clear": "set ftp:ssl-allow no;",
		"TLS": "set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ftp:ssl-protect-list yes;" +
			"set ssl:ca-file " + ca + "; set ssl:check-hostname no;",
	} {
		settings += "set net:max-retries 1; set cmd:fail-exit yes;"
		t.Run("mirror, "+name, func(t *testing.T) {
			t.Parallel()
			d := newDirectory()
			d.Write(t, john, "victim", "x")
			addr := serve(t, &ftpsite.Server{Views: fixture.Views(d), TLSConfig: serverTLS})
			up, down := tree(t), t.TempDir()
			open := settings + "open -u john,john-pw ftp://" + addr + ";"
			mustRun(t, "", lftp, "-c", open+"mirror -R --parallel=3 --delete "+up+" /; mirror --parallel=3 / "+down)
			require.Equal(t, sums(t, up), sums(t, down))
		})
		t.Run("go on, "+name, func(t *testing.T) {
			t.Parallel()
			d := newDirectory()
			addr := serve(t, &ftpsite.Server{Views: fixture.Views(d), TLSConfig: serverTLS})
			open := settings + "open -u john,john-pw ftp://" + addr + ";"
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), []byte("first, second"), 0o666))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "text"), []byte("a\nb\n"), 0o666))
			d.Write(t, john, "file", "first,")
			mustRun(t, "", lftp, "-c", open+"lcd "+dir+"; put -c file; put -a text; get -c file -o copy; cat file")
			wantFile(t, d, john, "file", "first, second")
			wantFile(t, d, john, "text", "a\nb\n")
			require.Equal(t, sums(t, dir)["file"], sums(t, dir)["copy"])
		})
	}
}

func TestCurl(t *testing.T) {
	t.Parallel()
	curl := fixture.Program(t, "curl")
	d := newDirectory()
	serverTLS, _ := newTLS(t)
	ca := writePEM(t, serverTLS.Certificates[0].Certificate[0])
	d.Write(t, mary, "page.html", "public")
	d.Write(t, mary, "private/x", "secret")
	addr := serve(t, &ftpsite.Server{Views: fixture.Views(d), Anonymous: true, TLSConfig: serverTLS})
	url := "ftp://" + addr + "/"
	for name, options := range map[string][]string{
		"clear": {"-sS"},
		"PASV":  {"-sS", "--disable-epsv"},
		"TLS":   {"-sS", "--ssl-reqd", "--cacert", ca},
	} {
		t.Run(name, func(t *testing.T) {
			as := func(user string, args ...string) []string {
				return append(append([]string{"-u", user}, options...), args...)
			}
			file := name + "/new%20file.txt"
			mustRun(t, "first", curl, as("john:john-pw", "--ftp-create-dirs", "-T", "-", url+file)...)
			mustRun(t, ", second", curl, as("john:john-pw", "-a", "-T", "-", url+file)...)
			wantFile(t, d, john, name+"/new file.txt", "first, second")
			require.Equal(t, "first, second", mustRun(t, "", curl, as("john:john-pw", url+file)...))
			require.Equal(t, "second", mustRun(t, "", curl, as("john:john-pw", "-r", "7-", url+file)...))
			require.Contains(t, mustRun(t, "", curl, as("john:john-pw", url+name+"/")...), " new file.txt\n")
			require.Contains(t, mustRun(t, "", curl, as("john:john-pw", "-I", url+file)...), "Content-Length: 13")
			require.Equal(t, "public", mustRun(t, "", curl, as("anonymous:x@y", url+"~mary/page.html")...))
			_, err := run(t, "", curl, as("anonymous:x@y", url+"~mary/private/x")...)
			require.Error(t, err)
			_, err = run(t, "", curl, as("john:wrong", url)...)
			require.Error(t, err)
		})
	}
}

// TestKilledCurl: a client that is killed in the middle leaves nothing.
func TestKilledCurl(t *testing.T) {
	t.Parallel()
	curl := fixture.Program(t, "curl")
	d := newDirectory()
	arrived := make(chan struct{})
	var once sync.Once
	wrap(d, john, func(inner filestore.Store) filestore.Store {
		return faulty{Store: inner, write: func([]byte) error {
			once.Do(func() { close(arrived) })
			return nil
		}}
	})
	server := &ftpsite.Server{Views: fixture.Views(d)}
	addr := serve(t, server)
	command := exec.CommandContext(t.Context(), curl, "-sS", "-u", "john:john-pw", "-T", "-", "ftp://"+addr+"/file")
	stdin, err := command.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	_, err = io.Copy(stdin, bytes.NewReader(make([]byte, 1<<20)))
	require.NoError(t, err)
	<-arrived
	require.NoError(t, command.Process.Kill())
	require.Error(t, command.Wait())
	require.NoError(t, server.Shutdown(t.Context())) // waits for what is going on
	wantNoFile(t, d, john, "file", 0, 0)
}

func TestNcftp(t *testing.T) {
	t.Parallel()
	put, get, list := fixture.Program(t, "ncftpput"), fixture.Program(t, "ncftpget"), fixture.Program(t, "ncftpls")
	d := newDirectory()
	host, port := hostPort(t, serve(t, &ftpsite.Server{Views: fixture.Views(d)}))
	up, down := tree(t), t.TempDir()
	login := []string{"-u", "john", "-p", "john-pw", "-P", port}
	mustRun(t, "", put, append(login, "-R", host, "/", filepath.Join(up, "many"), filepath.Join(up, "deep"))...)
	mustRun(t, "", put, append(login, "-m", host, "/new/dir", filepath.Join(up, "binary"), filepath.Join(up, "large"))...)
	mustRun(t, "", get, append(login, "-R", host, down, "/many", "/deep", "/new")...)
	got, want := sums(t, down), sums(t, up)
	require.Equal(t, want["large"], got["new/dir/large"])
	require.Equal(t, want["binary"], got["new/dir/binary"])
	for name, sum := range want {
		if strings.HasPrefix(name, "many") || strings.HasPrefix(name, "deep") {
			require.Equal(t, sum, got[name], name)
		}
	}
	output := mustRun(t, "", list, append(login, "ftp://"+host+"/new/dir/")...)
	require.Contains(t, output, "binary")
}
