package pgstore_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/pgstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// workEnv makes the test program a server at work, which TestKilled kills.
const workEnv = "CGPKIT_PGSTORE_WORK"

// work writes files of all sizes again and again, each by one goroutine, and prints a line for
// each that was acknowledged.
func work(url, endpoint string) error {
	ctx := context.Background()
	s, err := pgstore.Open(ctx, pgstore.Config{Database: url, S3: &pgstore.S3{Endpoint: endpoint, Bucket: "bucket", AccessKey: fixture.S3Access, SecretKey: fixture.S3Secret}})
	if err != nil {
		return err
	}
	mine, err := s.Store(ctx, "john@test")
	if err != nil {
		return err
	}
	failed := make(chan error)
	var print sync.Mutex
	for worker := range 3 {
		go func() {
			name := fmt.Sprint("file", worker)
			for i := 0; ; i++ {
				if err := workOnce(ctx, mine, name, i); err != nil {
					failed <- err
					return
				}
				print.Lock()
				fmt.Println(name, i)
				print.Unlock()
			}
		}()
	}
	return <-failed
}

func workOnce(ctx context.Context, mine filestore.Store, name string, i int) error {
	content := workContent(name, i)
	o := filestore.CreateOptions{}
	if i%2 == 0 {
		o.Size = int64(len(content))
	}
	u, err := mine.Create(ctx, name+".new", o, boundless)
	if err != nil {
		return err
	}
	defer u.Abort()
	if _, err := io.WriteString(u, content); err != nil {
		return err
	}
	if _, err := u.Commit(); err != nil {
		return err
	}
	if _, err := mine.SetSidecar(ctx, name+".new", []byte("side"), filestore.SidecarOptions{}, boundless); err != nil {
		return err
	}
	return mine.Rename(ctx, name+".new", name, filestore.RenameOptions{Replace: true})
}

// workContent is small, large enough for S3, or more than one part of it.
func workContent(name string, i int) string {
	size := []int{10, 100_000, 9_000_000}[(i+len(name))%3]
	return fmt.Sprint(i, " ") + strings.Repeat(string(rune('a'+i%26)), size)
}
