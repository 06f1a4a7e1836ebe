package ftpsite_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// newTLS returns the configurations of a server and of a client that trusts it.
func newTLS(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "ftpsite test"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}},
		&tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
}

// secure puts a client into TLS.
func (c *client) secure(config *tls.Config) {
	c.t.Helper()
	conn := tls.Client(c.conn, config)
	require.NoError(c.t, conn.Handshake())
	c.conn, c.r = conn, bufio.NewReader(conn)
}

func TestTLS(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	serverTLS, clientTLS := newTLS(t)
	c := dial(t, serve(t, &ftpsite.Server{Views: fixture.Views(d), TLSConfig: serverTLS, RequireTLS: true}))
	c.want("220", "")
	require.Contains(t, c.want("211", "FEAT"), "\n AUTH TLS\n PBSZ\n PROT\n")
	c.want("530", "USER john")
	c.want("504", "AUTH KERBEROS")
	c.want("234", "AUTH TLS")
	c.secure(clientTLS)
	c.want("503", "AUTH TLS")
	c.login("john")
	c.want("200", "PBSZ 0")
	c.port()
	c.want("522", "STOR clear")
	c.want("536", "PROT E")
	c.want("200", "PROT P")
	c.tls = clientTLS
	c.put("226", "STOR file", "in TLS")
	wantFile(t, d, john, "file", "in TLS")
	require.Equal(t, "in TLS", c.get("RETR file"))
	require.Equal(t, "file\r\n", c.get("NLST"))
	c.put("226", "STOR empty", "")
	require.Empty(t, c.get("RETR empty"))
	c.want("200", "ALLO 6")
	c.put("226", "STOR file", "ALLOed")

	t.Run("without close_notify", func(t *testing.T) {
		data := c.data("STOR cut").(*tls.Conn)
		_, err := io.WriteString(data, "in bad order")
		require.NoError(t, err)
		require.NoError(t, data.NetConn().Close())
		c.want("426", "")
		_, ok := d.Read(t, john, "cut")
		require.False(t, ok)
	})
	t.Run("clear text where TLS should be", func(t *testing.T) {
		data := c.data("STOR cut").(*tls.Conn)
		_, err := io.WriteString(data.NetConn(), "in clear, longer than a record header")
		require.NoError(t, err)
		data.NetConn().Close()
		c.want("426", "")
		_, ok := d.Read(t, john, "cut")
		require.False(t, ok)
	})
	t.Run("abort", func(t *testing.T) {
		data := c.data("STOR cut").(*tls.Conn)
		_, err := io.WriteString(data, "x")
		require.NoError(t, err)
		c.send("ABOR")
		data.Close()
		c.want("426", "")
		c.want("226", "")
		_, ok := d.Read(t, john, "cut")
		require.False(t, ok)
	})
	c.want("221", "QUIT")
}

// TestNothingInClear: where TLS is demanded nobody logs in without it, strangers
// included, and no data goes without it, whoever connects.
func TestNothingInClear(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.Write(t, john, "file", "content")
	serverTLS, clientTLS := newTLS(t)
	addr := serve(t, &ftpsite.Server{Views: fixture.Views(d), TLSConfig: serverTLS, RequireTLS: true, ActiveMode: true, Anonymous: true})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	port := netip.MustParseAddrPort(l.Addr().String()).Port()
	for _, user := range []string{"john", "anonymous"} {
		c := dial(t, addr)
		c.want("220", "")
		for _, command := range []string{"USER " + user, "LIST", "RETR file", "STAT", "HASH file", "PWD", "EPSV"} {
			c.want("530", command)
		}
		c.want("503", "PASS john-pw")
		c.want("234", "AUTH TLS")
		c.secure(clientTLS)
		c.want("530", "PWD")
		c.login(user)
		for _, way := range []string{"EPSV", fmt.Sprintf("EPRT |1|127.0.0.1|%d|", port)} {
			for _, command := range []string{"LIST", "NLST", "MLSD", "RETR file", "STOR x", "APPE x", "STOU"} {
				for _, levels := range [][]string{nil, {"C"}, {"P", "C"}} {
					for _, level := range levels {
						c.want("200", "PROT "+level)
					}
					c.send("%s", way)
					require.Regexp(t, `^2`, c.reply())
					c.want("522", command)
				}
			}
		}
		wantUsage(t, d, john, 1, 7)
	}
}

// TestInjectionBeforeTLS: what came in clear together with AUTH is not
// executed (CVE-2011-1575), and an earlier login is over.
func TestInjectionBeforeTLS(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.Write(t, john, "victim", "x")
	serverTLS, clientTLS := newTLS(t)
	c := login(t, serve(t, &ftpsite.Server{Views: fixture.Views(d), TLSConfig: serverTLS}), "john")
	c.want("234", "AUTH TLS\r\nDELE victim\r\nNOOP")
	c.secure(clientTLS)
	c.want("530", "PWD")
	wantFile(t, d, john, "victim", "x")
}

