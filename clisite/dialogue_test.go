package clisite_test

import (
	"bufio"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// accounts returns the test accounts with some files.
func accounts(t testing.TB) *fixture.Directory {
	t.Helper()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	for _, address := range []string{"john@client1.com", "mary@client1.com", "off@client1.com", "ann@client2.com"} {
		d.Write(t, address, "public", "public")
		d.Write(t, address, "dir/digits", "0123456789")
		d.Write(t, address, "dir/a b", "")
		d.Write(t, address, "dir/sub/deep", "deep")
		d.Write(t, address, "private/secret", "secret")
		d.Write(t, address, "private.meta", "<meta><accessPwd><key>KEY</key></accessPwd></meta> ")
	}
	return d
}

// serve starts a server on a loopback address, which ends with the test.
func serve(t testing.TB, s *clisite.Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-served, clisite.ErrServerClosed)
	})
	return l.Addr().String()
}

// client speaks the PWD protocol, well or badly.
type client struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
}

func dial(t testing.TB, addr string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return newClient(t, conn)
}

func newClient(t testing.TB, conn net.Conn) *client {
	require.NoError(t, conn.SetDeadline(time.Now().Add(5*time.Minute)))
	return &client{t, conn, bufio.NewReader(conn)}
}

func (c *client) send(line string) {
	c.t.Helper()
	_, err := c.conn.Write([]byte(line + "\r\n"))
	require.NoError(c.t, err)
}

func (c *client) read() string {
	c.t.Helper()
	line, err := c.in.ReadString('\n')
	require.NoError(c.t, err)
	require.True(c.t, strings.HasSuffix(line, "\r\n"), line)
	return strings.TrimSuffix(line, "\r\n")
}

func (c *client) expect(line string) {
	c.t.Helper()
	require.Equal(c.t, line, c.read())
}

// ask sends a command and expects an answer of one line.
func (c *client) ask(command, answer string) {
	c.t.Helper()
	c.send(command)
	c.expect(answer)
}

func (c *client) login(name string) {
	c.t.Helper()
	c.greeted()
	c.ask("USER "+name, "300 please send the PASS")
	local, _, _ := strings.Cut(name, "@")
	c.ask("PASS "+local+"-pw", "200 login OK")
}

// greeted reads the greeting, and returns the challenge in it, if there is one.
func (c *client) greeted() (challenge string) {
	c.t.Helper()
	greeting := c.read()
	found := regexp.MustCompile(`^200 cgpkit PWD server ready(?: (<[0-9a-f]{32}\.[0-9]+@[a-z0-9.]+>))?$`).FindStringSubmatch(greeting)
	require.NotNil(c.t, found, greeting)
	return found[1]
}

// expectEnd expects that the server has closed the connection.
func (c *client) expectEnd() {
	c.t.Helper()
	rest, err := c.in.ReadString('\n')
	require.Error(c.t, err)
	require.Empty(c.t, rest)
	require.NotErrorIs(c.t, err, os.ErrDeadlineExceeded)
}

// expectNoAnswer expects that the server has closed the connection. If there
// was time it has said why.
func (c *client) expectNoAnswer() {
	c.t.Helper()
	rest, err := io.ReadAll(c.in)
	require.NotErrorIs(c.t, err, os.ErrDeadlineExceeded)
	require.Contains(c.t, []string{"", "501 server is shutting down\r\n"}, string(rest))
}

// TestDialogues plays the conversations in testdata/dialogues. A line says who
// speaks: C the client, S the server, where #T* stands for any time stamp, and <*> for a
// challenge. L is the login of an account, E the end of the connection, # a comment.
func TestDialogues(t *testing.T) {
	t.Parallel()
	play(t, "testdata/dialogues", func(t *testing.T) fixture.Server { return accounts(t) })
}

// TestBaseDialogues plays those with a base directory: about domains, accounts and mounts.
func TestBaseDialogues(t *testing.T) {
	t.Parallel()
	play(t, "testdata/base", func(t *testing.T) fixture.Server { return openTestBase(t) })
}

func play(t *testing.T, dir string, open func(t *testing.T) fixture.Server) {
	t.Helper()
	files, err := filepath.Glob(dir + "/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			c := dial(t, serve(t, &clisite.Server{Views: fixture.Views(open(t))}))
			for line := range strings.Lines(string(text)) {
				who, what, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
				what = strings.TrimPrefix(what, " ")
				switch who {
				case "C":
					c.send(what)
				case "S":
					want := strings.ReplaceAll(regexp.QuoteMeta(what), `#T\*`, `#T\d\d-\d\d-\d{4}_\d\d:\d\d:\d\d`)
					want = strings.ReplaceAll(want, `<\*>`, `<[^<>@ ]+@client1\.com>`)
					require.Regexp(t, "^"+want+"$", c.read())
				case "L":
					c.login(what)
				case "E":
					c.expectEnd()
				default:
					require.True(t, strings.HasPrefix(line, "#"), line)
				}
			}
		})
	}
}
