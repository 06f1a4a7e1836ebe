package ftpsite_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// TestBytesWhereNothingIsExpected: a client that sends something on the data
// connection of a download gets all of it, and a clean end.
func TestBytesWhereNothingIsExpected(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	content := strings.Repeat("0123456789abcdef", 2500)
	d.Write(t, john, "file", content)
	for i := range 100 {
		d.Write(t, john, fmt.Sprint("dir/entry", i), "x")
	}
	serverTLS, clientTLS := newTLS(t)
	addr := serve(t, &ftpsite.Server{Views: fixture.Views(d), ActiveMode: true, TLSConfig: serverTLS})
	for _, way := range []struct {
		name        string
		tls, active bool
	}{
		{name: "passive"},
		{name: "active", active: true},
		{name: "TLS", tls: true},
		{name: "active, TLS", active: true, tls: true},
	} {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			c := dial(t, addr)
			c.want("220", "")
			if way.tls {
				c.want("234", "AUTH TLS")
				c.secure(clientTLS)
			}
			c.login("john")
			if way.tls {
				c.want("200", "PROT P")
			}
			for _, row := range []struct{ command, contains string }{
				{"RETR file", content},
				{"LIST dir", " entry99\r\n"},
				{"NLST dir", "entry99\r\n"},
				{"MLSD dir", " entry99\r\n"},
			} {
				var conn net.Conn
				var err error
				if way.active {
					l, err := net.Listen("tcp", "127.0.0.1:0")
					require.NoError(t, err)
					c.want("200", fmt.Sprintf("EPRT |1|127.0.0.1|%d|", netip.MustParseAddrPort(l.Addr().String()).Port()))
					c.send("%s", row.command)
					conn, err = l.Accept()
					require.NoError(t, err)
					l.Close()
				} else {
					conn, err = net.Dial("tcp", c.port())
					require.NoError(t, err)
				}
				t.Cleanup(func() { conn.Close() })
				conn.SetDeadline(time.Now().Add(patience))
				// Most of a file is on the way when the server is done with it.
				require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(4096))
				if way.tls {
					secure := tls.Client(conn, clientTLS)
					if !way.active {
						c.send("%s", row.command)
					}
					require.NoError(t, secure.Handshake())
					conn = secure
				}
				_, err = io.WriteString(conn, "before")
				require.NoError(t, err)
				if !way.active && !way.tls {
					c.send("%s", row.command)
				}
				c.want("150", "")
				c.want("226", "")
				_, err = io.WriteString(conn, "behind")
				require.NoError(t, err)
				got, err := io.ReadAll(conn)
				require.NoError(t, err, "%s: after %d bytes", row.command, len(got))
				require.Contains(t, string(got), row.contains, row.command)
				_, err = io.WriteString(conn, "later still")
				require.NoError(t, err)
			}
		})
	}
}

// TestLeftConnectionsEnd: a client that goes on sending, or does not come to its
// end, is cut off.
func TestLeftConnectionsEnd(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.Write(t, john, "file", "content")
	left := func(t *testing.T) (*client, net.Conn) {
		c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(d)}), "john")
		conn := c.data("RETR file")
		c.want("226", "")
		got, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.Equal(t, "content", string(got))
		return c, conn
	}
	t.Run("too many bytes", func(t *testing.T) {
		t.Parallel()
		_, conn := left(t)
		requireCut(t, conn, 1<<16)
	})
	t.Run("the next transfer", func(t *testing.T) {
		t.Parallel()
		c, conn := left(t)
		require.Equal(t, "content", c.get("RETR file"))
		requireCut(t, conn, 1)
	})
	t.Run("the end of the session", func(t *testing.T) {
		t.Parallel()
		c, conn := left(t)
		c.want("221", "QUIT")
		requireCut(t, conn, 1)
	})
}

// requireCut sends pieces until that fails.
func requireCut(t *testing.T, conn net.Conn, size int) {
	t.Helper()
	piece := make([]byte, size)
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(time.Millisecond) {
		if _, err := conn.Write(piece); err != nil {
			require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
			return
		}
	}
	t.Error("the connection stays open")
}
