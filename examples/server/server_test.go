package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// builtServer is the program under test, built once.
var builtServer = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "cgpkit-server-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "server")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", &exec.Error{Name: string(out), Err: err}
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := builtServer(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// running is a server as a user starts it.
type running struct {
	cmd       *exec.Cmd
	addr      map[string]string // by name of the service
	password  map[string]string // of the demo accounts, by address
	base      string
	stderr    string // path
	ended     chan struct{}
	waitError error
}

// log returns what the server has written to standard error. That is a file, so
// everything written before the ready line is there once that was read.
func (r *running) log(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(r.stderr)
	require.NoError(t, err)
	return string(text)
}

var (
	readyLine   = regexp.MustCompile(`^ready http=(\S+) https=(\S+) ftp=(\S+) tftp=(\S+) cli=(\S+)(?: ftps=(\S+))?(?: clis=(\S+))?\n$`)
	demoBase    = regexp.MustCompile(`(?m)^demo base in (.*)$`)
	demoAccess  = regexp.MustCompile(`(?m)^  (\S+@\S+) +([a-z0-9]{16}) `)
	allFreePort = []string{"-http", "127.0.0.1:0", "-ftp", "127.0.0.1:0", "-tftp", "127.0.0.1:0", "-cli", "127.0.0.1:0"}
)

// start starts the program on free ports and waits for its ready line. When
// the test ends it is told to end, and has to do so with status 0.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	path, err := builtServer()
	require.NoError(t, err)
	r := &running{addr: map[string]string{}, password: map[string]string{}, ended: make(chan struct{})}
	r.cmd = exec.Command(path, append(slices.Clone(allFreePort), args...)...)
	r.cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	stderr, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	require.NoError(t, err)
	defer stderr.Close()
	r.stderr, r.cmd.Stderr = stderr.Name(), stderr
	stdout, err := r.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, r.cmd.Start())
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	go func() {
		_, _ = io.Copy(io.Discard, lines)
		r.waitError = r.cmd.Wait()
		close(r.ended)
	}()
	require.NoError(t, err, r.log(t))
	t.Cleanup(func() { r.stop(t) })
	found := readyLine.FindStringSubmatch(line)
	require.NotNil(t, found, "ready line: %q", line)
	for i, name := range []string{"http", "https", "ftp", "tftp", "cli", "ftps", "clis"} {
		r.addr[name] = found[i+1]
	}
	if m := demoBase.FindStringSubmatch(r.log(t)); m != nil {
		r.base = m[1]
	}
	for _, m := range demoAccess.FindAllStringSubmatch(r.log(t), -1) {
		r.password[m[1]] = m[2]
	}
	return r
}

// stop ends the server as an init system does.
func (r *running) stop(t *testing.T) {
	t.Helper()
	select {
	case <-r.ended:
	default:
		require.NoError(t, r.cmd.Process.Signal(syscall.SIGTERM))
	}
	select {
	case <-r.ended:
	case <-time.After(time.Minute):
		_ = r.cmd.Process.Kill()
		t.Fatalf("the server does not end: %s", r.log(t))
	}
	require.NoError(t, r.waitError, r.log(t))
}

func (r *running) url(path string) string { return "http://" + r.addr["http"] + path }

// storage is the host path of something in an account of the demo base.
func (r *running) storage(address, name string) string {
	return filepath.Join(r.base, filepath.FromSlash(accountDir(address)), "account.web", filepath.FromSlash(name))
}

// entries lists all that is in the directory of an account, its storage and
// what stands beside it, but for the empty working directory.
func (r *running) entries(t *testing.T, address string) []string {
	t.Helper()
	root := filepath.Join(r.base, filepath.FromSlash(accountDir(address)))
	var names []string
	require.NoError(t, filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		switch name := strings.TrimPrefix(path, root); name {
		case "", "/account.web", "/account.web.state", "/account.web.state/usage":
		default:
			names = append(names, name)
		}
		return err
	}))
	return names
}

func (r *running) auth(name string) string { return name + ":" + r.password[name+"@client1.com"] }

func TestStandsUp(t *testing.T) {
	t.Parallel()
	r := start(t)
	require.Len(t, r.password, 6)
	response, err := http.Get(r.url("/~john/"))
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, 200, response.StatusCode)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Contains(t, string(body), "<h1>John</h1>")
}

func TestListenersCanBeOff(t *testing.T) {
	t.Parallel()
	r := start(t, "-ftp", "off", "-tftp", "", "-cli", "off")
	require.Equal(t, "off", r.addr["ftp"])
	require.Equal(t, "off", r.addr["tftp"])
	require.Equal(t, "off", r.addr["cli"])
}

