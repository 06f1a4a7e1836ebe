package ftpsite_test

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

const benchSize = 64 << 20

// BenchmarkRETR sends a file of 64 MiB. "copy" is what there is to gain: the
// same bytes by io.Copy from a file to a TCP connection.
func BenchmarkRETR(b *testing.B) {
	path := filepath.Join(b.TempDir(), "file")
	require.NoError(b, os.WriteFile(path, make([]byte, benchSize), 0o600))

	b.Run("ftp", func(b *testing.B) {
		d := newDirectory()
		d.Write(b, john, "file", "")
		wrap(d, john, func(inner filestore.Store) filestore.Store { return diskStore{inner, path} })
		c := login(b, serve(b, &ftpsite.Server{Views: fixture.Views(d)}), "john")
		b.SetBytes(benchSize)
		b.ReportAllocs()
		for b.Loop() {
			data := c.data("RETR file")
			n, err := io.Copy(io.Discard, data)
			require.NoError(b, err)
			require.EqualValues(b, benchSize, n)
			data.Close()
			c.want("226", "")
		}
	})
	b.Run("copy", func(b *testing.B) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(b, err)
		defer l.Close()
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				if f, err := os.Open(path); err == nil {
					io.Copy(conn, f)
					f.Close()
				}
				conn.Close()
			}
		}()
		b.SetBytes(benchSize)
		b.ReportAllocs()
		for b.Loop() {
			conn, err := net.Dial("tcp", l.Addr().String())
			require.NoError(b, err)
			n, err := io.Copy(io.Discard, conn)
			require.NoError(b, err)
			require.EqualValues(b, benchSize, n)
			conn.Close()
		}
	})
}

// diskStore has its files on the local disk.
type diskStore struct {
	filestore.Store
	path string
}

func (s diskStore) Open(context.Context, string) (filestore.File, error) { return os.Open(s.path) }
