package httpsite_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

const patience = time.Minute

// listen serves on a free port until the test ends, by Serve or ServeTLS.
func listen(t *testing.T, s *httpsite.Server, serve func(net.Listener) error) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- serve(l) }()
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
	return l.Addr().String()
}

func newFixture(t *testing.T) *fixture.Directory {
	d := fixture.New(func() filestore.Store { return memstore.New() })
	d.Write(t, john, "private/diary.txt", "diary")
	d.Write(t, john, "default.html", "home")
	return d
}

// Connections without a request, from as many addresses as there are, keep nobody
// out, and those on which somebody has logged in stay.
func TestCrowdOfConnections(t *testing.T) {
	t.Parallel()
	const most = 10
	s := &httpsite.Server{Handler: &httpsite.Handler{Views: fixture.Views(newFixture(t))}, MaxConnsPerAddr: most}
	addr := listen(t, s, s.Serve)
	get := func(client *http.Client, path string) int {
		request, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+addr+path, nil)
		require.NoError(t, err)
		request.Host = fixture.MainDomain
		request.SetBasicAuth("john", "john-pw")
		response, err := client.Do(request)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		response.Body.Close()
		return response.StatusCode
	}
	dialled := 0
	johns := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dialled++
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}}
	defer johns.CloseIdleConnections()
	require.Equal(t, http.StatusOK, get(johns, "/~john/private/diary.txt"))

	var waiting []net.Conn
	for range most + 5 {
		conn, err := net.Dial("tcp", addr)
		require.NoError(t, err)
		defer conn.Close()
		waiting = append(waiting, conn)
		_, _ = conn.Write([]byte("GET / HTTP/1.1\r\nX: "))
	}
	for _, conn := range waiting[:5] { // the oldest gave way
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
		_, err := conn.Read(make([]byte, 1))
		require.Error(t, err)
	}
	require.Equal(t, http.StatusOK, get(johns, "/~john/private/diary.txt"))
	require.Equal(t, 1, dialled, "john's connection stays")
	require.Equal(t, http.StatusOK, get(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, "/~john/"))
}

// begin begins an upload, and returns when the handler waits for the rest of it.
func begin(t *testing.T, addr string) (conn net.Conn, finish func() (code int)) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(conn, "PUT /~john/new.txt HTTP/1.1\r\nHost: client1.com\r\nAuthorization: Basic am9objpqb2huLXB3\r\nContent-Length: 7\r\nExpect: 100-continue\r\n\r\n")
	require.NoError(t, err)
	answers := bufio.NewReader(conn)
	line, err := answers.ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "100")
	_, err = answers.ReadString('\n')
	require.NoError(t, err)
	return conn, func() int {
		_, err := io.WriteString(conn, "content")
		require.NoError(t, err)
		response, err := http.ReadResponse(answers, nil)
		require.NoError(t, err)
		response.Body.Close()
		return response.StatusCode
	}
}

// Shutdown lets an upload end, and what it does not wait for leaves nothing.
func TestShutdown(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]bool{"waits": false, "cuts": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newFixture(t)
			s := &httpsite.Server{Handler: &httpsite.Handler{Views: fixture.Views(d)}}
			addr := listen(t, s, s.Serve)
			conn, finish := begin(t, addr)
			defer conn.Close()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended := make(chan error, 1)
			go func() { ended <- s.Shutdown(ctx) }()
			for { // until nobody is let in any more
				other, err := net.Dial("tcp", addr)
				if err != nil {
					break
				}
				other.Close()
			}
			if cut {
				cancel()
				require.ErrorIs(t, <-ended, context.Canceled)
			} else {
				require.Equal(t, http.StatusCreated, finish())
				require.NoError(t, <-ended)
			}
			content, ok := d.Read(t, john, "new.txt")
			require.Equal(t, !cut, ok)
			if ok {
				require.Equal(t, "content", content)
			}
			require.NoError(t, s.Shutdown(t.Context()), "once more does nothing")
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			require.ErrorIs(t, s.Serve(l), http.ErrServerClosed)
		})
	}
}

