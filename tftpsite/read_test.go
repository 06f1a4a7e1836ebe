package tftpsite_test

import (
	"context"
	"io/fs"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/cgpkit/cgpkit/tftpsite"
)

const tftpuser = "tftpuser@client1.com"

// grants is a directory in which tftpuser administers the server.
type grants struct{ *fixture.Directory }

func (g grants) Role(ctx context.Context, caller filestore.Caller, account string) (filestore.Role, error) {
	if caller.Account == tftpuser {
		return filestore.Administrator, nil
	}
	return g.Directory.Role(ctx, caller, account)
}

// withUser adds the account tftpuser.
func withUser(d *fixture.Directory) *fixture.Directory {
	john, _ := d.Account(context.Background(), "john@client1.com")
	files, _ := d.Store(context.Background(), john.Address)
	d.Update(tftpuser, func(a *fixture.Account) {
		a.Address, a.Store, a.Limits, a.WebSite = tftpuser, files, john.Limits, true
	})
	return d
}

func fill(t *testing.T, d *fixture.Directory) {
	t.Helper()
	for _, address := range []string{"john@client1.com", "mary@client1.com", "off@client1.com", "ann@client2.com"} {
		d.Write(t, address, "file1.dat", address)
		d.Write(t, address, "dirB/file1.dat", address+" dirB")
		d.Write(t, address, "file1.dat.meta", "<meta/>")
		d.Write(t, address, "private/secret", address+" private")
		d.Write(t, address, "private.meta", "<meta><accessPwd><key>KEY</key></accessPwd></meta>")
	}
}

var (
	notFound = fault{1, "File not found"}
	denied   = fault{2, "Access violation"}
)

func TestRead(t *testing.T) {
	t.Parallel()
	d := accounts()
	fill(t, d)
	servers := map[string]netip.AddrPort{
		"stranger":      serve(t, &tftpsite.Server{Views: fixture.Views(d), Storage: "mary"}),
		"no storage":    serve(t, &tftpsite.Server{Views: fixture.Views(d)}),
		"user":          serve(t, &tftpsite.Server{Views: fixture.Views(userOver(t, false)), Storage: "mary@client1.com"}),
		"administrator": serve(t, &tftpsite.Server{Views: fixture.Views(userOver(t, true)), Storage: "mary"}),
	}
	for _, row := range []struct {
		name, server, request, want string
		err                         error
	}{
		{name: "plain name", server: "stranger", request: "file1.dat", want: "mary@client1.com"},
		{name: "one slash", server: "stranger", request: "/file1.dat", want: "mary@client1.com"},
		{name: "directory", server: "stranger", request: "dirB/file1.dat", want: "mary@client1.com dirB"},
		{name: "slash account", server: "stranger", request: "/john/file1.dat", want: "john@client1.com"},
		{name: "tilde account", server: "stranger", request: "~john/dirB/file1.dat", want: "john@client1.com dirB"},
		{name: "alias in capitals", server: "stranger", request: "/JOHNNY/file1.dat", want: "john@client1.com"},
		{name: "other domain", server: "stranger", request: "/ann@client2.com/file1.dat", want: "ann@client2.com"},
		{name: "account of the other domain without it", server: "stranger", request: "/ann/file1.dat", err: notFound},
		{name: "tilde without slash", server: "stranger", request: "~file1.dat", err: notFound},
		{name: "no default storage", server: "no storage", request: "file1.dat", err: notFound},
		{name: "no default storage, account named", server: "no storage", request: "~john/file1.dat", want: "john@client1.com"},
		{name: "missing file", server: "stranger", request: "nothing", err: notFound},
		{name: "missing account", server: "stranger", request: "/nobody/file1.dat", err: notFound},
		{name: "empty name", server: "stranger", request: "", err: notFound},
		{name: "directory named", server: "stranger", request: "dirB", err: notFound},
		{name: "directory with a slash", server: "stranger", request: "dirB/", err: notFound},
		{name: "file with a slash", server: "stranger", request: "file1.dat/", err: notFound},
		{name: "below a file", server: "stranger", request: "file1.dat/x", err: notFound},
		{name: "account alone", server: "stranger", request: "/john/", err: notFound},
		{name: "WebSite off", server: "stranger", request: "/off/file1.dat", err: notFound},
		{name: "sidecar", server: "stranger", request: "file1.dat.meta", err: notFound},
		{name: "private", server: "stranger", request: "private/secret", err: denied},
		{name: "private with a slash", server: "stranger", request: "~john/private/", err: denied},
		{name: "private of a missing account", server: "stranger", request: "/nobody/private/x", err: denied},
		{name: "management page", server: "stranger", request: "index.wssp", err: denied},
		{name: "mount", server: "stranger", request: "$DomainSkins/x", err: denied},
		{name: "impossible name", server: "stranger", request: "/john/../mary/file1.dat", err: denied},
		{name: "backslash", server: "stranger", request: `dirB\file1.dat`, err: denied},
		{name: "control byte", server: "stranger", request: "a\nb", err: denied},
		{name: "share path", server: "stranger", request: "protected/pwd/KEY/secret", want: "mary@client1.com private"},
		{name: "share path of an account", server: "stranger", request: "/john/protected/pwd/KEY/secret", want: "john@client1.com private"},
		{name: "wrong key", server: "stranger", request: "~john/protected/pwd/KEYS/secret", err: notFound},
		{name: "share path, WebSite off", server: "stranger", request: "~off/protected/pwd/KEY/secret", err: notFound},
		{name: "account named protected", server: "stranger", request: "/protected/pwd/KEY/secret", err: notFound},

		{name: "tftpuser, public", server: "user", request: "/john/file1.dat", want: "john@client1.com"},
		{name: "tftpuser, private", server: "user", request: "/john/private/secret", err: denied},
		{name: "tftpuser, own private", server: "user", request: "~tftpuser/private/secret", err: denied},
		{name: "tftpuser, WebSite off", server: "user", request: "/off/file1.dat", err: notFound},
		{name: "tftpuser, sidecar", server: "user", request: "file1.dat.meta", err: notFound},

		{name: "administrator, private", server: "administrator", request: "/john/private/secret", want: "john@client1.com private"},
		{name: "administrator, WebSite off", server: "administrator", request: "/off/file1.dat", err: notFound},
		{name: "administrator, sidecar", server: "administrator", request: "private.meta", err: notFound},
		{name: "administrator, mount", server: "administrator", request: "$DomainSkins/x", err: denied},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			content, _, err := get(t, servers[row.server], row.request, "octet")
			if row.err != nil {
				require.Equal(t, row.err, err)
				require.Empty(t, content)
				return
			}
			require.NoError(t, err)
			require.Equal(t, row.want, content)
		})
	}
}

