package tftpsite_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/pin/tftp/v3"
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
		name: "busybox", program: "busybox",
		get: func(host, port, remote, local string) []string {
			return []string{"tftp", "-g", "-r", remote, "-l", local, host, port}
		},
		put: func(host, port, remote, local string) []string {
			return []string{"tftp", "-p", "-r", remote, "-l", local, host, port}
		},
	},
	{
		name: "busybox with large blocks", program: "busybox",
		get: func(host, port, remote, local string) []string {
			return []string{"tftp", "-b", "1400", "-g", "-r", remote, "-l", local, host, port}
		},
		put: func(host, port, remote, local string) []string {
			return []string{"tftp", "-b", "1400", "-p", "-r", remote, "-l", local, host, port}
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
			server := serve(t, &tftpsite.Server{Views: fixture.Views(grants{d}), Storage: "john", AllowWrite: true})
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
			switch client.program {
			case "curl":
				require.Contains(t, string(out), "(68)") // its number for "not found"
			case "busybox":
				require.Contains(t, string(out), "error: (1)")
			default:
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

// TestCurlFromPipe: what curl reads from a pipe has a size of 0 in its request.
func TestCurlFromPipe(t *testing.T) {
	t.Parallel()
	curl := fixture.Program(t, "curl")
	d := withUser(accounts())
	server := serve(t, &tftpsite.Server{Views: fixture.Views(grants{d}), Storage: "john", AllowWrite: true})
	content := strings.Repeat("from a pipe\n", 1000)
	command := exec.CommandContext(t.Context(), curl, "-sS", "-T", "-", "tftp://"+server.String()+"/piped")
	command.Stdin = strings.NewReader(content)
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))
	got, _ := d.Read(t, "john@client1.com", "piped")
	require.Equal(t, content, got)
}

// TestIndependentLibrary: another implementation in Go, with every option that it
// knows.
func TestIndependentLibrary(t *testing.T) {
	t.Parallel()
	d := withUser(accounts())
	content := strings.Repeat("0123456789abcdef", 5000)
	server := serve(t, &tftpsite.Server{Views: fixture.Views(grants{d}), Storage: "john", AllowWrite: true})
	for _, block := range []int{512, 600, 1428} {
		for _, size := range []bool{false, true} {
			client, err := tftp.NewClient(server.String())
			require.NoError(t, err)
			client.SetBlockSize(block)
			client.RequestTSize(size)
			to, err := client.Send("new", "octet")
			require.NoError(t, err)
			_, err = to.ReadFrom(strings.NewReader(content))
			require.NoError(t, err)
			from, err := client.Receive("new", "octet")
			require.NoError(t, err)
			if told, ok := from.(tftp.IncomingTransfer).Size(); size {
				require.True(t, ok)
				require.EqualValues(t, len(content), told)
			}
			var got strings.Builder
			_, err = from.WriteTo(&got)
			require.NoError(t, err)
			require.Equal(t, content, got.String())
		}
	}
}