// One Server serves both, with HTTP/2 in TLS alone.
func TestServeTLS(t *testing.T) {
	t.Parallel()
	with := httptest.NewUnstartedServer(nil)
	with.StartTLS() // for its certificate alone
	defer with.Close()
	var protocols [2]string
	s := &httpsite.Server{
		TLSConfig: &tls.Config{Certificates: with.TLS.Certificates},
		Handler:   http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }),
	}
	plain, secure := listen(t, s, s.Serve), listen(t, s, s.ServeTLS)
	client := with.Client()
	client.Transport.(*http.Transport).ForceAttemptHTTP2 = true
	defer client.CloseIdleConnections()
	for i, url := range []string{"http://" + plain, "https://" + secure} {
		response, err := client.Get(url)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		require.NoError(t, err)
		protocols[i] = string(body)
	}
	require.Equal(t, [2]string{"HTTP/1.1", "HTTP/2.0"}, protocols)
}

// A request is private within TLS of whatever version, or from this machine.
func TestIsPrivate(t *testing.T) {
	t.Parallel()
	far := func(handler http.HandlerFunc) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.RemoteAddr = "192.0.2.1:1234"
			handler(w, r)
		})
	}
	answer := func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, r.Proto, " ", httpsite.IsPrivate(r))
	}
	with := httptest.NewUnstartedServer(far(answer))
	with.StartTLS()
	defer with.Close()
	s := &httpsite.Server{TLSConfig: &tls.Config{Certificates: with.TLS.Certificates}, Handler: far(answer)}
	plain, secure := listen(t, s, s.Serve), listen(t, s, s.ServeTLS)
	here := &httpsite.Server{Handler: http.HandlerFunc(answer)}
	for _, tt := range []struct {
		url   string
		http2 bool
		want  string
	}{
		{"http://" + plain, false, "HTTP/1.1 false"},
		{"https://" + secure, false, "HTTP/1.1 true"},
		{"https://" + secure, true, "HTTP/2.0 true"},
		{with.URL, false, "HTTP/1.1 true"},
		{"http://" + listen(t, here, here.Serve), false, "HTTP/1.1 true"},
	} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: tt.http2}
		if !tt.http2 {
			transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
		}
		response, err := (&http.Client{Transport: transport}).Get(tt.url)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		transport.CloseIdleConnections()
		require.NoError(t, err)
		require.Equal(t, tt.want, string(body), tt.url)
	}
}

func TestServerThatCannotServe(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		serve func(*httpsite.Server, net.Listener) error
		s     *httpsite.Server
		want  string
	}{
		{(*httpsite.Server).Serve, &httpsite.Server{}, "Handler is nil"},
		{(*httpsite.Server).ServeTLS, &httpsite.Server{Handler: http.NotFoundHandler()}, "without TLSConfig"},
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		require.ErrorContains(t, tt.serve(tt.s, l), tt.want)
		_, err = l.Accept()
		require.ErrorIs(t, err, net.ErrClosed)
		require.NoError(t, tt.s.Close())
	}
	var failed failing
	s := &httpsite.Server{Handler: http.NotFoundHandler()}
	require.ErrorIs(t, s.Serve(failed), io.ErrClosedPipe)
	require.NoError(t, s.Close())
}

// failing is a listener that fails.
type failing struct{}

func (failing) Accept() (net.Conn, error) { return nil, io.ErrClosedPipe }
func (failing) Close() error              { return nil }
func (failing) Addr() net.Addr            { return &net.TCPAddr{} }

// HTTP/1.0 with a Transfer-Encoding reaches no handler, with a body or without.
func TestServerRefusesFaultyFraming(t *testing.T) {
	t.Parallel()
	reached := make(chan string, 1)
	s := &httpsite.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { reached <- r.URL.Path })}
	addr := listen(t, s, s.Serve)
	for request, want := range map[string]int{
		"PUT /a HTTP/1.0\r\nContent-Length: 1\r\n\r\nx":                                                                 200,
		"PUT /b HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n": 400,
		"PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n":                                     200,
	} {
		conn, err := net.Dial("tcp", addr)
		require.NoError(t, err)
		defer conn.Close()
		_, err = io.WriteString(conn, request)
		require.NoError(t, err)
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		response.Body.Close()
		require.Equal(t, want, response.StatusCode, request)
		if want == 200 {
			require.Equal(t, strings.Fields(request)[1], <-reached)
		} else {
			require.True(t, response.Close)
			require.Empty(t, reached)
		}
	}
}