func userOver(t *testing.T, administrator bool) fixture.Server {
	d := withUser(accounts())
	fill(t, d)
	if administrator {
		return grants{d}
	}
	return d
}

func TestReadModesAndOptions(t *testing.T) {
	t.Parallel()
	d := accounts()
	long := strings.Repeat("0123456789abcde\n", 256) // 4,096 bytes
	d.Write(t, "john@client1.com", "long", long)
	d.Write(t, "john@client1.com", "empty", "")
	d.Write(t, "john@client1.com", "text", "a\nb\rc")
	d.Write(t, "john@client1.com", "block", long[:512])
	server := serve(t, &tftpsite.Server{Views: fixture.Views(d), Storage: "john", MaxBlockSize: 2000})
	for _, row := range []struct {
		name    string
		fields  []string
		want    string
		options map[string]string
		err     error
	}{
		{name: "octet", fields: []string{"long", "octet"}, want: long},
		{name: "mode in capitals", fields: []string{"long", "OCTET"}, want: long},
		{name: "exactly one block", fields: []string{"block", "octet"}, want: long[:512]},
		{name: "empty file", fields: []string{"empty", "octet"}, want: ""},
		{name: "empty file with its size", fields: []string{"empty", "octet", "tsize", "0"}, want: ""},
		{name: "netascii", fields: []string{"text", "netascii"}, want: "a\r\nb\r\x00c"},
		{name: "netascii in capitals", fields: []string{"text", "NetASCII"}, want: "a\r\nb\r\x00c"},
		{name: "netascii has no size", fields: []string{"text", "netascii", "tsize", "77"}, want: "a\r\nb\r\x00c"},
		{name: "size", fields: []string{"long", "octet", "tsize", "0"}, want: long, options: map[string]string{"tsize": "4096"}},
		{name: "size given by the client", fields: []string{"long", "octet", "tsize", "9"}, want: long, options: map[string]string{"tsize": "4096"}},
		{
			name: "block size", fields: []string{"long", "octet", "blksize", "1024"}, want: long,
			options: map[string]string{"blksize": "1024"},
		},
		{
			name: "block size above the limit", fields: []string{"long", "octet", "blksize", "65464"}, want: long,
			options: map[string]string{"blksize": "2000"},
		},
		{
			name: "options in capitals", fields: []string{"long", "octet", "BLKSIZE", "1000", "TSize", "0"}, want: long,
			options: map[string]string{"blksize": "1000", "tsize": "4096"},
		},
		{
			name: "small block", fields: []string{"long", "octet", "blksize", "8"}, want: long,
			options: map[string]string{"blksize": "8"},
		},
		{name: "unknown options", fields: []string{"long", "octet", "multicast", "", "rollover", "0"}, want: long},
		{
			name: "timeout", fields: []string{"long", "octet", "timeout", "77"}, want: long,
			options: map[string]string{"timeout": "77"},
		},
		{name: "mode mail", fields: []string{"long", "mail"}, err: fault{4, "Illegal TFTP operation"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			content, options, err := get(t, server, row.fields...)
			if row.err != nil {
				require.Equal(t, row.err, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, row.want, content)
			require.Equal(t, row.options, options)
		})
	}
}

// A file of more than 65,535 blocks: the number begins again at 0.
func TestBlockNumberWraps(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	t.Parallel()
	d := accounts()
	content := strings.Repeat("block number wrap", (33<<20)/17)
	d.Write(t, "john@client1.com", "big", content)
	server := serve(t, &tftpsite.Server{Views: fixture.Views(d), Storage: "john"})
	got, _, err := get(t, server, "big", "octet")
	require.NoError(t, err)
	require.True(t, got == content, "content differs")
}

// Answers come from the address that was asked, not from the one that routing
// prefers.
func TestAnswersFromTheAddressAsked(t *testing.T) {
	t.Parallel()
	d := accounts()
	d.Write(t, "john@client1.com", "f", "content")
	for _, row := range []struct{ name, listen string }{
		{"listening on all addresses of IPv4", "0.0.0.0:0"},
		{"listening on all addresses", "[::]:0"},
		{"listening on that address", "127.0.0.9:0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if probe, err := net.ListenPacket("udp", "127.0.0.9:0"); err != nil {
				t.Skip("this system has no address 127.0.0.9: ", err)
			} else {
				probe.Close()
			}
			if probe, err := net.ListenPacket("udp", row.listen); err != nil {
				t.Skip("cannot listen: ", err)
			} else {
				probe.Close()
			}
			port := serveOn(t, &tftpsite.Server{Views: fixture.Views(d), Storage: "john"}, row.listen).Port()
			c := dial(t, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.9"), port))
			c.request(opRead, "f", "octet")
			c.expect(block4(opData, 1) + "content")
			require.Equal(t, "127.0.0.9", c.peer.Addr().String())
			require.NotEqual(t, port, c.peer.Port())
			c.ack(1)
			c.request(opRead, "nothing", "octet")
			c.expect(notFound.packet())
			require.Equal(t, "127.0.0.9", c.peer.Addr().String())
		})
	}
}

