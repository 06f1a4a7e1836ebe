package clisite_test

import (
	"context"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

func TestCaps(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name         string
		all, perAddr int
	}{
		{name: "all", all: 2},
		{name: "one address", perAddr: 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, &clisite.Server{Views: fixture.Views(accounts(t)), MaxSessions: row.all, MaxSessionsPerAddr: row.perAddr})
			strange := dial(t, server)
			strange.expect("200 cgpkit PWD server ready")
			first, second := dial(t, server), dial(t, server)
			first.login("john")
			second.login("john")
			strange.expectEnd() // it gave way
			dial(t, server).expect("501 too many connections")
			first.ask("NOOP", "200 OK")
			first.conn.Close()
			second.conn.Close()
			require.Eventually(t, func() bool {
				return dial(t, server).read() == "200 cgpkit PWD server ready"
			}, 10*time.Second, time.Millisecond)
		})
	}
}

// TestTimeouts runs on a clock of its own.
func TestTimeouts(t *testing.T) {
	for _, row := range []struct {
		name  string
		play  func(c *client)
		after time.Duration
	}{
		{"no login", func(c *client) { c.expect("200 cgpkit PWD server ready") }, time.Minute},
		{"busy without a login", func(c *client) {
			c.expect("200 cgpkit PWD server ready")
			for range 5 {
				time.Sleep(11 * time.Second)
				c.ask("NOOP", "200 OK")
			}
		}, time.Minute},
		{"idle", func(c *client) { c.login("john") }, 5 * time.Minute},
		{"idle after a command", func(c *client) {
			c.login("john")
			time.Sleep(4 * time.Minute)
			c.ask("NOOP", "200 OK")
		}, 9 * time.Minute},
		{"stalls in a line", func(c *client) {
			c.login("john")
			c.conn.Write([]byte(strings.Repeat(" ", 64<<10)))
		}, time.Minute},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				s, l := &clisite.Server{Views: fixture.Views(accounts(t))}, fixture.NewPipes()
				served := make(chan error, 1)
				go func() { served <- s.Serve(l) }()
				c := newClient(t, l.Dial(t))
				c.conn.SetDeadline(time.Time{})
				row.play(c)
				c.expect("501 connection was idle for too long")
				require.Equal(t, row.after, time.Since(start))
				c.expectEnd()
				require.NoError(t, s.Close())
				require.ErrorIs(t, <-served, clisite.ErrServerClosed)
			})
		})
	}
}

// A client that does not take its answer is given up.
func TestClientThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s, l := &clisite.Server{Views: fixture.Views(accounts(t))}, fixture.NewPipes()
		served := make(chan error, 1)
		go func() { served <- s.Serve(l) }()
		c := newClient(t, l.Dial(t))
		c.conn.SetDeadline(time.Time{})
		c.login("john")
		c.send(`ReadStorageFile * FILE "public"`)
		synctest.Wait()
		time.Sleep(time.Minute)
		synctest.Wait()
		_, err := c.conn.Read(make([]byte, 1))
		require.Error(t, err)
		require.Equal(t, time.Minute, time.Since(start))
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-served, clisite.ErrServerClosed)
	})
}

// slow is a store whose files open when they are let.
type slow struct {
	filestore.Store
	begun chan struct{}
	let   chan struct{}
}

func (s slow) Open(ctx context.Context, name string) (filestore.File, error) {
	close(s.begun)
	select {
	case <-s.let:
		return s.Store.Open(ctx, name)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestShutdown(t *testing.T) {
	begin := func(t *testing.T) (s *clisite.Server, idle, busy *client, let chan struct{}, served chan error) {
		d := accounts(t)
		store := slow{begun: make(chan struct{}), let: make(chan struct{})}
		d.Update("john@client1.com", func(a *fixture.Account) {
			store.Store = a.Store
			a.Store = store
		})
		s = &clisite.Server{Views: fixture.Views(d)}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		served = make(chan error, 1)
		go func() { served <- s.Serve(l) }()
		idle, busy = dial(t, l.Addr().String()), dial(t, l.Addr().String())
		idle.login("john")
		busy.login("john")
		busy.send(`ReadStorageFile * FILE "public"`)
		<-store.begun
		return s, idle, busy, store.let, served
	}
	t.Run("waits for the command", func(t *testing.T) {
		s, idle, busy, let, served := begin(t)
		done := make(chan error, 1)
		go func() { done <- s.Shutdown(context.Background()) }()
		idle.expect("501 server is shutting down")
		idle.expectEnd()
		close(let)
		busy.expect("200 data follows")
		require.Contains(t, busy.read(), "[cHVibGlj]")
		busy.expect("501 server is shutting down")
		require.NoError(t, <-done)
		require.ErrorIs(t, <-served, clisite.ErrServerClosed)
		requireNothingLeft(t)
	})
	t.Run("cancels the command when its context ends", func(t *testing.T) {
		s, _, busy, _, served := begin(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, s.Shutdown(ctx), context.Canceled)
		require.ErrorIs(t, <-served, clisite.ErrServerClosed)
		busy.expectNoAnswer()
		requireNothingLeft(t)
	})
	t.Run("close", func(t *testing.T) {
		s, _, busy, _, served := begin(t)
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-served, clisite.ErrServerClosed)
		busy.expectNoAnswer()
		require.NoError(t, s.Close())
		require.NoError(t, s.Shutdown(t.Context()))
		l := fixture.NewPipes()
		require.ErrorIs(t, s.Serve(l), clisite.ErrServerClosed)
		_, err := l.Accept()
		require.ErrorIs(t, err, net.ErrClosed, "it is closed")
		requireNothingLeft(t)
	})
	t.Run("failing listener", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		require.NoError(t, l.Close())
		require.ErrorIs(t, (&clisite.Server{Views: fixture.Views(accounts(t))}).Serve(l), net.ErrClosed)
		requireNothingLeft(t)
	})
}

// requireNothingLeft waits for goroutines that only have to take note of an end.
func requireNothingLeft(t *testing.T) {
	t.Helper()
	buf := make([]byte, 1<<20)
	require.Eventually(t, func() bool {
		return !strings.Contains(string(buf[:runtime.Stack(buf, true)]), "clisite.(*")
	}, time.Minute, time.Millisecond)
}
