package ftpsite_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// listening counts the TCP sockets of this process that listen.
func listening(t *testing.T) int {
	t.Helper()
	sockets := map[string]bool{}
	fds, err := filepath.Glob("/proc/self/fd/*")
	require.NoError(t, err)
	for _, fd := range fds {
		if target, err := os.Readlink(fd); err == nil && strings.HasPrefix(target, "socket:[") {
			sockets[strings.Trim(target, "socket:[]")] = true
		}
	}
	n := 0
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		content, err := os.ReadFile(table)
		if err != nil {
			continue // no IPv6
		}
		for line := range bytes.Lines(content) {
			if f := strings.Fields(string(line)); len(f) > 9 && f[3] == "0A" && sockets[f[9]] {
				n++
			}
		}
	}
	return n
}

// TestListeners is not parallel: it counts sockets of the whole process.
func TestListeners(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	d := newDirectory()
	addr := serve(t, &ftpsite.Server{Views: fixture.Views(d)})
	base := listening(t)
	require.Positive(t, base)
	c := login(t, addr, "john")
	for range 100 {
		c.want("227", "PASV")
		c.want("229", "EPSV")
	}
	require.Equal(t, base+1, listening(t))
	c.put("226", "STOR x", "x")
	require.Equal(t, base, listening(t), "closed when the client has come")
	c.want("227", "PASV")
	require.Equal(t, "550", c.try("RETR nowhere"))
	c.want("200", "NOOP")
	require.Equal(t, base, listening(t), "closed by a command that fails")
	c.want("227", "PASV")
	c.want("221", "QUIT")
	c.wantEnd()
	require.Equal(t, base, listening(t), "closed with the session")
}

func TestPassiveAddress(t *testing.T) {
	t.Parallel()
	public := func(a string) func(netip.Addr, string) netip.Addr {
		return func(netip.Addr, string) netip.Addr {
			addr, _ := netip.ParseAddr(a)
			return addr
		}
	}
	for _, row := range []struct {
		name   string
		public func(netip.Addr, string) netip.Addr
		listen string
		want   string
	}{
		{"local", nil, "127.0.0.1:0", `227 .*\(127,0,0,1,\d+,\d+\)`},
		{"local, not the first", nil, "127.0.0.2:0", `227 .*\(127,0,0,2,\d+,\d+\)`},
		{"public", public("192.0.2.7"), "127.0.0.1:0", `227 .*\(192,0,2,7,\d+,\d+\)`},
		{"public, mapped", public("::ffff:192.0.2.7"), "127.0.0.1:0", `227 .*\(192,0,2,7,\d+,\d+\)`},
		{"public, unusable", public("2001:db8::1"), "127.0.0.1:0", `227 .*\(127,0,0,1,\d+,\d+\)`},
		{"public, unknown", public(""), "127.0.0.1:0", `227 .*\(127,0,0,1,\d+,\d+\)`},
		{"IPv6", public("192.0.2.7"), "[::1]:0", `502 `},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", row.listen)
			if err != nil {
				t.Skip("no such address here: ", err)
			}
			addr := serveOn(t, &ftpsite.Server{Views: fixture.Views(newDirectory()), PublicAddr: row.public}, l)
			c := login(t, addr, "john")
			c.send("PASV")
			require.Regexp(t, "^"+row.want, c.reply())
			c.put("226", "STOR x", "by EPSV") // listens where the control connection is
			require.Equal(t, "by EPSV", c.get("RETR x"))
		})
	}
}

func TestPassivePorts(t *testing.T) {
	t.Parallel()
	// A port that was free a moment ago, on an address of this test alone.
	probe, err := net.Listen("tcp", "127.0.3.1:0")
	if err != nil {
		t.Skip("no such address here: ", err)
	}
	port := netip.MustParseAddrPort(probe.Addr().String()).Port()
	l, err := net.Listen("tcp", "127.0.3.1:0")
	require.NoError(t, err)
	addr := serveOn(t, &ftpsite.Server{
		Views: fixture.Views(newDirectory()), PassivePorts: ftpsite.PortRange{Low: port, High: port},
	}, l)
	c := login(t, addr, "john")
	c.want("425", "EPSV") // taken
	c.want("425", "PASV")
	require.NoError(t, probe.Close())
	want := fmt.Sprintf("(|||%d|)", port)
	for range 3 {
		require.Contains(t, c.want("229", "EPSV"), want, "a new one replaces the old one")
	}
	c.put("226", "STOR x", "x")
	require.Contains(t, c.want("227", "PASV"), fmt.Sprintf("(127,0,3,1,%d,%d)", port/256, port%256))
}

// TestAnyPort: the system would look for a free port among those in TIME-WAIT.
func TestAnyPort(t *testing.T) {
	t.Parallel()
	c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(newDirectory())}), "john")
	ports := map[uint16]bool{}
	for range 10 {
		port := netip.MustParseAddrPort(c.port()).Port()
		require.GreaterOrEqual(t, port, uint16(49152), "RFC 6335 §6")
		ports[port] = true
	}
	require.Greater(t, len(ports), 1, "nobody knows the next one")
}

// TestStrangersOnThePort: others are turned away, and the client still served.
func TestStrangersOnThePort(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.Write(t, john, "file", "for the client")
	c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(d)}), "john")
	port := c.port()
	stranger := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 9)}}
	conn, err := stranger.DialContext(t.Context(), "tcp", port)
	if err != nil {
		t.Skip("no such address here: ", err)
	}
	defer conn.Close()
	mine, err := net.Dial("tcp", port)
	require.NoError(t, err)
	defer mine.Close()
	c.want("150", "RETR file")
	got, err := io.ReadAll(mine)
	require.NoError(t, err)
	require.Equal(t, "for the client", string(got))
	c.want("226", "")
	conn.SetDeadline(time.Now().Add(patience))
	got, _ = io.ReadAll(conn)
	require.Empty(t, got)
}

func TestNoDataConnection(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	c := login(t, serve(t, &ftpsite.Server{
		Views: fixture.Views(d), Timeouts: ftpsite.Timeouts{DataConnect: 100 * time.Millisecond},
	}), "john")
	for _, command := range []string{"STOR x", "LIST", "MLSD"} {
		c.port()
		c.want("425", command)
	}
	wantNoFile(t, d, john, "x", 0, 0)
	c.put("226", "STOR x", "x")
}

// TestNothingLeaks: no reply holds an error of Go, a path of the host or a
// port that is not the client's business.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(newDirectory()), Anonymous: true}), "john")
	goText := regexp.MustCompile(`(?i)error|driver|file access|network error|%!|nil|\.go`)
	for _, command := range []string{
		"RETR a\x00b", "STOR a\rb", "CWD a\rb", "MKD \xff", "DELE a\tb", "SIZE " + strings.Repeat("x", 300),
		"RNFR ~a\x01/b", "MLST \x7f", "LIST \\", "NLST ~\xff", "MLSD x", "CDUP x", "PWD x", "REST", "ALLO",
		"STOR " + strings.Repeat("a/", 200) + "b", "TYPE", "EPSV x", "PASV x", "RNTO", "MDTM x", "XYZ", "",
	} {
		c.send("%s", command)
		reply := c.reply()
		require.NotRegexp(t, goText, reply, "%q", command)
		require.NotContains(t, reply, "\r", "%q", command)
	}
}
