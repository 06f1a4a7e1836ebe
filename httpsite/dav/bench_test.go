package dav_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/webdav"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/httpsite/dav"
)

// discarded is an answer that nobody keeps.
type discarded struct {
	header http.Header
	code   int
}

func (d *discarded) Header() http.Header         { return d.header }
func (d *discarded) WriteHeader(code int)        { d.code = code }
func (d *discarded) Write(b []byte) (int, error) { return len(b), nil }

// BenchmarkPropfind lists 1,000 files in memory with all of their properties: here, and by
// golang.org/x/net/webdav.
func BenchmarkPropfind(b *testing.B) {
	store := memstore.New()
	ours := &dav.Handler{Files: filesOf(store)}
	theirs := &webdav.Handler{FileSystem: webdav.NewMemFS(), LockSystem: webdav.NewMemLS()}
	for i := range 1000 {
		name := fmt.Sprintf("file %d.txt", i)
		upload, err := ours.Files(nil).Create(b.Context(), name, filestore.CreateOptions{})
		require.NoError(b, err)
		_, err = upload.Commit()
		require.NoError(b, err)
		f, err := theirs.FileSystem.OpenFile(context.Background(), "/"+name, os.O_CREATE|os.O_RDWR, 0o600)
		require.NoError(b, err)
		require.NoError(b, f.Close())
	}
	for _, bb := range []struct {
		name    string
		handler http.Handler
	}{{"ours", ours}, {"x-net", theirs}} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), "PROPFIND", "http://h/", nil)
				r.Header.Set("Depth", "1")
				w := &discarded{header: http.Header{}}
				bb.handler.ServeHTTP(w, r)
				require.Equal(b, 207, w.code)
			}
		})
	}
}
