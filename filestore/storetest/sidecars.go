package storetest

import (
	"context"
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

// testSidecars: what is told of a sidecar.
func testSidecars(t *testing.T, open func(t *testing.T) filestore.Store) {
	t.Run("content and tag", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		fill(t, s, "a=1")
		tags := map[string]bool{}
		for _, content := range []string{"one", "two", "one", ""} {
			made, err := s.SetSidecar(t.Context(), "a", []byte(content), filestore.SidecarOptions{}, boundless)
			require.NoError(t, err)
			require.Regexp(t, `^"[!#-~]+"$`, made.ETag)
			require.False(t, tags[made.ETag], "another content and the same tag")
			tags[made.ETag] = true
			require.EqualValues(t, len(content), made.Size)
			require.Nil(t, made.Content)

			read, err := s.Sidecar(t.Context(), "a", "")
			require.NoError(t, err)
			require.Equal(t, content, string(read.Content))
			require.NotNil(t, read.Content)
			read.Content = nil
			require.Equal(t, made, read)
			other, err := s.Sidecar(t.Context(), "a", `"other"`)
			require.NoError(t, err)
			require.Equal(t, content, string(other.Content))
			known, err := s.Sidecar(t.Context(), "a", made.ETag)
			require.NoError(t, err)
			require.Equal(t, made, known, "what is known has no content")
		}
		removed, err := s.SetSidecar(t.Context(), "a", nil, filestore.SidecarOptions{}, boundless)
		require.NoError(t, err)
		require.Zero(t, removed)
		_, err = s.Sidecar(t.Context(), "a", "")
		refused(t, fs.ErrNotExist, err)
	})
	t.Run("content is the store's", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		mine := []byte("mine")
		_, err := s.SetSidecar(t.Context(), "a", mine, filestore.SidecarOptions{}, boundless)
		require.NoError(t, err)
		require.NoError(t, s.Mkdir(t.Context(), "b", filestore.MkdirOptions{Sidecar: mine}, boundless))
		copy(mine, "4444")
		holds(t, s, "a.meta=mine b/ b.meta=mine")
	})
	t.Run("time", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		moment := time.Date(2005, 10, 22, 15, 24, 45, 0, time.UTC)
		before := time.Now().Add(-time.Hour)
		made, err := s.SetSidecar(t.Context(), "a", []byte("m"), filestore.SidecarOptions{}, boundless)
		require.NoError(t, err)
		require.WithinRange(t, made.ModTime, before, time.Now().Add(time.Hour))
		made, err = s.SetSidecar(t.Context(), "a", []byte("m"), filestore.SidecarOptions{ModTime: moment}, boundless)
		require.NoError(t, err)
		require.True(t, made.ModTime.Equal(moment))
		found, err := s.Sidecar(t.Context(), "a", made.ETag)
		require.NoError(t, err)
		require.True(t, found.ModTime.Equal(moment))
	})
	t.Run("it is no entry", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		fill(t, s, "a=1 a.meta=m b.meta=n")
		for _, name := range []string{"a.meta", "b.meta", "b", "a.meta/x"} {
			_, err := s.Stat(t.Context(), name)
			refused(t, fs.ErrNotExist, err)
			_, err = s.Open(t.Context(), name)
			refused(t, fs.ErrNotExist, err)
			_, err = s.Usage(t.Context(), name)
			refused(t, fs.ErrNotExist, err)
			refused(t, fs.ErrNotExist, removeAll(name)(t.Context(), s))
			for _, err := range s.List(t.Context(), name, all) {
				refused(t, fs.ErrNotExist, err)
			}
		}
		for _, name := range []string{"a.meta", "b.meta"} {
			_, err := s.Sidecar(t.Context(), name, "")
			refused(t, fs.ErrNotExist, err)
			refused(t, filestore.ErrConflict, set(name, "m")(t.Context(), s))
			refused(t, fs.ErrNotExist, unset(name)(t.Context(), s))
		}
		refused(t, fs.ErrNotExist, set("a.meta/x", "m")(t.Context(), s))
		holds(t, s, "a=1 a.meta=m b.meta=n")
	})
	t.Run("what an upload tells", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		fill(t, s, "a.meta=m")
		u, err := s.Create(t.Context(), "a", filestore.CreateOptions{}, boundless)
		require.NoError(t, err)
		info, err := u.Commit()
		require.NoError(t, err)
		if side := info.Sidecar(); side != nil { // it may tell nothing, but nothing that is wrong
			require.EqualValues(t, 1, side.Size)
			require.Nil(t, side.Content)
		}
		holds(t, s, "a= a.meta=m")
	})
	t.Run("as large as may be", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		large := strings.Repeat("m", filestore.MaxSidecarBytes)
		require.NoError(t, set("a", large)(t.Context(), s))
		require.Equal(t, large, read(t, s, "a.meta"))
		over(t, filestore.LimitFileSize, filestore.MaxSidecarBytes, set("a", large+"m")(t.Context(), s))
		over(t, filestore.LimitFileSize, filestore.MaxSidecarBytes, mkdirPaired("b", large+"m")(t.Context(), s))
		counted(t, s)
		require.Equal(t, large, read(t, s, "a.meta"))
	})
}

