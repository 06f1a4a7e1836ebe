package storetest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

// testUploadLimits: uploads hold room and give it back.
func testUploadLimits(t *testing.T, open func(t *testing.T) filestore.Store) {
	t.Run("declared room is held from the start", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		u, err := s.Create(t.Context(), "a", filestore.CreateOptions{Size: 8}, maxBytes(10))
		require.NoError(t, err)
		over(t, filestore.LimitBytes, 10, write(t.Context(), s, "b", "123", filestore.CreateOptions{}, maxBytes(10)))
		require.NoError(t, write(t.Context(), s, "b", "12", filestore.CreateOptions{}, maxBytes(10)))
		holds(t, s, "b=12") // what is held does not count as stored
		_, err = io.WriteString(u, "01234567")
		require.NoError(t, err)
		_, err = u.Commit()
		require.NoError(t, err)
		holds(t, s, "a=01234567 b=12")
	})
	t.Run("reserved room is held, and promises nothing", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		reserve := func(n int64) filestore.CreateOptions { return filestore.CreateOptions{Reserve: n} }
		for _, n := range []int64{11, 1 << 62, 1<<63 - 1} {
			over(t, filestore.LimitBytes, 10, write(t.Context(), s, "a", "1", reserve(n), maxBytes(10)))
			over(t, filestore.LimitFileSize, 10, write(t.Context(), s, "a", "1", reserve(n), maxFileSize(10)))
		}
		refused(t, fs.ErrInvalid, write(t.Context(), s, "a", "1", reserve(-1), maxBytes(10)))
		u, err := s.Create(t.Context(), "a", reserve(8), maxBytes(10))
		require.NoError(t, err)
		_, err = io.WriteString(u, "0")
		require.NoError(t, err)
		over(t, filestore.LimitBytes, 10, write(t.Context(), s, "b", "123", filestore.CreateOptions{}, maxBytes(10)))
		_, err = u.Commit()
		require.NoError(t, err)
		require.NoError(t, write(t.Context(), s, "b", "0123456", reserve(2), maxBytes(10)))
		over(t, filestore.LimitBytes, 10, write(t.Context(), s, "c", "012", reserve(2), maxBytes(10)))
		require.NoError(t, write(t.Context(), s, "c", "01", filestore.CreateOptions{Size: 2, Reserve: 99}, maxBytes(10)))
		require.NoError(t, write(t.Context(), s, "b", "78", filestore.CreateOptions{Offset: filestore.End, Reserve: 1}, boundless))
		over(t, filestore.LimitFileSize, 10, write(t.Context(), s, "b", "x", filestore.CreateOptions{Offset: filestore.End, Reserve: 1<<63 - 1}, maxFileSize(10)))
		holds(t, s, "a=0 b=012345678 c=01")
	})
	t.Run("written room is held", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		u, err := s.Create(t.Context(), "a", filestore.CreateOptions{}, maxBytes(10))
		require.NoError(t, err)
		_, err = io.WriteString(u, "01234567")
		require.NoError(t, err)
		over(t, filestore.LimitBytes, 10, write(t.Context(), s, "b", "123", filestore.CreateOptions{}, maxBytes(10)))
		require.NoError(t, u.Abort())
		require.NoError(t, write(t.Context(), s, "b", "0123456789", filestore.CreateOptions{}, maxBytes(10)))
		holds(t, s, "b=0123456789")
	})
	t.Run("the number is held", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		u, err := s.Create(t.Context(), "a", filestore.CreateOptions{}, maxFiles(1))
		require.NoError(t, err)
		over(t, filestore.LimitFiles, 1, s.Mkdir(t.Context(), "b", filestore.MkdirOptions{}, maxFiles(1)))
		require.NoError(t, u.Abort())
		require.NoError(t, s.Mkdir(t.Context(), "b", filestore.MkdirOptions{}, maxFiles(1)))
		holds(t, s, "b/")
	})
	for _, tt := range []struct {
		name  string
		o     filestore.CreateOptions
		wrote string
	}{
		{"room is given back by a commit that fails", filestore.CreateOptions{Size: 10}, "0123"},
		{"room is given back after a write that failed", filestore.CreateOptions{Size: 4}, "01234"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			require.Error(t, write(t.Context(), s, "a", tt.wrote, tt.o, maxBytes(10)))
			require.NoError(t, write(t.Context(), s, "b", "0123456789", filestore.CreateOptions{}, maxBytes(10)))
			holds(t, s, "b=0123456789")
		})
	}
	t.Run("too much in a later write", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		u, err := s.Create(t.Context(), "a", filestore.CreateOptions{}, maxBytes(3))
		require.NoError(t, err)
		_, err = io.WriteString(u, "01")
		require.NoError(t, err)
		_, err = io.WriteString(u, "23")
		over(t, filestore.LimitBytes, 3, err)
		_, err = u.Commit()
		over(t, filestore.LimitBytes, 3, err)
		holds(t, s, "")
	})
	t.Run("too much from a reader", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		for _, l := range []filestore.Limits{maxBytes(2 << 20), maxFileSize(2 << 20)} {
			u, err := s.Create(t.Context(), "a", filestore.CreateOptions{}, l)
			require.NoError(t, err)
			_, err = io.Copy(u, strings.NewReader(strings.Repeat("x", 2<<20+1)))
			refused(t, filestore.ErrLimit, err)
			require.NoError(t, u.Abort())
		}
		require.NoError(t, write(t.Context(), s, "b", strings.Repeat("x", 2<<20), filestore.CreateOptions{}, maxBytes(2<<20)))
		counted(t, s)
	})
	t.Run("the file that made room has gone", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		fill(t, s, "a=01234567 b=01")
		u, err := s.Create(t.Context(), "a", filestore.CreateOptions{}, maxBytes(10))
		require.NoError(t, err)
		_, err = io.WriteString(u, "01234567")
		require.NoError(t, err)
		require.NoError(t, s.Rename(t.Context(), "a", "c", filestore.RenameOptions{}))
		_, err = u.Commit()
		over(t, filestore.LimitBytes, 10, err)
		holds(t, s, "c=01234567 b=01")
	})
}

