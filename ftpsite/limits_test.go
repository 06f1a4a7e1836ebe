package ftpsite_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

func TestLineLength(t *testing.T) {
	t.Parallel()
	addr := serve(t, &ftpsite.Server{Views: fixture.Views(newDirectory())})
	c := login(t, addr, "john")
	c.want("553", "CWD "+strings.Repeat("x", 4090))
	c.want("500", "CWD "+strings.Repeat("x", 4091))
	c.wantEnd()

	for range 50 { // nothing is left unread that would take the reply away
		c = login(t, addr, "john")
		for range 3 {
			_, err := io.WriteString(c.conn, strings.Repeat("x", 4096))
			require.NoError(t, err)
		}
		c.want("500", "x")
		c.wantEnd()
	}

	c = dial(t, addr)
	c.want("220", "")
	go c.conn.Write([]byte(strings.Repeat("x", 1<<20))) // no end of line at all
	c.want("500", "")
}

func TestSessionCaps(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]*ftpsite.Server{
		"in all":      {MaxSessions: 2, Anonymous: true},
		"per address": {MaxSessionsPerAddr: 2, Anonymous: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server.Views = fixture.Views(newDirectory())
			addr := serve(t, server)
			strange := login(t, addr, "anonymous")
			first, second := login(t, addr, "john"), login(t, addr, "john")
			strange.wantEnd() // it gave way
			third := dial(t, addr)
			third.want("421", "")
			third.wantEnd()
			first.want("221", "QUIT")
			first.wantEnd()
			require.Eventually(t, func() bool {
				c := dial(t, addr)
				return strings.HasPrefix(c.reply(), "220")
			}, patience, time.Millisecond)
			second.want("200", "NOOP")
		})
	}
}

// through returns a client that talks through l.
func through(t *testing.T, l *fixture.Pipes) *client {
	t.Helper()
	conn := l.Dial(t)
	return &client{t: t, conn: conn, r: bufio.NewReader(conn)}
}

