package client_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing/fstest"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/clisite/client"
	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
)

// A program stores a file, lists the directory and reads the file back.
func Example() {
	address, stop, err := startServer()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()
	ctx := context.Background()

	c := &client.Client{Address: address, User: "john@client1.com", Password: "john-pw"}
	defer c.Close()
	storage := c.Storage("*") // the one who has logged in

	if err := storage.Mkdir(ctx, "letters"); err != nil {
		fmt.Println(err)
		return
	}
	upload, err := storage.Create(ctx, "letters/hello.txt", filestore.CreateOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer upload.Abort()
	if _, err := io.Copy(upload, strings.NewReader("Hello, world!\n")); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := upload.Commit(); err != nil {
		fmt.Println(err)
		return
	}

	for entry, err := range storage.List(ctx, "letters", "") {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(entry.Path(), entry.Size())
	}
	file, err := storage.Open(ctx, "letters/hello.txt")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	if _, err := io.Copy(os.Stdout, file); err != nil {
		fmt.Println(err)
		return
	}

	// Commands without a method of their own go as they are.
	usage, err := c.Do(ctx, "GETSTORAGEFILEINFO *")
	fmt.Println(usage, err)
	// Output:
	// letters/hello.txt 14
	// Hello, world!
	// (#14,#2) <nil>
}

// startServer serves a new base directory with one account. A program has the address
// of its server instead.
func startServer() (address string, stop func(), err error) {
	dir, err := os.MkdirTemp("", "cgpkit-example-")
	if err != nil {
		return "", nil, err
	}
	err = os.CopyFS(dir, fstest.MapFS{
		"Settings/Main.settings":               {Data: []byte("{DomainName = client1.com;}\n")},
		"Accounts/john.macnt/account.settings": {Data: []byte("{Password = john-pw;}\n")},
	})
	if err != nil {
		return "", nil, err
	}
	base, err := directory.Open(dir, nil)
	if err != nil {
		return "", nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &clisite.Server{Views: filestore.NewViews(base, base.Stores(), nil)}
	go server.Serve(listener)
	return listener.Addr().String(), func() { server.Close(); base.Close(); os.RemoveAll(dir) }, nil
}
