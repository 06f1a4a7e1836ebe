package ftpsite_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// What comes fast is read in larger pieces.
func TestLargeUploads(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(d)}), "john")
	var text []byte
	for i := range 200_000 {
		text = fmt.Appendf(text, "line %d\r\n", i)
	}
	for _, size := range []int{1<<16 - 1, 1 << 16, 1<<16 + 1, 1<<20 + 1<<16, len(text)} {
		c.want("200", "TYPE I")
		c.put("226", "STOR binary", string(text[:size]))
		wantFile(t, d, john, "binary", string(text[:size]))
		c.want("200", "TYPE A")
		c.put("226", "STOR text", string(text[:size]))
		wantFile(t, d, john, "text", strings.ReplaceAll(string(text[:size]), "\r\n", "\n"))
	}
}

func TestTransfers(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.Write(t, john, "hello.txt", "hello, world")
	addr := serve(t, &ftpsite.Server{Views: fixture.Views(d)})
	c := login(t, addr, "john")

	t.Run("receive", func(t *testing.T) {
		require.Equal(t, "hello, world", c.get("RETR hello.txt"))
	})
	t.Run("receive the end", func(t *testing.T) {
		c.want("350", "REST 7")
		require.Equal(t, "world", c.get("RETR hello.txt"))
		require.Equal(t, "hello, world", c.get("RETR hello.txt"), "REST counts once")
	})
	t.Run("receive nothing at the very end", func(t *testing.T) {
		c.want("350", "REST 12")
		require.Empty(t, c.get("RETR hello.txt"))
	})
	t.Run("receive from beyond the end", func(t *testing.T) {
		c.want("350", "REST 13")
		require.Equal(t, "554", c.try("RETR hello.txt"))
		require.Equal(t, "hello, world", c.get("RETR hello.txt"))
	})
	t.Run("REST is not for a later file", func(t *testing.T) {
		c.want("350", "REST 3")
		require.Equal(t, "550", c.try("RETR nowhere"))
		c.put("226", "STOR later", "abc")
		wantFile(t, d, john, "later", "abc")
		c.want("350", "REST 3")
		c.want("226", "ABOR")
		c.put("226", "STOR later", "xyz")
		wantFile(t, d, john, "later", "xyz")
	})
	t.Run("send", func(t *testing.T) {
		c.put("226", "STOR new file", "content")
		wantFile(t, d, john, "new file", "content")
	})
	t.Run("send an empty file", func(t *testing.T) {
		c.put("226", "STOR empty", "")
		wantFile(t, d, john, "empty", "")
	})
	t.Run("replace", func(t *testing.T) {
		c.put("226", "STOR new file", "short")
		wantFile(t, d, john, "new file", "short")
	})
	t.Run("append", func(t *testing.T) {
		c.put("226", "APPE log", "one\n")
		c.put("226", "APPE log", "two\n")
		wantFile(t, d, john, "log", "one\ntwo\n")
	})
	t.Run("go on", func(t *testing.T) {
		c.put("226", "STOR parts", "first, old end")
		c.want("350", "REST 7")
		c.put("226", "STOR parts", "second")
		wantFile(t, d, john, "parts", "first, second")
	})
	t.Run("go on beyond the end", func(t *testing.T) {
		c.want("350", "REST 1000")
		require.Equal(t, "554", c.try("STOR parts"))
		wantFile(t, d, john, "parts", "first, second")
	})
	t.Run("go on with no file", func(t *testing.T) {
		c.want("350", "REST 1")
		require.Equal(t, "550", c.try("STOR nothing there"))
	})
	t.Run("onto a directory", func(t *testing.T) {
		c.want("257", "MKD dir")
		require.Equal(t, "550", c.try("STOR dir"))
		require.Equal(t, "550", c.try("STOR dir/"))
		require.Equal(t, "550", c.try("STOR fresh/"))
		require.Equal(t, "550", c.try("RETR dir"))
		require.Equal(t, "550", c.try("STOR /"))
		require.Equal(t, "550", c.try("STOR nowhere/file"))
	})
	t.Run("announced size", func(t *testing.T) {
		c.want("200", "ALLO 3")
		c.put("226", "STOR three", "abc")
		wantFile(t, d, john, "three", "abc")
		c.put("226", "STOR three", "ALLO counts once")
	})
	t.Run("text", func(t *testing.T) {
		c.want("200", "TYPE A")
		c.put("226", "STOR text", "a\r\n\r\nb\rc\n")
		wantFile(t, d, john, "text", "a\n\nb\rc\n")
		require.Equal(t, "a\r\n\r\nb\rc\r\n", c.get("RETR text"))
		c.want("200", "ALLO 9")
		c.put("226", "STOR text", "as sent\r\n")
		c.want("200", "ALLO 10")
		c.put("226", "STOR text", "as stored\r\n")
		c.want("200", "ALLO 8")
		c.put("226", "STOR text", "neither\r\n\r\n")
		wantFile(t, d, john, "text", "neither\n\n")
		c.want("200", "TYPE I")
	})
	t.Run("long lines of text", func(t *testing.T) {
		long := strings.Repeat(strings.Repeat("x", 4095)+"\r\n"+strings.Repeat("y", 70_000)+"\r", 3)
		c.want("200", "TYPE A")
		c.put("226", "STOR text", long)
		wantFile(t, d, john, "text", strings.ReplaceAll(long, "\r\n", "\n"))
		require.Equal(t, long, c.get("RETR text"))
		c.want("200", "TYPE I")
	})
	t.Run("large", func(t *testing.T) {
		content := make([]byte, 3<<20+17)
		rand.NewChaCha8([32]byte{}).Read(content)
		c.put("226", "STOR large", string(content))
		require.True(t, string(content) == c.get("RETR large"))
	})
}