func TestBadHandshake(t *testing.T) {
	t.Parallel()
	serverTLS, _ := newTLS(t)
	server := &ftpsite.Server{Views: fixture.Views(newDirectory()), TLSConfig: serverTLS}
	addr := serve(t, server)
	c := dial(t, addr)
	c.want("220", "")
	c.want("234", "AUTH TLS")
	c.send("NOOP, and this is no handshake at all")
	io.Copy(io.Discard, c.r) // ends

	c = dial(t, addr)
	c.want("220", "")
	c.want("234", "AUTH SSL")
	require.NoError(t, server.Close()) // does not wait for a handshake
}

// TestImplicitTLS: TLS from the first byte on, and data connections in it too.
func TestImplicitTLS(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	serverTLS, clientTLS := newTLS(t)
	server := &ftpsite.Server{Views: fixture.Views(d), TLSConfig: serverTLS, RequireTLS: true}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	result := make(chan error, 1)
	go func() { result <- server.ServeTLS(l) }()
	conn, err := tls.Dial("tcp", l.Addr().String(), clientTLS)
	require.NoError(t, err)
	c := newClient(t, conn)
	c.want("220", "")
	c.want("503", "AUTH TLS")
	c.login("john")
	c.tls = clientTLS
	c.put("226", "STOR file", "in TLS")
	require.Equal(t, "in TLS", c.get("RETR file"))
	c.want("200", "PROT C")
	c.port()
	c.want("522", "STOR clear")
	c.want("221", "QUIT")
	c.wantEnd()

	clear, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer clear.Close()
	_, err = io.WriteString(clear, "USER john\r\n")
	require.NoError(t, err)
	answer, _ := io.ReadAll(clear)
	require.NotContains(t, string(answer), "220")
	require.NoError(t, server.Close())
	require.ErrorIs(t, <-result, ftpsite.ErrServerClosed)

	for name, server := range map[string]*ftpsite.Server{"no TLS": {Views: fixture.Views(d)}, "no views": {TLSConfig: serverTLS}} {
		require.ErrorContains(t, server.ServeTLS(fixture.NewPipes()), "ftpsite: ", name)
	}
}

// TestSessionReuse: only who holds the TLS session of the control connection may
// take its data connections.
func TestSessionReuse(t *testing.T) {
	t.Parallel()
	for name, version := range map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDirectory()
			serverTLS, clientTLS := newTLS(t)
			serverTLS.MaxVersion = version
			addr := serve(t, &ftpsite.Server{Views: fixture.Views(d), TLSConfig: serverTLS, RequireSessionReuse: true})
			begin := func() *client {
				c := dial(t, addr)
				c.want("220", "")
				c.want("234", "AUTH TLS")
				c.tls = clientTLS.Clone()
				c.tls.ClientSessionCache = tls.NewLRUClientSessionCache(1)
				c.secure(c.tls)
				c.login("john")
				c.want("200", "PROT P")
				return c
			}
			c, stranger := begin(), begin()
			c.put("226", "STOR file", "resumed")
			require.Equal(t, "resumed", c.get("RETR file"))
			for _, other := range []*tls.Config{clientTLS, stranger.tls} {
				c.tls = other
				data := c.data("RETR file")
				got, err := io.ReadAll(data)
				require.Error(t, err, "not %q", got)
				c.want("522", "")
			}
		})
	}
}

// TestCloseNotify: TLS is ended in good order on every connection that the server
// ends, so that clients can tell an end from a cut.
func TestCloseNotify(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.Write(t, john, "file", "content")
	serverTLS, clientTLS := newTLS(t)
	server := &ftpsite.Server{Views: fixture.Views(d), TLSConfig: serverTLS, MaxLoginFailures: 1}
	addr := serve(t, server)
	begin := func() *client {
		c := dial(t, addr)
		c.want("220", "")
		c.want("234", "AUTH TLS")
		c.secure(clientTLS)
		return c
	}
	// crypto/tls gives io.EOF for close_notify, and io.ErrUnexpectedEOF for the end
	// of the connection without one.
	ends := func(c *client) {
		_, err := c.conn.Read(make([]byte, 1))
		require.Equal(t, io.EOF, err)
	}
	c := begin()
	c.login("john")
	c.want("200", "PROT P")
	c.tls = clientTLS
	require.Equal(t, "content", c.get("RETR file"))
	require.Equal(t, "file\r\n", c.get("NLST"))
	data := c.data("STOR empty").(*tls.Conn)
	require.NoError(t, data.Handshake())
	require.NoError(t, data.CloseWrite())
	_, err := data.Read(make([]byte, 1))
	require.Equal(t, io.EOF, err)
	c.want("226", "")
	c.want("221", "QUIT")
	ends(c)

	c = begin()
	c.want("331", "USER john")
	c.want("530", "PASS wrong")
	ends(c)

	c = begin()
	c.login("john")
	done := make(chan error, 1)
	go func() { done <- server.Shutdown(t.Context()) }()
	c.want("421", "")
	ends(c)
	require.NoError(t, <-done)
}
