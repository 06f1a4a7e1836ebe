package clisite_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// A file of 16 MiB goes up in one command and comes back in one answer, of a
// larger one the first 16 MiB.
func TestLargeFile(t *testing.T) {
	t.Parallel()
	d := accounts(t)
	c := dial(t, serve(t, &clisite.Server{Views: fixture.Views(d)}))
	c.login("john")
	const size = 16 << 20
	content := strings.Repeat("0123456789abcdef", size/16)
	encoded := base64.StdEncoding.EncodeToString([]byte(content))
	c.ask(`WriteStorageFile * FILE "large" DATA [`+encoded+`]`, "200 OK")
	stored, _ := d.Read(t, "john@client1.com", "large")
	require.True(t, content == stored, "content differs")
	c.ask(`WriteStorageFile * FILE "large" END DATA [QUJD]`, "200 OK")
	c.ask(`ReadStorageFile * FILE "large" SIZE 99999999999`, "200 data follows")
	answer := c.read()
	require.True(t, strings.HasPrefix(answer, "(["+encoded+"],#T"), "content differs")
	require.True(t, strings.HasSuffix(answer, ",#16777219)"), answer[len(answer)-50:])
}

func TestLineIsTooLong(t *testing.T) {
	t.Parallel()
	server := serve(t, &clisite.Server{Views: fixture.Views(accounts(t)), MaxLine: 100_000})
	t.Run("before the login", func(t *testing.T) {
		t.Parallel()
		c := dial(t, server)
		c.expect("200 cgpkit PWD server ready")
		c.ask("USER "+strings.Repeat("x", 2040), "300 please send the PASS")
		c.ask("USER "+strings.Repeat("x", 2048), "500 line is too long")
	})
	t.Run("after it", func(t *testing.T) {
		t.Parallel()
		c := dial(t, server)
		c.login("john")
		c.ask("x"+strings.Repeat(" ", 99_990), "500 unknown command")
		c.ask("x"+strings.Repeat(" ", 99_998), "500 line is too long")
	})
}

func TestManyWords(t *testing.T) {
	t.Parallel()
	c := dial(t, serve(t, &clisite.Server{Views: fixture.Views(accounts(t))}))
	c.login("john")
	c.ask("ListStorageFiles *"+strings.Repeat(" PATH a", 100_000), "500 syntax error")
	c.ask("ListStorageFiles * PATH "+strings.Repeat("(", 1_000_000)+strings.Repeat(")", 1_000_000), "500 syntax error")
	c.ask("ListStorageFiles * PATH "+strings.Repeat("{", 1_000_000)+strings.Repeat("}", 1_000_000), "500 syntax error")
	c.ask("ListStorageFiles * PATH ("+strings.Repeat("a,", 1_000_000)+"a)", "500 syntax error")
}

// A line may end in LF alone and come in pieces, and several may come at once.
func TestLineEnds(t *testing.T) {
	t.Parallel()
	c := dial(t, serve(t, &clisite.Server{Views: fixture.Views(accounts(t))}))
	c.expect("200 cgpkit PWD server ready")
	for _, piece := range []string{"NO", "OP\nNOOP\r\n\nQU", "IT\r", "\nNOOP\r\n"} {
		_, err := c.conn.Write([]byte(piece))
		require.NoError(t, err)
	}
	c.expect("200 OK")
	c.expect("200 OK")
	c.expect("500 unknown command")
	c.expect("200 connection closed")
}
