package clisite_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

const infoCommand = "GETSTORAGEFILEINFO *\r\n"

// echo serves connections by sending every line back, filled up or cut to a length.
func echo(t testing.TB, length int) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				in, line := bufio.NewReader(conn), []byte(strings.Repeat("x", length-1)+"\n")
				for {
					if _, err := in.ReadSlice('\n'); err != nil {
						return
					}
					if _, err := conn.Write(line); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// exchange sends count commands, all at once or each behind the answer to the one before.
func exchange(t testing.TB, conn net.Conn, in *bufio.Reader, count int, pipelined bool) {
	if pipelined {
		go io.WriteString(conn, strings.Repeat(infoCommand, count))
	}
	for range count {
		if !pipelined {
			_, err := io.WriteString(conn, infoCommand)
			require.NoError(t, err)
		}
		_, err := in.ReadSlice('\n')
		require.NoError(t, err)
	}
}

// BenchmarkInfo compares commands in one session with a server that sends as many bytes
// back, line by line. An operation is 100 commands.
func BenchmarkInfo(b *testing.B) {
	addr := serve(b, &clisite.Server{Views: fixture.Views(openTestBase(b))})
	for _, pipelined := range []bool{false, true} {
		name := map[bool]string{false: "one by one", true: "pipelined"}[pipelined]
		b.Run(name+"/clisite", func(b *testing.B) {
			c := dial(b, addr)
			c.login("john")
			c.ask("INLINE", "200 OK")
			c.ask(strings.TrimSpace(infoCommand), "201 (#6,#1)")
			b.ReportAllocs()
			for b.Loop() {
				exchange(b, c.conn, c.in, 100, pipelined)
			}
		})
		b.Run(name+"/echo", func(b *testing.B) {
			conn, err := net.Dial("tcp", echo(b, len("201 (#6,#1)\r\n")))
			require.NoError(b, err)
			defer conn.Close()
			in := bufio.NewReader(conn)
			for b.Loop() {
				exchange(b, conn, in, 100, pipelined)
			}
		})
	}
}

// Ten thousand commands in one session are all answered, in either way.
func TestTenThousandCommands(t *testing.T) {
	t.Parallel()
	c := dial(t, serve(t, &clisite.Server{Views: fixture.Views(openTestBase(t))}))
	c.login("john")
	c.ask("INLINE", "200 OK")
	for _, pipelined := range []bool{false, true} {
		exchange(t, c.conn, c.in, 10_000, pipelined)
	}
	c.ask(strings.TrimSpace(infoCommand), "201 (#6,#1)")
}
