package pgstore_test

import (
	"context"
	"log"
	"net/http"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/pgstore"
	"github.com/cgpkit/cgpkit/httpsite"
)

// Several servers like this one show the same files. It needs a database and a bucket.
func Example() {
	ctx := context.Background()
	config := pgstore.Config{
		Database: "postgres://cgpkit@db.example.com/cgpkit",
		S3:       &pgstore.S3{Endpoint: "https://s3.example.com", Bucket: "files"}, // credentials from the environment
	}
	if err := pgstore.Migrate(ctx, config.Database); err != nil {
		log.Fatal(err)
	}
	stores, err := pgstore.Open(ctx, config)
	if err != nil {
		log.Fatal(err)
	}
	defer stores.Close()
	var accounts filestore.Directory // the mail server's own
	http.Handle("/", &httpsite.Handler{Views: filestore.NewViews(accounts, stores, nil)})
	http.HandleFunc("/readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := stores.Ready(r.Context()); err != nil {
			http.Error(w, "storage is out of reach", http.StatusServiceUnavailable)
		}
	})
}