// inBubble runs a test with a server in fake time. The bubble fails if a
// goroutine is left.
func inBubble(t *testing.T, server *ftpsite.Server, test func(t *testing.T, l *fixture.Pipes)) {
	synctest.Test(t, func(t *testing.T) {
		if server.Views == nil {
			server.Views = fixture.Views(newDirectory())
		}
		l := fixture.NewPipes()
		result := make(chan error, 1)
		go func() { result <- server.Serve(l) }()
		test(t, l)
		require.NoError(t, server.Close())
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-result, ftpsite.ErrServerClosed)
		require.ErrorIs(t, server.Serve(fixture.NewPipes()), ftpsite.ErrServerClosed)
	})
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	t.Run("login", func(t *testing.T) {
		inBubble(t, &ftpsite.Server{}, func(t *testing.T, l *fixture.Pipes) {
			c := through(t, l)
			c.want("220", "")
			start := time.Now()
			time.Sleep(59 * time.Second)
			c.want("331", "USER john") // does not help
			c.want("421", "")
			c.wantEnd()
			require.Equal(t, time.Minute, time.Since(start))
		})
	})
	t.Run("idle", func(t *testing.T) {
		inBubble(t, &ftpsite.Server{}, func(t *testing.T, l *fixture.Pipes) {
			c := through(t, l)
			c.want("220", "")
			c.login("john")
			time.Sleep(299 * time.Second)
			c.want("200", "NOOP")
			start := time.Now()
			time.Sleep(299 * time.Second)
			_, err := io.WriteString(c.conn, "NOO") // a line must be complete
			require.NoError(t, err)
			c.want("421", "")
			c.wantEnd()
			require.Equal(t, 5*time.Minute, time.Since(start))
		})
	})
	t.Run("replies are not taken", func(t *testing.T) {
		server := &ftpsite.Server{Timeouts: ftpsite.Timeouts{DataStall: time.Second}}
		inBubble(t, server, func(t *testing.T, l *fixture.Pipes) {
			through(t, l)
			time.Sleep(2 * time.Second)
			start := time.Now()
			require.NoError(t, server.Shutdown(t.Context()))
			require.Zero(t, time.Since(start), "the session has ended before")
		})
	})
	t.Run("wrong password", func(t *testing.T) {
		inBubble(t, &ftpsite.Server{MaxLoginFailures: 2}, func(t *testing.T, l *fixture.Pipes) {
			c := through(t, l)
			c.want("220", "")
			start := time.Now()
			c.want("331", "USER john")
			c.want("530", "PASS x")
			require.Equal(t, time.Second, time.Since(start))
			c.want("331", "USER nobody")
			c.want("530", "PASS x")
			require.Equal(t, 2*time.Second, time.Since(start), "the same for everybody")
			c.wantEnd()
		})
	})
	t.Run("close does not wait for a wrong password", func(t *testing.T) {
		server := &ftpsite.Server{Timeouts: ftpsite.Timeouts{LoginFailure: time.Hour}}
		inBubble(t, server, func(t *testing.T, l *fixture.Pipes) {
			c := through(t, l)
			c.want("220", "")
			c.want("331", "USER john")
			c.send("PASS x")
			go io.Copy(io.Discard, c.conn)
			synctest.Wait()
			start := time.Now()
			require.NoError(t, server.Close())
			require.LessOrEqual(t, time.Since(start), time.Second)
		})
	})
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	t.Run("idle clients are told", func(t *testing.T) {
		server := &ftpsite.Server{}
		inBubble(t, server, func(t *testing.T, l *fixture.Pipes) {
			a, b := through(t, l), through(t, l)
			a.want("220", "")
			b.want("220", "")
			b.login("john")
			result := make(chan error)
			go func() { result <- server.Shutdown(t.Context()) }()
			a.want("421", "")
			a.wantEnd()
			b.want("421", "")
			b.wantEnd()
			require.NoError(t, <-result)
		})
	})
	t.Run("clients that do not listen are cut", func(t *testing.T) {
		server := &ftpsite.Server{Timeouts: ftpsite.Timeouts{DataStall: time.Hour}}
		inBubble(t, server, func(t *testing.T, l *fixture.Pipes) {
			through(t, l)
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			require.ErrorIs(t, server.Shutdown(ctx), context.DeadlineExceeded)
		})
	})
	for name, cut := range map[string]bool{"transfers end": false, "transfers are cut": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDirectory()
			server := &ftpsite.Server{Views: fixture.Views(d)}
			c := login(t, serve(t, server), "john")
			data := c.data("STOR file")
			_, err := io.WriteString(data, "first ")
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			result := make(chan error)
			go func() { result <- server.Shutdown(ctx) }()
			if cut {
				cancel()
				c.want("421", "")
				require.ErrorIs(t, <-result, context.Canceled)
				wantNoFile(t, d, john, "file", 0, 0)
				return
			}
			_, err = io.WriteString(data, "last")
			require.NoError(t, err)
			data.Close()
			c.want("226", "")
			c.want("421", "")
			require.NoError(t, <-result)
			wantFile(t, d, john, "file", "first last")
		})
	}
}

// TestShutdownDuringHandshakes: a client that does not go on with TLS holds nobody up.
func TestShutdownDuringHandshakes(t *testing.T) {
	t.Parallel()
	serverTLS, _ := newTLS(t)
	for _, implicit := range []bool{false, true} {
		t.Run(fmt.Sprint("implicit ", implicit), func(t *testing.T) {
			t.Parallel()
			arrived := make(chan struct{})
			config := serverTLS.Clone()
			config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
				close(arrived)
				return nil, nil
			}
			server := &ftpsite.Server{Views: fixture.Views(newDirectory()), TLSConfig: config, Timeouts: ftpsite.Timeouts{Login: time.Hour}}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			serve := server.Serve
			if implicit {
				serve = server.ServeTLS
			}
			result := make(chan error, 1)
			go func() { result <- serve(l) }()
			c := dial(t, l.Addr().String())
			if !implicit {
				c.want("220", "")
				c.want("234", "AUTH TLS")
			}
			_, err = c.conn.Write(clientHello(t))
			require.NoError(t, err)
			<-arrived
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			require.NoError(t, server.Shutdown(ctx))
			require.ErrorIs(t, <-result, ftpsite.ErrServerClosed)
		})
	}
}

// clientHello is the first thing that a client says in TLS.
func clientHello(t *testing.T) []byte {
	t.Helper()
	ours, theirs := net.Pipe()
	defer ours.Close()
	defer theirs.Close()
	go tls.Client(theirs, &tls.Config{InsecureSkipVerify: true}).Handshake()
	hello := make([]byte, 16<<10)
	n, err := ours.Read(hello)
	require.NoError(t, err)
	return hello[:n]
}

