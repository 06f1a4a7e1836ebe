package clisite_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing/fstest"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/directory/passwords/crypt"
	"github.com/cgpkit/cgpkit/filestore"
)

// A script stores a file and asks how much is stored.
func ExampleServer() {
	base, remove, err := openBase()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer remove()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	server := &clisite.Server{Views: filestore.NewViews(base, base.Stores(), nil)}
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
		answer, _, _ := strings.Cut(answers.Text(), " <") // the challenge is another one each time
		fmt.Println("S:", answer)
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

// openBase makes a base directory with two accounts, and opens it. A mail server
// opens the one that it has.
func openBase() (base *directory.Base, remove func(), err error) {
	dir, err := os.MkdirTemp("", "cgpkit-example-")
	if err != nil {
		return nil, nil, err
	}
	err = os.CopyFS(dir, fstest.MapFS{
		"Settings/Main.settings":               {Data: []byte("{DomainName = client1.com;}\n")},
		"Accounts/Settings/Access.settings":    {Data: []byte("{mary = (Master);}\n")},
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

// An administrator's script lists the accounts by HTTP.
func ExampleHandler() {
	base, remove, err := openBase()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer remove()
	mux := http.NewServeMux()
	mux.Handle("/cli/", &clisite.Handler{Views: filestore.NewViews(base, base.Stores(), nil)})
	server := httptest.NewServer(mux)
	defer server.Close()

	request, err := http.NewRequest(http.MethodGet, server.URL+"/cli/?command=ListAccounts", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	request.SetBasicAuth("mary", "mary-pw") // an administrator of the server
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	fmt.Println(answer.StatusCode, strings.TrimSpace(string(data)), err)
	// Output:
	// 200 {john=macnt;mary=macnt;} <nil>
}
