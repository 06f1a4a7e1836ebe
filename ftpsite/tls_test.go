package ftpsite_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/ftpsite"
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
	c := dial(t, serve(t, &ftpsite.Server{Directory: d, TLSConfig: serverTLS, RequireTLS: true}))
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

// TestInjectionBeforeTLS: what came in clear together with AUTH is not
// executed (CVE-2011-1575), and an earlier login is over.
func TestInjectionBeforeTLS(t *testing.T) {
	t.Parallel()
	d := newDirectory()
	d.Write(t, john, "victim", "x")
	serverTLS, clientTLS := newTLS(t)
	c := login(t, serve(t, &ftpsite.Server{Directory: d, TLSConfig: serverTLS}), "john")
	c.want("234", "AUTH TLS\r\nDELE victim\r\nNOOP")
	c.secure(clientTLS)
	c.want("530", "PWD")
	wantFile(t, d, john, "victim", "x")
}

func TestBadHandshake(t *testing.T) {
	t.Parallel()
	serverTLS, _ := newTLS(t)
	server := &ftpsite.Server{Directory: newDirectory(), TLSConfig: serverTLS}
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
