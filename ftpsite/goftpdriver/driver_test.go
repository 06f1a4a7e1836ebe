package goftpdriver_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"goftp.io/server/v2"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/ftpsite/goftpdriver"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

const (
	john = "john@client1.com"
	mary = "mary@client1.com"
)

// serve runs the server of others on our storages.
func serve(t *testing.T, driver *goftpdriver.Driver) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Driver: driver, Perm: server.NewSimplePerm("ftp", "ftp"), Hostname: "127.0.0.1", Logger: &server.DiscardLogger{},
	})
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		require.NoError(t, s.Shutdown())
		require.ErrorIs(t, <-served, server.ErrServerClosed)
	})
	return l.Addr().String()
}

func curl(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, fixture.Program(t, "curl"), append([]string{"-sS"}, args...)...)
	command.Stdin = strings.NewReader(stdin)
	output, err := command.CombinedOutput()
	return string(output), err
}

// TestByCurl: what a client of that server can do with our storages.
func TestByCurl(t *testing.T) {
	t.Parallel()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	d.Write(t, john, "hello.txt", "hello, world")
	d.Write(t, mary, "page.html", "public")
	d.Write(t, mary, "private/secret", "secret")
	d.Write(t, mary, "private.meta", "<meta><accessPwd><key>K3Y</key></accessPwd></meta>")
	url := "ftp://" + serve(t, &goftpdriver.Driver{Views: fixture.Views(d), Anonymous: true})

	for _, user := range []string{"john:john-pw", "john@client1.com:john-pw", "john%25client1.com:john-pw"} {
		login := strings.Replace(user, "%25", "%", 1)
		got, err := curl(t, "", "-u", login, url+"/hello.txt")
		require.NoError(t, err, got)
		require.Equal(t, "hello, world", got)
	}
	owner := []string{"-u", "john:john-pw"}
	with := func(args ...string) []string { return append(append([]string{}, owner...), args...) }
	must := func(stdin string, args ...string) string {
		t.Helper()
		got, err := curl(t, stdin, args...)
		require.NoError(t, err, got)
		return got
	}
	require.Equal(t, "world", must("", with("-r", "7-", url+"/hello.txt")...))
	must("first", with("-T", "-", url+"/new.txt")...)
	must(", second", with("-a", "-T", "-", url+"/new.txt")...)
	must("", with(url+"/", "-Q", "MKD dir", "-Q", "RNFR new.txt", "-Q", "RNTO hello.txt", "-Q", "RNFR hello.txt", "-Q", "RNTO dir/moved.txt")...)
	got, ok := d.Read(t, john, "dir/moved.txt")
	require.True(t, ok)
	require.Equal(t, "first, second", got)
	require.Contains(t, must("", with(url+"/dir/")...), "moved.txt")
	must("", with(url+"/", "-Q", "DELE dir/moved.txt", "-Q", "RMD dir")...)
	_, ok = d.Read(t, john, "dir/moved.txt")
	require.False(t, ok)

	stranger := []string{"-u", "anonymous:x"}
	require.Equal(t, "public", must("", append(stranger, url+"/~mary/page.html")...))
	require.Equal(t, "secret", must("", append(stranger, url+"/~mary/protected/pwd/K3Y/secret")...))
	for _, refused := range [][]string{
		{"-u", "john:wrong", url + "/hello.txt"}, {"-u", "nobody:x", url + "/"},
		{"-u", "john:john-pw", url + "/~mary/private/secret"}, {"-u", "anonymous:x", url + "/~mary/private/secret"},
		{"-u", "anonymous:x", "--ftp-method", "nocwd", url + "/~mary/protected/pwd/WRONG/secret"},
		{"-u", "anonymous:x", url + "/~mary/protected/pwd/WRONG/secret"}, {"-u", "anonymous:x", url + "/~mary/protected/pwd/WRONG/"},
		{"-u", "john:john-pw", url + "/~mary/private/"},
		{"-u", "john:john-pw", "--ftp-method", "nocwd", url + "/~mary/page.html.meta"},
		{"-u", "anonymous:x", "-T", "-", url + "/~mary/new"}, {"-u", "john:john-pw", "-T", "-", url + "/~mary/new"},
		{"-u", "john:john-pw", "-T", "-", url + "/index.wssp"},
	} {
		_, err := curl(t, "x", refused...)
		require.Error(t, err, refused)
	}
	_, ok = d.Read(t, mary, "new")
	require.False(t, ok)
}

// TestErrorsTellNothing: whatever goes wrong below, a client gets a text that does
// not depend on it, and a cut upload leaves the old file.
func TestErrorsTellNothing(t *testing.T) {
	t.Parallel()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	d.Write(t, john, "file", "old")
	driver := &goftpdriver.Driver{Views: fixture.Views(d), Logger: slog.New(slog.DiscardHandler)}
	addr := serve(t, driver)
	_, err := curl(t, "new, too long", "-u", "john:john-pw", "-T", "-", "ftp://"+addr+"/file")
	require.NoError(t, err)
	d.Update(john, func(a *fixture.Account) { a.Store = failing{a.Store} })
	output, err := curl(t, "newer", "-u", "john:john-pw", "-v", "-T", "-", "ftp://"+addr+"/file")
	require.Error(t, err)
	require.NotContains(t, output, "/var/secret")
	require.Contains(t, output, "450 error during transfer: not possible")
	got, _ := d.Read(t, john, "file")
	require.Equal(t, "new, too long", got)
}

// failing is a store whose uploads end in an error of the host.
type failing struct{ filestore.Store }

func (s failing) Create(ctx context.Context, name string, o filestore.CreateOptions, l filestore.Limits) (filestore.Upload, error) {
	u, err := s.Store.Create(ctx, name, o, l)
	return failingUpload{u}, err
}

type failingUpload struct{ filestore.Upload }

func (failingUpload) Write([]byte) (int, error) {
	return 0, errors.New("write /var/secret: input/output error")
}
