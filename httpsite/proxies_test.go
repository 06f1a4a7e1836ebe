package httpsite_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

var proxies = httpsite.TrustedProxies{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("2001:db8:aaaa::/48"),
	netip.MustParsePrefix("fe80::/10"),
	netip.MustParsePrefix("::ffff:192.0.2.0/120"),
}

func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 5000)
	for _, tt := range []struct {
		name, peer    string // "" is 10.0.0.1:5000
		xForwardedFor []string
		forwarded     []string
		trusted       httpsite.TrustedProxies
		want          string // "" is no address
	}{
		{name: "no header", want: "10.0.0.1"},
		{name: "a client that calls itself", peer: "198.51.100.1:99", want: "198.51.100.1"},
		{name: "a client that tells a tale", peer: "198.51.100.1:99", xForwardedFor: []string{"203.0.113.9"}, forwarded: []string{"for=203.0.113.9"}, want: "198.51.100.1"},
		{name: "IPv6", peer: "[2001:db8::1]:99", xForwardedFor: []string{"203.0.113.9"}, want: "2001:db8::1"},
		{name: "mapped", peer: "[::ffff:198.51.100.1]:99", want: "198.51.100.1"},
		{name: "no port", peer: "198.51.100.1", want: "198.51.100.1"},
		{name: "no port, proxy", peer: "10.0.0.1", xForwardedFor: []string{"203.0.113.9"}, want: "203.0.113.9"},
		{name: "no port, IPv6", peer: "2001:db8::1", want: "2001:db8::1"},
		{name: "no port, brackets", peer: "[2001:db8::1]", want: "2001:db8::1"},
		{name: "Unix socket", peer: "@", xForwardedFor: []string{"203.0.113.9"}, want: ""},
		{name: "Unix socket with a name", peer: "/run/site.sock", xForwardedFor: []string{"203.0.113.9"}, want: ""},
		{name: "trusted Unix socket", peer: "@", xForwardedFor: []string{"203.0.113.9"}, trusted: httpsite.TrustedProxies{netip.MustParsePrefix("127.0.0.0/8")}, want: "203.0.113.9"},
		{name: "trusted Unix socket, no header", peer: "@", trusted: httpsite.TrustedProxies{netip.MustParsePrefix("127.0.0.0/8")}, want: "127.0.0.1"},
		{name: "proxy with a zone", peer: "[fe80::1%eth0]:99", xForwardedFor: []string{"203.0.113.9"}, want: "203.0.113.9"},
		{name: "proxy in a mapped network", peer: "192.0.2.7:99", xForwardedFor: []string{"203.0.113.9"}, want: "203.0.113.9"},
		{name: "nobody is trusted", trusted: httpsite.TrustedProxies{}, xForwardedFor: []string{"203.0.113.9"}, want: "10.0.0.1"},

		{name: "one", xForwardedFor: []string{"203.0.113.9"}, want: "203.0.113.9"},
		{name: "the last that is not trusted", xForwardedFor: []string{"6.6.6.6, 203.0.113.9, 10.9.9.9"}, want: "203.0.113.9"},
		{name: "all trusted", xForwardedFor: []string{"10.0.0.8,10.0.0.9"}, want: "10.0.0.8"},
		{name: "several lines", xForwardedFor: []string{"6.6.6.6", "203.0.113.9", "10.9.9.9, 10.9.9.8"}, want: "203.0.113.9"},
		{name: "empty elements", xForwardedFor: []string{" , 203.0.113.9,, ,", ""}, want: "203.0.113.9"},
		{name: "port", xForwardedFor: []string{"203.0.113.9:1234"}, want: "203.0.113.9"},
		{name: "IPv6 element", xForwardedFor: []string{"2001:DB8::9"}, want: "2001:db8::9"},
		{name: "IPv6 element in brackets", xForwardedFor: []string{"[2001:db8::9]"}, want: "2001:db8::9"},
		{name: "IPv6 element with a port", xForwardedFor: []string{"[2001:db8::9]:1234"}, want: "2001:db8::9"},
		{name: "mapped element", xForwardedFor: []string{"::ffff:203.0.113.9"}, want: "203.0.113.9"},
		{name: "mapped proxy", xForwardedFor: []string{"203.0.113.9, ::ffff:10.1.1.1"}, want: "203.0.113.9"},
		{name: "zone", xForwardedFor: []string{"fd00::1%a"}, want: "fd00::1"},
		{name: "unknown", xForwardedFor: []string{"unknown"}, want: "10.0.0.1"},
		{name: "unknown behind another proxy", xForwardedFor: []string{"6.6.6.6, unknown, 10.1.1.1"}, want: "10.1.1.1"},
		{name: "not an address", xForwardedFor: []string{"6.6.6.6, localhost"}, want: "10.0.0.1"},
		{name: "octal", xForwardedFor: []string{"0203.0.113.9"}, want: "10.0.0.1"},
		{name: "IPv4 in brackets", xForwardedFor: []string{"[203.0.113.9]"}, want: "10.0.0.1"},
		{name: "open bracket", xForwardedFor: []string{"[2001:db8::9"}, want: "10.0.0.1"},
		{name: "text behind a bracket", xForwardedFor: []string{"[2001:db8::9]x"}, want: "10.0.0.1"},
		{name: "long element", xForwardedFor: []string{long + ", 203.0.113.9"}, want: "203.0.113.9"},
		{name: "long last element", xForwardedFor: []string{long}, want: "10.0.0.1"},
		{name: "too many hops", xForwardedFor: []string{"203.0.113.9" + strings.Repeat(", 10.0.0.2", 32)}, want: "10.0.0.2"},
		{name: "as many hops as are read", xForwardedFor: []string{"203.0.113.9" + strings.Repeat(", 10.0.0.2", 31)}, want: "203.0.113.9"},
		{name: "too many lines", xForwardedFor: append([]string{"203.0.113.9"}, strings.Split(strings.Repeat("10.0.0.2,", 32), ",")...), want: "10.0.0.2"},

		{name: "Forwarded", forwarded: []string{"for=203.0.113.9"}, want: "203.0.113.9"},
		{name: "Forwarded in full", forwarded: []string{`for=6.6.6.6, by=10.0.0.1;For="[2001:db8::9]:4711";host=x;proto=https`}, want: "2001:db8::9"},
		{name: "Forwarded, quoted", forwarded: []string{`for="203.0.113.9:80"`}, want: "203.0.113.9"},
		{name: "Forwarded, escapes", forwarded: []string{`for="203\.0.113.9"`}, want: "203.0.113.9"},
		{name: "Forwarded, obfuscated port", forwarded: []string{`for="203.0.113.9:_x"`}, want: "203.0.113.9"},
		{name: "Forwarded, IPv6 without quotes", forwarded: []string{`for=[2001:db8::9]:80;proto=http`}, want: "2001:db8::9"},
		{name: "Forwarded, two proxies", forwarded: []string{"for=6.6.6.6, for=203.0.113.9", "for=10.2.2.2;proto=http"}, want: "203.0.113.9"},
		{name: "Forwarded, separators in quotes", forwarded: []string{`for=203.0.113.9;host="a,b;c\""`}, want: "203.0.113.9"},
		{name: "Forwarded, empty parts", forwarded: []string{`, for=203.0.113.9 ; ; proto=http , ,`}, want: "203.0.113.9"},
		{name: "Forwarded, unknown", forwarded: []string{"for=6.6.6.6, for=unknown"}, want: "10.0.0.1"},
		{name: "Forwarded, obfuscated", forwarded: []string{"for=6.6.6.6, for=_hidden, for=10.1.1.1"}, want: "10.1.1.1"},
		{name: "Forwarded without for", forwarded: []string{"for=6.6.6.6, proto=http"}, want: "10.0.0.1"},
		{name: "Forwarded, for twice", forwarded: []string{"for=6.6.6.6;for=203.0.113.9"}, want: "10.0.0.1"},
		{name: "Forwarded, open quotes swallow what follows", forwarded: []string{`for="6.6.6.6, for=203.0.113.9`}, want: "10.0.0.1"},
		{name: "Forwarded, open quotes meet those of the proxy", forwarded: []string{`for=6.6.6.6;x=", for="[2001:db8::9]"`}, want: "10.0.0.1"},
		{name: "Forwarded, open quotes with an escape", forwarded: []string{`for=6.6.6.6;x="\, for="[2001:db8::9]"`}, want: "10.0.0.1"},
		{name: "Forwarded, open quotes in a line of their own", forwarded: []string{`for="`, "for=203.0.113.9"}, want: "203.0.113.9"},
		{name: "Forwarded, value missing", forwarded: []string{"for=, for=203.0.113.9"}, want: "10.0.0.1"},
		{name: "Forwarded, no pair", forwarded: []string{"203.0.113.9"}, want: "10.0.0.1"},
		{name: "Forwarded, long", forwarded: []string{"x=" + long + ", for=203.0.113.9"}, want: "10.0.0.1"},

		{name: "both agree", xForwardedFor: []string{"203.0.113.9, 10.1.1.1"}, forwarded: []string{"for=203.0.113.9"}, want: "203.0.113.9"},
		{name: "Forwarded comes from the client", xForwardedFor: []string{"203.0.113.9"}, forwarded: []string{"for=6.6.6.6"}, want: "10.0.0.1"},
		{name: "X-Forwarded-For comes from the client", xForwardedFor: []string{"6.6.6.6"}, forwarded: []string{"for=203.0.113.9"}, want: "10.0.0.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := &http.Request{RemoteAddr: tt.peer, Header: http.Header{"X-Forwarded-For": tt.xForwardedFor, "Forwarded": tt.forwarded}}
			if tt.peer == "" {
				r.RemoteAddr = "10.0.0.1:5000"
			}
			trusted := tt.trusted
			if trusted == nil {
				trusted = proxies
			}
			got := ""
			if addr := trusted.ClientAddr(r); addr.IsValid() {
				got = addr.String()
			}
			require.Equal(t, tt.want, got)
		})
	}
}

