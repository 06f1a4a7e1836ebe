package tftpsite_test

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing/fstest"

	"github.com/pin/tftp/v3"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/tftpsite"
)

// A phone reads its settings from the Default Storage.
func ExampleServer() {
	base, remove, err := openBase()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer remove()

	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	server := &tftpsite.Server{Views: filestore.NewViews(base, base.Stores(), nil), Storage: "john"}
	go server.Serve(conn)
	defer server.Close()

	client, err := tftp.NewClient(conn.LocalAddr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range []string{"phone.cfg", "~mary/phone.cfg"} {
		var content strings.Builder
		from, err := client.Receive(name, "octet")
		if err != nil {
			fmt.Printf("%s: cannot be read\n", name)
			continue
		}
		if _, err := from.WriteTo(&content); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: %q\n", name, content.String())
	}
	// Output:
	// phone.cfg: "line1 = john"
	// ~mary/phone.cfg: cannot be read
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

		"Accounts/john.macnt/account.web/phone.cfg": {Data: []byte("line1 = john")},
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
