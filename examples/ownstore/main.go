// Command ownstore is a server with one account, john@example.com, whose files are in a
// store of its own, which takes a file and not a directory.
//
//	go run ./examples/ownstore -password secret
//	curl -u john@example.com:secret -T notes.txt http://127.0.0.1:8100/
//	curl http://127.0.0.1:8100/notes.txt
//
// It shows how a store is written: store.go has the three methods of a [treestore.Tree],
// and package treestore makes of it all that [filestore.Store] demands. The tests are
// those of package storetest.
package main

import (
	"context"
	"crypto/subtle"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"net"
	"net/netip"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/treestore"
	"github.com/cgpkit/cgpkit/httpsite"
)

const john = "john@example.com"

// server is a mail server, as [filestore.Directory] and [filestore.Stores] have it.
type server struct {
	files    filestore.Store
	password string
}

func (s server) Account(_ context.Context, address string) (filestore.Account, error) {
	if address != john {
		return filestore.Account{}, fs.ErrNotExist
	}
	limits := filestore.Limits{Files: 10_000, Bytes: 100 << 20, FileSize: 10 << 20}
	return filestore.Account{Address: john, Limits: limits, WebSite: true, DefaultPage: "index.html"}, nil
}

func (s server) Store(context.Context, string) (filestore.Store, error) { return s.files, nil }

func (s server) Role(_ context.Context, caller filestore.Caller, account string) (filestore.Role, error) {
	if account == john && caller.Account == john {
		return filestore.Owner, nil
	}
	return filestore.Stranger, nil
}

func (s server) Login(_ context.Context, c filestore.Credentials) (filestore.Caller, error) {
	right := subtle.ConstantTimeCompare([]byte(c.Password), []byte(s.password)) == 1
	if c.Login != john || s.password == "" || !right {
		return filestore.Caller{}, filestore.ErrLogin
	}
	return filestore.Caller{Account: john}, nil
}

func (s server) Site(context.Context, string, netip.Addr) (filestore.Site, error) {
	return filestore.Site{Account: john, TrustPages: true}, nil
}

func main() {
	addr := flag.String("http", "127.0.0.1:8100", "serve HTTP at `ADDR`")
	name := flag.String("file", "john.journal", "keep the storage in `FILE`")
	password := flag.String("password", "", "the `PASSWORD` of the account; without it nobody can log in")
	flag.Parse()
	tree, err := openJournal(*name)
	if err != nil {
		log.Fatal(err)
	}
	files, err := treestore.New(context.Background(), tree, nil)
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("ready http=%v\n", l.Addr())
	one := server{files, *password}
	log.Fatal((&httpsite.Server{Handler: &httpsite.Handler{Views: filestore.NewViews(one, one, nil)}}).Serve(l))
}