// Whatever a client writes before it, what the proxy adds is what counts.
func FuzzTrustedProxies(f *testing.F) {
	for _, said := range []string{"", "6.6.6.6", `for="`, `for=6.6.6.6;x="`, `for="\`, "for=", "10.0.0.2", ",", "for=6.6.6.6;x=\"a\\\", \"", "unknown"} {
		f.Add(said)
	}
	client, peer := netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr("10.0.0.1")
	f.Fuzz(func(t *testing.T, said string) {
		ask := func(header, line string) netip.Addr {
			return proxies.ClientAddr(&http.Request{RemoteAddr: "10.0.0.1:5000", Header: http.Header{header: {line}}})
		}
		require.Equal(t, client, ask("X-Forwarded-For", said+", 203.0.113.9"))
		require.Contains(t, []netip.Addr{client, peer}, ask("Forwarded", said+", for=203.0.113.9"))
		require.Contains(t, []netip.Addr{client, peer}, ask("Forwarded", said+`, for="203.0.113.9:80";proto=http`))
	})
}

// remembering notes where logins come from.
type remembering struct {
	fixture.Server
	remote chan netip.Addr
}

func (d remembering) Login(ctx context.Context, c filestore.Credentials) (filestore.Caller, error) {
	d.remote <- c.Remote
	return d.Server.Login(ctx, c)
}

// The address of the client is what wrong keys are counted for, what the
// directory hears of, and what the log says.
func TestClientAddr(t *testing.T) {
	t.Parallel()
	remote := make(chan netip.Addr, 1)
	var log bytes.Buffer
	s := newServer(t, func(h *httpsite.Handler) {
		h.Views = fixture.Views(remembering{h.Views.Directory().(fixture.Server), remote})
		h.ClientAddr = func(r *http.Request) netip.Addr {
			addr, _ := netip.ParseAddr(r.Header.Get("X-Client"))
			return addr
		}
		h.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	get := func(path, client string) int {
		return s.do(t, call{method: "GET", path: path, header: map[string]string{"X-Client": client}}).code
	}
	shared := "/~john/protected/pwd/s3cretkey/secret.txt"
	for i := range 40 {
		require.Equal(t, 404, get(fmt.Sprintf("/~john/protected/pwd/wrong%d/secret.txt", i), "203.0.113.9"))
	}
	require.Equal(t, 404, get(shared, "203.0.113.9"), "shut out")
	require.Equal(t, 200, get(shared, "203.0.113.10"), "behind the same proxy")

	require.Equal(t, 404, get(shared, "203.0.113.9"))
	require.Equal(t, 200, s.do(t, call{method: "GET", path: "/~john/private/secret.txt", user: "john", header: map[string]string{"X-Client": "2001:db8::7"}}).code)
	require.Equal(t, "2001:db8::7", (<-remote).String())
	s.Close() // what it logs is written
	require.Contains(t, log.String(), "remote=203.0.113.9 ")
	require.NotContains(t, log.String(), "127.0.0.1")
}

// A panic is logged with the client, and one in ClientAddr is contained as well.
func TestPanicNamesTheClient(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := newServer(t, func(h *httpsite.Handler) {
		h.Views = fixture.Views(panicking{h.Views.Directory().(fixture.Server)})
		h.ClientAddr = func(r *http.Request) netip.Addr { return netip.MustParseAddr(r.Header.Get("X-Client")) }
		h.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	for _, client := range []string{"203.0.113.9", "nonsense"} {
		got := s.do(t, call{method: "GET", path: "/~john/", header: map[string]string{"X-Client": client}})
		require.Equal(t, 500, got.code)
		require.Equal(t, "Internal Server Error\n", got.body)
	}
	s.Close()
	require.Contains(t, log.String(), "remote=203.0.113.9 ")
	require.NotContains(t, log.String(), "127.0.0.1")
}

// Behind a Unix socket clients have no address of their own, but those that the
// proxy names.
func TestUnixSocket(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(h *httpsite.Handler) {
		h.ClientAddr = httpsite.TrustedProxies{netip.MustParsePrefix("127.0.0.1/32")}.ClientAddr
	})
	dir, err := os.MkdirTemp("", "") // t.TempDir may be too long for a socket
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "http"))
	require.NoError(t, err)
	server := &http.Server{Handler: s.handler, ReadHeaderTimeout: time.Minute}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", l.Addr().String())
	}}
	t.Cleanup(transport.CloseIdleConnections)
	get := func(key, client string) int {
		r, err := http.NewRequestWithContext(t.Context(), "GET", "http://client1.com/~john/protected/pwd/"+key+"/secret.txt", nil)
		require.NoError(t, err)
		if client != "" {
			r.Header.Set("X-Forwarded-For", client)
		}
		response, err := (&http.Client{Transport: transport}).Do(r)
		require.NoError(t, err)
		response.Body.Close()
		return response.StatusCode
	}
	for i := range 40 {
		require.Equal(t, 404, get(fmt.Sprint("wrong", i), "203.0.113.9"))
	}
	require.Equal(t, 404, get("s3cretkey", "203.0.113.9"), "shut out")
	require.Equal(t, 200, get("s3cretkey", "203.0.113.10"))
	require.Equal(t, 200, get("s3cretkey", ""), "the proxy itself")
}
