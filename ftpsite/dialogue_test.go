package ftpsite_test

import (
	"bufio"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// TestDialogues plays the conversations in testdata/dialogue: lines with C: are
// sent, lines with S: must come, where * at the end stands for anything. END
// means that the server closes the connection. After a reply to EPSV a data
// connection is opened; there, lines with C> are sent and lines with S> must come,
// and a dot ends it.
func TestDialogues(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/dialogue/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			script, err := os.ReadFile(file)
			require.NoError(t, err)
			d := newDirectory()
			d.Write(t, john, "hello.txt", "hello, world")
			d.Write(t, john, "dir/with space.txt", "1234")
			d.Write(t, john, "private/secret.txt", "secret")
			d.Write(t, john, "private.meta", keyed)
			d.Write(t, john, "hello.txt.meta", "<meta/>")
			d.Write(t, mary, "page.html", "<p>")
			var data net.Conn
			var dataLines *bufio.Reader
			c := dial(t, serve(t, &ftpsite.Server{Views: fixture.Views(d), Anonymous: true}))
			for i, line := range strings.Split(strings.TrimSpace(string(script)), "\n") {
				switch {
				case line == "" || line[0] == '#':
				case line == "END":
					c.wantEnd()
				case strings.HasPrefix(line, "C: "):
					c.send("%s", line[3:])
				case strings.HasPrefix(line, "S: "):
					got, err := c.r.ReadString('\n')
					require.NoError(t, err, "line %d: %s", i+1, line)
					wantLine(t, i+1, line[3:], got)
					if strings.HasPrefix(got, "229 ") {
						data, err = net.Dial("tcp", c.passivePort(got))
						require.NoError(t, err)
						defer data.Close()
						data.SetDeadline(time.Now().Add(patience))
						dataLines = bufio.NewReader(data)
					}
				case line == "C> .":
					require.NoError(t, data.Close())
				case line == "S> .":
					rest, err := io.ReadAll(dataLines)
					require.NoError(t, err, "line %d", i+1)
					require.Empty(t, string(rest), "line %d", i+1)
				case strings.HasPrefix(line, "C> "):
					_, err := io.WriteString(data, line[3:]+"\r\n")
					require.NoError(t, err)
				case strings.HasPrefix(line, "S> "):
					got, err := dataLines.ReadString('\n')
					require.NoError(t, err, "line %d: %s", i+1, line)
					wantLine(t, i+1, line[3:], got)
				default:
					t.Fatalf("line %d: %s", i+1, line)
				}
			}
		})
	}
}

func wantLine(t *testing.T, number int, want, got string) {
	t.Helper()
	got = strings.TrimSuffix(got, "\r\n")
	if want, open := strings.CutSuffix(want, "*"); open {
		require.True(t, strings.HasPrefix(got, want), "line %d: %s\ngot: %s", number, want, got)
		return
	}
	require.Equal(t, want, got, "line %d", number)
}

// TestDialoguesAreComplete: every command that HELP knows is in some dialogue.
func TestDialoguesAreComplete(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/dialogue/*.txt")
	require.NoError(t, err)
	said := map[string]bool{}
	for _, file := range files {
		script, err := os.ReadFile(file)
		require.NoError(t, err)
		for line := range strings.Lines(string(script)) {
			if command, ok := strings.CutPrefix(line, "C: "); ok {
				verb, _, _ := strings.Cut(strings.TrimSpace(command), " ")
				said[strings.ToUpper(verb)] = true
			}
		}
	}
	c := dial(t, serve(t, &ftpsite.Server{Views: fixture.Views(newDirectory())}))
	c.want("220", "")
	for line := range strings.Lines(c.want("214", "HELP")) {
		if verbs, ok := strings.CutPrefix(line, " "); ok {
			for _, verb := range strings.Fields(verbs) {
				require.True(t, said[verb], verb)
			}
		}
	}
}
