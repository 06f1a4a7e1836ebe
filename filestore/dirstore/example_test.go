package dirstore_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
)

func Example() {
	account, err := os.MkdirTemp("", "john.macnt")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(account)

	store, err := dirstore.Open(filepath.Join(account, "account.web"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	limits := filestore.Limits{Files: 1000, Bytes: 100 << 20, FileSize: filestore.Unlimited}
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
	content, err := os.ReadFile(filepath.Join(account, "account.web", "hello.txt"))
	fmt.Println(string(content), err)
	usage, err := store.Usage(ctx, filestore.Root)
	fmt.Println(usage.Files, usage.Bytes, err)
	// Output:
	// Hello, storage <nil>
	// 1 14 <nil>
}
