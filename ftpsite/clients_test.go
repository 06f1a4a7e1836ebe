package ftpsite_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// TestRclone: copy, check, update and sync, in clear, by AUTH TLS and in implicit
// TLS, with as many connections as rclone opens. It uploads aside and renames.
func TestRclone(t *testing.T) {
	t.Parallel()
	rclone := fixture.Program(t, "rclone")
	serverTLS, _ := newTLS(t)
	for _, mode := range []string{"clear", "explicit", "implicit"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			d := newDirectory()
			server := &ftpsite.Server{Views: fixture.Views(d), TLSConfig: serverTLS, MaxSessionsPerAddr: 60}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			serve := server.Serve
			if mode == "implicit" {
				serve = server.ServeTLS
			}
			result := make(chan error, 1)
			go func() { result <- serve(l) }()
			host, port := hostPort(t, l.Addr().String())
			password := strings.TrimSpace(mustRun(t, "", rclone, "obscure", "john-pw"))
			config := filepath.Join(t.TempDir(), "rclone.conf")
			require.NoError(t, os.WriteFile(config, fmt.Appendf(nil,
				"[it]\ntype = ftp\nhost = %s\nport = %s\nuser = john\npass = %s\nexplicit_tls = %t\ntls = %t\nno_check_certificate = true\n",
				host, port, password, mode == "explicit", mode == "implicit"), 0o600))
			run := func(args ...string) string {
				t.Helper()
				return mustRun(t, "", rclone, append([]string{"--config", config, "--transfers", "25", "--checkers", "8", "--retries", "1", "--low-level-retries", "1"}, args...)...)
			}
			up, down := tree(t), t.TempDir()
			run("copy", "--create-empty-src-dirs", up, "it:")
			run("check", up, "it:")
			// Updates of what is there.
			require.NoError(t, os.WriteFile(filepath.Join(up, "plain.txt"), []byte("updated, and longer than before"), 0o666))
			require.NoError(t, os.WriteFile(filepath.Join(up, "large"), []byte("now small"), 0o666))
			require.NoError(t, os.Remove(filepath.Join(up, "binary")))
			run("sync", "--create-empty-src-dirs", up, "it:")
			wantFile(t, d, john, "plain.txt", "updated, and longer than before")
			run("sync", "--create-empty-src-dirs", "it:", down)
			require.Equal(t, sums(t, up), sums(t, down))
			run("moveto", "it:plain.txt", "it:large")
			wantFile(t, d, john, "large", "updated, and longer than before")
			require.NoError(t, server.Close())
			require.ErrorIs(t, <-result, ftpsite.ErrServerClosed)
		})
	}
}

// TestTnftp: mget and mput, whose patterns the server resolves.
func TestTnftp(t *testing.T) {
	t.Parallel()
	tnftp := fixture.Program(t, "tnftp")
	d := newDirectory()
	for _, name := range []string{"a.x", "b.x", "c.y", "dir/d.x"} {
		d.Write(t, john, name, "content of "+name)
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "up 1.z"), []byte("first"), 0o666))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "up2.z"), []byte("second"), 0o666))
	for _, mode := range []string{"passive on", "passive off"} {
		script := fmt.Sprintf("user john john-pw\n%s\nepsv4 on\nprompt off\nlcd %s\nbinary\nmget *.x\nmput *.z\nls\ncd dir\nmget *.x\nquote HELP\nquit\n", mode, dir)
		server := &ftpsite.Server{Views: fixture.Views(d), ActiveMode: true}
		host, port := hostPort(t, serve(t, server))
		output := mustRun(t, script, tnftp, "-n", "-v", host, port)
		for _, name := range []string{"a.x", "b.x", "d.x"} {
			content, err := os.ReadFile(filepath.Join(dir, name))
			require.NoError(t, err, output)
			require.Contains(t, string(content), name)
			require.NoError(t, os.Remove(filepath.Join(dir, name)))
		}
		_, err := os.Stat(filepath.Join(dir, "c.y"))
		require.Error(t, err)
		wantFile(t, d, john, "up 1.z", "first")
		wantFile(t, d, john, "up2.z", "second")
		require.NoError(t, d.Files(t, john).Remove(t.Context(), "up2.z", filestore.RemoveOptions{}))
	}
}

// TestNcftpPatterns: "get *.x" of the interactive client lists by pattern.
func TestNcftpPatterns(t *testing.T) {
	t.Parallel()
	get := fixture.Program(t, "ncftpget")
	d := newDirectory()
	for _, name := range []string{"a.x", "b.x", "c.y"} {
		d.Write(t, john, "dir/"+name, "content of "+name)
	}
	host, port := hostPort(t, serve(t, &ftpsite.Server{Views: fixture.Views(d)}))
	down := t.TempDir()
	mustRun(t, "", get, "-u", "john", "-p", "john-pw", "-P", port, host, down, "/dir/*.x")
	got := sums(t, down)
	require.Len(t, got, 2)
	require.Contains(t, got, "a.x")
	require.Contains(t, got, "b.x")
}