func TestFaultsGiveOneLine(t *testing.T) {
	t.Parallel()
	broken := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(broken, "Settings"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(broken, "Settings", "Main.settings"), []byte("{\n DomainName = client1.com\n"), 0o600))
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{name: "unknown flag", args: []string{"-nonsense"}, want: "nonsense"},
		{name: "argument", args: []string{"x"}, want: `unexpected argument "x"`},
		{name: "missing base", args: []string{"-base", filepath.Join(broken, "missing")}, want: "missing"},
		{name: "broken base", args: []string{"-base", broken}, want: "Main.settings:3:1"},
		{name: "empty base", args: []string{"-base", t.TempDir()}, want: "Main.settings"},
		{name: "missing cluster directory", args: []string{"-cluster", filepath.Join(broken, "missing")}, want: "-cluster"},
		{name: "cluster directory that is a file", args: []string{"-cluster", filepath.Join(broken, "Settings", "Main.settings")}, want: "-cluster"},
		{name: "base in use", args: []string{"-base", start(t).base}, want: "in use by another program"},
		{name: "https without certificate", args: []string{"-https", "127.0.0.1:0"}, want: "-cert"},
		{name: "missing certificate", args: []string{"-cert", "/nonexistent", "-key", "/nonexistent"}, want: "nonexistent"},
		{name: "address without a port", args: []string{"-http", "nonsense"}, want: "-http"},
		{name: "port out of range", args: []string{"-ftp", "127.0.0.1:99999"}, want: "-ftp"},
		{name: "bad ports", args: []string{"-ftp-passive", "9-1"}, want: "LOW-HIGH"},
		{name: "public address of IPv6", args: []string{"-ftp-public-ip", "::1"}, want: "not an IPv4 address"},
		{name: "public address of no domain", args: []string{"-ftp-public-ip", "=192.0.2.1"}, want: "DOMAIN=IP"},
		{name: "public address of a bad domain", args: []string{"-ftp-public-ip", "a/b=192.0.2.1"}, want: "DOMAIN=IP"},
		{name: "domain without a public address", args: []string{"-ftp-public-ip", "client1.com="}, want: "ftp-public-ip"},
		{name: "no sessions", args: []string{"-ftp-sessions-per-address", "0"}, want: "not a number from 1"},
		{name: "sessions in words", args: []string{"-ftp-sessions-per-address", "many"}, want: "not a number from 1"},
		{name: "no window", args: []string{"-tftp-window", "0"}, want: "not a number from 1 to 64"},
		{name: "large window", args: []string{"-tftp-window", "65"}, want: "not a number from 1 to 64"},
		{name: "implicit TLS without certificate", args: []string{"-ftps", "127.0.0.1:0"}, want: "-ftps needs -cert"},
		{name: "command line in TLS without certificate", args: []string{"-clis", "127.0.0.1:0"}, want: "-clis needs -cert"},
		{name: "bad switch", args: []string{"-ftp-anonymous", "perhaps"}, want: "neither on nor off"},
		{name: "bad route", args: []string{"-route", "nonsense"}, want: "route"},
		{name: "bad alias", args: []string{"-domain-alias", "x"}, want: "domain-alias"},
		{name: "bad address", args: []string{"-domain-ip", "x=client1.com"}, want: "domain-ip"},
		{name: "bad domain of trusted pages", args: []string{"-trust-pages", "a/b"}, want: "trusted pages"},
		{name: "bad proxy", args: []string{"-trusted-proxy", "10.0.0.0/33"}, want: "trusted-proxy"},
		{name: "name of a proxy", args: []string{"-trusted-proxy", "localhost"}, want: "trusted-proxy"},
		{name: "unknown time zone", args: []string{"-time-zone", "Nowhere"}, want: "time zone is not known"},
		{name: "time zone of the machine", args: []string{"-time-zone", "localtime"}, want: "time zone is not known"},
		{name: "bad level", args: []string{"-log-level", "loud"}, want: "log-level"},
		{name: "bucket without a store", args: []string{"-store-s3", "127.0.0.1:9/bucket"}, want: "-store-s3 needs -store"},
		{name: "no bucket", args: []string{"-store", "postgres://127.0.0.1:1/x", "-store-s3", "127.0.0.1:9"}, want: "ENDPOINT/BUCKET"},
		{name: "bucket with a secret", args: []string{"-store", "postgres://127.0.0.1:1/x", "-store-s3", "https://key:secret@127.0.0.1:9/bucket"}, want: "-store-s3: not ENDPOINT/BUCKET"},
		{name: "database that is away", args: []string{"-store", "postgres://127.0.0.1:1/x", "-store-timeout", "10ms"}, want: "out of reach"},
		{name: "no time for the store", args: []string{"-store-timeout", "-1s"}, want: "-store-timeout"},
		{name: "store without a word", args: []string{"store"}, want: "migrate"},
		{name: "bad format", args: []string{"-log-format", "xml"}, want: "log-format"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // if it should start all the same, it ends at once
			args := append(slices.Clone(allFreePort), tt.args...)
			if tt.args[0] == "store" {
				args = tt.args
			}
			require.Equal(t, 2, run(ctx, args, &stdout, &stderr))
			require.Empty(t, stdout.String())
			require.Equal(t, 1, strings.Count(stderr.String(), "\n"), stderr.String())
			require.Contains(t, stderr.String(), tt.want)
			require.NotContains(t, stderr.String(), "secret")
		})
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	require.Equal(t, 0, run(t.Context(), []string{"-h"}, &stdout, &stderr))
	for _, flag := range []string{"-base", "-cluster", "-http", "-https", "-cert", "-key", "-ftp", "-ftp-passive", "-ftp-public-ip", "-ftp-active", "-ftp-sessions-per-address", "-ftp-anonymous", "-ftps", "-clis", "-http-cli", "-tftp",
		"-tftp-storage", "-tftp-write", "-tftp-window", "-cli", "-route", "-domain-alias", "-domain-ip", "-http-prefix", "-trust-pages", "-trusted-proxy", "-time-zone", "-store", "-store-s3", "-store-timeout", "-log-level", "-log-format"} {
		require.Regexp(t, `(?m)^  `+flag+`\b`, stderr.String())
	}
}

