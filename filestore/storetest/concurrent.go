package storetest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
)

// testConcurrent lets many goroutines change the same few names. A torn file
// or a wrong count shows at the end.
func testConcurrent(t *testing.T, open func(t *testing.T) filestore.Store) {
	s := open(t)
	fill(t, s, "p/ q/")
	names := []string{"p/a", "p/b", "q/a", "q/b", "p/d", "q/d"}
	expected := []error{fs.ErrNotExist, fs.ErrExist, fs.ErrInvalid, filestore.ErrIsDirectory, filestore.ErrNotDirectory,
		filestore.ErrNotEmpty, filestore.ErrChanged}
	torn := strings.Repeat("x", 10_000)
	var group sync.WaitGroup
	for worker := range 64 {
		group.Go(func() {
			r := rand.New(rand.NewPCG(uint64(worker), 1))
			for range 10 {
				from, to := names[r.IntN(len(names))], names[r.IntN(len(names))]
				var err error
				switch r.IntN(7) {
				case 0, 1:
					err = write(t.Context(), s, from, torn[:r.IntN(2)*len(torn)], filestore.CreateOptions{}, boundless)
				case 2:
					err = mkdir(from)(t.Context(), s)
				case 3:
					err = s.Remove(t.Context(), from, filestore.RemoveOptions{Recursive: true})
				case 4:
					err = s.Rename(t.Context(), from, to, filestore.RenameOptions{Replace: r.IntN(2) == 0})
				case 5:
					err = copyWith(from, to, filestore.CopyOptions{Replace: r.IntN(2) == 0})(t.Context(), s)
				case 6:
					err = readWhole(t, s, from, len(torn))
				}
				if err != nil && !isOneOf(err, expected) {
					t.Errorf("unexpected: %v", err)
				}
			}
		})
	}
	group.Wait()
	counted(t, s)
	walk(t, s, filestore.Root, func(info filestore.FileInfo) {
		if !info.IsDir() {
			require.Contains(t, []int{0, len(torn)}, len(read(t, s, info.Path())))
		}
	})

	t.Run("a pair moves as one", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		fill(t, s, "a=1 a.meta=m")
		done := make(chan struct{})
		var group sync.WaitGroup
		group.Go(func() {
			defer close(done)
			for i := range 200 {
				from, to := "a", "b"
				if i%2 == 1 {
					from, to = to, from
				}
				if err := s.Rename(t.Context(), from, to, filestore.RenameOptions{}); err != nil {
					t.Errorf("rename: %v", err)
				}
			}
		})
		group.Go(func() {
			for {
				err := copyOver("a", "c")(t.Context(), s)
				if err == nil {
					_, err = s.Sidecar(t.Context(), "c", "")
				} else if errors.Is(err, fs.ErrNotExist) {
					err = nil // it is b just now
				}
				if err != nil {
					t.Errorf("copy: %v", err)
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
		group.Wait()
		require.NoError(t, copyOver("a", "c")(t.Context(), s))
		holds(t, s, "a=1 a.meta=m c=1 c.meta=m")
	})
}

// readWhole reads a file, if it is there, which must be empty or of this size.
func readWhole(t *testing.T, s filestore.Store, name string, size int) error {
	f, err := s.Open(t.Context(), name)
	if err != nil {
		return err
	}
	defer f.Close()
	content, err := io.ReadAll(f)
	if err == nil && len(content) != 0 && len(content) != size {
		return fmt.Errorf("torn file of %d bytes", len(content))
	}
	return err
}

func isOneOf(err error, wanted []error) bool {
	for _, w := range wanted {
		if errors.Is(err, w) {
			return true
		}
	}
	return false
}
