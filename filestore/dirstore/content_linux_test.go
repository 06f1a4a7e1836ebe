package dirstore_test

import (
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore/dirstore"
)

// What Open returns reads like any file, and one that is closed while others use it
// reads nothing else in its place.
func TestContent(t *testing.T) {
	t.Parallel()
	s, err := dirstore.Open(filepath.Join(t.TempDir(), "account.web"), nil)
	require.NoError(t, err)
	content := strings.Repeat("0123456789", 10_000)
	require.NoError(t, put(t.Context(), s, "f", content))
	f, err := s.Open(t.Context(), "f")
	require.NoError(t, err)
	require.NoError(t, iotest.TestReader(f, []byte(content)))
	_, err = f.ReadAt(make([]byte, 1), -1)
	require.Error(t, err)
	_, err = f.Seek(-1, io.SeekStart)
	require.Error(t, err)
	var users sync.WaitGroup
	for range 4 {
		users.Go(func() {
			for at := int64(0); ; at = (at + 10) % int64(len(content)) {
				p := make([]byte, 10)
				if _, err := f.ReadAt(p, at); err != nil {
					if !strings.Contains(err.Error(), fs.ErrClosed.Error()) {
						t.Errorf("read: %v", err)
					}
					return
				}
				if string(p) != content[:10] {
					t.Errorf("read %q", p)
				}
			}
		})
	}
	raw, err := f.(syscall.Conn).SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Read(func(fd uintptr) bool { // the kernel is at work with it
		require.NoError(t, f.Close())
		n, err := syscall.Pread(int(fd), make([]byte, 10), 0)
		require.NoError(t, err)
		require.Equal(t, 10, n)
		return true
	}))
	users.Wait()
	require.ErrorIs(t, f.Close(), fs.ErrClosed)
	require.ErrorIs(t, raw.Control(func(uintptr) { t.Error("called") }), fs.ErrClosed)
	_, err = f.(syscall.Conn).SyscallConn()
	require.ErrorIs(t, err, fs.ErrClosed)
}
