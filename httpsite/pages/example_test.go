package pages_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing/fstest"
	"time"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/httpsite/pages"
)

// A browser that asks for the file manager gets a form to sign in.
func Example() {
	dir, err := os.MkdirTemp("", "base")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	err = os.CopyFS(dir, fstest.MapFS{
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
	site := &httpsite.Handler{
		Views: filestore.NewViews(base, base.Stores(), nil),
		Pages: &pages.Pages{IdleTime: 20 * time.Minute},
	}
	r := httptest.NewRequest(http.MethodGet, "http://client1.com/~john/index.wssp", nil)
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Accept-Language", "de")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	fmt.Println(w.Code, strings.Contains(w.Body.String(), "<h1>Anmelden</h1>"))
	// Output: 403 true
}
