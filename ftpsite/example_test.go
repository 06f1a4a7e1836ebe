package ftpsite_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"testing/fstest"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/directory/passwords/crypt"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/ftpsite"
)

// A server for the accounts of a directory, and a client that talks to it.
func ExampleServer() {
	base, remove, err := openBase()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer remove()
	server := &ftpsite.Server{Views: filestore.NewViews(base, base.Stores(), nil), Anonymous: true}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	served := make(chan error)
	go func() { served <- server.Serve(listener) }()

	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	replies := bufio.NewScanner(conn)
	replies.Scan()
	fmt.Println(replies.Text())
	for _, command := range []string{"USER john", "PASS john-pw", "MKD photos", "CWD photos", "PWD", "QUIT"} {
		fmt.Fprintf(conn, "%s\r\n", command)
		replies.Scan()
		fmt.Println(replies.Text())
	}

	if err := server.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(<-served)
	// Output:
	// 220 FTP server ready.
	// 331 Password, please.
	// 230 Logged in.
	// 257 "/photos" created
	// 250 OK.
	// 257 "/photos" is the current directory
	// 221 Goodbye.
	// ftpsite: server closed
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
		base, err = directory.Open(dir, &directory.Options{Crypt: crypt.Match})
	}
	if err != nil {
		os.RemoveAll(dir)
		return nil, nil, err
	}
	return base, func() { base.Close(); os.RemoveAll(dir) }, nil
}
