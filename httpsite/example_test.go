package httpsite_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing/fstest"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/directory/passwords/crypt"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite"
)

func Example() {
	base, remove, err := openBase()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer remove()
	server := httptest.NewServer(&httpsite.Handler{Views: filestore.NewViews(base, nil)})
	defer server.Close()

	put, _ := http.NewRequest("PUT", server.URL+"/~john/default.html", strings.NewReader("hello"))
	fmt.Println(status(put))
	put.SetBasicAuth("john", "john-pw")
	fmt.Println(status(put))

	response, err := http.Get(server.URL + "/~john/")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	content, _ := io.ReadAll(response.Body)
	fmt.Printf("%s: %s\n", response.Header.Get("Content-Type"), content)
	// Output:
	// 401 Unauthorized
	// 201 Created
	// text/html: hello
}

func status(r *http.Request) string {
	r.Body, _ = r.GetBody()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err.Error()
	}
	response.Body.Close()
	return response.Status
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
