package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/internal/fixture"
)

// start runs the program on free ports, and returns the URLs of its services.
func start(t *testing.T) (web, ftp string) {
	t.Helper()
	line := fixture.Run(t, "-http", "127.0.0.1:0", "-ftp", "127.0.0.1:0", "-dir", t.TempDir())
	words := strings.Fields(line)
	require.Len(t, words, 3)
	return "http://" + strings.TrimPrefix(words[1], "http="), "ftp://" + strings.TrimPrefix(words[2], "ftp=")
}

func TestUsersHaveStorages(t *testing.T) {
	t.Parallel()
	curl := fixture.Program(t, "curl")
	web, ftp := start(t)
	file := filepath.Join(t.TempDir(), "notes.txt")
	require.NoError(t, os.WriteFile(file, []byte("by HTTP"), 0o600))
	for _, step := range []struct {
		name string
		args []string
		want string // of the body and the status
	}{
		{"store by HTTP", []string{"-u", "Mary@Example.com:secret", "-T", file, web + "/~mary/"}, "201"},
		{"read by FTP", []string{"-u", "mary@example.com:secret", ftp + "/notes.txt"}, "by HTTP226"},
		{"store by FTP", []string{"-u", "mary@example.com:secret", "-T", file, ftp + "/by-ftp.txt"}, "226"},
		{"read by HTTP", []string{web + "/~mary/by-ftp.txt"}, "by HTTP200"},
		{"wrong password", []string{"-u", "mary:wrong", "-T", file, web + "/~mary/x"}, "Unauthorized\n401"},
		{"another user", []string{"-u", "john:secret", "-T", file, web + "/~mary/x"}, "Forbidden\n403"},
		{"a stranger", []string{"-T", file, web + "/~mary/x"}, "Unauthorized\n401"},
		{"nobody", []string{web + "/~nobody/"}, "Not Found\n404"},
	} {
		t.Run(step.name, func(t *testing.T) {
			args := append([]string{"-sS", "--max-time", "60", "-w", "%{http_code}"}, step.args...)
			out, err := exec.CommandContext(t.Context(), curl, args...).Output()
			require.NoError(t, err)
			require.Equal(t, step.want, string(out))
		})
	}
}
