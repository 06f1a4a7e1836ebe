package tftpsite_test

import (
	"bytes"
	"io"
	"net"
	"strconv"
	"testing"

	"github.com/pin/tftp/v3"
	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/cgpkit/cgpkit/tftpsite"
)

// BenchmarkRead compares reading a file of 4 MiB with the library alone.
func BenchmarkRead(b *testing.B) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 4<<20/16)
	d := accounts()
	d.Write(b, "john@client1.com", "f", string(content))
	for _, blockSize := range []int{512, 1428, 8192} {
		b.Run("storage/"+strconv.Itoa(blockSize), func(b *testing.B) {
			read(b, serve(b, &tftpsite.Server{Views: fixture.Views(d), Storage: "john", MaxBlockSize: 8192}).String(), blockSize, len(content))
		})
		b.Run("library/"+strconv.Itoa(blockSize), func(b *testing.B) {
			conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			require.NoError(b, err)
			s := tftp.NewServer(func(_ string, to io.ReaderFrom) error {
				_, err := to.ReadFrom(bytes.NewReader(content))
				return err
			}, nil)
			go s.Serve(conn)
			defer s.Shutdown()
			read(b, conn.LocalAddr().String(), blockSize, len(content))
		})
	}
}

func read(b *testing.B, addr string, blockSize, size int) {
	b.Helper()
	client, err := tftp.NewClient(addr)
	require.NoError(b, err)
	client.SetBlockSize(blockSize)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		from, err := client.Receive("f", "octet")
		require.NoError(b, err)
		n, err := from.WriteTo(io.Discard)
		require.NoError(b, err)
		require.EqualValues(b, size, n)
	}
}