// TestWget: a tree by recursion, which reads LIST, and one file again only when
// it is newer.
func TestWget(t *testing.T) {
	t.Parallel()
	wget := fixture.Program(t, "wget")
	d := newDirectory()
	for _, name := range []string{"page.html", "dir/one file.txt", "dir/deep/two.txt"} {
		d.Write(t, mary, name, "content of "+name)
	}
	host, port := hostPort(t, serve(t, &ftpsite.Server{Views: fixture.Views(d), Anonymous: true}))
	down := t.TempDir()
	url := "ftp://" + net.JoinHostPort(host, port) + "/~mary/"
	mustRun(t, "", wget, "-q", "-r", "-nH", "--cut-dirs=1", "-P", down, url)
	for _, name := range []string{"page.html", "dir/one file.txt", "dir/deep/two.txt"} {
		content, err := os.ReadFile(filepath.Join(down, name))
		require.NoError(t, err)
		require.Equal(t, "content of "+name, string(content))
	}
	mustRun(t, "", wget, "-q", "-N", "-nH", "--cut-dirs=1", "-P", down, url+"page.html")
	mustRun(t, "", wget, "-q", "-c", "-nH", "--cut-dirs=1", "-P", down, url+"page.html")
}

// TestPythonFtplib: what scripts do, in clear and in TLS.
func TestPythonFtplib(t *testing.T) {
	t.Parallel()
	python := fixture.Program(t, "/usr/bin/python3")
	serverTLS, _ := newTLS(t)
	d := newDirectory()
	host, port := hostPort(t, serve(t, &ftpsite.Server{Views: fixture.Views(d), TLSConfig: serverTLS, ActiveMode: true}))
	script := `
import ftplib, io, ssl, sys
for secure in (False, True):
    for passive in (True, False):
        if secure:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            ftp = ftplib.FTP_TLS(context=context, timeout=10)
        else:
            ftp = ftplib.FTP(timeout=10)
        ftp.connect(sys.argv[1], int(sys.argv[2]))
        ftp.login("john", "john-pw")
        if secure:
            ftp.prot_p()
        ftp.set_pasv(passive)
        assert ftp.mkd("dir \"x\"") == "/dir \"x\"", "MKD"
        ftp.cwd("dir \"x\"")
        assert ftp.pwd() == "/dir \"x\""
        data = bytes(range(256)) * 5000
        ftp.storbinary("STOR file.bin", io.BytesIO(data))
        assert ftp.size("file.bin") == len(data)
        got = io.BytesIO()
        ftp.retrbinary("RETR file.bin", got.write)
        assert got.getvalue() == data
        got = io.BytesIO()
        ftp.retrbinary("RETR file.bin", got.write, rest=1000)
        assert got.getvalue() == data[1000:]
        ftp.storlines("STOR text", io.BytesIO(b"one\ntwo\n"))
        lines = []
        ftp.retrlines("RETR text", lines.append)
        assert lines == ["one", "two"], lines
        assert ftp.nlst() == ["file.bin", "text"], ftp.nlst()
        facts = dict(ftp.mlsd(facts=["type", "size"]))
        assert facts["text"] == {"type": "file", "size": "8"}, facts
        ftp.rename("text", "file.bin")
        assert ftp.size("file.bin") == 8
        ftp.delete("file.bin")
        ftp.cwd("..")
        ftp.rmd("dir \"x\"")
        ftp.quit()
print("done")
`
	require.Equal(t, "done\n", mustRun(t, "", python, "-c", script, host, port))
}

// TestStepByStep: curl goes to a file by a CWD for each segment, lftp by cd.
func TestStepByStep(t *testing.T) {
	t.Parallel()
	curl, lftp := fixture.Program(t, "curl"), fixture.Program(t, "lftp")
	d := newDirectory()
	d.Write(t, john, "private/box/deep/f.txt", "shared")
	d.Write(t, john, "private/box.meta", keyed)
	d.Write(t, john, "private/shelf/deep/open.txt", "open to mary")
	d.Write(t, john, "private/shelf/deep.meta", `<meta><ACL><subKey key="mary">lr</subKey></ACL></meta>`)
	addr := serve(t, &ftpsite.Server{Views: fixture.Views(d), Anonymous: true})
	for _, method := range []string{"multicwd", "nocwd", "singlecwd"} {
		get := func(user, path string) (string, error) {
			return run(t, "", curl, "-sS", "--ftp-method", method, "-u", user, "ftp://"+addr+path)
		}
		got, err := get("anonymous:x", "/~john/protected/box/pwd/K3Y/deep/f.txt")
		require.NoError(t, err, got)
		require.Equal(t, "shared", got, method)
		got, err = get("mary:mary-pw", "/~john/private/shelf/deep/open.txt")
		require.NoError(t, err, got)
		require.Equal(t, "open to mary", got, method)
		for _, path := range []string{"/~john/protected/box/pwd/WRONG/deep/f.txt", "/~john/private/box/deep/f.txt", "/~john/protected/box/deep/f.txt"} {
			_, err = get("mary:mary-pw", path)
			require.Error(t, err, path)
		}
	}
	cd := "set ftp:ssl-allow no; set net:max-retries 1; set cmd:fail-exit yes; open -u %s ftp://%s; %s"
	output := mustRun(t, "", lftp, "-c", fmt.Sprintf(cd, "anonymous,x", addr, "cd ~john; cd protected; cd box/pwd; cd K3Y; cls -1; cd deep; cat f.txt"))
	require.Contains(t, output, "deep/\nshared")
	output = mustRun(t, "", lftp, "-c", fmt.Sprintf(cd, "mary,mary-pw", addr, "cd ~john; cd private; cd shelf; cls -1; cd deep; cls -1; cat open.txt"))
	require.Contains(t, output, "open.txt\nopen to mary")
}
