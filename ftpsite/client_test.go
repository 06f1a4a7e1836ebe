package ftpsite_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

const (
	john  = "john@client1.com"
	mary  = "mary@client1.com"
	admin = "admin@client1.com"
)

func newDirectory() *fixture.Directory {
	return fixture.New(func() filestore.Store { return memstore.New() })
}

// patience bounds every step of a test; nothing waits for it to pass.
const patience = 3 * time.Minute

// serve starts a server on a free port and returns its address.
func serve(t testing.TB, s *ftpsite.Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return serveOn(t, s, l)
}

func serveOn(t testing.TB, s *ftpsite.Server, l net.Listener) string {
	t.Helper()
	s.Timeouts.LoginFailure = time.Millisecond
	result := make(chan error, 1)
	go func() { result <- s.Serve(l) }()
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-result, ftpsite.ErrServerClosed)
	})
	return l.Addr().String()
}

// client is an FTP client that sends what it is told, right or wrong.
type client struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
	tls  *tls.Config // for data connections, after PROT P
}

func dial(t testing.TB, addr string) *client {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, patience)
	require.NoError(t, err)
	return newClient(t, conn)
}

func newClient(t testing.TB, conn net.Conn) *client {
	t.Cleanup(func() { conn.Close() })
	c := &client{t: t, conn: conn, r: bufio.NewReader(conn)}
	conn.SetDeadline(time.Now().Add(patience))
	return c
}

// login connects and logs in; the password is as the fixture has it.
func login(t testing.TB, addr, user string) *client {
	t.Helper()
	c := dial(t, addr)
	c.want("220", "")
	c.login(user)
	return c
}

func (c *client) login(user string) {
	c.t.Helper()
	name, _, _ := strings.Cut(user, "@")
	c.want("331", "USER "+user)
	c.want("230", "PASS "+name+"-pw")
}

func (c *client) send(format string, args ...any) {
	c.t.Helper()
	_, err := fmt.Fprintf(c.conn, format+"\r\n", args...)
	require.NoError(c.t, err)
}

var finalLine = regexp.MustCompile(`^\d{3} `)

// reply reads one reply, all lines of it.
func (c *client) reply() string {
	c.t.Helper()
	var lines []string
	for {
		line, err := c.r.ReadString('\n')
		require.NoError(c.t, err, "reply so far: %q", lines)
		require.True(c.t, strings.HasSuffix(line, "\r\n"), "%q", line)
		lines = append(lines, strings.TrimSuffix(line, "\r\n"))
		if finalLine.MatchString(line) {
			return strings.Join(lines, "\n")
		}
	}
}

// want sends a command, unless it is empty, and checks the code of the reply.
func (c *client) want(code, command string) string {
	c.t.Helper()
	if command != "" {
		c.send("%s", command)
	}
	reply := c.reply()
	last := reply[strings.LastIndexByte(reply, '\n')+1:]
	require.Equal(c.t, code, last[:3], "%s: %s", command, reply)
	return reply
}

// wantEnd checks that the server has closed the connection.
func (c *client) wantEnd() {
	c.t.Helper()
	rest, err := io.ReadAll(c.r)
	if err != nil {
		require.ErrorContains(c.t, err, "reset")
	}
	require.Empty(c.t, string(rest))
}

// port asks for a passive port.
func (c *client) port() string {
	c.t.Helper()
	return c.passivePort(c.want("229", "EPSV"))
}

// passivePort is the address in a reply to EPSV.
func (c *client) passivePort(reply string) string {
	c.t.Helper()
	port := regexp.MustCompile(`\(\|\|\|(\d+)\|\)`).FindStringSubmatch(reply)
	require.NotNil(c.t, port, reply)
	host, _, err := net.SplitHostPort(c.conn.RemoteAddr().String())
	require.NoError(c.t, err)
	return net.JoinHostPort(host, port[1])
}

// announced is a data connection with the reply that announced it.
type announced struct {
	net.Conn
	announcement string
}

// data opens a data connection and begins a transfer.
func (c *client) data(command string) net.Conn {
	c.t.Helper()
	return c.dataFor(command).Conn
}

func (c *client) dataFor(command string) announced {
	c.t.Helper()
	conn, err := net.DialTimeout("tcp", c.port(), patience)
	require.NoError(c.t, err)
	c.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	announcement := c.want("150", command)
	if c.tls != nil {
		conn = tls.Client(conn, c.tls)
	}
	return announced{conn, announcement}
}

// get runs a command that receives data.
func (c *client) get(command string) string {
	c.t.Helper()
	conn := c.data(command)
	content, err := io.ReadAll(conn)
	require.NoError(c.t, err)
	conn.Close()
	c.want("226", "")
	return string(content)
}

// put runs a command that sends data, and checks the code of the last reply.
func (c *client) put(code, command, content string) string {
	c.t.Helper()
	conn := c.data(command)
	_, err := io.WriteString(conn, content)
	require.NoError(c.t, err)
	require.NoError(c.t, conn.Close())
	return c.want(code, "")
}

// try runs any command and returns the code of its first final reply. What
// needs data sends or receives some.
func (c *client) try(command string) string {
	c.t.Helper()
	verb, _, _ := strings.Cut(command, " ")
	var conn net.Conn
	switch verb {
	case "RETR", "STOR", "STOU", "APPE", "LIST", "NLST", "MLSD":
		var err error
		conn, err = net.DialTimeout("tcp", c.port(), patience)
		require.NoError(c.t, err)
		defer conn.Close()
		if verb == "STOR" || verb == "APPE" || verb == "STOU" {
			io.WriteString(conn, "new")
			conn.(*net.TCPConn).CloseWrite()
		}
	}
	c.send("%s", command)
	reply := c.reply()
	if strings.HasPrefix(reply, "150") {
		io.Copy(io.Discard, conn)
		reply = c.reply()
	}
	return reply[strings.LastIndexByte(reply, '\n')+1:][:3]
}

// wantFile checks what is stored.
func wantFile(t testing.TB, d *fixture.Directory, account, name, content string) {
	t.Helper()
	got, ok := d.Read(t, account, name)
	require.True(t, ok, "%s is missing", name)
	require.Equal(t, content, got)
}

// wantNoFile checks that nothing is stored, and that nothing is counted.
func wantNoFile(t testing.TB, d *fixture.Directory, account, name string, files, bytes int64) {
	t.Helper()
	_, ok := d.Read(t, account, name)
	require.False(t, ok, "%s exists", name)
	wantUsage(t, d, account, files, bytes)
}

func wantUsage(t testing.TB, d *fixture.Directory, account string, files, bytes int64) {
	t.Helper()
	usage, err := d.Files(t, account).Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	require.Equal(t, filestore.Usage{Files: files, Bytes: bytes}, usage)
}
