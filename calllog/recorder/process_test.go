package recorder_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/calllog"
	"github.com/cgpkit/cgpkit/calllog/recorder"
	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// TestMain is a process that records calls until it is killed, if the environment
// says so.
func TestMain(m *testing.M) {
	if base := os.Getenv("RECORDER_TEST_BASE"); base != "" {
		if err := recordCalls(base); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// recordCalls records calls and prints the Call-IDs of those that are recorded.
func recordCalls(dir string) error {
	base, err := directory.Open(dir, nil)
	if err != nil {
		return err
	}
	r := &recorder.Recorder{Views: fixture.Views(base), Settings: base, Location: time.UTC}
	for i := range 1_000_000 { // is killed long before
		id := fmt.Sprintf("%d-%d", os.Getpid(), i)
		if err := r.Record(context.Background(), "john@main.example", call(id)); err != nil {
			return err
		}
		fmt.Println(id)
	}
	return nil
}

// makeBase makes a base directory with the account john@main.example.
func makeBase(t testing.TB, settings string) (dir, web string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{
		"Settings/Main.settings":               "{DomainName=main.example;}",
		"Accounts/john.macnt/account.settings": settings,
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return dir, filepath.Join(dir, "Accounts", "john.macnt", "account.web")
}

// Processes, one after the other, are killed while they record: what each of them
// has acknowledged is there once, and every line is whole.
func TestRecordAfterACrash(t *testing.T) {
	t.Parallel()
	dir, web := makeBase(t, "{MaxWebSize=unlimited;}")
	var acknowledged []string
	const rounds = 5
	for round := range rounds {
		process := exec.CommandContext(t.Context(), os.Args[0])
		process.Env = append(os.Environ(), "RECORDER_TEST_BASE="+dir)
		process.Stderr = os.Stderr
		out, err := process.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, process.Start())
		says := bufio.NewScanner(out)
		for range 3 + round {
			require.True(t, says.Scan())
			acknowledged = append(acknowledged, says.Text())
		}
		require.NoError(t, process.Process.Kill())
		for says.Scan() {
			acknowledged = append(acknowledged, says.Text())
		}
		require.NoError(t, says.Err())
		require.Error(t, process.Wait())
	}
	text, err := os.ReadFile(filepath.Join(web, filepath.FromSlash(march)))
	require.NoError(t, err)
	found := map[string]int{}
	for r, err := range calllog.Read(strings.NewReader(string(text)), &calllog.Options{Year: 2009, Month: time.March}) {
		require.NoError(t, err)
		found[r.CallID]++
	}
	for _, id := range acknowledged {
		require.Equal(t, 1, found[id], id)
	}
	require.LessOrEqual(t, len(found), len(acknowledged)+rounds, "one more, that was not acknowledged, at each kill")
}

func TestRecordAsTheSettingSays(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, settings string
		recorded       bool
		wantErr        string
	}{
		{"YES", "{CallLogs=YES;}", true, ""},
		{"NO", "{CallLogs=NO;}", false, ""},
		{"built in", "{}", true, ""},
		{"cannot be read", "{CallLogs=perhaps;}", true, ""},
		{"broken file", "{CallLogs=YES;", false, "read settings of john@main.example"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir, web := makeBase(t, tt.settings)
			base, err := directory.Open(dir, nil)
			require.NoError(t, err)
			defer base.Close()
			r := &recorder.Recorder{Views: fixture.Views(base), Settings: base, Location: time.UTC}
			err = r.Record(t.Context(), "John@Main.Example", call("id"))
			if tt.wantErr == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, tt.wantErr)
			}
			if !tt.recorded {
				require.NoDirExists(t, filepath.Join(web, "private"))
				return
			}
			text, err := os.ReadFile(filepath.Join(web, filepath.FromSlash(march)))
			require.NoError(t, err)
			require.Equal(t, line("id"), string(text))
		})
	}
}
