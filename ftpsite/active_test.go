package ftpsite_test

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// TestActiveMode: the server opens a data connection to the client that asks for
// it, and to nobody else (RFC 2577 §3).
func TestActiveMode(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.Write(t, john, "file", "content")
	c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(d), ActiveMode: true, Timeouts: ftpsite.Timeouts{DataConnect: time.Second}}), "john")
	require.Contains(t, c.want("211", "FEAT"), "\n EPRT\n")

	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	port := netip.MustParseAddrPort(l.Addr().String()).Port()
	for _, command := range []string{
		fmt.Sprintf("PORT 127,0,0,1,%d,%d", port/256, port%256),
		fmt.Sprintf("EPRT |1|127.0.0.1|%d|", port),
		fmt.Sprintf("EPRT !1!127.0.0.1!%d!", port),
	} {
		c.want("200", command)
		c.send("RETR file")
		conn, err := l.Accept()
		require.NoError(t, err)
		content, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.Equal(t, "content", string(content))
		conn.Close()
		c.want("150", "")
		c.want("226", "")
	}

	elsewhere, err := net.Listen("tcp", "127.0.0.2:0")
	require.NoError(t, err)
	defer elsewhere.Close()
	bounce := netip.MustParseAddrPort(elsewhere.Addr().String()).Port()
	for _, row := range []struct{ code, command string }{
		{"504", fmt.Sprintf("PORT 127,0,0,2,%d,%d", bounce/256, bounce%256)},
		{"504", fmt.Sprintf("EPRT |1|127.0.0.2|%d|", bounce)},
		{"504", "PORT 127,0,0,1,0,25"}, {"504", "EPRT |1|127.0.0.1|1023|"}, {"504", "PORT 127,0,0,1,0,0"},
		{"504", "PORT 255,255,255,255,9,9"}, {"504", "PORT 0,0,0,0,9,9"},
		{"501", "PORT 127,0,0,1,4"}, {"501", "PORT 127,0,0,1,4,1,1"}, {"501", "PORT 256,0,0,1,4,1"}, {"501", "PORT a"}, {"501", "PORT"},
		{"501", "EPRT |1|127.0.0.1|65536|"}, {"501", "EPRT |1|::1|2000|"}, {"501", "EPRT |1|name|2000|"},
		{"501", "EPRT |1|127.0.0.1|2000"}, {"501", "EPRT"}, {"501", "EPRT |"}, {"501", "EPRT ||||||||"},
		{"522", "EPRT |2|::1|2000|"}, {"522", "EPRT |9|127.0.0.1|2000|"},
	} {
		c.want(row.code, row.command)
		c.want("425", "RETR file") // nothing is left of what was refused
	}

	// What was asked for last counts, and nobody is waited for in vain.
	c.port()
	c.want("200", fmt.Sprintf("PORT 127,0,0,1,%d,%d", port/256, port%256))
	require.NoError(t, l.Close())
	c.want("425", "RETR file")
	c.put("226", "STOR passive", "x")
	c.want("200", "EPSV all")
	c.want("503", fmt.Sprintf("EPRT |1|127.0.0.1|%d|", port))
	c.want("503", "PASV")
	c.put("226", "STOR passive", "y")
}

// TestActiveModeIsOff: the zero value opens no connection.
func TestActiveModeIsOff(t *testing.T) {
	t.Parallel()
	c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(newDirectory())}), "john")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	port := netip.MustParseAddrPort(l.Addr().String()).Port()
	c.want("502", fmt.Sprintf("EPRT |1|127.0.0.1|%d|", port))
	c.want("502", fmt.Sprintf("PORT 127,0,0,1,%d,%d", port/256, port%256))
	c.want("425", "LIST")
}
