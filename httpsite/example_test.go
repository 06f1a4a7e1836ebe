package httpsite_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

func Example() {
	directory := fixture.New(func() filestore.Store { return memstore.New() })
	server := httptest.NewServer(&httpsite.Handler{Directory: directory})
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
