package ftpsite_test

import (
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// TestStatusDuringTransfer: STAT is answered while a transfer runs, in clear and
// in TLS, and does it no harm.
func TestStatusDuringTransfer(t *testing.T) {
	t.Parallel()
	serverTLS, clientTLS := newTLS(t)
	for name, secure := range map[string]bool{"clear": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDirectory()
			c := dial(t, serve(t, &ftpsite.Server{Views: fixture.Views(d), TLSConfig: serverTLS}))
			c.want("220", "")
			if secure {
				c.want("234", "AUTH TLS")
				c.secure(clientTLS)
			}
			c.login("john")
			data := c.data("STOR file")
			for range 20 {
				_, err := io.WriteString(data, "x")
				require.NoError(t, err)
				require.Contains(t, c.want("211", "stat"), "Transfer is running")
			}
			c.send("STAT file") // this one waits
			data.Close()
			c.want("226", "")
			c.want("213", "")
			wantFile(t, d, john, "file", strings.Repeat("x", 20))
			require.Contains(t, c.want("211", "STAT"), "No transfer is running")
		})
	}
}

// TestStatusDuringDownload: what was sent counts from its beginning on, the file of a
// disk, which the kernel sends, included.
func TestStatusDuringDownload(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func() filestore.Store{
		"memory": func() filestore.Store { return memstore.New() },
		"disk": func() filestore.Store {
			store, err := dirstore.Open(filepath.Join(t.TempDir(), "account.web"), nil)
			require.NoError(t, err)
			t.Cleanup(func() { store.Close() })
			return store
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := fixture.New(open)
			d.Write(t, john, "big", strings.Repeat("x", 24<<20))
			c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(d)}), "john")
			data := c.data("RETR big")
			_, err := io.CopyN(io.Discard, data, 16<<20)
			require.NoError(t, err)
			none := "211 Transfer is running, 0 bytes so far."
			for c.send("STAT"); c.want("211", "") == none; c.send("STAT") {
			}
			_, err = io.Copy(io.Discard, data)
			require.NoError(t, err)
			c.want("226", "")
		})
	}
}

// TestGoodbyeBehindTheData: a client that has said QUIT may go at once; one that
// has not counts as dead.
func TestGoodbyeBehindTheData(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, last string
		stored     bool
	}{
		{"QUIT", "QUIT\r\n", true},
		{"quit in small letters", "quit\r\n", true},
		{"NOOP and QUIT", "NOOP\r\nQUIT\r\n", true},
		{"nothing", "", false},
		{"NOOP", "NOOP\r\n", false},
		{"half a QUIT", "QUIT", false},
		{"QUIT and ABOR", "QUIT\r\nABOR\r\n", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := newDirectory()
			server := &ftpsite.Server{Views: fixture.Views(d)}
			c := login(t, serve(t, server), "john")
			data := c.data("STOR file")
			_, err := io.WriteString(data, "all of it")
			require.NoError(t, err)
			_, err = io.WriteString(c.conn, row.last)
			require.NoError(t, err)
			require.NoError(t, c.conn.Close())
			data.Close()
			require.NoError(t, server.Shutdown(t.Context()))
			if row.stored {
				wantFile(t, d, john, "file", "all of it")
			} else {
				wantNoFile(t, d, john, "file", 0, 0)
			}
		})
	}
}

// TestAbortInEveryForm: ABOR ends what runs, whatever signals are around it, and while
// nothing runs it is answered all the same.
func TestAbortInEveryForm(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.Write(t, john, "large", strings.Repeat("x", 30<<20))
	c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(d)}), "john")
	for _, abort := range []string{
		"ABOR", "abor", "\xff\xf4\xff\xf2ABOR", "\xff\xf4\xffABOR", "\xff\xf4ABOR", "\xff\xf2ABOR", "AB\xff\xf1OR", "\xff\xfb\x06ABOR",
	} {
		c.want("226", abort)
		conn := c.data("RETR large")
		c.want("426", abort)
		c.want("226", "")
		_, err := io.Copy(io.Discard, conn)
		require.Error(t, err, "%q", abort)
	}
}

// TestPythonAborts: ftplib sends ABOR as urgent data (MSG_OOB), of which the last
// byte does not come with the others unless the server asks for that.
func TestPythonAborts(t *testing.T) {
	t.Parallel()
	python := fixture.Program(t, "/usr/bin/python3")
	d := newDirectory()
	d.Write(t, john, "large", strings.Repeat("x", 30<<20))
	host, port := hostPort(t, serve(t, &ftpsite.Server{Views: fixture.Views(d)}))
	script := `
import ftplib, socket, sys
ftp = ftplib.FTP(timeout=10)
ftp.connect(sys.argv[1], int(sys.argv[2]))
ftp.login("john", "john-pw")
print("idle", ftp.abort())
for i in range(3):
    data = ftp.transfercmd("RETR large")
    data.recv(100)
    print("running", ftp.abort())
    print("itself", ftp.getmultiline())
    data.close()
data = ftp.transfercmd("STOR new")
data.sendall(b"x" * 100)
print("upload", ftp.abort())
print("itself", ftp.getmultiline())
data.close()
# IAC IP in order, IAC DM as urgent data, as RFC 959 has it.
data = ftp.transfercmd("RETR large")
ftp.sock.sendall(b"\xff\xf4")
ftp.sock.sendall(b"\xff\xf2", socket.MSG_OOB)
ftp.sock.sendall(b"ABOR\r\n")
print("telnet", ftp.getmultiline())
print("itself", ftp.getmultiline())
data.close()
print(sorted(ftp.nlst()), ftp.pwd())
ftp.quit()
`
	output := mustRun(t, "", python, "-c", script, host, port)
	cut, done := "426 Connection closed; transfer aborted.\n", "itself 226 Aborted.\n"
	require.Equal(t, "idle 226 Aborted.\n"+strings.Repeat("running "+cut+done, 3)+"upload "+cut+done+"telnet "+cut+done+"['large'] /\n", output)
}

// TestTooMuchAhead: what a client says while a transfer runs is kept within
// bounds. One command over and over, as keeps a connection alive, is no burden.
func TestTooMuchAhead(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	addr := serve(t, &ftpsite.Server{Views: fixture.Views(d)})
	c := login(t, addr, "john")
	data := c.data("STOR file")
	for range 5000 {
		c.send("NOOP")
	}
	data.Close()
	c.want("226", "")
	for range 5000 {
		c.want("200", "")
	}
	c.data("STOR other")
	for i := range 300 {
		c.send("SIZE %d", i)
	}
	c.want("426", "")
	_, ok := d.Read(t, john, "other")
	require.False(t, ok)
}

// TestTextIsFast counts how often text is handed on: by the buffer, not by the
// line.
func TestTextIsFast(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	var writes int
	wrap(d, john, func(inner filestore.Store) filestore.Store {
		return faulty{Store: inner, write: func([]byte) error { writes++; return nil }}
	})
	c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(d)}), "john")
	c.want("200", "TYPE A")
	lines := strings.Repeat("line\r\n", 1_000_000)
	c.put("226", "STOR text", lines)
	wantFile(t, d, john, "text", strings.Repeat("line\n", 1_000_000))
	require.True(t, c.get("RETR text") == lines)
	require.Less(t, writes, len(lines)/100)
}