// testSidecarChanges changes one sidecar.
func testSidecarChanges(t *testing.T, open func(t *testing.T) filestore.Store) {
	paired := filestore.SidecarOptions{Paired: true}
	holding := func(p filestore.Precondition) filestore.SidecarOptions { return filestore.SidecarOptions{If: p} }
	tests := []struct {
		name   string
		before string
		change change
		after  string
		err    error
	}{
		{name: "of a file", before: "a=1", change: set("a", "m"), after: "a=1 a.meta=m"},
		{name: "of a directory", before: "d/", change: set("d", "m"), after: "d/ d.meta=m"},
		{name: "of something below", before: "d/ d/a=1", change: set("d/a", "m"), after: "d/ d/a=1 d/a.meta=m"},
		{name: "over another", before: "a=1 a.meta=m", change: set("a", "n"), after: "a=1 a.meta=n"},
		{name: "before its file", change: set("a", "m"), after: "a.meta=m"},
		{name: "before its file, in no directory", change: set("d/a", "m"), err: fs.ErrNotExist},
		{name: "before its file, below a file", before: "d=1", change: set("d/a", "m"), err: filestore.ErrNotDirectory},
		{name: "before its file, deep below a file", before: "d=1", change: set("d/e/a", "m"), err: fs.ErrNotExist},
		{name: "no room", before: long + "=1", change: set(long, "m"), err: filestore.ErrConflict},
		{name: "removed", before: "a=1 a.meta=m", change: unset("a"), after: "a=1"},
		{name: "removed, orphan", before: "a.meta=m", change: unset("a"), after: ""},
		{name: "removed, none", before: "a=1", change: unset("a"), err: fs.ErrNotExist},
		{name: "removed, in no directory", change: unset("d/a"), err: fs.ErrNotExist},
		{name: "removed, below a file", before: "d=1", change: unset("d/a"), err: fs.ErrNotExist},

		{name: "paired, of a file", before: "a=1", change: setWith("a", []byte("m"), paired), after: "a=1 a.meta=m"},
		{name: "paired, of a directory", before: "d/", change: setWith("d", []byte("m"), paired), after: "d/ d.meta=m"},
		{name: "paired, of nothing", change: setWith("a", []byte("m"), paired), err: fs.ErrNotExist},
		{name: "paired, over an orphan", before: "a.meta=m", change: setWith("a", []byte("n"), paired), err: fs.ErrNotExist},
		{name: "paired, an orphan removed", before: "a.meta=m", change: setWith("a", nil, paired), err: fs.ErrNotExist},
		{name: "paired, removed", before: "a=1 a.meta=m", change: setWith("a", nil, paired), after: "a=1"},

		{name: "absent", before: "a=1", change: setWith("a", []byte("m"), holding(absent)), after: "a=1 a.meta=m"},
		{name: "absent, there", before: "a=1 a.meta=m", change: setWith("a", []byte("n"), holding(absent)), err: fs.ErrExist},
		{name: "exists", before: "a.meta=m", change: setWith("a", []byte("n"), holding(exists)), after: "a.meta=n"},
		{name: "exists, not there", before: "a=1", change: setWith("a", []byte("n"), holding(exists)), err: filestore.ErrChanged},
		{name: "other tag", before: "a=1 a.meta=m", change: setWith("a", []byte("n"), holding(other)), err: filestore.ErrChanged},
		{name: "tag, not there", before: "a=1", change: setWith("a", []byte("n"), holding(other)), err: filestore.ErrChanged},
		{name: "removed, other tag", before: "a=1 a.meta=m", change: setWith("a", nil, holding(other)), err: filestore.ErrChanged},
		{name: "removed with a tag, not there", before: "a=1", change: setWith("a", nil, holding(other)), err: fs.ErrNotExist},
		{name: "tag of its entry", before: "a=1 a.meta=m", change: func(ctx context.Context, s filestore.Store) error {
			return setWith("a", []byte("n"), holding(seen(ctx, s, "a")))(ctx, s)
		}, err: filestore.ErrChanged},
		{name: "its tag", before: "a=1 a.meta=m", change: func(ctx context.Context, s filestore.Store) error {
			side, err := s.Sidecar(ctx, "a", "")
			return errors.Join(err, setWith("a", []byte("n"), holding(filestore.Precondition{ETag: side.ETag, Exists: true}))(ctx, s))
		}, after: "a=1 a.meta=n"},
		{name: "removed, its tag", before: "a=1 a.meta=m", change: func(ctx context.Context, s filestore.Store) error {
			side, err := s.Sidecar(ctx, "a", "")
			return errors.Join(err, setWith("a", nil, holding(filestore.Precondition{ETag: side.ETag}))(ctx, s))
		}, after: "a=1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			fill(t, s, tt.before)
			counted(t, s)
			err := tt.change(t.Context(), s)
			if tt.err != nil {
				refused(t, tt.err, err)
				holds(t, s, tt.before)
				return
			}
			require.NoError(t, err)
			holds(t, s, tt.after)
		})
	}
}

