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