// A failing directory says nothing about itself.
type broken struct {
	fixture.Server
	site, account error
	panics        bool
}

func (b broken) Site(ctx context.Context, host string, local netip.Addr) (filestore.Site, error) {
	if b.panics {
		panic("/var/secret")
	}
	if b.site != nil {
		return filestore.Site{}, b.site
	}
	return b.Server.Site(ctx, host, local)
}

func (b broken) Account(ctx context.Context, address string) (filestore.Account, error) {
	if b.account != nil {
		return filestore.Account{}, b.account
	}
	return b.Server.Account(ctx, address)
}

func TestErrorsTellNothing(t *testing.T) {
	t.Parallel()
	host := &fs.PathError{Op: "open", Path: "/var/secret", Err: fs.ErrClosed}
	for _, row := range []struct {
		name      string
		directory broken
	}{
		{"site", broken{Server: accounts(), site: host}},
		{"account", broken{Server: accounts(), account: host}},
		{"panic", broken{Server: accounts(), panics: true}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, &tftpsite.Server{Views: fixture.Views(row.directory), Storage: "john"})
			for range 2 { // it goes on serving
				_, _, err := get(t, server, "file", "octet")
				require.Equal(t, fault{0, "Internal error"}, err)
			}
		})
	}
}

// failing is a store whose files end in an error or a panic.
type failing struct {
	filestore.Store
	fail func() error
}

type failingFile struct {
	filestore.File
	fail func() error
}

func (s failing) Open(ctx context.Context, name string) (filestore.File, error) {
	f, err := s.Store.Open(ctx, name)
	return failingFile{f, s.fail}, err
}

func (f failingFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	if err != nil {
		err = f.fail()
	}
	return n, err
}

func TestFileFailsWhileRead(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		fail func() error
	}{
		{"error", func() error { return &fs.PathError{Op: "read", Path: "/var/secret", Err: fs.ErrClosed} }},
		{"timeout", func() error { return context.DeadlineExceeded }},
		{"panic", func() error { panic("/var/secret") }},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := accounts()
			d.Write(t, "john@client1.com", "f", strings.Repeat("x", 1024))
			d.Update("john@client1.com", func(a *fixture.Account) { a.Store = failing{a.Store, row.fail} })
			server := serve(t, &tftpsite.Server{Views: fixture.Views(d), Storage: "john", Timeout: time.Hour})
			for range 2 {
				content, _, err := get(t, server, "f", "octet")
				require.Equal(t, fault{0, "Internal error"}, err)
				require.Len(t, content, 1024)
			}
		})
	}
}
