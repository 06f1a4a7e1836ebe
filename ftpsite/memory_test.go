package ftpsite_test

import (
	"context"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// stuck is a directory that does not answer one kind of question.
type stuck struct {
	fixture.Server
	login, account bool
}

func (s stuck) Login(ctx context.Context, c filestore.Credentials) (filestore.Caller, error) {
	if s.login {
		<-ctx.Done()
	}
	return s.Server.Login(ctx, c)
}

func (s stuck) Account(ctx context.Context, address string) (filestore.Account, error) {
	if s.account {
		<-ctx.Done()
	}
	return s.Server.Account(ctx, address)
}

// TestMemory has sessions that send many commands while the server is at one, or
// cannot send an answer. It counts bytes in use, so it runs alone.
func TestMemory(t *testing.T) {
	const sessions = 200
	long := strings.Repeat(strings.Repeat("x", 4000)+"\r\n", 256)
	for _, row := range []struct {
		name        string
		directory   stuck
		first, rest string
		reads       bool
		each        int64 // bytes
	}{
		{name: "no answer is taken", rest: long, each: 64 << 10},
		{name: "half a line", first: strings.Repeat("x", 4000), reads: true, each: 64 << 10},
		{name: "in a login", directory: stuck{login: true}, first: "USER john\r\nPASS x\r\n", rest: long, reads: true, each: 64 << 10},
		{name: "in a long login", directory: stuck{login: true}, first: "USER " + strings.Repeat("x", 4000) + "\r\nPASS x\r\n", rest: long, reads: true, each: 64 << 10},
		{name: "in a command", directory: stuck{account: true}, first: "USER john\r\nPASS john-pw\r\nCWD x\r\n", rest: long, reads: true, each: 96 << 10},
		{name: "short ones", directory: stuck{account: true}, first: "USER john\r\nPASS john-pw\r\nCWD x\r\n", rest: strings.Repeat("\n", 1<<20), reads: true, each: 96 << 10},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.directory.Server = newDirectory()
			server := &ftpsite.Server{Views: fixture.Views(row.directory), MaxSessions: sessions, MaxSessionsPerAddr: sessions}
			text := []byte(row.first + row.rest)
			before := fixture.Heap()
			inBubble(t, server, func(t *testing.T, l *fixture.Pipes) {
				for range sessions {
					conn := l.Dial(t)
					if row.reads {
						go io.Copy(io.Discard, conn)
					}
					go conn.Write(text) // ends when the server closes
				}
				synctest.Wait()
				held := fixture.Heap() - before
				t.Log("bytes for each session:", held/sessions)
				require.Less(t, held, sessions*row.each)
			})
			runtime.KeepAlive(text)
			require.Less(t, fixture.Heap()-before, sessions*row.each/8, "afterwards it is free")
		})
	}
}

// Commands may come before they can be executed, in any number once somebody has
// logged in.
func TestPipelining(t *testing.T) {
	t.Parallel()
	c := dial(t, serve(t, &ftpsite.Server{Views: fixture.Views(newDirectory())}))
	go io.WriteString(c.conn, "NOOP\r\nUSER john\r\nPASS john-pw\r\n"+strings.Repeat("NOOP\r\n", 2000)+"USER mary\r\nPASS mary-pw\r\nPWD\r\nQUIT\r\n")
	for _, code := range []string{"220", "200", "331", "230"} {
		c.want(code, "")
	}
	for range 2000 {
		c.want("200", "")
	}
	for _, code := range []string{"331", "230", "257", "221"} {
		c.want(code, "")
	}
	c.wantEnd()
}