// TestShutdownDuringWhatWasSentAhead: a transfer whose command was sent during the
// one before is heard like any other while the server shuts down, so that a client
// that dies then leaves nothing.
func TestShutdownDuringWhatWasSentAhead(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	server := &ftpsite.Server{Views: fixture.Views(d)}
	c := login(t, serve(t, server), "john")
	first := c.data("STOR first")
	c.send("EPSV\r\nSTOR second\r\nSTAT")
	require.Contains(t, c.want("211", ""), "Transfer is running") // and all before is heard
	first.Close()
	c.want("226", "")
	second, err := net.Dial("tcp", c.passivePort(c.want("229", "")))
	require.NoError(t, err)
	defer second.Close()
	c.want("150", "")
	_, err = io.WriteString(second, "half of i")
	require.NoError(t, err)
	result := make(chan error)
	go func() { result <- server.Shutdown(t.Context()) }()
	for c.send("STAT"); !strings.Contains(c.want("211", ""), "9 bytes"); c.send("STAT") {
	}
	require.NoError(t, c.conn.Close())
	require.NoError(t, second.Close())
	require.NoError(t, <-result)
	wantNoFile(t, d, john, "second", 1, 0)
}

// TestRepliesThatAreNotTaken: who asks and asks, and reads no answer, is cut off.
func TestRepliesThatAreNotTaken(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"HELP", "NOOP", "STAT /dir"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			d := newDirectory()
			for i := range 200 {
				d.Write(t, john, fmt.Sprintf("dir/%0200d", i), "x")
			}
			c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(d), Timeouts: ftpsite.Timeouts{DataStall: 50 * time.Millisecond}}), "john")
			lines := []byte(strings.Repeat(command+"\r\n", 1000))
			var err error
			for err == nil {
				_, err = c.conn.Write(lines)
			}
			require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
		})
	}
}

func TestServeErrors(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]*ftpsite.Server{
		"no directory":    {},
		"no TLS":          {Views: fixture.Views(newDirectory()), RequireTLS: true},
		"no port range":   {Views: fixture.Views(newDirectory()), PassivePorts: ftpsite.PortRange{Low: 2, High: 1}},
		"half of a range": {Views: fixture.Views(newDirectory()), PassivePorts: ftpsite.PortRange{High: 1}},
	} {
		err := server.Serve(fixture.NewPipes())
		require.ErrorContains(t, err, "ftpsite: ", name)
	}
	l := fixture.NewPipes()
	l.Close()
	err := (&ftpsite.Server{Views: fixture.Views(newDirectory())}).Serve(l)
	require.ErrorIs(t, err, net.ErrClosed)
}

// panicking is a directory with faults.
type panicking struct {
	*fixture.Directory
}

func (panicking) Login(context.Context, filestore.Credentials) (filestore.Caller, error) {
	panic("no database at /var/secret")
}

func TestPanicInDirectory(t *testing.T) {
	t.Parallel()
	c := dial(t, serve(t, &ftpsite.Server{Views: fixture.Views(panicking{newDirectory()})}))
	c.want("220", "")
	c.want("331", "USER john")
	require.Equal(t, "451 Internal error.", c.want("451", "PASS x"))
	c.want("200", "NOOP")
}

// TestNoGoroutinesAreLeft is not parallel: it counts those of the process.
func TestNoGoroutinesAreLeft(t *testing.T) {
	d := newDirectory()
	before := runtime.NumGoroutine()
	for _, end := range []func(*client){
		func(c *client) { c.want("221", "QUIT") },
		func(c *client) { c.conn.Close() },
		func(c *client) { c.data("STOR x") },
		func(c *client) { c.port(); c.send("STOR x") },
		func(c *client) { c.put("226", "STOR x", "x") },
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		server := &ftpsite.Server{Views: fixture.Views(d)}
		result := make(chan error, 1)
		go func() { result <- server.Serve(l) }()
		for range 5 {
			end(login(t, l.Addr().String(), "john"))
		}
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-result, ftpsite.ErrServerClosed)
	}
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%s", stacks[:runtime.Stack(stacks, true)])
		}
	}
}
