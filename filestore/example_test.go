package filestore_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing/fstest"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
)

// The owner stores a file, a stranger reads it and may not remove it.
func ExampleView() {
	base, remove, err := openBase()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer remove()
	ctx := context.Background()

	views := filestore.NewViews(base, base.Stores(), nil)
	john := views.View(filestore.Caller{Account: "john@client1.com"}, "john@client1.com")
	upload, err := john.Create(ctx, "hello.txt", filestore.CreateOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer upload.Abort()
	fmt.Fprint(upload, "hello")
	if _, err := upload.Commit(); err != nil {
		fmt.Println(err)
		return
	}

	stranger := views.View(filestore.Caller{}, "john@client1.com")
	file, err := stranger.Open(ctx, "hello.txt")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	content, _ := io.ReadAll(file)
	fmt.Printf("%s\n", content)
	fmt.Println(stranger.Remove(ctx, "hello.txt", filestore.RemoveOptions{}))
	// Output:
	// hello
	// remove hello.txt: permission denied
}

// counts is an Observer that counts operations by their outcome.
type counts map[string]int

func (c counts) Observe(_ context.Context, e filestore.Event) {
	switch { // many goroutines at a time would need a lock
	case e.Kind != filestore.EventOperation:
	case e.Err != nil:
		c[e.Op+" failed"]++
	default:
		c[e.Op]++
	}
}

// A program counts the operations of all views.
func ExampleObserver() {
	base, remove, err := openBase()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer remove()
	ctx := context.Background()

	operations := counts{}
	views := filestore.NewViews(base, base.Stores(), &filestore.ViewsOptions{Observer: operations})
	john := views.View(filestore.Caller{Account: "john@client1.com"}, "john@client1.com")
	for _, name := range []string{"a", "b", "a"} {
		_ = john.Mkdir(ctx, name)
	}
	_, _ = john.Stat(ctx, "a")
	fmt.Println(operations)
	// Output:
	// map[Mkdir:2 Mkdir failed:1 Stat:1]
}

// openBase makes a base directory with two accounts, and opens it. A mail server
// opens the one that it has.
func openBase() (base *directory.Base, remove func(), err error) {
	dir, err := os.MkdirTemp("", "cgpkit-example-")
	if err != nil {
		return nil, nil, err
	}
	err = os.CopyFS(dir, fstest.MapFS{
		"Settings/Main.settings":               {Data: []byte("{DomainName = client1.com;}\n")},
		"Accounts/john.macnt/account.settings": {Data: []byte("{Password = john-pw;}\n")},
		"Accounts/mary.macnt/account.settings": {Data: []byte("{Password = mary-pw;}\n")},
	})
	if err == nil {
		base, err = directory.Open(dir, nil)
	}
	if err != nil {
		os.RemoveAll(dir)
		return nil, nil, err
	}
	return base, func() { base.Close(); os.RemoveAll(dir) }, nil
}
