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

// commandsIn returns the lines of the client in each of the conversations of a directory.
func commandsIn(t testing.TB, dir string) (all []string) {
	t.Helper()
	files, err := fs.Glob(os.DirFS(dir), "*.txt")
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(dir + "/" + file)
		require.NoError(t, err)
		var lines strings.Builder
		for line := range strings.Lines(string(text)) {
			if command, ok := strings.CutPrefix(line, "C: "); ok {
				lines.WriteString(command)
			}
		}
		all = append(all, lines.String())
	}
	return all
}

// converse sends lines to a session, and returns its answers.
func converse(t *testing.T, s *clisite.Server, login, lines string) (answers []string) {
	t.Helper()
	l, served := fixture.NewPipes(), make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	c := newClient(t, l.Dial(t))
	if login != "" {
		c.login(login)
	} else {
		c.greeted()
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
		answers = append(answers, line)
	}
	c.conn.Close()
	<-sent
	require.NoError(t, s.Close())
	require.ErrorIs(t, <-served, clisite.ErrServerClosed)
	return answers
}

// FuzzCommands sends lines to a session, before and after the login.
func FuzzCommands(f *testing.F) {
	for _, lines := range commandsIn(f, "testdata/dialogues") {
		f.Add(lines, true)
		f.Add(lines, false)
	}
	for _, lines := range []string{"X (<a b='>\n", "X ([", "X (\"\\\n", "X (<!-- - -->\n<![CDATA[ ]] ]]><?a?>\n<!b>)", "APOP john 0\nSTLS\nNEWPASS x"} {
		f.Add(lines, true)
		f.Add(lines, false)
	}
	f.Fuzz(func(t *testing.T, lines string, loggedIn bool) {
		login := ""
		if loggedIn {
			login = "john"
		}
		converse(t, &clisite.Server{Views: fixture.Views(accounts(t)), MaxLine: 10_000}, login, lines)
	})
}

// FuzzAdministration: whatever an administrator of a domain asks, no password is in the
// answer, unless they have sent it.
func FuzzAdministration(f *testing.F) {
	for _, lines := range commandsIn(f, "testdata/base") {
		f.Add(lines)
	}
	f.Fuzz(func(t *testing.T, lines string) {
		answers := converse(t, &clisite.Server{Views: fixture.Views(openTestBase(t)), MaxLine: 10_000}, "boss@client2.com", lines)
		for _, secret := range []string{"-pw", "abc", "everybody", "[AAAA]"} {
			if !strings.Contains(lines, secret) {
				require.NotContains(t, strings.Join(answers, ""), secret)
			}
		}
	})
}
