package tftpsite_test

import (
	"context"
	"fmt"
	"net"
	"strings"

	"github.com/pin/tftp/v3"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/cgpkit/cgpkit/tftpsite"
)

// A phone reads its settings from the Default Storage.
func ExampleServer() {
	ctx := context.Background()
	users := fixture.New(func() filestore.Store { return memstore.New() })
	john, err := users.Account(ctx, "john@client1.com")
	if err != nil {
		fmt.Println(err)
		return
	}
	upload, err := john.Store.Create(ctx, "phone.cfg", filestore.CreateOptions{}, john.Limits)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer upload.Abort()
	fmt.Fprint(upload, "line1 = john")
	if _, err := upload.Commit(); err != nil {
		fmt.Println(err)
		return
	}

	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	server := &tftpsite.Server{Directory: users, Storage: "john"}
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
