package iofs_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"testing/fstest"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/iofs"
)

// What the account sees, walked through by the standard library. An http.FileServerFS
// serves it, a template.ParseFS reads it.
func Example() {
	dir, err := os.MkdirTemp("", "cgpkit-example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	err = os.CopyFS(dir, fstest.MapFS{ // a mail server has its own
		"Settings/Main.settings":                        {Data: []byte("{DomainName = client1.com;}\n")},
		"Accounts/john.macnt/account.settings":          {Data: []byte("{Password = john-pw;}\n")},
		"Accounts/john.macnt/account.web/hello.txt":     {Data: []byte("hello, world")},
		"Accounts/john.macnt/account.web/private/diary": {Data: []byte("secret")},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	base, err := directory.Open(dir, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer base.Close()
	views := filestore.NewViews(base, base.Stores(), nil)

	for _, caller := range []string{"", "john@client1.com"} {
		files := iofs.New(context.Background(), views.View(filestore.Caller{Account: caller}, "john@client1.com"))
		content, err := fs.ReadFile(files, "hello.txt")
		fmt.Printf("%q %s %v\n", caller, content, err)
		_, err = fs.Stat(files, "private/diary")
		fmt.Println("diary:", err)
	}
	// Output:
	// "" hello, world <nil>
	// diary: stat private/diary: permission denied
	// "john@client1.com" hello, world <nil>
	// diary: <nil>
}