// wrapped replaces the store of an account.
func wrap(d *fixture.Directory, account string, with func(filestore.Store) filestore.Store) {
	d.Update(account, func(a *fixture.Account) { a.Store = with(a.Store) })
}

// faulty is a store whose uploads and files do what a test wants.
type faulty struct {
	filestore.Store
	write  func(p []byte) error
	commit func() error
	read   func(p []byte) error
}

func (s faulty) Create(ctx context.Context, name string, o filestore.CreateOptions, l filestore.Limits) (filestore.Upload, error) {
	u, err := s.Store.Create(ctx, name, o, l)
	if err != nil {
		return nil, err
	}
	return faultyUpload{u, s}, nil
}

func (s faulty) Open(ctx context.Context, name string) (filestore.File, error) {
	f, err := s.Store.Open(ctx, name)
	if err != nil || s.read == nil {
		return f, err
	}
	return faultyFile{f, s}, nil
}

type faultyUpload struct {
	filestore.Upload
	s faulty
}

func (u faultyUpload) Write(p []byte) (int, error) {
	if u.s.write != nil {
		if err := u.s.write(p); err != nil {
			return 0, err
		}
	}
	return u.Upload.Write(p)
}

func (u faultyUpload) Commit() (filestore.FileInfo, error) {
	if u.s.commit != nil {
		if err := u.s.commit(); err != nil {
			return nil, err
		}
	}
	return u.Upload.Commit()
}

type faultyFile struct {
	filestore.File
	s faulty
}

func (f faultyFile) Read(p []byte) (int, error) {
	if err := f.s.read(p); err != nil {
		return 0, err
	}
	return f.File.Read(p)
}

