package storetest

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

// all are the options of a whole listing.
var all filestore.ListOptions

func testList(t *testing.T, open func(t *testing.T) filestore.Store) {
	list := func(t *testing.T, s filestore.Store, dir string) []string {
		var names []string
		for info, err := range s.List(t.Context(), dir, all) {
			require.NoError(t, err)
			names = append(names, info.Path())
		}
		return names
	}
	t.Run("direct entries only", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		fill(t, s, "a=1 d/ d/b=2 d/e/ d/e/f=3 d.meta=m")
		require.Equal(t, []string{"a", "d"}, list(t, s, filestore.Root))
		require.Equal(t, []string{"d/b", "d/e"}, list(t, s, "d"))
		require.Equal(t, []string{"d/e/f"}, list(t, s, "d/e"))
	})
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		fill(t, s, "a=1")
		for name, want := range map[string]error{"a": filestore.ErrNotDirectory, "b": fs.ErrNotExist, "a/b": fs.ErrNotExist} {
			var got []error
			for info, err := range s.List(t.Context(), name, all) {
				require.Nil(t, info)
				got = append(got, err)
			}
			require.Len(t, got, 1, name)
			refused(t, want, got[0])
			_, err := s.Usage(t.Context(), name)
			refused(t, want, err)
		}
	})
	t.Run("thousand entries", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		var want []string
		for i := range 1000 {
			name := fmt.Sprintf("d%03d", i)
			require.NoError(t, mkdir(name)(t.Context(), s))
			want = append(want, name)
		}
		require.Equal(t, want, list(t, s, filestore.Root))

		seen := 0
		for range s.List(t.Context(), filestore.Root, all) {
			if seen++; seen == 3 {
				break
			}
		}
		require.Equal(t, 3, seen)

		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		seen = 0
		for _, err := range s.List(ctx, filestore.Root, all) {
			if err != nil {
				refused(t, context.Canceled, err)
				continue
			}
			seen++
			cancel()
		}
		require.Less(t, seen, 1000)
	})
	t.Run("changing while listing", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		for i := range 300 {
			require.NoError(t, mkdir(fmt.Sprintf("d%03d", i))(t.Context(), s))
		}
		for info, err := range s.List(t.Context(), filestore.Root, all) {
			require.NoError(t, err)
			require.NoError(t, s.Remove(t.Context(), info.Path(), filestore.RemoveOptions{}))
		}
		holds(t, s, "")
	})
}

func testInfo(t *testing.T, open func(t *testing.T) filestore.Store) {
	s := open(t)
	before := time.Now().Add(-time.Hour)
	fill(t, s, "d/ d/f=0123")
	after := time.Now().Add(time.Hour)

	dir, err := s.Stat(t.Context(), "d")
	require.NoError(t, err)
	require.Equal(t, "d", dir.Name())
	require.Equal(t, "d", dir.Path())
	require.True(t, dir.IsDir())
	require.True(t, dir.Mode().IsDir())
	require.Empty(t, dir.ETag())

	top, err := s.Stat(t.Context(), filestore.Root)
	require.NoError(t, err)
	require.False(t, top.ModTime().IsZero(), "something is stored")

	check := func(info filestore.FileInfo) {
		require.Equal(t, "f", info.Name())
		require.Equal(t, "d/f", info.Path())
		require.False(t, info.IsDir())
		require.True(t, info.Mode().IsRegular())
		require.Zero(t, info.Mode()&0o111, "files of users are not programs")
		require.EqualValues(t, 4, info.Size())
		require.True(t, info.ModTime().After(before) && info.ModTime().Before(after))
		require.Nil(t, info.Sys(), "nothing of the host")
	}
	file, err := s.Stat(t.Context(), "d/f")
	require.NoError(t, err)
	check(file)
	f, err := s.Open(t.Context(), "d/f")
	require.NoError(t, err)
	defer f.Close()
	opened, err := f.Stat()
	require.NoError(t, err)
	check(opened.(filestore.FileInfo))
	require.Equal(t, file.ETag(), opened.(filestore.FileInfo).ETag())
	for info, err := range s.List(t.Context(), "d", all) {
		require.NoError(t, err)
		check(info)
		require.Equal(t, file.ETag(), info.ETag())
	}
}

func testOpen(t *testing.T, open func(t *testing.T) filestore.Store) {
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		fill(t, s, "a=1 d/")
		for name, want := range map[string]error{"d": filestore.ErrIsDirectory, "b": fs.ErrNotExist, "a/b": fs.ErrNotExist, "d/b": fs.ErrNotExist} {
			_, err := s.Open(t.Context(), name)
			refused(t, want, err)
		}
	})
	t.Run("seek and read", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		fill(t, s, "a=0123456789")
		f, err := s.Open(t.Context(), "a")
		require.NoError(t, err)
		defer f.Close()
		buf := make([]byte, 4)
		for _, tt := range []struct {
			offset int64
			whence int
			at     int64
			want   string
		}{
			{2, io.SeekStart, 2, "2345"},
			{1, io.SeekCurrent, 7, "789"},
			{-6, io.SeekEnd, 4, "4567"},
			{0, io.SeekEnd, 10, ""},
			{5, io.SeekEnd, 15, ""},
		} {
			at, err := f.Seek(tt.offset, tt.whence)
			require.NoError(t, err)
			require.Equal(t, tt.at, at)
			n, err := io.ReadFull(f, buf)
			if n == 0 {
				require.ErrorIs(t, err, io.EOF)
			}
			require.Equal(t, tt.want, string(buf[:n]))
		}
		_, err = f.Seek(-1, io.SeekStart)
		require.Error(t, err)
		n, err := f.ReadAt(buf, 7)
		require.ErrorIs(t, err, io.EOF)
		require.Equal(t, "789", string(buf[:n]))
	})
	t.Run("the old content stays", func(t *testing.T) {
		t.Parallel()
		for name, c := range map[string]change{
			"overwritten": put("a", "new"), "removed": remove("a"), "renamed": rename("a", "b"), "replaced": replace("c", "a"),
		} {
			s := open(t)
			fill(t, s, "a=0123 c=new")
			f, err := s.Open(t.Context(), "a")
			require.NoError(t, err)
			require.NoError(t, c(t.Context(), s), name)
			content, err := io.ReadAll(f)
			require.NoError(t, err)
			require.Equal(t, "0123", string(content), name)
			require.NoError(t, f.Close())
		}
	})
}

