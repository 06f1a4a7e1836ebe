package httpsite_test

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// Whatever strangers write on a connection: they get no success and no crash, and
// nothing is stored.
func TestHostileBytes(t *testing.T) {
	t.Parallel()
	d := newFixture(t)
	s := &httpsite.Server{Handler: &httpsite.Handler{Views: fixture.Views(d)}}
	addr := listen(t, s, s.Serve)
	const host, owner = "Host: client1.com\r\n", "Host: client1.com\r\nAuthorization: Basic am9objpqb2huLXB3\r\n"
	for name, request := range map[string]string{
		"nothing":                   "",
		"end of a line":             "\r\n\r\n",
		"garbage":                   "\x00\xff\x16\x03\x01\x02\x00",
		"head of TLS":               "\x16\x03\x01\x00\xf4\x01\x00\x00\xf0\x03\x03",
		"preface of HTTP/2":         "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"HTTP/0.9":                  "GET /~john/default.html\r\n\r\n",
		"HTTP/9.9":                  "GET / HTTP/9.9\r\n" + host + "\r\n",
		"no version":                "GET /~john/ \r\n" + host + "\r\n",
		"method in two":             "GE T /~john/ HTTP/1.1\r\n" + host + "\r\n",
		"NUL in the path":           "GET /~john/\x00 HTTP/1.1\r\n" + host + "\r\n",
		"very long path":            "GET /~john/" + strings.Repeat("a", 80<<10) + " HTTP/1.1\r\n" + host + "\r\n",
		"very many segments":        "GET /~john" + strings.Repeat("/a", 10<<10) + " HTTP/1.1\r\n" + host + "\r\n",
		"very long header":          "GET /~john/ HTTP/1.1\r\n" + host + "X: " + strings.Repeat("a", 80<<10) + "\r\n\r\n",
		"very many headers":         "GET /~john/ HTTP/1.1\r\n" + host + strings.Repeat("X: y\r\n", 20<<10) + "\r\n",
		"folded header":             "GET /~john/private/diary.txt HTTP/1.1\r\n" + host + "Authorization: Basic\r\n am9objpqb2huLXB3x\r\n\r\n",
		"header without a name":     "GET /~john/ HTTP/1.1\r\n" + host + ": x\r\n\r\n",
		"blank before the colon":    "GET /~john/ HTTP/1.1\r\n" + host + "Content-Length : 5\r\n\r\n",
		"negative length":           "PUT /~john/x HTTP/1.1\r\n" + owner + "Content-Length: -1\r\n\r\nx",
		"signed length":             "PUT /~john/x HTTP/1.1\r\n" + owner + "Content-Length: +1\r\n\r\nx",
		"length that overflows":     "PUT /~john/x HTTP/1.1\r\n" + owner + "Content-Length: 99999999999999999999\r\n\r\nx",
		"two lengths in one":        "PUT /~john/x HTTP/1.1\r\n" + owner + "Content-Length: 1, 2\r\n\r\nx",
		"more than fits":            "PUT /~john/x HTTP/1.1\r\n" + owner + "Content-Length: 9223372036854775807\r\n\r\nx",
		"chunk that overflows":      "PUT /~john/x HTTP/1.1\r\n" + owner + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx",
		"negative chunk":            "PUT /~john/x HTTP/1.1\r\n" + owner + "Transfer-Encoding: chunked\r\n\r\n-1\r\nx",
		"long extension of a chunk": "PUT /~john/x HTTP/1.1\r\n" + owner + "Transfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", 8<<10) + "\r\nx\r\n0\r\n\r\n",
		"unknown expectation":       "PUT /~john/x HTTP/1.1\r\n" + owner + "Expect: miracle\r\nContent-Length: 1\r\n\r\nx",
		"credentials of 60 KB":      "GET /~john/private/diary.txt HTTP/1.1\r\n" + host + "Authorization: Basic " + strings.Repeat("QUFB", 15<<10) + "\r\n\r\n",
		"digest of 60 KB":           "GET /~john/private/diary.txt HTTP/1.1\r\n" + host + "Authorization: Digest " + strings.Repeat("a=b,", 15<<10) + "\r\n\r\n",
		"destination with a line":   "MOVE /~john/default.html HTTP/1.1\r\n" + owner + "Destination: /~john/a%0d%0ab\r\n\r\n",
		"CONNECT":                   "CONNECT client1.com:25 HTTP/1.1\r\n" + host + "\r\n",
		"TRACE":                     "TRACE /~john/ HTTP/1.1\r\n" + host + "\r\n",
		"upgrade to HTTP/2":         "GET /~john/missing HTTP/1.1\r\n" + host + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", addr)
			require.NoError(t, err)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
			_, _ = io.WriteString(conn, request) // the answer may come before the end of it
			_ = conn.(*net.TCPConn).CloseWrite() // which a reset may have done
			got, _ := io.ReadAll(conn)
			for line := range strings.Lines(string(got)) {
				if strings.HasPrefix(line, "HTTP/") {
					require.Regexp(t, `^HTTP/1\.[01] [45]`, line)
				}
			}
			require.NotContains(t, string(got), "panic")
			require.NotContains(t, string(got), "diary\n")
		})
	}
	require.NoError(t, s.Shutdown(t.Context())) // when all have ended
	_, stored := d.Read(t, john, "x")
	require.False(t, stored)
	content, _ := d.Read(t, john, "default.html")
	require.Equal(t, "home", content)
}

var idleConns = flag.Int("idle", 2000, "how many connections of TestManyIdleConnections wait, each for two open files")

// Connections that wait, or send a head byte by byte, cost little and keep nobody out.
func TestManyIdleConnections(t *testing.T) {
	many := *idleConns
	s := &httpsite.Server{Handler: &httpsite.Handler{Views: fixture.Views(newFixture(t))}, MaxConns: many, MaxConnsPerAddr: many}
	addr := listen(t, s, s.Serve)
	memory := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	before := memory()
	for i := range many {
		conn, err := net.Dial("tcp", addr)
		require.NoError(t, err)
		defer conn.Close()
		if i%2 == 0 {
			_, err = io.WriteString(conn, "GET /~john/ HTTP/1.1\r\nX")
			require.NoError(t, err)
		}
	}
	for range 3 { // one that waits gives way for each
		conn, err := net.Dial("tcp", addr)
		require.NoError(t, err)
		defer conn.Close()
		require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
		_, err = fmt.Fprint(conn, "GET /~john/ HTTP/1.1\r\nHost: client1.com\r\n\r\n")
		require.NoError(t, err)
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		response.Body.Close()
		require.Equal(t, 200, response.StatusCode)
	}
	each := (int64(memory()) - int64(before)) / int64(many)
	t.Logf("%d bytes for each connection, with the client's end", each)
	require.Less(t, each, int64(64<<10))
}
