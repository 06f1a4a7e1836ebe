package memstore_test

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/filestore/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) filestore.Store { return memstore.New() })
}

func Example() {
	ctx := context.Background()
	limits := filestore.Limits{Files: 10, Bytes: 1 << 20, FileSize: filestore.Unlimited}
	store := memstore.New()
	upload, err := store.Create(ctx, "hello.txt", filestore.CreateOptions{}, limits)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer upload.Abort()
	io.WriteString(upload, "Hello, storage")
	if _, err := upload.Commit(); err != nil {
		fmt.Println(err)
		return
	}
	for info, err := range store.List(ctx, filestore.Root, filestore.ListOptions{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(info.Path(), info.Size())
	}
	// Output: hello.txt 14
}