// testSidecarRace lets many goroutines count in one sidecar: no step is lost, and no
// sidecar is without its file.
func testSidecarRace(t *testing.T, open func(t *testing.T) filestore.Store) {
	s := open(t)
	fill(t, s, "a=1 a.meta=0")
	const workers, steps = 8, 10
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for done := 0; done < steps; {
				side, err := s.Sidecar(t.Context(), "a", "")
				if err == nil {
					n, _ := strconv.Atoi(string(side.Content))
					o := filestore.SidecarOptions{If: filestore.Precondition{ETag: side.ETag}, Paired: true}
					_, err = s.SetSidecar(t.Context(), "a", []byte(strconv.Itoa(n+1)), o, boundless)
				}
				switch {
				case err == nil:
					done++
				case !errors.Is(err, filestore.ErrChanged): // else another one was faster
					t.Errorf("unexpected: %v", err)
					return
				}
			}
		})
	}
	group.Wait()
	holds(t, s, "a=1 a.meta="+strconv.Itoa(workers*steps))

	t.Run("paired", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		var group sync.WaitGroup
		group.Go(func() {
			for range 50 {
				if err := errors.Join(put("a", "1")(t.Context(), s), remove("a")(t.Context(), s)); err != nil {
					t.Errorf("unexpected: %v", err)
				}
			}
		})
		group.Go(func() {
			for range 200 {
				err := setWith("a", []byte("m"), filestore.SidecarOptions{Paired: true})(t.Context(), s)
				if err != nil && !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("unexpected: %v", err)
				}
			}
		})
		group.Wait()
		holds(t, s, "")
	})
}