// TestCutUploads: whatever happens before the end, there is no file, and
// nothing is counted.
func TestCutUploads(t *testing.T) {
	t.Parallel()
	boom := errors.New("disk /var/secret is full")
	for _, row := range []struct {
		name    string
		timeout ftpsite.Timeouts
		store   faulty
		cut     func(c *client, data *net.TCPConn)
		before  string // a command sent first
		want    string // code of the reply, or empty: the client is gone
	}{
		{name: "reset", want: "426", cut: func(_ *client, data *net.TCPConn) {
			data.SetLinger(0)
			data.Close()
		}},
		{name: "reset in text", before: "TYPE A", want: "426", cut: func(_ *client, data *net.TCPConn) {
			data.SetLinger(0)
			data.Close()
		}},
		{name: "abort", want: "426", cut: func(c *client, _ *net.TCPConn) {
			c.send("ABOR")
		}},
		{name: "abort by Telnet signals", want: "426", cut: func(c *client, _ *net.TCPConn) {
			c.send("\xff\xf4\xff\xf2ABOR")
		}},
		{name: "abort, and a clean end of the data at once", want: "426", cut: func(c *client, data *net.TCPConn) {
			c.send("abor")
			data.Close()
		}},
		{name: "killed", cut: func(c *client, data *net.TCPConn) {
			c.conn.Close()
			data.Close()
		}},
		{name: "killed with commands on the way", cut: func(c *client, data *net.TCPConn) {
			c.send("%s", strings.Repeat("NOOP\r\n", 1000))
			c.conn.Close()
			data.Close()
		}},
		{name: "control connection closed alone", cut: func(c *client, _ *net.TCPConn) {
			c.conn.Close()
		}},
		{name: "control connection half closed", want: "426", cut: func(c *client, data *net.TCPConn) {
			c.conn.(*net.TCPConn).CloseWrite()
			data.Close()
		}},
		{name: "control line too long", want: "426", cut: func(c *client, data *net.TCPConn) {
			c.send("%s", strings.Repeat("x", 5000))
		}},
		{name: "stall", want: "426", timeout: ftpsite.Timeouts{DataStall: 50 * time.Millisecond},
			cut: func(*client, *net.TCPConn) {}},
		{name: "error while writing", want: "451", store: faulty{write: func([]byte) error { return boom }},
			cut: func(_ *client, data *net.TCPConn) { data.Close() }},
		{name: "panic while writing", want: "451", store: faulty{write: func([]byte) error { panic(boom) }},
			cut: func(_ *client, data *net.TCPConn) { data.Close() }},
		{name: "error in commit", want: "451", store: faulty{commit: func() error { return boom }},
			cut: func(_ *client, data *net.TCPConn) { data.Close() }},
		{name: "panic in commit", want: "451", store: faulty{commit: func() error { panic(boom) }},
			cut: func(_ *client, data *net.TCPConn) { data.Close() }},
		{name: "changed meanwhile", want: "450", store: faulty{commit: func() error { return filestore.ErrChanged }},
			cut: func(_ *client, data *net.TCPConn) { data.Close() }},
		{name: "no room left", want: "552", store: faulty{write: func([]byte) error { return &filestore.LimitError{} }},
			cut: func(_ *client, data *net.TCPConn) { data.Close() }},
	} {
		for _, command := range []string{"STOR victim", "APPE victim", "STOR fresh"} {
			t.Run(row.name+", "+command, func(t *testing.T) {
				t.Parallel()
				d := newDirectory()
				d.Write(t, john, "victim", "old content")
				arrived := make(chan struct{})
				var once sync.Once
				wrap(d, john, func(inner filestore.Store) filestore.Store {
					s := row.store
					s.Store = inner
					s.write = func(p []byte) error {
						once.Do(func() { close(arrived) })
						if row.store.write == nil {
							return nil
						}
						return row.store.write(p)
					}
					return s
				})
				server := &ftpsite.Server{Views: fixture.Views(d), Timeouts: row.timeout}
				addr := serve(t, server)
				c := login(t, addr, "john")
				if row.before != "" {
					c.want("200", row.before)
				}
				data := c.data(command).(*net.TCPConn)
				_, err := data.Write(bytes.Repeat([]byte("new content"), 10_000))
				if row.timeout == (ftpsite.Timeouts{}) { // a slow machine may have cut the others by now
					require.NoError(t, err)
					<-arrived
				}
				row.cut(c, data)
				if row.want != "" {
					reply := c.want(row.want, "")
					require.NotContains(t, reply, "secret")
				}
				require.NoError(t, server.Close())
				wantFile(t, d, john, "victim", "old content")
				wantNoFile(t, d, john, "fresh", 1, 11)
			})
		}
	}
}

func TestAnnouncedSize(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.Update(john, func(a *fixture.Account) { a.Limits.Bytes = 100 })
	c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(d)}), "john")
	// A reservation is no promise: fewer bytes or more may come.
	for _, row := range []struct{ announced, sent string }{
		{"10", "123456789"}, {"10", "12345678901"}, {"10", ""}, {"0", "1"}, {"100", "1234567890"},
	} {
		c.want("200", "ALLO "+row.announced)
		c.put("226", "STOR file", row.sent)
		wantFile(t, d, john, "file", row.sent)
	}
	c.want("250", "DELE file")
	c.want("200", "ALLO 101")
	require.Equal(t, "552", c.try("STOR file"), "told before the data")
	c.want("200", "ALLO 9223372036854775807")
	require.Equal(t, "552", c.try("STOR file"))
	c.want("200", "ALLO 50")
	c.put("552", "STOR file", strings.Repeat("x", 101))
	wantNoFile(t, d, john, "file", 0, 0)
	c.put("226", "STOR file", strings.Repeat("x", 100))
	c.put("552", "APPE file", "x")
	wantUsage(t, d, john, 1, 100)
}

