package clisite_test

import (
	"bufio"
	"crypto/md5"
	"crypto/tls"
	"encoding/hex"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// tlsConfigs returns those of a server and of a client that knows its certificate.
func tlsConfigs(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	client = s.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	client.ServerName = "example.com"
	return &tls.Config{Certificates: s.TLS.Certificates}, client
}

// intoTLS does the handshake of a client.
func (c *client) intoTLS(config *tls.Config) {
	c.t.Helper()
	conn := tls.Client(c.conn, config)
	require.NoError(c.t, conn.Handshake())
	c.conn, c.in = conn, bufio.NewReader(conn)
}

func TestSTLS(t *testing.T) {
	t.Parallel()
	server, config := tlsConfigs(t)
	addr := serve(t, &clisite.Server{Views: fixture.Views(accounts(t)), TLSConfig: server})
	c := dial(t, addr)
	c.greeted()
	c.ask("USER john", "300 please send the PASS")
	// What comes in clear behind STLS is never run, and the name from before is gone.
	c.send("STLS\r\nUSER mary\r\nPASS mary-pw")
	c.expect("200 please begin with TLS")
	c.intoTLS(config)
	c.ask("PASS john-pw", "501 please send USER first")
	c.ask("STLS", "501 already in TLS")
	c.ask("USER john", "300 please send the PASS")
	c.ask("PASS john-pw", "200 login OK")
	c.ask("STLS", "501 already logged in")
	c.ask(`ReadStorageFile * FILE public`, "200 data follows")
	require.Contains(t, c.read(), "[cHVibGlj]")
	c.ask("QUIT", "200 connection closed")
	c.expectEnd()
}

func TestTLSFromTheFirstByte(t *testing.T) {
	t.Parallel()
	server, config := tlsConfigs(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &clisite.Server{Views: fixture.Views(accounts(t)), TLSConfig: server}
	served := make(chan error, 1)
	go func() { served <- s.ServeTLS(l) }()
	c := dial(t, l.Addr().String())
	c.intoTLS(config)
	c.login("john")
	c.ask("STLS", "501 already logged in")
	require.NoError(t, s.Shutdown(t.Context()))
	c.expect("501 server is shutting down")
	require.ErrorIs(t, <-served, clisite.ErrServerClosed)

	l, err = net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.ErrorContains(t, (&clisite.Server{Views: fixture.Views(accounts(t))}).ServeTLS(l), "TLSConfig")
	_, err = l.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
}

// A client that begins with no handshake is given up, whenever that should have come.
func TestNoHandshake(t *testing.T) {
	server, _ := tlsConfigs(t)
	for name, begin := range map[string]func(c *client){
		"nothing": func(*client) {},
		"a command": func(c *client) {
			c.conn.Write([]byte("NOOP\r\nNOOP\r\nNOOP\r\n"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, l := &clisite.Server{Views: fixture.Views(accounts(t)), TLSConfig: server}, fixture.NewPipes()
				served := make(chan error, 1)
				go func() { served <- s.Serve(l) }()
				c := newClient(t, l.Dial(t))
				c.conn.SetDeadline(time.Time{})
				c.greeted()
				begun := time.Now()
				c.ask("STLS", "200 please begin with TLS")
				begin(c)
				rest := make([]byte, 1000)
				for {
					n, err := c.conn.Read(rest)
					require.NotContains(t, string(rest[:n]), "200")
					if err != nil {
						break
					}
				}
				require.LessOrEqual(t, time.Since(begun), time.Minute)
				require.NoError(t, s.Close())
				require.ErrorIs(t, <-served, clisite.ErrServerClosed)
			})
		})
	}
}

// answerTo is what APOP wants (RFC 1939 §7).
func answerTo(challenge, password string) string {
	sum := md5.Sum([]byte(challenge + password))
	return hex.EncodeToString(sum[:])
}

func TestAPOP(t *testing.T) {
	t.Parallel()
	require.Equal(t, "c4c9334bac560ecc979e58001b3e22fb", answerTo("<1896.697170952@dbc.mtview.ca.us>", "tanstaaf"), "the example of RFC 1939 §7")
	addr := serve(t, &clisite.Server{Views: fixture.Views(openTestBase(t))})
	seen := map[string]bool{}
	for _, row := range []struct {
		name, user, password string
		want                 string
		upper                bool
		more                 string // behind the answer
		short                bool
	}{
		{name: "right", user: "john", password: "john-pw", want: "200 login OK"},
		{name: "alias with a domain", user: "johnny@client1.com", password: "john-pw", want: "200 login OK"},
		{name: "another domain", user: "ann%client2.com", password: "ann-pw", want: "200 login OK"},
		{name: "capitals", user: "john", password: "john-pw", upper: true, want: "200 login OK"},
		{name: "wrong", user: "john", password: "mary-pw", want: "501 wrong name or password"},
		{name: "too long", user: "john", password: "john-pw", more: "0", want: "501 wrong name or password"},
		{name: "too short", user: "john", password: "john-pw", short: true, want: "501 wrong name or password"},
		{name: "nobody", user: "nobody", password: "", want: "501 wrong name or password"},
		{name: "hash", user: "hash", password: "hash-pw", want: "501 wrong name or password"},
		{name: "the hash itself", user: "hash", password: "{SHA}uWaxFkl6g3t5V9tgJbb6I5H2oSo=", want: "501 wrong name or password"},
		{name: "service is off", user: "off", password: "off-pw", want: "501 wrong name or password"},
	} {
		c := dial(t, addr)
		challenge := c.greeted()
		require.NotEmpty(t, challenge)
		require.False(t, seen[challenge], "it is never used again")
		seen[challenge] = true
		answer := answerTo(challenge, row.password)
		if row.upper {
			answer = strings.ToUpper(answer)
		}
		if answer += row.more; row.short {
			answer = answer[:31]
		}
		c.ask("APOP "+row.user+" "+answer, row.want)
		if strings.HasPrefix(row.want, "200") {
			c.ask("INLINE", "200 OK")
			continue
		}
		c.ask("ListStorageFiles *", "501 please log in first")
		c.ask("APOP john "+answerTo("<1@client1.com>", "john-pw"), "501 wrong name or password") // another challenge
		c.ask("APOP john john-pw", "501 wrong name or password")
		c.expectEnd()
	}
}

// Wrong answers are counted with wrong passwords, and close the account in the same way.
func TestAPOPIsThrottled(t *testing.T) {
	t.Parallel()
	addr := serve(t, &clisite.Server{Views: fixture.Views(openTestBase(t))})
	for range 10 {
		c := dial(t, addr)
		c.greeted()
		c.ask("APOP john 00000000000000000000000000000000", "501 wrong name or password")
		c.ask("USER john", "300 please send the PASS")
		c.ask("PASS wrong", "501 wrong name or password")
	}
	c := dial(t, addr)
	challenge := c.greeted()
	c.ask("APOP john "+answerTo(challenge, "john-pw"), "501 wrong name or password")
	c.ask("APOP mary "+answerTo(challenge, "mary-pw"), "200 login OK")
}
