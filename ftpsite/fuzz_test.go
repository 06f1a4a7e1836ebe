package ftpsite_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// errorLog fails the test for what is our fault.
type errorLog struct {
	slog.Handler
	t *testing.T
}

func (errorLog) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }
func (h errorLog) WithAttrs([]slog.Attr) slog.Handler         { return h }
func (h errorLog) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		h.t.Errorf("%s: %v", r.Message, a)
		return true
	})
	return nil
}

var replies = regexp.MustCompile(`^(\d{3}[ -][ -~\x80-\xff]*\r\n| [ -~\x80-\xff]*\r\n)*$`)

// FuzzSession sends anything to a server, before and after the login. Whatever
// comes, the session ends with QUIT, all replies are well formed, and nothing
// is our fault.
func FuzzSession(f *testing.F) {
	files, err := filepath.Glob("testdata/dialogue/*.txt")
	require.NoError(f, err)
	for _, file := range files {
		script, err := os.ReadFile(file)
		require.NoError(f, err)
		var commands []byte
		for line := range bytes.Lines(script) {
			if command, ok := bytes.CutPrefix(line, []byte("C: ")); ok {
				commands = append(commands, command...)
			}
		}
		f.Add(false, commands)
		f.Add(true, commands)
	}
	f.Add(true, []byte("EPSV\nSTOR x\nPASV\nRETR hello.txt\nABOR\nEPSV\nLIST\nREST 5\nAPPE y\n"))
	f.Add(true, []byte("\xff\xf4\xff\xf2ABOR\n\nABOR\nAUTH TLS\nNOOP\n \n  x\nUSER\x00\n"))
	serverTLS, _ := newTLS(f)
	f.Fuzz(func(t *testing.T, loggedIn bool, input []byte) {
		if len(input) > 10_000 {
			t.Skip("nothing new behind it")
		}
		d := newDirectory()
		d.Write(t, john, "hello.txt", "hello, world")
		server := &ftpsite.Server{
			Views: fixture.Views(d), Anonymous: true, TLSConfig: serverTLS, MaxLoginFailures: 1 << 30,
			// After AUTH the server waits for a handshake, which never comes.
			Timeouts: ftpsite.Timeouts{LoginFailure: 1, DataConnect: time.Millisecond, Login: 200 * time.Millisecond},
			Logger:   slog.New(errorLog{t: t}),
		}
		l := fixture.NewPipes()
		served := make(chan error, 1)
		go func() { served <- server.Serve(l) }()
		here := l.Dial(t)
		here.SetDeadline(time.Now().Add(patience))
		go func() {
			if loggedIn {
				io.WriteString(here, "USER john\r\nPASS john-pw\r\n")
			}
			here.Write(input)
			io.WriteString(here, "\r\nQUIT\r\nQUIT\r\n")
		}()
		output, err := io.ReadAll(here)
		require.NoError(t, err)
		require.Regexp(t, replies, string(output))
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-served, ftpsite.ErrServerClosed)
	})
}
