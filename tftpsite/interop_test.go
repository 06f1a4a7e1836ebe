package tftpsite_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/cgpkit/cgpkit/tftpsite"
)

// Clients of others. Each is called with what to do, where, and with which
// files; they leave what they read in the file local.
var clients = []struct {
	name, program string
	get, put      func(host, port, remote, local string) []string
}{
	{
		name: "tftp-hpa", program: "tftp",
		get: func(host, port, remote, local string) []string {
			return []string{"-m", "octet", host, port, "-c", "get", remote, local}
		},
		put: func(host, port, remote, local string) []string {
			return []string{"-m", "octet", host, port, "-c", "put", local, remote}
		},
	},
	{
		name: "tftp-hpa in netascii", program: "tftp",
		get: func(host, port, remote, local string) []string {
			return []string{"-m", "netascii", host, port, "-c", "get", remote, local}
		},
		put: func(host, port, remote, local string) []string {
			return []string{"-m", "netascii", host, port, "-c", "put", local, remote}
		},
	},
	{
		name: "atftp", program: "atftp",
		get: func(host, port, remote, local string) []string {
			return []string{"--get", "-r", remote, "-l", local, host, port}
		},
		put: func(host, port, remote, local string) []string {
			return []string{"--put", "-l", local, "-r", remote, host, port}
		},
	},
	{
		name: "atftp with options", program: "atftp",
		get: func(host, port, remote, local string) []string {
			return []string{"--option", "blksize 8192", "--option", "tsize enable", "--get", "-r", remote, "-l", local, host, port}
		},
		put: func(host, port, remote, local string) []string {
			return []string{"--option", "blksize 1024", "--option", "tsize enable", "--put", "-l", local, "-r", remote, host, port}
		},
	},
	{
		name: "curl", program: "curl",
		get: func(host, port, remote, local string) []string {
			return []string{"-sS", "-o", local, "tftp://" + host + ":" + port + "/" + remote}
		},
		put: func(host, port, remote, local string) []string {
			return []string{"-sS", "-T", local, "tftp://" + host + ":" + port + "/" + remote}
		},
	},
	{
		name: "curl without options", program: "curl",
		get: func(host, port, remote, local string) []string {
			return []string{"-sS", "--tftp-no-options", "-o", local, "tftp://" + host + ":" + port + "/" + remote}
		},
		put: func(host, port, remote, local string) []string {
			return []string{"-sS", "--tftp-no-options", "-T", local, "tftp://" + host + ":" + port + "/" + remote}
		},
	},
}

func TestClientsOfOthers(t *testing.T) {
	t.Parallel()
	contents := map[string]string{
		"empty": "",
		"short": "line\nreturn\r and zero \x00.\n",
		"block": strings.Repeat("x", 512),
		"long":  strings.Repeat("0123456789abcde\n", 1<<14), // 256 KiB
	}
	for _, client := range clients {
		t.Run(client.name, func(t *testing.T) {
			t.Parallel()
			path := fixture.Program(t, client.program)
			d := withUser(accounts())
			server := serve(t, &tftpsite.Server{Directory: grants{d}, Storage: "john", AllowWrite: true})
			host, port := server.Addr().String(), strconv.Itoa(int(server.Port()))
			for name, content := range contents {
				d.Write(t, "john@client1.com", name, content)
				d.Write(t, "mary@client1.com", name, content)
				for _, remote := range []string{name, "~mary@client1.com/" + name} {
					local := filepath.Join(t.TempDir(), "got")
					run(t, path, client.get(host, port, remote, local)...)
					got, err := os.ReadFile(local)
					if content == "" && os.IsNotExist(err) {
						err = nil // some make no empty file
					}
					require.NoError(t, err)
					require.Equal(t, content, string(got))
				}
				local := filepath.Join(t.TempDir(), "sent")
				require.NoError(t, os.WriteFile(local, []byte(content), 0o600))
				run(t, path, client.put(host, port, "new-"+name, local)...)
				got, ok := d.Read(t, "john@client1.com", "new-"+name)
				require.True(t, ok)
				require.Equal(t, content, got)
			}
			local := filepath.Join(t.TempDir(), "nothing")
			out, _ := exec.CommandContext(t.Context(), path, client.get(host, port, "nothing", local)...).CombinedOutput()
			if client.program == "curl" {
				require.Contains(t, string(out), "(68)") // its number for "not found"
			} else {
				require.Contains(t, string(out), "File not found")
			}
		})
	}
}

func run(t *testing.T, path string, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	require.NoError(t, err, string(out))
}