// testChangedLimits: a limit that is changed while an upload goes on is met by
// the next call. The upload keeps its own.
func testChangedLimits(t *testing.T, open func(t *testing.T) filestore.Store) {
	t.Run("lowered", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		fill(t, s, "a=0123")
		u, err := s.Create(t.Context(), "b", filestore.CreateOptions{}, filestore.Limits{Files: 2, Bytes: 12, FileSize: 8})
		require.NoError(t, err)
		_, err = io.WriteString(u, "0123")
		require.NoError(t, err)
		lower := filestore.Limits{Files: 1, Bytes: 6, FileSize: 6}
		over(t, filestore.LimitFiles, 1, s.Mkdir(t.Context(), "d", filestore.MkdirOptions{}, lower))
		over(t, filestore.LimitBytes, 6, write(t.Context(), s, "a", "01234", filestore.CreateOptions{}, lower))
		over(t, filestore.LimitFileSize, 6, write(t.Context(), s, "a", "0123456", filestore.CreateOptions{}, lower))
		_, err = io.WriteString(u, "4567")
		require.NoError(t, err)
		_, err = u.Commit()
		require.NoError(t, err)
		holds(t, s, "a=0123 b=01234567")

		// Now all is over the limits, and what makes nothing larger works.
		over(t, filestore.LimitBytes, 6, write(t.Context(), s, "b", "+", filestore.CreateOptions{Offset: filestore.End}, maxBytes(6)))
		over(t, filestore.LimitFileSize, 6, write(t.Context(), s, "b", "+", filestore.CreateOptions{Offset: filestore.End}, maxFileSize(6)))
		require.NoError(t, write(t.Context(), s, "b", "76543210", filestore.CreateOptions{}, lower))
		require.NoError(t, write(t.Context(), s, "b", "x", filestore.CreateOptions{Offset: 3, KeepTail: true}, lower))
		require.NoError(t, write(t.Context(), s, "b", "7654321", filestore.CreateOptions{Size: 7}, lower))
		require.NoError(t, rename("b", "c")(t.Context(), s))
		require.NoError(t, replace("c", "a")(t.Context(), s))
		require.NoError(t, remove("a")(t.Context(), s))
		holds(t, s, "")
	})
	t.Run("raised", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		u, err := s.Create(t.Context(), "a", filestore.CreateOptions{}, filestore.Limits{Files: 1, Bytes: 4, FileSize: 4})
		require.NoError(t, err)
		_, err = io.WriteString(u, "0123")
		require.NoError(t, err)
		over(t, filestore.LimitBytes, 4, write(t.Context(), s, "b", "0", filestore.CreateOptions{}, maxBytes(4)))
		require.NoError(t, write(t.Context(), s, "b", "01234567", filestore.CreateOptions{}, filestore.Limits{Files: 2, Bytes: 12, FileSize: 8}))
		_, err = u.Commit()
		require.NoError(t, err, "what it holds is its own")
		u, err = s.Create(t.Context(), "a", filestore.CreateOptions{Size: 9}, filestore.Limits{Files: 2, Bytes: 17, FileSize: 9})
		require.NoError(t, err)
		over(t, filestore.LimitBytes, 17, s.Copy(t.Context(), "b", "c", filestore.CopyOptions{}, maxBytes(17)))
		require.NoError(t, u.Abort())
		require.NoError(t, s.Copy(t.Context(), "b", "c", filestore.CopyOptions{}, maxBytes(20)))
		holds(t, s, "a=0123 b=01234567 c=01234567")
	})
	t.Run("lowered below what is held", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		u, err := s.Create(t.Context(), "a", filestore.CreateOptions{Size: 100}, maxBytes(100))
		require.NoError(t, err)
		over(t, filestore.LimitBytes, 10, write(t.Context(), s, "b", "0", filestore.CreateOptions{}, maxBytes(10)))
		_, err = io.WriteString(u, "0123")
		require.NoError(t, err)
		_, err = u.Commit()
		refused(t, io.ErrUnexpectedEOF, err)
		require.NoError(t, write(t.Context(), s, "b", "0123456789", filestore.CreateOptions{}, maxBytes(10)))
		holds(t, s, "b=0123456789")
	})
}

