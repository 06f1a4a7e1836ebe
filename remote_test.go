package cgpkit_test

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/textproto"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// guarded is a directory that tells who has tried to log in.
type guarded struct {
	fixture.Server
	tried chan netip.Addr
}

func (g guarded) Login(ctx context.Context, c filestore.Credentials) (filestore.Caller, error) {
	g.tried <- c.Remote
	return g.Server.Login(ctx, c)
}

// Failed logins are counted by the network of the client, so every way in tells
// the directory where it is.
func TestLoginsTellTheAddress(t *testing.T) {
	t.Parallel()
	g := guarded{fixture.New(func() filestore.Store { return memstore.New() }), make(chan netip.Addr, 10)}
	listen := func(serve func(net.Listener) error, end func() error) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		go serve(l)
		t.Cleanup(func() { end() })
		return l.Addr().String()
	}
	ftp, cli := &ftpsite.Server{Views: fixture.Views(g)}, &clisite.Server{Views: fixture.Views(g)}
	web := &http.Server{Handler: &httpsite.Handler{Views: fixture.Views(g)}}
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 7)}} // every address of 127/8 is here
	for _, way := range []struct{ name, addr, say string }{
		{"FTP", listen(ftp.Serve, ftp.Close), "USER john\r\nPASS wrong\r\n"},
		{"CLI", listen(cli.Serve, cli.Close), "USER john\r\nPASS wrong\r\n"},
		{"HTTP", listen(web.Serve, web.Close), "PUT /~john/x HTTP/1.1\r\nHost: client1.com\r\nAuthorization: Basic am9objp4\r\nContent-Length: 0\r\n\r\n"},
	} {
		conn, err := dialer.DialContext(t.Context(), "tcp4", way.addr)
		if err != nil {
			t.Skipf("this system has no address beside 127.0.0.1: %v", err)
		}
		client := textproto.NewConn(conn)
		_, err = client.W.WriteString(way.say)
		require.NoError(t, err)
		require.NoError(t, client.W.Flush())
		require.Equal(t, netip.MustParseAddr("127.0.0.7"), <-g.tried, way.name)
		client.Close()
	}
}
