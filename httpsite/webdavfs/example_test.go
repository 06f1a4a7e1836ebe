package webdavfs_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing/fstest"

	"golang.org/x/net/webdav"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite/webdavfs"
)

type userKey struct{}

// The handler of x/net/webdav on the storage of an account, for whoever a middleware
// has let in.
func Example() {
	dir, err := os.MkdirTemp("", "cgpkit-example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	err = os.CopyFS(dir, fstest.MapFS{ // a mail server has its own
		"Settings/Main.settings":               {Data: []byte("{DomainName = client1.com;}\n")},
		"Accounts/john.macnt/account.settings": {Data: []byte("{Password = john-pw;}\n")},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	base, err := directory.Open(dir, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer base.Close()
	views := filestore.NewViews(base, base.Stores(), nil)

	handler := &webdav.Handler{
		Prefix: "/john",
		FileSystem: webdavfs.New(func(ctx context.Context) filestore.FS {
			user, _ := ctx.Value(userKey{}).(string)
			return views.View(filestore.Caller{Account: user}, "john@client1.com")
		}),
		LockSystem: webdav.NewMemLS(),
	}
	login := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user := "" // a stranger
		if name, password, ok := r.BasicAuth(); ok && name == "john" && password == "john-pw" {
			user = "john@client1.com"
		}
		handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, user)))
	})
	server := httptest.NewServer(login)
	defer server.Close()

	for _, user := range []string{"", "john"} {
		r, err := http.NewRequest(http.MethodPut, server.URL+"/john/note.txt", strings.NewReader("Buy milk"))
		if err != nil {
			fmt.Println(err)
			return
		}
		r.SetBasicAuth(user, "john-pw")
		answer, err := server.Client().Do(r)
		if err != nil {
			fmt.Println(err)
			return
		}
		answer.Body.Close()
		fmt.Printf("%q: %s\n", user, answer.Status)
	}
	// Output:
	// "": 404 Not Found
	// "john": 201 Created
}
