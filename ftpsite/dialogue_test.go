package ftpsite_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/ftpsite"
)

// TestDialogues plays the conversations in testdata/dialogue: lines with C: are
// sent, lines with S: must come, where * at the end stands for anything. END
// means that the server closes the connection.
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
			c := dial(t, serve(t, &ftpsite.Server{Directory: d, Anonymous: true}))
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
					got = strings.TrimSuffix(got, "\r\n")
					want, open := strings.CutSuffix(line[3:], "*")
					if open {
						require.True(t, strings.HasPrefix(got, want), "line %d: %s\ngot: %s", i+1, line, got)
					} else {
						require.Equal(t, want, got, "line %d", i+1)
					}
				default:
					t.Fatalf("line %d: %s", i+1, line)
				}
			}
		})
	}
}
