package tftpsite_test

import (
	"bytes"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/cgpkit/cgpkit/tftpsite"
)

// FuzzServe sends packets to a server: the first to its port, the others to
// whoever answered last. Afterwards the server still has to work.
func FuzzServe(f *testing.F) {
	packets := func(p ...string) []byte {
		var b []byte
		for _, packet := range p {
			b = append(append(b, packet...), "|"...)
		}
		return b
	}
	f.Add(packets("\x00\x01f\x00octet\x00", block4(opAck, 1), block4(opAck, 2)))
	f.Add(packets("\x00\x01f\x00netascii\x00blksize\x00600\x00", block4(opAck, 0), block4(opAck, 1), block4(opData, 1)))
	f.Add(packets("\x00\x01f\x00octet\x00tsize\x000\x00blksize\x0065464\x00", block4(opOptions, 1)+"blksize\x009\x00"))
	f.Add(packets("\x00\x02new\x00octet\x00tsize\x003\x00", block4(opData, 1)+"abc", block4(opData, 1)+"abc"))
	f.Add(packets("\x00\x02new\x00netascii\x00", block4(opData, 1)+"a\r", block4(opError, 3)+"full\x00"))
	f.Add(packets("\x00\x02private/new\x00octet\x00blksize\x00512\x00", "", "\x00", block4(opAck, 0), block4(opOptions, 0)))
	f.Add(packets("\x00\x05\x00\x00\x00", "\x00\x01"))

	d := withUser(accounts())
	d.Write(f, "john@client1.com", "f", string(bytes.Repeat([]byte("x\n\r"), 300)))
	server := serve(f, &tftpsite.Server{
		Views: fixture.Views(grants{d}), Storage: "john", AllowWrite: true, Timeout: time.Millisecond, Retries: 1,
		MaxTransfers: 1000, MaxTransfersPerAddr: 1000,
	})
	f.Fuzz(func(t *testing.T, input []byte) {
		conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		require.NoError(t, err)
		defer conn.Close()
		to, buf := server, make([]byte, 70000)
		for _, packet := range bytes.SplitN(input, []byte("|"), 10) {
			conn.WriteToUDPAddrPort(packet, to)
			conn.SetReadDeadline(time.Now().Add(time.Millisecond))
			if _, from, err := conn.ReadFromUDPAddrPort(buf); err == nil {
				to = from
			}
		}
		require.Eventually(t, func() bool {
			conn.WriteToUDPAddrPort([]byte("\x00\x01nothing\x00octet\x00"), server)
			conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			n, _, err := conn.ReadFromUDPAddrPort(buf)
			return err == nil && string(buf[:n]) == notFound.packet()
		}, time.Minute, time.Millisecond)
	})
}