// The skins of the cluster are in everybody's storage, for administrators of the
// server.
func TestClusterDirectory(t *testing.T) {
	t.Parallel()
	cluster := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(cluster, "WebSkins", "gold"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(cluster, "WebSkins", "gold", "style.css"), []byte("gold"), 0o600))
	get := func(r *running, name string) int {
		request, err := http.NewRequestWithContext(t.Context(), "GET", r.url("/~mary/$ClusterSkins/gold/style.css"), nil)
		require.NoError(t, err)
		request.SetBasicAuth(name, r.password[name+"@client1.com"])
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		response.Body.Close()
		return response.StatusCode
	}
	r := start(t, "-cluster", cluster)
	require.Equal(t, http.StatusOK, get(r, "postmaster"))
	require.Equal(t, http.StatusForbidden, get(r, "mary"))
	require.Equal(t, http.StatusNotFound, get(start(t), "postmaster"), "without the flag there is no cluster")
}

func TestAddressInUse(t *testing.T) {
	t.Parallel()
	other := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(other, "Settings"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(other, "Settings", "Main.settings"), []byte("{DomainName = client1.com;}\n"), 0o600))
	r := start(t)
	var stdout, stderr bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // if it should start all the same, it ends at once
	require.Equal(t, 1, run(ctx, append(slices.Clone(allFreePort), "-base", other, "-ftp", r.addr["http"]), &stdout, &stderr))
	require.Empty(t, stdout.String())
	require.Contains(t, stderr.String(), "-ftp: ")
}

// SIGTERM in the middle of an upload: the old file stays, nothing else does,
// and the server ends with status 0.
func TestTermDuringUpload(t *testing.T) {
	t.Parallel()
	d, err := newDemo("") // one that stays when the server ends
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.remove()) })
	r := start(t, "-base", d.dir)
	r.base = d.dir
	for _, a := range d.accounts {
		r.password[a.address] = a.password
	}
	before := r.entries(t, "john@client1.com")
	old, err := os.ReadFile(r.storage("john@client1.com", "notes.txt"))
	require.NoError(t, err)
	page, err := http.NewRequestWithContext(t.Context(), "GET", r.url("/~john/index.wssp"), nil)
	require.NoError(t, err)
	page.SetBasicAuth("john", r.password["john@client1.com"])
	counted, err := http.DefaultClient.Do(page) // the page shows the usage, so it is counted
	require.NoError(t, err)
	counted.Body.Close()
	require.Equal(t, http.StatusOK, counted.StatusCode)
	body, feed := io.Pipe()
	request, err := http.NewRequestWithContext(t.Context(), "PUT", r.url("/~john/notes.txt"), body)
	require.NoError(t, err)
	request.SetBasicAuth("john", r.password["john@client1.com"])
	answered := make(chan error, 1)
	go func() {
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			response.Body.Close()
			if response.StatusCode < 300 {
				err = nil
			} else {
				err = http.ErrAbortHandler
			}
		}
		answered <- err
	}()
	_, err = feed.Write(bytes.Repeat([]byte("x"), 1<<20)) // more than all buffers on the way: the server reads
	require.NoError(t, err)
	r.stop(t)
	feed.CloseWithError(io.ErrClosedPipe)
	require.Error(t, <-answered)
	now, err := os.ReadFile(r.storage("john@client1.com", "notes.txt"))
	require.NoError(t, err)
	require.Equal(t, string(old), string(now))
	require.Equal(t, before, r.entries(t, "john@client1.com"))
	usage, err := os.ReadFile(r.storage("john@client1.com", "") + ".state/usage")
	require.NoError(t, err)
	require.Regexp(t, `^\{Bytes=\d+;Files=\d+;\}\n$`, string(usage), "at the end the usage is written down")
}
