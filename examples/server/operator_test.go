package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	require.Equal(t, 0, run(t.Context(), []string{"-version"}, &stdout, &stderr))
	require.Empty(t, stderr.String())
	require.Regexp(t, `^server \S+ go1\.\S+.*\n$`, stdout.String())
}

// However the server ends, and if it never began, its demo base is gone.
func TestDemoIsRemoved(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		r := start(t)
		require.DirExists(t, r.base)
		require.NoError(t, r.cmd.Process.Signal(signal))
		<-r.ended
		require.NoError(t, r.waitError, r.log(t))
		require.NoDirExists(t, r.base)
	}
}

func TestDemoOfAFailedStartIsRemoved(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	var stdout, stderr bytes.Buffer
	require.Equal(t, 1, run(t.Context(), []string{"-http", l.Addr().String(), "-ftp", "off", "-tftp", "off", "-cli", "off"}, &stdout, &stderr))
	left, err := os.ReadDir(temp)
	require.NoError(t, err)
	require.Empty(t, left)
}

// SIGHUP begins a new access log, keeps the old one if that cannot be, and ends
// nothing.
func TestHangUp(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "logs")
	require.NoError(t, os.Mkdir(dir, 0o700))
	access := filepath.Join(dir, "access")
	r, silent := start(t, "-access-log", access), start(t)
	hangUp := func(said string) {
		before := strings.Count(r.log(t), said)
		require.NoError(t, r.cmd.Process.Signal(syscall.SIGHUP))
		require.Eventually(t, func() bool { return strings.Count(r.log(t), said) > before }, time.Minute, time.Millisecond)
	}
	r.curl(t, r.url("/~john/"))
	require.NoError(t, os.Rename(access, access+".1"))
	hangUp("access log is opened again")
	r.curl(t, r.url("/~john/notes.txt"))
	require.NoError(t, os.Rename(dir, dir+".old"))
	hangUp("access log cannot be opened again")
	r.curl(t, r.url("/~john/missing"))
	require.NoError(t, silent.cmd.Process.Signal(syscall.SIGHUP))
	code, _ := silent.curl(t, silent.url("/~john/"))
	require.Equal(t, "200", code)
	r.stop(t)
	for name, lines := range map[string][]string{"access": {"notes.txt HTTP/1.1\" 200", "missing HTTP/1.1\" 404"}, "access.1": {" HTTP/1.1\" 200"}} {
		text, err := os.ReadFile(filepath.Join(dir+".old", name))
		require.NoError(t, err)
		require.Equal(t, len(lines), strings.Count(string(text), "\n"), name)
		for _, line := range lines {
			require.Contains(t, string(text), `"GET /~john/`+line, name)
		}
	}
}

// Every protocol writes its lines into one access log, without secrets.
func TestAccessLog(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"combined", "json"} {
		access := filepath.Join(t.TempDir(), "access")
		r := start(t, "-access-log", access, "-access-log-format", format)
		r.curl(t, "-u", r.auth("john"), r.url("/~john/private/diary.txt?password=hidden"))
		r.curl(t, "-e", "http://h/~john/protected/pwd/hidden", r.url("/~john/protected/pwd/hidden/x"))
		r.curl(t, "-u", "john:hidden", r.url("/~john/private/diary.txt"))
		out, err := r.lftp(t, r.login("john@client1.com"), "cat private/diary.txt; mkdir new")
		require.NoError(t, err, out)
		_, err = client(t, "curl", "-sS", "tftp://"+r.addr["tftp"]+"/notes.txt")
		require.NoError(t, err)
		cli, err := net.Dial("tcp", r.addr["cli"])
		require.NoError(t, err)
		_, err = cli.Write([]byte("USER john\r\nPASS " + r.password["john@client1.com"] + "\r\nREADSTORAGEFILE * FILE notes.txt\r\nREADSTORAGEFILE * FILE \"protected/pwd/hidden\"\r\nQUIT\r\n"))
		require.NoError(t, err)
		_, err = bytes.NewBuffer(nil).ReadFrom(cli)
		require.NoError(t, err)
		cli.Close()
		r.stop(t)
		content, err := os.ReadFile(access)
		require.NoError(t, err)
		text := string(content)
		require.NotContains(t, text, "hidden")
		require.NotContains(t, text, r.password["john@client1.com"])
		want := []string{
			`127.0.0.1 - john@client1.com [] "GET /~john/private/diary.txt?* HTTP/1.1" 200 40 "-" "curl`,
			`127.0.0.1 - - [] "GET /~john/protected/pwd/*/x HTTP/1.1" 404 10 "http://h/~john/protected/pwd/*" "curl`,
			`127.0.0.1 - - [] "GET /~john/private/diary.txt HTTP/1.1" 401`,
			`127.0.0.1 - john@client1.com [] "RETR /~john@client1.com/private/diary.txt FTP" 226 40 "-" "-"`,
			`127.0.0.1 - john@client1.com [] "MKD /~john@client1.com/new FTP" 257 0 "-" "-"`,
			`127.0.0.1 - - [] "RRQ /~john@client1.com/notes.txt TFTP" 200 23 "-" "-"`,
			`127.0.0.1 - john@client1.com [] "READSTORAGEFILE /~john@client1.com/notes.txt CLI" 200 23 "-" "-"`,
			`127.0.0.1 - john@client1.com [] "READSTORAGEFILE /~john@client1.com/protected/pwd/* CLI" 501 0 "-" "-"`,
		}
		if format == "json" {
			want = []string{
				`"service":"HTTP/1.1","remote":"127.0.0.1","account":"john@client1.com","op":"GET","name":"/~john/private/diary.txt?*","code":200,"bytes":40`,
				`"service":"FTP","remote":"127.0.0.1","account":"john@client1.com","op":"RETR","name":"/~john@client1.com/private/diary.txt","code":226,"bytes":40`,
				`"service":"TFTP","remote":"127.0.0.1","op":"RRQ","name":"/~john@client1.com/notes.txt","code":200,"bytes":23`,
				`"service":"CLI","remote":"127.0.0.1","account":"john@client1.com","op":"READSTORAGEFILE","name":"/~john@client1.com/notes.txt","code":200,"bytes":23`,
			}
		}
		text = regexp.MustCompile(`\[[^]]+\]`).ReplaceAllString(text, "[]")
		for _, line := range want {
			require.Contains(t, text, line)
		}
	}
}

