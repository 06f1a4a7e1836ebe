package goftpdriver_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"testing/fstest"

	"goftp.io/server/v2"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/directory/passwords/crypt"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/ftpsite/goftpdriver"
)

// The server of goftp.io/server/v2 on the storages of a base directory, and a client
// that talks to it.
func ExampleDriver() {
	base, remove, err := openBase()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer remove()
	ftp, err := server.NewServer(&server.Options{
		Driver: &goftpdriver.Driver{Views: filestore.NewViews(base, base.Stores(), nil), Anonymous: true}, // and login
		Perm:   server.NewSimplePerm("ftp", "ftp"),
		Logger: &server.DiscardLogger{},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	go ftp.Serve(listener)
	defer ftp.Shutdown()

	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	replies := bufio.NewScanner(conn)
	replies.Scan() // the greeting
	for _, command := range []string{"USER john", "PASS john-pw", "MKD photos", "SIZE hello.txt", "QUIT"} {
		fmt.Fprintf(conn, "%s\r\n", command)
		replies.Scan()
		fmt.Println(replies.Text())
	}
	// Output:
	// 331 User name ok, password required
	// 230 Password ok, continue
	// 257 Directory created
	// 213 12
	// 221 Goodbye
}

// openBase makes a base directory with an account, and opens it. A mail server
// opens the one that it has.
func openBase() (base *directory.Base, remove func(), err error) {
	dir, err := os.MkdirTemp("", "cgpkit-example-")
	if err != nil {
		return nil, nil, err
	}
	err = os.CopyFS(dir, fstest.MapFS{
		"Settings/Main.settings":                    {Data: []byte("{DomainName = client1.com;}\n")},
		"Accounts/john.macnt/account.settings":      {Data: []byte("{Password = john-pw;}\n")},
		"Accounts/john.macnt/account.web/hello.txt": {Data: []byte("hello, world")},
	})
	if err == nil {
		base, err = directory.Open(dir, &directory.Options{Crypt: crypt.Match})
	}
	if err != nil {
		os.RemoveAll(dir)
		return nil, nil, err
	}
	return base, func() { base.Close(); os.RemoveAll(dir) }, nil
}
