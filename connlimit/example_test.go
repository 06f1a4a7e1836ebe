package connlimit_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/cgpkit/cgpkit/connlimit"
)

// A server of a protocol of your own bounds its connections, and lets those stay that
// have logged in.
func Example() {
	var places connlimit.Places
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	l = places.Listener(l, 1000, 2) // two from one address
	defer l.Close()
	accept := func() (client, server net.Conn) {
		if client, err = net.Dial("tcp", l.Addr().String()); err == nil {
			server, err = l.Accept()
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		return client, server
	}

	john, johns := accept()
	defer john.Close()
	connlimit.PlaceOf(johns).Trust(true) // after the login
	stranger, _ := accept()
	defer stranger.Close()
	another, anothers := accept()
	defer another.Close()

	_, err = stranger.Read(make([]byte, 1))
	fmt.Println("a stranger who gave way:", err == io.EOF)
	for _, conn := range []net.Conn{johns, anothers} {
		_, err := conn.Write([]byte("hello"))
		fmt.Println("one who stays:", err == nil)
	}
	// Output:
	// a stranger who gave way: true
	// one who stays: true
	// one who stays: true
}

// An http.Server of your own. Handlers call Trust for who has logged in, and
// httpsite.Handler does so by itself.
func ExampleNewContext() {
	var places connlimit.Places
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, password, _ := r.BasicAuth(); password == "right" {
				connlimit.FromContext(r.Context()).Trust(true)
			}
			fmt.Fprint(w, "hello")
		}),
		ReadHeaderTimeout: 10 * time.Second,
		ConnContext:       connlimit.NewContext,
		ConnState: func(conn net.Conn, state http.ConnState) {
			connlimit.PlaceOf(conn).Busy(state == http.StateActive)
		},
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	go server.Serve(places.Listener(l, 10_000, 100))
	defer server.Close()

	response, err := http.Get("http://" + l.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	fmt.Println(string(body))
	// Output: hello
}
