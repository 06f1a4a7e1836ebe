package tftpsite_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/cgpkit/cgpkit/tftpsite"
)

// writable serves storages that tftpuser administers.
func writable(t *testing.T) (*fixture.Directory, netip.AddrPort) {
	t.Helper()
	d := withUser(accounts())
	fill(t, d)
	return d, serve(t, &tftpsite.Server{Views: fixture.Views(grants{d}), Storage: "john", AllowWrite: true, MaxBlockSize: 2000})
}

func TestWrite(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789abcde\n", 256) // 4,096 bytes
	for _, row := range []struct {
		name    string
		fields  []string
		content string
		want    string // what the file holds afterwards
		err     error
	}{
		{name: "new file", fields: []string{"new", "octet"}, content: "content", want: "content"},
		{name: "empty file", fields: []string{"new", "octet"}},
		{name: "whole blocks", fields: []string{"new", "octet"}, content: long, want: long},
		{name: "replaced", fields: []string{"dirB/file1.dat", "octet"}, content: "new", want: "new"},
		{name: "private", fields: []string{"private/new", "octet"}, content: "new", want: "new"},
		{name: "block size", fields: []string{"new", "octet", "blksize", "1000"}, content: long, want: long},
		{name: "block size above the limit", fields: []string{"new", "octet", "BLKSIZE", "9000"}, content: long, want: long},
		{name: "size", fields: []string{"new", "octet", "tsize", "4096"}, content: long, want: long},
		{name: "size in netascii counts for nothing", fields: []string{"new", "netascii", "tsize", "3"}, content: "a\r\nb", want: "a\nb"},
		{name: "netascii", fields: []string{"new", "netascii"}, content: "a\r\nb\r\x00c", want: "a\nb\rc"},
		{name: "bad netascii", fields: []string{"new", "netascii"}, content: "a\rb", err: fault{0, "Not netascii"}},
		{name: "netascii cut in a pair", fields: []string{"new", "netascii"}, content: "a\r", err: fault{0, "Not netascii"}},
		{name: "shorter than announced", fields: []string{"file1.dat", "octet", "tsize", "4097"}, content: long, want: long},
		{name: "longer than announced", fields: []string{"file1.dat", "octet", "tsize", "4095"}, content: long, want: long},
		{name: "announced as empty", fields: []string{"file1.dat", "octet", "tsize", "0"}, content: "x", want: "x"},
		{name: "no room for what is announced", fields: []string{"new", "octet", "tsize", "999999999"}, err: fault{3, "Disk full or allocation exceeded"}},
		{name: "parent is missing", fields: []string{"nowhere/new", "octet"}, err: notFound},
		{name: "account is missing", fields: []string{"/nobody/new", "octet"}, err: notFound},
		{name: "empty name", fields: []string{"", "octet"}, err: notFound},
		{name: "onto a directory", fields: []string{"dirB", "octet"}, err: denied},
		{name: "onto a directory with a slash", fields: []string{"dirB/", "octet"}, err: denied},
		{name: "below a file", fields: []string{"file1.dat/new", "octet"}, err: denied},
		{name: "reserved name", fields: []string{"index.wssp", "octet"}, err: denied},
		{name: "sidecar", fields: []string{"new.meta", "octet"}, err: denied},
		{name: "share path", fields: []string{"protected/pwd/KEY/new", "octet"}, err: denied},
		{name: "impossible name", fields: []string{"../new", "octet"}, err: denied},
		{name: "unknown mode", fields: []string{"new", "mail"}, err: fault{4, "Illegal TFTP operation"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d, server := writable(t)
			before := usage(t, d)
			err := put(t, server, row.content, row.fields...)
			if row.err != nil {
				require.Equal(t, row.err, err)
				require.Equal(t, before, usage(t, d))
				got, _ := d.Read(t, "john@client1.com", "file1.dat")
				require.Equal(t, "john@client1.com", got)
				return
			}
			require.NoError(t, err)
			got, ok := d.Read(t, "john@client1.com", row.fields[0])
			require.True(t, ok)
			require.Equal(t, row.want, got)
		})
	}
}

func usage(t *testing.T, d *fixture.Directory) filestore.Usage {
	t.Helper()
	u, err := d.Files(t, "john@client1.com").Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	return u
}

func TestWriteNeedsARight(t *testing.T) {
	t.Parallel()
	plain, user := accounts(), withUser(accounts())
	for _, row := range []struct {
		name   string
		server *tftpsite.Server
	}{
		{"writing off", &tftpsite.Server{Views: fixture.Views(grants{user}), Storage: "john"}},
		{"stranger", &tftpsite.Server{Views: fixture.Views(plain), Storage: "john", AllowWrite: true}},
		{"tftpuser without a right", &tftpsite.Server{Views: fixture.Views(user), Storage: "john", AllowWrite: true}},
		{"tftpuser in its own storage", &tftpsite.Server{Views: fixture.Views(user), Storage: "tftpuser", AllowWrite: true}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, row.server)
			for _, name := range []string{"new", "/nobody/new", "private/new", "../new"} {
				require.Equal(t, denied, put(t, server, "x", name, "octet"), name)
			}
		})
	}
}

func TestWriteBeyondALimit(t *testing.T) {
	t.Parallel()
	d, server := writable(t)
	d.Update("john@client1.com", func(a *fixture.Account) { a.Limits.FileSize = 1000 })
	before := usage(t, d)
	require.Equal(t, fault{3, "Disk full or allocation exceeded"}, put(t, server, strings.Repeat("x", 1001), "new", "octet"))
	require.Equal(t, before, usage(t, d))
	require.NoError(t, put(t, server, strings.Repeat("x", 1000), "new", "octet"))
}

// An upload whose client falls silent, or gives up, leaves nothing.
func TestWriteIsCut(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		timeout time.Duration
		last    string // what the client sends at last
	}{
		{name: "silence", timeout: 400 * time.Millisecond},
		{name: "error", timeout: time.Hour, last: fault{3, "no room here"}.packet()},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := withUser(accounts())
			fill(t, d)
			s := &tftpsite.Server{Views: fixture.Views(grants{d}), Storage: "john", AllowWrite: true, Timeout: row.timeout, Retries: 1}
			server := serve(t, s)
			before := usage(t, d)
			c := dial(t, server)
			c.request(opWrite, "file1.dat", "octet", "tsize", "5000")
			c.expect("\x00\x06tsize\x005000\x00")
			c.data(1, strings.Repeat("x", 512))
			for c.next() != block4(opAck, 1) { // the first may come again
			}
			if row.last != "" {
				c.reply(row.last)
			}
			require.NoError(t, s.Shutdown(t.Context())) // waits for the transfer
			require.Equal(t, before, usage(t, d))
			got, _ := d.Read(t, "john@client1.com", "file1.dat")
			require.Equal(t, "john@client1.com", got)
		})
	}
}

// Who missed the last acknowledgement gets it again, and may begin the next
// transfer from the same port meanwhile.
func TestLastAcknowledgementIsRepeated(t *testing.T) {
	t.Parallel()
	d, server := writable(t)
	c := dial(t, server)
	c.request(opWrite, "new", "octet")
	c.expect(block4(opAck, 0))
	c.data(1, "content")
	c.expect(block4(opAck, 1))
	got, _ := d.Read(t, "john@client1.com", "new")
	require.Equal(t, "content", got, "acknowledged before it was stored")
	c.data(1, "content")
	c.expect(block4(opAck, 1))
	c.request(opRead, "new", "octet")
	c.expect(block4(opData, 1) + "content")
	c.ack(1)
}
