package iofs_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
	"github.com/cgpkit/cgpkit/filestore/iofs"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

const john = "john@client1.com"

// open returns the storage of john, as they see it, in each kind of store.
func open(t *testing.T, test func(t *testing.T, d *fixture.Directory, john filestore.FS)) {
	for name, store := range map[string]func() filestore.Store{
		"memstore": func() filestore.Store { return memstore.New() },
		"dirstore": func() filestore.Store {
			s, err := dirstore.Open(filepath.Join(t.TempDir(), "account.web"), nil)
			require.NoError(t, err)
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := fixture.New(store)
			for name, content := range map[string]string{"a.txt": "hello", "a.txt.meta": "<meta/>", "d/e/f": "", "d/g.html": "<p>g", "private/s": "secret", "ünï code/%41&<x>": "odd"} {
				d.Write(t, john, name, content)
			}
			test(t, d, fixture.Views(d).View(filestore.Caller{Account: john}, john))
		})
	}
}

// The standard library finds nothing wrong.
func TestFS(t *testing.T) {
	t.Parallel()
	open(t, func(t *testing.T, d *fixture.Directory, files filestore.FS) {
		require.NoError(t, fstest.TestFS(iofs.New(t.Context(), files), "a.txt", "d/e/f", "d/g.html", "private/s", "ünï code/%41&<x>"))
		stranger := iofs.New(t.Context(), fixture.Views(d).View(filestore.Caller{}, john))
		content, err := fs.ReadFile(stranger, "a.txt")
		require.NoError(t, err)
		require.Equal(t, "hello", string(content))
		for _, name := range []string{"private/s", "private", "gone", "a.txt.meta", "../x", "/a.txt", "d/", `d\g.html`, "a\nb"} {
			_, err := stranger.Open(name)
			require.Error(t, err, name)
			_, errStat := stranger.Stat(name)
			require.Error(t, errStat, name)
			var about *fs.PathError
			require.ErrorAs(t, err, &about)
			require.Equal(t, name, about.Path)
		}
		ctx, end := context.WithCancel(t.Context())
		end()
		_, err = iofs.New(ctx, files).Open("a.txt")
		require.ErrorIs(t, err, context.Canceled)
	})
}

// Package net/http serves it, ranges and listings too.
func TestFileServer(t *testing.T) {
	t.Parallel()
	open(t, func(t *testing.T, _ *fixture.Directory, files filestore.FS) {
		s := httptest.NewServer(http.FileServerFS(iofs.New(context.Background(), files)))
		defer s.Close()
		for path, want := range map[string]string{"/a.txt": "ell", "/d/": "pre", "/%C3%BCn%C3%AF%20code/%2541&%3Cx%3E": "dd"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
			require.NoError(t, err)
			r.Header.Set("Range", "bytes=1-3")
			answer, err := s.Client().Do(r)
			require.NoError(t, err)
			body, err := io.ReadAll(answer.Body)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			require.Contains(t, string(body), want, path)
			require.Less(t, answer.StatusCode, 300)
		}
	})
}

// faulty has an entry that cannot be read, and a listing that ends in an error.
type faulty struct {
	filestore.FS
	broken bool
}

func (f faulty) List(ctx context.Context, dir, after string) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) {
		for info, err := range f.FS.List(ctx, dir, after) {
			if info != nil && info.Name() == "a.txt" {
				info, err = nil, &fs.PathError{Op: "list", Path: info.Path(), Err: fs.ErrPermission}
			}
			if !yield(info, err) {
				return
			}
		}
		if f.broken {
			yield(nil, &fs.PathError{Op: "list", Path: dir, Err: io.ErrUnexpectedEOF})
		}
	}
}

// An entry that cannot be read is there, and says so when it is asked; a listing that
// breaks off gives what it has. A directory is read in pieces, and not after its end.
func TestReadDir(t *testing.T) {
	t.Parallel()
	open(t, func(t *testing.T, _ *fixture.Directory, files filestore.FS) {
		entries, err := fs.ReadDir(iofs.New(t.Context(), faulty{files, false}), ".")
		require.NoError(t, err)
		require.Equal(t, "[? a.txt - a.txt.meta d d/ d private/ d ünï code/]", fmt.Sprint(entries))
		_, err = entries[0].Info()
		require.ErrorIs(t, err, fs.ErrPermission)
		require.False(t, entries[0].IsDir())

		entries, err = fs.ReadDir(iofs.New(t.Context(), faulty{files, true}), ".")
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Len(t, entries, 5)

		d, err := iofs.New(t.Context(), files).Open(".")
		require.NoError(t, err)
		dir := d.(fs.ReadDirFile)
		for _, want := range []string{"a.txt", "a.txt.meta", "d", "private", "ünï code"} {
			entries, err = dir.ReadDir(1)
			require.NoError(t, err)
			require.Len(t, entries, 1)
			require.Equal(t, want, entries[0].Name())
		}
		_, err = dir.ReadDir(1)
		require.ErrorIs(t, err, io.EOF)
		entries, err = dir.ReadDir(-1)
		require.NoError(t, err)
		require.Empty(t, entries)
		_, err = d.Read(make([]byte, 1))
		require.ErrorIs(t, err, filestore.ErrIsDirectory)
		require.NoError(t, d.Close())
		require.ErrorIs(t, d.Close(), fs.ErrClosed)
		_, err = dir.ReadDir(1)
		require.ErrorIs(t, err, fs.ErrClosed)
	})
}
