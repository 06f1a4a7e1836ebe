package clisite_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// TestLastAnswer: however a session ends, the client gets the last answer and a clean
// end, whatever it has sent meanwhile.
func TestLastAnswer(t *testing.T) {
	t.Parallel()
	commands := strings.Repeat("NOOP\r\n", 20_000)
	for _, row := range []struct {
		name, last, want string
		idle             time.Duration
	}{
		{"QUIT", "QUIT\r\n" + commands, "200 ", 0},
		{"long line", strings.Repeat("x", 100<<10), "5", 0},
		{"timeout", strings.Repeat("x", 1000), "5", 100 * time.Millisecond},
	} {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, TLS %v", row.name, secure), func(t *testing.T) {
				t.Parallel()
				serverTLS, clientTLS := tlsConfigs(t)
				s := &clisite.Server{Views: fixture.Views(accounts(t)), TLSConfig: serverTLS, IdleTimeout: row.idle}
				l, err := net.Listen("tcp", "127.0.0.1:0")
				require.NoError(t, err)
				if secure {
					go s.ServeTLS(l)
				} else {
					go s.Serve(l)
				}
				t.Cleanup(func() { s.Close() })
				conn, err := net.Dial("tcp", l.Addr().String())
				require.NoError(t, err)
				t.Cleanup(func() { conn.Close() })
				conn.SetDeadline(time.Now().Add(time.Minute))
				if secure {
					conn = tls.Client(conn, clientTLS)
				}
				in := bufio.NewReader(conn)
				_, err = in.ReadString('\n') // the greeting
				require.NoError(t, err)
				_, err = io.WriteString(conn, row.last)
				require.NoError(t, err)
				answers, err := io.ReadAll(in)
				require.NoError(t, err)
				lines := strings.Split(strings.TrimSuffix(string(answers), "\r\n"), "\r\n")
				require.True(t, strings.HasPrefix(lines[len(lines)-1], row.want), "%q", lines)
			})
		}
	}
}
