package httpsite

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/cgpkit/cgpkit/internal/stall"
)

// serve runs a handler with one connection to it in a bubble of fake time.
func serve(t *testing.T, test func(t *testing.T, d *fixture.Directory, client net.Conn)) {
	synctest.Test(t, func(t *testing.T) {
		d := fixture.New(func() filestore.Store { return memstore.New() })
		l := fixture.NewPipes()
		server := &http.Server{Handler: &Handler{Views: fixture.Views(d), StallTimeout: time.Minute}}
		go server.Serve(l)
		client := l.Dial(t)
		test(t, d, client)
		client.Close()
		require.NoError(t, server.Shutdown(context.Background()))
	})
}

func TestUploadThatStallsIsCut(t *testing.T) {
	t.Parallel()
	serve(t, func(t *testing.T, d *fixture.Directory, client net.Conn) {
		begin := time.Now()
		_, err := io.WriteString(client, "PUT /~john/x HTTP/1.1\r\nHost: client1.com\r\nAuthorization: Basic am9objpqb2huLXB3\r\nContent-Length: 10\r\n\r\n01234")
		require.NoError(t, err)
		answer, err := io.ReadAll(client)
		require.NoError(t, err)
		require.Contains(t, string(answer), "408 Request Timeout")
		require.Equal(t, time.Minute, time.Since(begin).Truncate(time.Second))
		_, ok := d.Read(t, "john@client1.com", "x")
		require.False(t, ok)
	})
}

// A slow upload that moves takes as long as it likes.
func TestUploadThatMovesIsNotCut(t *testing.T) {
	t.Parallel()
	serve(t, func(t *testing.T, d *fixture.Directory, client net.Conn) {
		_, err := io.WriteString(client, "PUT /~john/x HTTP/1.1\r\nHost: client1.com\r\nAuthorization: Basic am9objpqb2huLXB3\r\nConnection: close\r\nContent-Length: 100\r\n\r\n")
		require.NoError(t, err)
		for range 100 {
			time.Sleep(50 * time.Second) // in fake time
			_, err := io.WriteString(client, "x")
			require.NoError(t, err)
		}
		answer, err := io.ReadAll(client)
		require.NoError(t, err)
		require.Contains(t, string(answer), "201 Created")
		content, _ := d.Read(t, "john@client1.com", "x")
		require.Len(t, content, 100)
	})
}

func TestDownloadThatStallsIsCut(t *testing.T) {
	t.Parallel()
	serve(t, func(t *testing.T, d *fixture.Directory, client net.Conn) {
		d.Write(t, "john@client1.com", "big", string(bytes.Repeat([]byte("x"), 3<<20)))
		_, err := io.WriteString(client, "GET /~john/big HTTP/1.1\r\nHost: client1.com\r\n\r\n")
		require.NoError(t, err)
		time.Sleep(2 * time.Minute) // in fake time, without reading
		received, _ := io.ReadAll(client)
		require.Less(t, len(received), 1<<20, "the connection was closed meanwhile")
	})
}

func TestDownloadThatMovesIsNotCut(t *testing.T) {
	t.Parallel()
	serve(t, func(t *testing.T, d *fixture.Directory, client net.Conn) {
		const size = 8 << 20
		d.Write(t, "john@client1.com", "big", string(bytes.Repeat([]byte("x"), size)))
		_, err := io.WriteString(client, "GET /~john/big HTTP/1.1\r\nHost: client1.com\r\nConnection: close\r\n\r\n")
		require.NoError(t, err)
		total, piece := 0, make([]byte, stall.KernelPiece)
		for {
			n, err := io.ReadFull(client, piece)
			total += n
			if err != nil {
				break
			}
			time.Sleep(40 * time.Second) // in fake time
		}
		require.Greater(t, total, size)
	})
}

// The head of a request has ten seconds to come, however it moves, a connection that
// waits two minutes, and a stranger's body no time at all.
func TestSlowClientsOfAServerAreCut(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, first, then string // then comes each second
		within            time.Duration
	}{
		{"nothing", "", "", 10 * time.Second}, // the first request is not waited for
		{"no end of the head", "GET /~john/ HTTP/1.1\r\n", "X", 10 * time.Second},
		{"no end of the line", "G", "E", 10 * time.Second},
		{"header after header", "GET /~john/ HTTP/1.1\r\n", "X: y\r\n", 10 * time.Second},
		{"second head", "GET /~john/none HTTP/1.1\r\nHost: client1.com\r\n\r\n", "X", 10 * time.Second},
		{"no second request", "GET /~john/none HTTP/1.1\r\nHost: client1.com\r\n\r\n", "", 2 * time.Minute},
		{"body of a stranger", "PUT /~john/x HTTP/1.1\r\nHost: client1.com\r\nContent-Length: 1000000\r\n\r\n", "x", time.Minute},
		{"chunks of a stranger", "PUT /~john/x HTTP/1.1\r\nHost: client1.com\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := fixture.New(func() filestore.Store { return memstore.New() })
				l := fixture.NewPipes()
				s := &Server{Handler: &Handler{Views: fixture.Views(d), StallTimeout: time.Minute}}
				go s.Serve(l)
				defer s.Close()
				client := l.Dial(t)
				defer client.Close()
				go io.Copy(io.Discard, client)
				begin := time.Now()
				_, err := io.WriteString(client, tt.first)
				for err == nil && time.Since(begin) < time.Hour {
					time.Sleep(time.Second) // in fake time
					if tt.then != "" {
						_, err = io.WriteString(client, tt.then)
					} else if time.Since(begin) > tt.within+time.Second {
						_, err = io.WriteString(client, "\r\n")
					}
				}
				require.Error(t, err)
				require.LessOrEqual(t, time.Since(begin), tt.within+5*time.Second)
			})
		})
	}
}
