package httpsite_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing/fstest"
	"time"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/directory/passwords/crypt"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/sitelog"
)

func Example() {
	base, remove, err := openBase()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer remove()
	server := httptest.NewServer(&httpsite.Handler{Views: filestore.NewViews(base, base.Stores(), nil)})
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

// A program that has other routes mounts the storages beside them: routes of its own
// come first, and Next answers what leads to no account.
func ExampleHandler_next() {
	base, remove, err := openBase()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer remove()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/status", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "all is well") })
	mux.Handle("/", &httpsite.Handler{
		Views: filestore.NewViews(base, base.Stores(), nil),
		Next:  http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "webmail: "+r.URL.Path) }),
	})

	server := httptest.NewServer(mux)
	defer server.Close()
	for _, path := range []string{"/api/status", "/", "/login", "/~john/", "/~nobody/"} {
		response, err := http.Get(server.URL + path)
		if err != nil {
			fmt.Println(err)
			return
		}
		content, _ := io.ReadAll(response.Body)
		response.Body.Close()
		fmt.Printf("%s: %d %s\n", path, response.StatusCode, content)
	}
	// Output:
	// /api/status: 200 all is well
	// /: 200 webmail: /
	// /login: 200 webmail: /login
	// /~john/: 404 Not Found
	//
	// /~nobody/: 404 Not Found
}

// A whole server: settings of the installation, bounds on connections, and an end
// that lets uploads finish.
func ExampleServer() {
	base, remove, err := openBase()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer remove()
	settings, err := base.HTTPSettings()
	if err != nil {
		fmt.Println(err)
		return
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	server := &httpsite.Server{
		Handler: &httpsite.Handler{
			Views: filestore.NewViews(base, base.Stores(), nil), MaxBody: settings.MaxBody, NoBasicAuth: settings.NoBasicAuth, Types: settings.Types, Logger: logger,
		},
		MaxConnsPerAddr: 100,
		ErrorLog:        sitelog.ErrorLog(logger),
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // a server has ":80" here
	if err != nil {
		fmt.Println(err)
		return
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()

	put, _ := http.NewRequest("PUT", "http://"+l.Addr().String()+"/~john/default.html", strings.NewReader("hello"))
	put.SetBasicAuth("john", "john-pw")
	fmt.Println(status(put))

	// A server does this when a signal tells it to end; see signal.NotifyContext.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	fmt.Println(server.Shutdown(ctx), <-served)
	// Output:
	// 201 Created
	// <nil> http: Server closed
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