// testFS lets the standard library look at a store.
func testFS(t *testing.T, open func(t *testing.T) filestore.Store) {
	s := open(t)
	fill(t, s, "a=1 a.meta=m d/ d/e/ d/e/f=2 d/g= h=0123456789")
	require.NoError(t, fstest.TestFS(readFS{t.Context(), s}, "a", "d", "d/e", "d/e/f", "d/g", "h"))
}

// readFS shows a store as an [fs.FS].
type readFS struct {
	ctx context.Context
	s   filestore.Store
}

func (r readFS) Open(name string) (fs.File, error) {
	info, err := r.s.Stat(r.ctx, name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return r.s.Open(r.ctx, name)
	}
	d := &dirFile{FileInfo: info}
	for entry, err := range r.s.List(r.ctx, name, all) {
		if err != nil {
			return nil, err
		}
		d.entries = append(d.entries, fs.FileInfoToDirEntry(entry))
	}
	return d, nil
}

// dirFile is an open directory, read to its end.
type dirFile struct {
	filestore.FileInfo
	entries []fs.DirEntry
}

func (d *dirFile) Stat() (fs.FileInfo, error) { return d.FileInfo, nil }
func (d *dirFile) Close() error               { return nil }

func (d *dirFile) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.Path(), Err: filestore.ErrIsDirectory}
}

func (d *dirFile) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		n = len(d.entries)
	} else if len(d.entries) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.entries))
	head := d.entries[:n]
	d.entries = d.entries[n:]
	return head, nil
}

// testListResumed: a listing goes on behind any name, whether or not that is there, and
// shows what one that was not interrupted shows.
func testListResumed(t *testing.T, open func(t *testing.T) filestore.Store) {
	const entries = "a=1 a.meta=m a.b=2 a.zip=3 A/ b/ b.meta=n c.meta=o e=4"
	order := []string{"A", "a", "a.b", "a.zip", "b", "c", "e"}
	list := func(t *testing.T, s filestore.Store, o filestore.ListOptions) (names []string) {
		for info, err := range s.List(t.Context(), "d", o) {
			require.NoError(t, err)
			names = append(names, info.Name())
			agrees(t, s, withContent{info, s, t})
			if side := info.Sidecar(); side != nil {
				require.Equal(t, o.Sidecars, side.Content != nil, info.Name())
			}
		}
		return names
	}
	s := open(t)
	fill(t, s, "d/ x=1")
	for e := range strings.FieldsSeq(entries) {
		fill(t, s, "d/"+e)
	}
	for i, after := range append([]string{""}, order...) {
		for _, sidecars := range []bool{false, true} {
			require.Equal(t, order[i:], append([]string{}, list(t, s, filestore.ListOptions{After: after, Sidecars: sidecars})...), "behind %q", after)
		}
	}
	for after, first := range map[string]int{"0": 0, "Aa": 1, "a.": 2, "a.meta": 3, "b.meta": 5, "bzzz": 5, "d": 6, "z": 7, "\u00e9": 7, "a/x": 4} {
		require.Equal(t, order[first:], append([]string{}, list(t, s, filestore.ListOptions{After: after})...), "behind %q", after)
	}
	require.NoError(t, remove("d/a.zip")(t.Context(), s))
	require.Equal(t, []string{"b", "c", "e"}, list(t, s, filestore.ListOptions{After: "a.zip"}), "behind what has gone")

	// In pages, while others come and go.
	var seen []string
	for after, page := "", 0; page < 100; page++ {
		was := after
		for info, err := range s.List(t.Context(), "d", filestore.ListOptions{After: after}) {
			require.NoError(t, err)
			seen, after = append(seen, info.Name()), info.Name()
			break
		}
		if after == was {
			break
		}
		fill(t, s, fmt.Sprintf("d/0%d=new", page))
		if page == 2 {
			require.NoError(t, remove("d/b")(t.Context(), s))
		}
	}
	require.Equal(t, []string{"A", "a", "a.b", "c", "e"}, seen)
}

// withContent is an entry of a listing with the content of its sidecar, whether or not
// that came with it.
type withContent struct {
	filestore.FileInfo
	s filestore.Store
	t *testing.T
}

func (w withContent) Sidecar() *filestore.Sidecar {
	side := w.FileInfo.Sidecar()
	if side == nil || side.Content != nil {
		return side
	}
	told := *side
	read, err := w.s.Sidecar(w.t.Context(), w.Path(), "")
	require.NoError(w.t, err)
	told.Content = read.Content
	return &told
}
