package httpsite_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// A public file over a real connection, beside what a user would take instead:
// net/http's own file server on the same directory.
func BenchmarkGet(b *testing.B) {
	root := filepath.Join(b.TempDir(), "account.web")
	require.NoError(b, os.Mkdir(root, 0o750))
	sizes := map[string]int{"4KiB.bin": 4 << 10, "4KiB.txt": 4 << 10, "128KiB.bin": 128 << 10, "128KiB.txt": 128 << 10, "64MiB.bin": 64 << 20, "64MiB.txt": 64 << 20}
	for name, size := range sizes {
		require.NoError(b, os.WriteFile(filepath.Join(root, name), bytes.Repeat([]byte("x"), size), 0o640))
	}
	d := fixture.New(func() filestore.Store {
		s, err := dirstore.Open(root, nil)
		require.NoError(b, err)
		return s
	})
	for _, server := range []struct {
		name, prefix string
		handler      http.Handler
	}{
		{"httpsite", "/~john/", &httpsite.Handler{Views: fixture.Views(d)}},
		{"FileServer", "/", http.FileServer(http.Dir(root))},
	} {
		s := httptest.NewServer(server.handler)
		defer s.Close()
		for name, size := range sizes {
			b.Run(name+"/"+server.name, func(b *testing.B) {
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					response, err := s.Client().Get(s.URL + server.prefix + name)
					require.NoError(b, err)
					n, err := io.Copy(io.Discard, response.Body)
					require.NoError(b, err)
					require.Equal(b, int64(size), n)
					response.Body.Close()
				}
			})
		}
	}
}

// Requests to a storage in memory, without a connection: what the handler and the view
// add to the store.
func BenchmarkRequest(b *testing.B) {
	d := fixture.New(func() filestore.Store { return memstore.New() })
	for i := range 100 {
		d.Write(b, "john@client1.com", fmt.Sprintf("dir/f%d", i), "x")
	}
	d.Write(b, "john@client1.com", "private/f", "x")
	h := &httpsite.Handler{Views: fixture.Views(d)}
	do := func(b *testing.B, method, path, destination string) {
		r := httptest.NewRequestWithContext(b.Context(), method, "/~john/"+path, strings.NewReader("x"))
		r.SetBasicAuth("john@client1.com", "john-pw")
		r.Header.Set("Destination", "http://example.com/~john/"+destination)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Less(b, w.Code, 400)
	}
	for name, request := range map[string]func(b *testing.B){
		"GET/public":  func(b *testing.B) { do(b, "GET", "dir/f0", "") },
		"GET/private": func(b *testing.B) { do(b, "GET", "private/f", "") },
		"GET/page":    func(b *testing.B) { do(b, "GET", "dir/index.wssp", "") },
		"PUT":         func(b *testing.B) { do(b, "PUT", "dir/f0", "") },
		"MOVE": func(b *testing.B) {
			do(b, "MOVE", "private/f", "private/g")
			do(b, "MOVE", "private/g", "private/f")
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				request(b)
			}
		})
	}
}
