package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
)

// Connections without a request, from as many addresses as there are, keep nobody
// out, and those on which somebody has logged in stay.
func TestCrowdOfConnections(t *testing.T) {
	t.Parallel()
	d, err := newDemo()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.remove()) })
	base, err := directory.Open(d.dir, nil)
	require.NoError(t, err)
	t.Cleanup(func() { base.Close() })
	silent := slog.New(slog.DiscardHandler)
	site, err := newSite(base, newViews(base), silent)
	require.NoError(t, err)
	s := newHTTPService("http", "127.0.0.1:0", site, nil, silent)
	addr, err := s.listen(s.addr)
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.serve() }()
	t.Cleanup(func() {
		_ = s.shutdown(t.Context()) // which has ended: what still waits is cut
		require.ErrorIs(t, <-served, s.closed)
	})
	get := func(client *http.Client, path string) int {
		request, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+addr.String()+path, nil)
		require.NoError(t, err)
		request.SetBasicAuth("john", d.accounts[1].password)
		response, err := client.Do(request)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		response.Body.Close()
		return response.StatusCode
	}
	dialled := 0
	john := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dialled++
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}}
	require.Equal(t, http.StatusOK, get(john, "/~john/private/diary.txt"))

	var waiting []net.Conn
	for range maxConnsPerAddr + 10 {
		conn, err := net.Dial("tcp", addr.String())
		require.NoError(t, err)
		t.Cleanup(func() { conn.Close() })
		waiting = append(waiting, conn)
		_, _ = conn.Write([]byte("GET / HTTP/1.1\r\nX: "))
	}
	for _, conn := range waiting[:10] { // the oldest gave way
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(time.Minute)))
		_, err := conn.Read(make([]byte, 1))
		require.Error(t, err)
	}
	require.Equal(t, http.StatusOK, get(john, "/~john/private/diary.txt"))
	require.Equal(t, 1, dialled, "john's connection stays")
	require.Equal(t, http.StatusOK, get(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, "/~john/"))
}