// TestAbort: ABOR ends what runs, is answered itself, and the session goes on.
func TestAbort(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.Write(t, john, "large", strings.Repeat("x", 30<<20))
	c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(d)}), "john")

	c.want("226", "ABOR")
	conn := c.data("RETR large")
	c.want("426", "ABOR")
	c.want("226", "")
	_, err := io.Copy(io.Discard, conn)
	require.Error(t, err, "a cut file must not look whole")

	c.port()
	c.send("STOR never") // waits for a data connection that does not come
	c.want("426", "ABOR")
	c.want("226", "")

	// Nothing that was sent before an ABOR is left running by it.
	c.port()
	c.send("STOR never\r\nSTOR neither\r\nNOOP\r\nABOR")
	c.want("426", "")
	c.want("426", "")
	c.want("200", "")
	c.want("226", "")
	wantNoFile(t, d, john, "never", 1, 30<<20)
	c.put("226", "STOR after", "x")
	wantFile(t, d, john, "after", "x")
}

// TestCutDownloads: what the server could not send in full ends in a reset.
func TestCutDownloads(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func(int) error{
		"error": func(n int) error { return &fs.PathError{Op: "read", Path: "/var/secret", Err: errors.New("bad disk")} },
		"panic": func(n int) error { panic("bad disk") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDirectory()
			d.Write(t, john, "file", strings.Repeat("x", 4<<20))
			wrap(d, john, func(inner filestore.Store) filestore.Store {
				n := 0
				return faulty{Store: inner, read: func([]byte) error {
					if n++; n > 3 {
						return read(n)
					}
					return nil
				}}
			})
			c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(d)}), "john")
			for range 2 {
				conn := c.data("RETR file")
				_, err := io.Copy(io.Discard, conn)
				require.Error(t, err)
				require.Equal(t, "451 Internal error.", c.reply())
			}
			c.want("200", "NOOP")
		})
	}
}

// TestBriefDownloadThatLasts: the 150 of a small file comes with the 226, unless that takes
// long.
func TestBriefDownloadThatLasts(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.Write(t, john, "file", "content")
	readable := make(chan struct{})
	wrap(d, john, func(inner filestore.Store) filestore.Store {
		return faulty{Store: inner, read: func([]byte) error { <-readable; return nil }}
	})
	c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(d)}), "john")
	conn := c.data("RETR file") // waits for the 150
	close(readable)
	got, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.Equal(t, "content", string(got))
	c.want("226", "")
}

// TestStalledDownload: a client that takes nothing does not hold a session.
func TestStalledDownload(t *testing.T) {
	t.Parallel()
	const size = 30 << 20
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, make([]byte, size), 0o600))
	for name, disk := range map[string]bool{"by the kernel": true, "by ourselves": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDirectory()
			if disk {
				wrap(d, john, func(inner filestore.Store) filestore.Store { return diskStore{inner, path} })
			} else {
				d.Write(t, john, "file", string(make([]byte, size)))
			}
			c := login(t, serve(t, &ftpsite.Server{
				Views: fixture.Views(d), Timeouts: ftpsite.Timeouts{DataStall: 50 * time.Millisecond},
			}), "john")
			data := c.data("RETR file")
			c.want("426", "")
			got, err := io.Copy(io.Discard, data)
			require.Error(t, err)
			require.Less(t, got, int64(size))
		})
	}
}

// TestNoopsDuringTransfer: they are answered behind it and do it no harm.
func TestNoopsDuringTransfer(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(d)}), "john")
	data := c.data("STOR file")
	for range 100 {
		c.send("NOOP")
		_, err := io.WriteString(data, "x")
		require.NoError(t, err)
	}
	data.Close()
	c.want("226", "")
	for range 100 {
		c.want("200", "")
	}
	wantFile(t, d, john, "file", strings.Repeat("x", 100))
}
