package ftpsite_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// TestPHP: what PHP's own functions do, in clear and in TLS, passive and active.
func TestPHP(t *testing.T) {
	t.Parallel()
	php := fixture.Program(t, "php")
	serverTLS, _ := newTLS(t)
	d := newDirectory()
	host, port := hostPort(t, serve(t, &ftpsite.Server{Views: fixture.Views(d), TLSConfig: serverTLS, ActiveMode: true}))
	script := filepath.Join(t.TempDir(), "test.php")
	require.NoError(t, os.WriteFile(script, []byte(`<?php
function check($ok, $what) { if (!$ok) { echo "failed: $what\n"; exit(1); } }
[, $host, $port, $dir] = $argv;
$data = random_bytes(300000);
file_put_contents("$dir/up", $data);
foreach ([false, true] as $secure) foreach ([true, false] as $passive) {
	$ftp = $secure ? ftp_ssl_connect($host, $port, 20) : ftp_connect($host, $port, 20);
	check($ftp, "connect");
	check(ftp_login($ftp, "john", "john-pw"), "login");
	check(ftp_pasv($ftp, $passive), "pasv");
	check(ftp_mkdir($ftp, 'd "x"') === '/d ""x""', "mkdir");
	check(ftp_chdir($ftp, 'd "x"'), "chdir");
	check(ftp_put($ftp, "a.bin", "$dir/up", FTP_BINARY), "put");
	check(ftp_size($ftp, "a.bin") === 300000, "size");
	check(ftp_get($ftp, "$dir/down", "a.bin", FTP_BINARY) && file_get_contents("$dir/down") === $data, "get");
	file_put_contents("$dir/down", substr($data, 0, 1000));
	check(ftp_get($ftp, "$dir/down", "a.bin", FTP_BINARY, 1000) && file_get_contents("$dir/down") === $data, "resume");
	check(ftp_put($ftp, "b.bin", "$dir/up", FTP_BINARY), "put");
	check(ftp_rename($ftp, "b.bin", "a.bin"), "rename onto");
	check(ftp_nlist($ftp, ".") == ["a.bin"], "nlist");
	check(ftp_nlist($ftp, "*.bin") == ["a.bin"], "pattern");
	check(count(ftp_rawlist($ftp, "-la")) === 1, "rawlist");
	check(ftp_mlsd($ftp, ".")[0]["name"] === "a.bin", "mlsd");
	check(ftp_mdtm($ftp, "a.bin") > 1700000000, "mdtm");
	check(ftp_chmod($ftp, 0644, "a.bin") === 0644, "chmod");
	check(ftp_alloc($ftp, 1000), "alloc");
	check(ftp_systype($ftp) === "UNIX", "systype");
	check(ftp_raw($ftp, "HASH a.bin")[0] === "213 SHA-256 0-300000 " . hash("sha256", $data) . " a.bin", "hash");
	check(ftp_delete($ftp, "a.bin"), "delete");
	check(ftp_cdup($ftp), "cdup");
	check(ftp_rmdir($ftp, 'd "x"'), "rmdir");
	ftp_close($ftp);
}
echo "done\n";
`), 0o600))
	require.Equal(t, "done\n", mustRun(t, "", php, script, host, port, t.TempDir()))
}

// TestPerl: Net::FTP.
func TestPerl(t *testing.T) {
	t.Parallel()
	perl := fixture.Program(t, "perl")
	if output, err := run(t, "", perl, "-MNet::FTP", "-e", "1"); err != nil && os.Getenv("CI") != "true" {
		t.Skip(output)
	}
	d := newDirectory()
	host, port := hostPort(t, serve(t, &ftpsite.Server{Views: fixture.Views(d), ActiveMode: true}))
	script := `
use strict; use Net::FTP;
my ($host, $port, $dir) = @ARGV;
open(my $f, ">", "$dir/up"); print $f "line\n" x 50000; close($f);
for my $passive (1, 0) {
	my $ftp = Net::FTP->new($host, Port => $port, Passive => $passive, Timeout => 20) or die "connect: $@";
	my $ok = sub { my ($ok, $what) = @_; $ok or die "$what: " . $ftp->message };
	$ok->($ftp->login("john", "john-pw"), "login");
	$ok->($ftp->mkdir("a"), "mkdir"); $ok->($ftp->cwd("a"), "cwd"); $ok->($ftp->pwd eq "/a", "pwd");
	$ok->($ftp->ascii, "ascii"); $ok->($ftp->put("$dir/up", "text"), "put"); $ok->($ftp->binary, "binary");
	$ok->($ftp->size("text") == 250000, "size");
	$ok->($ftp->append("$dir/up", "text"), "append"); $ok->($ftp->size("text") == 500000, "size after append");
	$ok->($ftp->get("text", "$dir/down"), "get"); $ok->(-s "$dir/down" == 500000, "size of the copy");
	my $name = $ftp->put_unique("$dir/up", "text"); $ok->($name && $name =~ /^text\./, "put_unique");
	$ok->($ftp->size($name) == 250000, "unique name"); $ok->($ftp->delete($name), "delete");
	$ok->(join(",", $ftp->ls("t*")) eq "text", "ls"); $ok->(@{[$ftp->dir]} == 1, "dir");
	$ok->($ftp->mdtm("text") > 1700000000, "mdtm"); $ok->($ftp->supported("MFMT"), "supported");
	$ok->($ftp->site("CHMOD 644 text") == 2, "site");
	my $half = $ftp->retr("text"); $half->read(my $buffer, 1000); $half->abort; $ok->($ftp->pwd eq "/a", "pwd after abort");
	$ok->($ftp->rename("text", "b"), "rename"); $ok->($ftp->cdup, "cdup"); $ok->($ftp->rmdir("a", 1), "rmdir");
	$ftp->quit;
}
print "done\n";
`
	require.Equal(t, "done\n", mustRun(t, "", perl, "-e", script, host, port, t.TempDir()))
}