// A login that is refused leaves one line, in every protocol of the same shape, and
// a long name a short one.
func TestLogOfRefusedLogins(t *testing.T) {
	t.Parallel()
	for name, refused := range map[string]func(r *running){
		"http": func(r *running) { r.curl(t, "-u", "john:hidden", r.url("/~john/private/diary.txt")) },
		"http, long": func(r *running) {
			r.curl(t, "-H", "Authorization: Basic "+strings.Repeat("eHh4", 13_000)+"Ong=", r.url("/~john/private/diary.txt"))
		},
		"ftp": func(r *running) {
			_, err := client(t, "curl", "-sS", "-u", "john@client1.com:hidden", "ftp://"+r.addr["ftp"]+"/")
			require.Error(t, err)
		},
		"cli": func(r *running) {
			conn, err := net.Dial("tcp", r.addr["cli"])
			require.NoError(t, err)
			_, err = conn.Write([]byte("USER john\r\nPASS hidden\r\nQUIT\r\n"))
			require.NoError(t, err)
			_, err = bytes.NewBuffer(nil).ReadFrom(conn)
			require.NoError(t, err)
		},
	} {
		r := start(t)
		before := len(r.log(t))
		refused(r)
		r.stop(t)
		lines := r.log(t)[before:]
		require.Regexp(t, `^time=\S+ level=INFO msg="login refused" remote=127\.0\.0\.1 account=\S+( service=\S+)? reason="[^"]+"\n`+
			`time=\S+ level=INFO msg="shutting down"\n$`, strings.ReplaceAll(lines, ` service=""`, ""), name)
		require.Less(t, len(lines), 1000, name)
		require.NotContains(t, lines, "<nil>")
	}
}

// With -demo the base stays, and is served again by -base. What is there already is
// not touched.
func TestDemoIsKept(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "demo")
	r := start(t, "-demo", dir)
	require.Equal(t, dir, r.base)
	r.stop(t)
	again := start(t, "-base", dir)
	again.password = r.password
	code, text := again.curl(t, "-u", again.auth("john"), again.url("/~john/private/diary.txt"))
	require.Equal(t, "200", code)
	require.Contains(t, text, "Only John")
	again.stop(t)
	for _, args := range [][]string{{"-demo", dir}, {"-demo", filepath.Join(dir, "Settings", "Main.settings")}, {"-demo", t.TempDir(), "-base", dir}} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, 2, run(t.Context(), args, &stdout, &stderr), args)
		require.Regexp(t, `^server: [^\n]+\n$`, stderr.String())
	}
	status, findings, stderr := checked(t, "-base", dir)
	require.Empty(t, findings+stderr, "nothing has been changed")
	require.Zero(t, status)
}

// Whoever is named beside an address can open it.
func TestDemoPages(t *testing.T) {
	t.Parallel()
	r := start(t)
	lines := regexp.MustCompile(`(?m)^  (http://\S+) +(.*), for (.*)$`).FindAllStringSubmatch(r.log(t), -1)
	require.Greater(t, len(lines), 5)
	names := regexp.MustCompile(`\b(john|paul|ann@client2\.com|dora@client2\.com|postmaster)\b`)
	for _, line := range lines {
		if strings.HasPrefix(line[3], "everybody") {
			code, _ := r.curl(t, line[1])
			require.Equal(t, "200", code, line[1])
			continue
		}
		code, _ := r.curl(t, line[1])
		require.Equal(t, "401", code, line[1])
		for _, name := range names.FindAllString(line[3], -1) {
			account, _, domain := strings.Cut(name, "@")
			address := name
			if !domain {
				address += "@client1.com"
			}
			code, _ := r.curl(t, "-u", address+":"+r.password[address], line[1])
			require.Equal(t, "200", code, "%s as %s", line[1], account)
		}
	}
	code, text := r.curl(t, "-u", r.auth("john"), r.url("/~john/private/holidays.meta"))
	require.Equal(t, "200", code)
	require.Contains(t, text, `<EMail realName="Mary Major">mary@client1.com</EMail>`)
}
