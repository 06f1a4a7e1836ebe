// Command ownstore shows over HTTP what is in a store of its own: files that are
// compiled into the program.
//
//	go run ./examples/ownstore
//	curl http://127.0.0.1:8100/
package main

import (
	"context"
	"embed"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite"
)

//go:embed manual
var files embed.FS

// server is a mail server with one account, in which nobody can log in.
type server struct{ account filestore.Account }

func (s server) Account(_ context.Context, address string) (filestore.Account, error) {
	if address != s.account.Address {
		return filestore.Account{}, fs.ErrNotExist
	}
	return s.account, nil
}

func (s server) Role(context.Context, filestore.Caller, string) (filestore.Role, error) {
	return filestore.Stranger, nil
}

func (s server) Login(context.Context, filestore.Credentials) (filestore.Caller, error) {
	return filestore.Caller{}, filestore.ErrLogin
}

func (s server) Site(context.Context, string, netip.Addr) (filestore.Site, error) {
	return filestore.Site{Account: s.account.Address, TrustPages: true}, nil
}

func main() {
	addr := flag.String("http", "127.0.0.1:8100", "serve HTTP at `ADDR`")
	flag.Parse()
	manual, err := fs.Sub(files, "manual")
	if err != nil {
		log.Fatal(err)
	}
	one := server{filestore.Account{Address: "manual@example.com", Store: store{manual}, WebSite: true, DefaultPage: "index.html"}}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("ready http=%v\n", l.Addr())
	log.Fatal((&http.Server{Handler: &httpsite.Handler{Views: filestore.NewViews(one, nil), NoLocks: true}, ReadHeaderTimeout: 10 * time.Second}).Serve(l))
}
