package dirstore_test

import (
	"io"
	"io/fs"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
)

// TestTCP sends a file through a connection into another file. Both ends have
// what package net and package os look for to leave the bytes to the system.
func TestTCP(t *testing.T) {
	t.Parallel()
	s, err := dirstore.Open(filepath.Join(t.TempDir(), "account.web"), nil)
	require.NoError(t, err)
	content := strings.Repeat("0123456789abcde\n", 200_000) // 3.2 MB
	require.NoError(t, put(t.Context(), s, "a", content))

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	var group sync.WaitGroup
	group.Go(func() {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Errorf("dial: %v", err)
			return
		}
		defer conn.Close()
		f, err := s.Open(t.Context(), "a")
		if err != nil {
			t.Errorf("open: %v", err)
			return
		}
		defer f.Close()
		if _, ok := f.(interface {
			fs.File
			io.Seeker
			syscall.Conn
		}); !ok {
			t.Errorf("%T cannot be sent by sendfile", f)
		}
		if _, err := io.Copy(conn, f); err != nil {
			t.Errorf("send: %v", err)
		}
	})
	conn, err := listener.Accept()
	require.NoError(t, err)
	defer conn.Close()
	u, err := s.Create(t.Context(), "b", filestore.CreateOptions{}, boundless)
	require.NoError(t, err)
	defer u.Abort()
	require.Implements(t, (*io.ReaderFrom)(nil), u)
	n, err := io.Copy(u, conn.(*net.TCPConn))
	require.NoError(t, err)
	require.EqualValues(t, len(content), n)
	group.Wait()
	info, err := u.Commit()
	require.NoError(t, err)
	require.EqualValues(t, len(content), info.Size())
	f, err := s.Open(t.Context(), "b")
	require.NoError(t, err)
	defer f.Close()
	got, err := io.ReadAll(f)
	require.NoError(t, err)
	require.True(t, content == string(got))
}
