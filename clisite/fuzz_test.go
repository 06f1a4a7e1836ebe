package clisite_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// FuzzCommands sends lines to a session, before and after the login.
func FuzzCommands(f *testing.F) {
	files, err := fs.Glob(os.DirFS("testdata/dialogues"), "*.txt")
	require.NoError(f, err)
	for _, file := range files {
		text, err := os.ReadFile("testdata/dialogues/" + file)
		require.NoError(f, err)
		var lines strings.Builder
		for line := range strings.Lines(string(text)) {
			if command, ok := strings.CutPrefix(line, "C: "); ok {
				lines.WriteString(command)
			}
		}
		f.Add(lines.String(), true)
		f.Add(lines.String(), false)
	}
	for _, lines := range []string{"X (<a b='>\n", "X ([", "X (\"\\\n", "X (<!-- - -->\n<![CDATA[ ]] ]]><?a?>\n<!b>)", "APOP john 0\nSTLS\nNEWPASS x"} {
		f.Add(lines, true)
		f.Add(lines, false)
	}
	f.Fuzz(func(t *testing.T, lines string, loggedIn bool) {
		s, l := &clisite.Server{Views: fixture.Views(accounts(t)), MaxLine: 10_000}, fixture.NewPipes()
		served := make(chan error, 1)
		go func() { served <- s.Serve(l) }()
		c := newClient(t, l.Dial(t))
		if loggedIn {
			c.login("john")
		} else {
			c.expect("200 cgpkit PWD server ready")
		}
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			// A command that is still open, in a bracket say, is too long at last.
			c.conn.Write([]byte(lines + "\nQUIT\n" + strings.Repeat("x", 20_000) + "\n"))
		}()
		for {
			line, err := c.in.ReadString('\n')
			if err != nil {
				require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
				break
			}
			require.True(t, strings.HasSuffix(line, "\r\n") && !strings.Contains(line[:len(line)-2], "\r"))
			require.NotEqual(t, "501 internal error\r\n", line)
		}
		c.conn.Close()
		<-sent
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-served, clisite.ErrServerClosed)
	})
}
