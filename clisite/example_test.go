package clisite_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// A script stores a file and asks how much is stored.
func ExampleServer() {
	users := fixture.New(func() filestore.Store { return memstore.New() })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	server := &clisite.Server{Directory: users}
	go server.Serve(listener)
	defer server.Close()

	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	answers := bufio.NewScanner(conn)
	for _, command := range []string{
		"", // the server speaks first
		"USER john", "PASS john-pw", "INLINE",
		`WRITESTORAGEFILE * FILE "hello.txt" DATA [SGVsbG8=]`,
		`GETSTORAGEFILEINFO *`,
		"QUIT",
	} {
		if command != "" {
			fmt.Fprintf(conn, "%s\r\n", command)
			fmt.Println("C:", strings.Replace(command, "john-pw", "...", 1))
		}
		answers.Scan()
		fmt.Println("S:", answers.Text())
	}
	// Output:
	// S: 200 cgpkit PWD server ready
	// C: USER john
	// S: 300 please send the PASS
	// C: PASS ...
	// S: 200 login OK
	// C: INLINE
	// S: 200 OK
	// C: WRITESTORAGEFILE * FILE "hello.txt" DATA [SGVsbG8=]
	// S: 200 OK
	// C: GETSTORAGEFILEINFO *
	// S: 201 (#5,#1)
	// C: QUIT
	// S: 200 connection closed
}
