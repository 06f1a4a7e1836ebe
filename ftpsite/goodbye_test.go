package ftpsite_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// TestLastReply: however a session ends, the client gets the last reply and a clean
// end, whatever it has sent meanwhile and sends later.
func TestLastReply(t *testing.T) {
	t.Parallel()
	commands := strings.Repeat("NOOP\r\n", 2000)
	for _, row := range []struct {
		name   string
		server func() *ftpsite.Server
		last   string // what the client says
		want   string
	}{
		{name: "QUIT", last: "QUIT\r\n" + commands, want: "221"},
		{name: "long line", last: strings.Repeat("x", 20<<10) + "\r\n" + commands, want: "500"},
		{name: "wrong passwords", last: strings.Repeat("USER john\r\nPASS no\r\n", 3) + commands, want: "530"},
		{name: "timeout", server: func() *ftpsite.Server {
			return &ftpsite.Server{Timeouts: ftpsite.Timeouts{Idle: 100 * time.Millisecond}}
		}, last: strings.Repeat("x", 1000), want: "421"},
	} {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, TLS %v", row.name, secure), func(t *testing.T) {
				t.Parallel()
				server := &ftpsite.Server{}
				if row.server != nil {
					server = row.server()
				}
				serverTLS, clientTLS := newTLS(t)
				server.Views, server.TLSConfig = fixture.Views(newDirectory()), serverTLS
				c := dialSecure(t, serve(t, server), secure, clientTLS)
				_, err := io.WriteString(c.conn, row.last)
				require.NoError(t, err)
				c.wantLast(row.want)
			})
		}
	}
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprintf("shutdown, TLS %v", secure), func(t *testing.T) {
			t.Parallel()
			serverTLS, clientTLS := newTLS(t)
			server := &ftpsite.Server{Views: fixture.Views(newDirectory()), TLSConfig: serverTLS}
			c := dialSecure(t, serve(t, server), secure, clientTLS)
			_, err := io.WriteString(c.conn, "no whole line")
			require.NoError(t, err)
			done := make(chan error, 1)
			go func() { done <- server.Shutdown(t.Context()) }()
			c.wantLast("421")
			c.conn.Close()
			require.NoError(t, <-done)
		})
	}
	t.Run("too many connections", func(t *testing.T) {
		t.Parallel()
		addr := serve(t, &ftpsite.Server{Views: fixture.Views(newDirectory()), MaxSessions: 1})
		login(t, addr, "john")
		conn, err := net.Dial("tcp", addr)
		require.NoError(t, err)
		c := newClient(t, conn)
		_, err = io.WriteString(c.conn, commands)
		require.NoError(t, err)
		c.wantLast("421")
	})
}

func dialSecure(t *testing.T, addr string, secure bool, config *tls.Config) *client {
	t.Helper()
	c := dial(t, addr)
	c.want("220", "")
	if secure {
		c.want("234", "AUTH TLS")
		c.secure(config)
		c.want("200", "PBSZ 0") // the handshake has ended for the server too
	}
	return c
}

// wantLast checks the code of the last reply, behind which the connection ends in
// good order, while the client goes on sending.
func (c *client) wantLast(code string) {
	c.t.Helper()
	var last string
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			require.Equal(c.t, io.EOF, err, "after %q", last)
			break
		}
		last = line
		io.WriteString(c.conn, "NOOP\r\n") // perhaps after the end
	}
	require.True(c.t, strings.HasPrefix(last, code+" "), "%q", last)
}

// TestGoodbyeEnds: a client that does not go, or goes on sending, is cut off.
func TestGoodbyeEnds(t *testing.T) {
	t.Parallel()
	addr := serve(t, &ftpsite.Server{Views: fixture.Views(newDirectory())})
	for _, size := range []int{1, 1 << 16} {
		c := login(t, addr, "john")
		c.want("221", "QUIT")
		c.wantEnd()
		requireCut(t, c.conn, size)
	}
}
