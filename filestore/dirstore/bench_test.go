package dirstore_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
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

// BenchmarkCreate lets 1 and 16 writers make files in one directory.
func BenchmarkCreate(b *testing.B) {
	content := []byte(strings.Repeat("x", 4096))
	for _, writers := range []int{1, 16} {
		for _, sync := range []dirstore.Sync{dirstore.SyncLater, dirstore.SyncBefore} {
			root := benchRoot(b)
			dir := deep(b, root, 3)
			s, err := dirstore.Open(root, &dirstore.Options{Sync: sync})
			require.NoError(b, err)
			suffix := fmt.Sprintf("/writers%d/sync=%v", writers, sync)
			b.Run("os"+suffix, func(b *testing.B) {
				parallel(b, writers, func(i int64) error {
					return osCreate(filepath.Join(root, dir), fmt.Sprint("os", i), content, sync)
				})
			})
			b.Run("dirstore"+suffix, func(b *testing.B) {
				parallel(b, writers, func(i int64) error {
					return create(b.Context(), s, fmt.Sprint(dir, "dirstore", i), content)
				})
			})
			require.NoError(b, s.Close())
		}
	}
}

// parallel calls do from so many goroutines, for files of 4 KiB.
func parallel(b *testing.B, writers int, do func(i int64) error) {
	b.ReportAllocs()
	b.SetBytes(4096)
	var i atomic.Int64
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for n := i.Add(1); n <= int64(b.N); n = i.Add(1) {
				if err := do(n); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
}

func create(ctx context.Context, s filestore.Store, name string, content []byte) error {
	u, err := s.Create(ctx, name, filestore.CreateOptions{}, boundless)
	if err != nil {
		return err
	}
	if _, err := u.Write(content); err != nil {
		return err
	}
	_, err = u.Commit()
	return err
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

// link fills directories with hard links to one file each, which is the
// quickest way to many files.
func link(b *testing.B, root string, files, perDir int) {
	b.Helper()
	for n := range files {
		dir := filepath.Join(root, fmt.Sprint("full", n/perDir))
		first := filepath.Join(dir, "0")
		if n%perDir == 0 {
			require.NoError(b, os.MkdirAll(dir, 0o755))
			require.NoError(b, os.WriteFile(first, []byte("1"), 0o600))
			continue
		}
		if err := os.Link(first, filepath.Join(dir, fmt.Sprint(n))); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkList walks a directory of 100,000 entries, the size and time of each
// included.
func BenchmarkList(b *testing.B) {
	const entries, perInode = 100_000, 50_000 // ext4 takes 65,000 links
	root := benchRoot(b)
	link(b, root, entries, perInode)
	dir := filepath.Join(root, "full0")
	for n := perInode; n < entries; n++ {
		last := fmt.Sprint(n)
		if n == perInode {
			last = "0"
		}
		require.NoError(b, os.Rename(filepath.Join(root, "full1", last), filepath.Join(dir, fmt.Sprint(n))))
	}
	s, err := dirstore.Open(root, nil)
	require.NoError(b, err)
	b.Run("os", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			found, err := os.ReadDir(dir)
			require.NoError(b, err)
			require.Len(b, found, entries)
			for _, e := range found {
				if _, err := e.Info(); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("dirstore", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n := 0
			for _, err := range s.List(b.Context(), "full0", filestore.ListOptions{}) {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
			require.Equal(b, entries, n)
		}
	})
}

var benchFiles = flag.Int("files", 10_000, "how many files the full account of BenchmarkCreateInFull holds")

// BenchmarkCreateInFull makes files in an account that holds 10 others, and in
// one that holds many: -files 1000000 is the measure.
func BenchmarkCreateInFull(b *testing.B) {
	content := []byte(strings.Repeat("x", 4096))
	for _, files := range []int{10, *benchFiles} {
		root := benchRoot(b)
		link(b, root, files, 1000)
		require.NoError(b, os.Mkdir(filepath.Join(root, "d"), 0o755))
		s, err := dirstore.Open(root, &dirstore.Options{Sync: dirstore.SyncLater})
		require.NoError(b, err)
		_, err = s.Usage(b.Context(), filestore.Root)
		require.NoError(b, err)
		b.Run(fmt.Sprint("files", files), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := create(b.Context(), s, fmt.Sprint("d/", i), content); err != nil {
					b.Fatal(err)
				}
			}
		})
		require.NoError(b, s.Close())
		b.Run(fmt.Sprintf("files%d/opened", files), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				s, err := dirstore.Open(root, &dirstore.Options{Sync: dirstore.SyncLater})
				require.NoError(b, err)
				require.NoError(b, create(b.Context(), s, fmt.Sprint("d/opened", i), content))
				require.NoError(b, s.Close())
			}
		})
	}
}