// TestBusyBox: ftpput, ftpget and a resumed ftpget.
func TestBusyBox(t *testing.T) {
	t.Parallel()
	busybox := fixture.Program(t, "busybox")
	d := newDirectory()
	host, port := hostPort(t, serve(t, &ftpsite.Server{Views: fixture.Views(d)}))
	dir := t.TempDir()
	content := strings.Repeat("0123456789", 20_000)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "up"), []byte(content), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "down"), []byte(content[:5000]), 0o600))
	as := []string{"-u", "john", "-p", "john-pw", "-P", port}
	mustRun(t, "", busybox, append(append([]string{"ftpput"}, as...), host, "dir.txt", filepath.Join(dir, "up"))...)
	wantFile(t, d, john, "dir.txt", content)
	mustRun(t, "", busybox, append(append([]string{"ftpget", "-c"}, as...), host, filepath.Join(dir, "down"), "dir.txt")...)
	got, err := os.ReadFile(filepath.Join(dir, "down"))
	require.NoError(t, err)
	require.Equal(t, content, string(got))
}

// TestInetutils: the old ftp, with patterns, unique names and text.
func TestInetutils(t *testing.T) {
	t.Parallel()
	ftp := fixture.Program(t, "inetutils-ftp")
	for name, passive := range map[string]string{"passive": "passive\n", "active": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDirectory()
			host, port := hostPort(t, serve(t, &ftpsite.Server{Views: fixture.Views(d), ActiveMode: true}))
			dir := t.TempDir()
			for _, name := range []string{"a.txt", "b.txt", "c.bin"} {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(name+"\n"), 0o600))
			}
			d.Write(t, john, "down/x.txt", "x\n")
			d.Write(t, john, "down/y.txt", "y\n")
			script := fmt.Sprintf("open %s %s\nuser john john-pw\n%slcd %s\nascii\nmput *.txt\nbinary\nput c.bin\nsunique\nput c.bin\n"+
				"rename c.bin a.txt\nchmod 644 a.txt\nsystem\nstatus\nrstatus\ncd down\nmget *.txt\nmdelete x.*\npwd\nquit\n", host, port, passive, dir)
			output := mustRun(t, script, ftp, "-n", "-i")
			wantFile(t, d, john, "a.txt", "c.bin\n")
			wantFile(t, d, john, "b.txt", "b.txt\n")
			wantFile(t, d, john, "down/y.txt", "y\n")
			_, left := d.Read(t, john, "down/x.txt")
			require.False(t, left, output)
			got, err := os.ReadFile(filepath.Join(dir, "y.txt"))
			require.NoError(t, err, output)
			require.Equal(t, "y\n", string(got))
		})
	}
}

// TestClientsReuseTheSession: curl, lftp and Python resume the TLS session of the
// control connection, as a server may demand.
func TestClientsReuseTheSession(t *testing.T) {
	t.Parallel()
	curl, lftp := fixture.Program(t, "curl"), fixture.Program(t, "lftp")
	serverTLS, _ := newTLS(t)
	for _, implicit := range []bool{false, true} {
		t.Run(fmt.Sprint("implicit ", implicit), func(t *testing.T) {
			t.Parallel()
			d := newDirectory()
			server := &ftpsite.Server{Views: fixture.Views(d), TLSConfig: serverTLS, RequireTLS: true, RequireSessionReuse: true}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			scheme, listen := "ftp", server.Serve
			if implicit {
				scheme, listen = "ftps", server.ServeTLS
			}
			result := make(chan error, 1)
			go func() { result <- listen(l) }()
			url := scheme + "://" + l.Addr().String() + "/"
			for i := range 3 {
				name := fmt.Sprint("f", i)
				mustRun(t, name, curl, "-sS", "-k", "--ssl-reqd", "-u", "john:john-pw", "-T", "-", url+name)
			}
			require.Equal(t, "f0f1f2", mustRun(t, "", curl, "-sS", "-k", "--ssl-reqd", "-u", "john:john-pw", url+"f[0-2]"))
			require.Equal(t, "f0f1f2", mustRun(t, "", lftp, "--norc", "-c", "set net:max-retries 1; set ssl:verify-certificate no; set ftp:ssl-force yes;"+
				"set ftp:ssl-protect-data yes; open -u john,john-pw "+url+"; cat f0 f1 f2"))
			require.NoError(t, server.Close())
			require.ErrorIs(t, <-result, ftpsite.ErrServerClosed)
		})
	}
}