// testLimitWriters lets 64 writers fight for room for 10 of them.
func testLimitWriters(t *testing.T, open func(t *testing.T) filestore.Store) {
	const content = "0123456789"
	tests := []struct {
		name string
		o    filestore.CreateOptions
		l    filestore.Limits
		fit  int64
	}{
		{"bytes", filestore.CreateOptions{}, maxBytes(105), 10},
		{"declared bytes", filestore.CreateOptions{Size: 10}, maxBytes(105), 10},
		{"files", filestore.CreateOptions{}, maxFiles(10), 10},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			var wrote, limited atomic.Int64
			var writers, watcher sync.WaitGroup
			done := make(chan struct{})
			watcher.Go(func() {
				for {
					u, err := s.Usage(t.Context(), filestore.Root)
					if err != nil || u.Bytes > 100 || u.Files > 10 {
						t.Errorf("usage %v, error %v", u, err)
						return
					}
					select {
					case <-done:
						return
					default:
					}
				}
			})
			for i := range 64 {
				writers.Go(func() {
					err := write(t.Context(), s, fmt.Sprint("file", i), content, tt.o, tt.l)
					switch {
					case err == nil:
						wrote.Add(1)
					case errors.Is(err, filestore.ErrLimit):
						limited.Add(1)
					}
				})
			}
			writers.Wait()
			close(done)
			watcher.Wait()
			require.Equal(t, tt.fit, wrote.Load())
			require.Equal(t, 64-tt.fit, limited.Load())
			counted(t, s)
		})
	}
}

// testLimitMix lets 64 writers overwrite, append, copy, remove and rename the
// same few files under limits that are too small for all of them. At no time
// is more stored than allowed.
func testLimitMix(t *testing.T, open func(t *testing.T) filestore.Store) {
	s := open(t)
	l := filestore.Limits{Files: 6, Bytes: 120, FileSize: 50}
	content := strings.Repeat("x", 60)
	var writers, watcher sync.WaitGroup
	done := make(chan struct{})
	watcher.Go(func() {
		for {
			u, err := s.Usage(t.Context(), filestore.Root)
			if err != nil || u.Bytes > l.Bytes || u.Files > l.Files {
				t.Errorf("usage %v, error %v", u, err)
				return
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	var limited, changed atomic.Int64
	for worker := range 64 {
		writers.Go(func() {
			r := rand.New(rand.NewPCG(uint64(worker), 2))
			name := func() string { return fmt.Sprint("f", r.IntN(8)) }
			for range 10 {
				from, to, size := name(), name(), r.IntN(len(content))
				var err error
				switch r.IntN(8) {
				case 0, 1:
					err = write(t.Context(), s, from, content[:size], filestore.CreateOptions{}, l)
				case 2:
					err = write(t.Context(), s, from, content[:size], filestore.CreateOptions{Size: int64(size)}, l)
				case 3:
					err = write(t.Context(), s, from, content[:size], filestore.CreateOptions{Offset: filestore.End}, l)
				case 4:
					err = s.Copy(t.Context(), from, to, filestore.CopyOptions{Replace: true, Sidecar: keep}, l)
				case 5:
					err = s.Rename(t.Context(), from, to, filestore.RenameOptions{Replace: true})
				case 6:
					err = s.Remove(t.Context(), from, filestore.RemoveOptions{Recursive: true})
				case 7:
					err = s.Mkdir(t.Context(), from, filestore.MkdirOptions{}, l)
				}
				switch {
				case err == nil:
					changed.Add(1)
				case errors.Is(err, filestore.ErrLimit):
					limited.Add(1)
				}
			}
		})
	}
	writers.Wait()
	close(done)
	watcher.Wait()
	require.NotZero(t, limited.Load())
	require.NotZero(t, changed.Load())
	counted(t, s)

	// Nothing is held any more: exactly what is left fits.
	require.NoError(t, s.Mkdir(t.Context(), "last", filestore.MkdirOptions{}, boundless))
	used, err := s.Usage(t.Context(), filestore.Root)
	require.NoError(t, err)
	rest := strings.Repeat("x", 1000)
	l = filestore.Limits{Files: used.Files + 1, Bytes: used.Bytes + 1000, FileSize: 1000}
	over(t, filestore.LimitBytes, l.Bytes, write(t.Context(), s, "last/file", rest+"x", filestore.CreateOptions{}, maxBytes(l.Bytes)))
	require.NoError(t, write(t.Context(), s, "last/file", rest, filestore.CreateOptions{Size: 1000}, l))
	counted(t, s)
}
