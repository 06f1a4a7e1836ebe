package dirstore_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
)

// The benchmarks compare with what a program would do that uses package os
// alone, and trusts every name.

var depths = []int{1, 3, 8}

// deep makes directories so that a file in the last has this depth.
func deep(b *testing.B, root string, depth int) (dir string) {
	b.Helper()
	dir = strings.Repeat("dir/", depth-1)
	require.NoError(b, os.MkdirAll(filepath.Join(root, dir), 0o755))
	return dir
}

func benchRoot(b *testing.B) string {
	return filepath.Join(b.TempDir(), "Domains", "example.com", "john.macnt", "account.web")
}

func BenchmarkRead(b *testing.B) {
	content := []byte(strings.Repeat("x", 4096))
	for _, depth := range depths {
		root := benchRoot(b)
		name := deep(b, root, depth) + "file"
		require.NoError(b, os.WriteFile(filepath.Join(root, name), content, 0o600))
		s, err := dirstore.Open(root, nil)
		require.NoError(b, err)
		buf := make([]byte, len(content))
		b.Run(fmt.Sprintf("os/depth%d", depth), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(buf)))
			for b.Loop() {
				f, err := os.Open(root + "/" + name)
				if err != nil {
					b.Fatal(err)
				}
				f.Stat()
				io.ReadFull(f, buf)
				f.Close()
			}
		})
		b.Run(fmt.Sprintf("dirstore/depth%d", depth), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(buf)))
			for b.Loop() {
				f, err := s.Open(b.Context(), name)
				if err != nil {
					b.Fatal(err)
				}
				f.Stat()
				io.ReadFull(f, buf)
				f.Close()
			}
		})
	}
}

func BenchmarkStat(b *testing.B) {
	for _, depth := range depths {
		root := benchRoot(b)
		name := deep(b, root, depth) + "file"
		require.NoError(b, os.WriteFile(filepath.Join(root, name), nil, 0o600))
		s, err := dirstore.Open(root, nil)
		require.NoError(b, err)
		b.Run(fmt.Sprintf("os/depth%d", depth), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				os.Lstat(root + "/" + name)
			}
		})
		b.Run(fmt.Sprintf("dirstore/depth%d", depth), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Stat(b.Context(), name)
			}
		})
	}
}

func BenchmarkCreate(b *testing.B) {
	content := []byte(strings.Repeat("x", 4096))
	for _, depth := range depths {
		for _, sync := range []dirstore.Sync{dirstore.SyncLater, dirstore.SyncBefore} {
			root := benchRoot(b)
			dir := deep(b, root, depth)
			s, err := dirstore.Open(root, &dirstore.Options{Sync: sync})
			require.NoError(b, err)
			suffix := fmt.Sprintf("/depth%d/sync=%v", depth, sync)
			b.Run("os"+suffix, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(content)))
				for i := 0; b.Loop(); i++ {
					if err := osCreate(filepath.Join(root, dir), fmt.Sprint("os", i), content, sync); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("dirstore"+suffix, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(content)))
				for i := 0; b.Loop(); i++ {
					u, err := s.Create(b.Context(), fmt.Sprint(dir, "dirstore", i), filestore.CreateOptions{}, boundless)
					if err != nil {
						b.Fatal(err)
					}
					u.Write(content)
					if _, err := u.Commit(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// osCreate writes a file beside its place and renames it.
func osCreate(dir, name string, content []byte, sync dirstore.Sync) error {
	f, err := os.CreateTemp(dir, "upload")
	if err != nil {
		return err
	}
	defer f.Close()
	f.Write(content)
	if sync == dirstore.SyncLater {
		return os.Rename(f.Name(), dir+"/"+name)
	}
	f.Sync()
	if err := os.Rename(f.Name(), dir+"/"+name); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
