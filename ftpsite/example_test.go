package ftpsite_test

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"net"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// A server for the accounts of a directory, and a client that talks to it.
func ExampleServer() {
	directory := fixture.New(func() filestore.Store { return memstore.New() })
	server := &ftpsite.Server{Directory: directory, Anonymous: true}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- server.Serve(listener) }()

	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		log.Fatal(err)
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
		log.Fatal(err)
	}
	fmt.Println(<-served)
	// Output:
	// 220 FTP server ready.
	// 331 Password, please.
	// 230 Logged in.
	// 257 Created dir "/photos"
	// 250 OK.
	// 257 "/photos" is the current directory
	// 221 Goodbye.
	// ftpsite: server closed
}
