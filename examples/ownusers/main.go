// Command ownusers is a mail server with a user database of its own, here a map,
// that gives its users a file storage over HTTP and FTP. The database implements
// [filestore.Directory] and [filestore.Stores]; the rest of the suite takes it from there.
//
//	go run ./examples/ownusers
//	curl -u mary@example.com:secret -T notes.txt http://127.0.0.1:8100/~mary/
package main

import (
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"github.com/cgpkit/cgpkit/directory/passwords"
	"github.com/cgpkit/cgpkit/directory/passwords/crypt"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/dirstore"
	"github.com/cgpkit/cgpkit/ftpsite"
	"github.com/cgpkit/cgpkit/httpsite"
)

// stored is the password "secret" as a database has it.
const stored = "{CRYPT}$2a$10$huupGjSkgcbdKBHhgQW2We2.0MH82tuvimDekNDbwEGHvuoMGRPMS"

func main() {
	httpAddr := flag.String("http", "127.0.0.1:8100", "serve HTTP at `ADDR`")
	ftpAddr := flag.String("ftp", "127.0.0.1:8121", "serve FTP at `ADDR`")
	dir := flag.String("dir", os.TempDir(), "keep the storages in `DIR`")
	flag.Parse()

	verifier := passwords.New(&passwords.Options{Crypt: crypt.Match, Logger: slog.Default()}) // one for all
	db := users{verifier: verifier, byAddress: map[string]user{}}
	for _, name := range []string{"john", "mary"} {
		files, err := dirstore.Open(filepath.Join(*dir, name+".web"), nil)
		if err != nil {
			log.Fatal(err)
		}
		db.byAddress[name+"@example.com"] = user{password: stored, files: files}
	}
	web, err := net.Listen("tcp", *httpAddr)
	if err != nil {
		log.Fatal(err)
	}
	ftp, err := net.Listen("tcp", *ftpAddr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("ready http=%v ftp=%v\n", web.Addr(), ftp.Addr())
	views := filestore.NewViews(db, db, nil) // one for all
	go func() { log.Fatal((&ftpsite.Server{Views: views}).Serve(ftp)) }()
	log.Fatal((&httpsite.Server{Handler: &httpsite.Handler{Views: views}}).Serve(web))
}
