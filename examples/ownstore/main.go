// Command ownstore shows over HTTP what is in a store of its own: a map in memory, into
// which it writes the files that are compiled into the program.
//
//	go run ./examples/ownstore
//	curl http://127.0.0.1:8100/
//
// It shows how a store is written: store.go does the steps that [filestore.Store] asks
// for, in the order of its refusals, and nodes.go looks into the map. Packages ledger
// and locktable do the sums, the uploads and the locks, and storetest tries all of it.
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
type server struct {
	account filestore.Account
	files   filestore.Store
}

func (s server) Account(_ context.Context, address string) (filestore.Account, error) {
	if address != s.account.Address {
		return filestore.Account{}, fs.ErrNotExist
	}
	return s.account, nil
}

func (s server) Store(context.Context, string) (filestore.Store, error) { return s.files, nil }

func (s server) Role(context.Context, filestore.Caller, string) (filestore.Role, error) {
	return filestore.Stranger, nil
}

func (s server) Login(context.Context, filestore.Credentials) (filestore.Caller, error) {
	return filestore.Caller{}, filestore.ErrLogin
}

func (s server) Site(context.Context, string, netip.Addr) (filestore.Site, error) {
	return filestore.Site{Account: s.account.Address, TrustPages: true}, nil
}

// fill copies a tree into a store.
func fill(ctx context.Context, s filestore.Store, tree fs.FS) error {
	unlimited := filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited, FileSize: filestore.Unlimited}
	return fs.WalkDir(tree, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || name == filestore.Root {
			return err
		}
		if e.IsDir() {
			return s.Mkdir(ctx, name, filestore.MkdirOptions{}, unlimited)
		}
		content, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		upload, err := s.Create(ctx, name, filestore.CreateOptions{Size: int64(len(content))}, unlimited)
		if err != nil {
			return err
		}
		defer upload.Abort()
		if _, err := upload.Write(content); err != nil {
			return err
		}
		_, err = upload.Commit()
		return err
	})
}

func main() {
	addr := flag.String("http", "127.0.0.1:8100", "serve HTTP at `ADDR`")
	flag.Parse()
	manual, err := fs.Sub(files, "manual")
	if err != nil {
		log.Fatal(err)
	}
	files := newStore()
	if err := fill(context.Background(), files, manual); err != nil {
		log.Fatal(err)
	}
	one := server{filestore.Account{Address: "manual@example.com", WebSite: true, DefaultPage: "index.html"}, files}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("ready http=%v\n", l.Addr())
	log.Fatal((&http.Server{Handler: &httpsite.Handler{Views: filestore.NewViews(one, one, nil), NoLocks: true}, ReadHeaderTimeout: 10 * time.Second}).Serve(l))
}
