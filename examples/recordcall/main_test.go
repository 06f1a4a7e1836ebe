package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// makeBase makes a base directory with the accounts john and, without call logs,
// mary.
func makeBase(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"Settings/Main.settings":               "{DomainName=client1.com;}",
		"Accounts/john.macnt/account.settings": "{}",
		"Accounts/mary.macnt/account.settings": "{CallLogs=NO;}",
		"Accounts/full.macnt/account.settings": "{MaxWebSize=0;}",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return dir
}

// logs returns the text of all logs of an account.
func logs(t *testing.T, base, account string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(base, "Accounts", account+".macnt", "account.web", "private", "logs", "calls-*"))
	require.NoError(t, err)
	all := ""
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		all += string(text)
	}
	return all
}

func TestRecordsCalls(t *testing.T) {
	t.Parallel()
	base := makeBase(t)
	for _, args := range [][]string{
		{"-account", "john@client1.com", "-peer", "mary@client2.com", "-name", "Mary", "-id", "1@x", "-answered", "-time", "2m5s", "-alert", "7s"},
		{"-account", "John@client1.com", "-out", "-id", "2@x", "-error", "486", "-program", "pbx"},
		{"-account", "mary@client1.com", "-id", "3@x"},
	} {
		require.Zero(t, run(t.Context(), append(args, "-base", base), os.Stderr))
	}
	lines := strings.Split(logs(t, base, "john"), "\n")
	require.Len(t, lines, 3)
	require.Regexp(t, `^2\t\d\d-\w{3} \d\d:\d\d:\d\d\tI\t"Mary" <mary@client2\.com>\t1@x\t125\t7\t$`, lines[0])
	require.Regexp(t, `^2\t\d\d-\w{3} \d\d:\d\d:\d\d\tO\t<>\t2@x\t\t0\t486\tpbx$`, lines[1])
	require.Empty(t, logs(t, base, "mary"), "they are not logged")
}

func TestTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	base := makeBase(t)
	for _, tt := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"no base", []string{"-account", "john@client1.com"}, 2, "want -base"},
		{"no account", []string{"-base", base}, 2, "want -base, -account"},
		{"unknown flag", []string{"-x"}, 2, "-x"},
		{"argument", []string{"-base", base, "-account", "john@client1.com", "x"}, 2, "want"},
		{"time without an answer", []string{"-base", base, "-account", "john@client1.com", "-time", "5s"}, 2, "did not connect"},
		{"help", []string{"-h"}, 0, "-account"},
		{"no directory", []string{"-base", filepath.Join(base, "missing"), "-account", "john@client1.com"}, 1, "recordcall: "},
		{"nobody", []string{"-base", base, "-account", "nobody@client1.com"}, 1, "not exist"},
		{"no room", []string{"-base", base, "-account", "full@client1.com"}, 1, "over the limit: MaxWebSize is 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var stderr strings.Builder
			require.Equal(t, tt.status, run(t.Context(), tt.args, &stderr))
			require.Contains(t, stderr.String(), tt.want)
		})
	}
	require.Empty(t, logs(t, base, "*"))
}
