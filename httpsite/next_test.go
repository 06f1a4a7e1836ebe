package httpsite_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// A program has routes beside the storages: before them, in its ServeMux, and behind
// them, in Next.
func TestNext(t *testing.T) {
	t.Parallel()
	const route, next = 222, 223
	answer := func(code int) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Path", r.URL.EscapedPath())
			w.WriteHeader(code)
			_, _ = w.Write(body)
		})
	}
	for name, mount := range map[string]func(*server, *http.ServeMux) (below string){
		"at the top": func(s *server, mux *http.ServeMux) string {
			mux.Handle("/", s.handler)
			return ""
		},
		"below a path": func(s *server, mux *http.ServeMux) string {
			s.handler.Prefix = "/files"
			mux.Handle("/files/", http.StripPrefix("/files", s.handler))
			return "/files"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, func(h *httpsite.Handler) { h.Next = answer(next) })
			mux := http.NewServeMux()
			below := mount(s, mux)
			mux.Handle("/api/", answer(route))
			mux.Handle("GET /~status", answer(route)) // the program's own, though it looks like an account
			s.Config.Handler = mux
			for _, tt := range []struct {
				name, method, host, path, user string
				code                           int
			}{
				{name: "an account", path: "/~john/", code: 200},
				{name: "its file", path: "/~john/cat.png", code: 200},
				{name: "without a slash", path: "/~john", code: 301},
				{name: "of another domain", path: "/~ann@client2.com/", code: 200},
				{name: "one that does not exist", path: "/~nobody/", code: 404},
				{name: "one that is escaped", path: "/%7Ejohn/cat.png", code: 200},
				{name: "one with an escaped slash", path: "/~john%2Fcat.png", code: 400},
				{name: "upload", method: "PUT", path: "/~john/new", user: "john", code: 201},
				{name: "of a stranger", method: "PUT", path: "/~john/new", code: 401},
				{name: "unknown method", method: "PATCH", path: "/~john/new", user: "john", code: 405},
				{name: "OPTIONS", method: "OPTIONS", path: "/~john/", code: 200},
				{name: "the top", path: "/", code: next},
				{name: "no name behind the mark", path: "/~", code: next},
				{name: "nor there", path: "/~/x", code: next},
				{name: "another path", path: "/favicon.ico", code: next},
				{name: "an escaped one", path: "/a%2Fb/c%20d", code: next},
				{name: "realm", path: "/Session/x", code: next},
				{name: "a mark elsewhere", path: "/x/~john/", code: next},
				{name: "no site prefix here", path: "/-john/", code: next},
				{name: "OPTIONS of another path", method: "OPTIONS", path: "/favicon.ico", code: next},
				{name: "upload to another path", method: "PUT", path: "/favicon.ico", code: next},
				{name: "site prefix", host: fixture.OtherDomain, path: "/-ann/", code: 200},
				{name: "bare name", host: fixture.OtherDomain, path: "/ann/", code: 200},
				{name: "one that does not exist", host: fixture.OtherDomain, path: "/favicon.ico", code: 404},
				{name: "realm instead of a bare name", host: fixture.OtherDomain, path: "/Session/x", code: next},
				{name: "top with bare names", host: fixture.OtherDomain, path: "/", code: next},
				{name: "host of one account", host: fixture.LoginPage, path: "/", code: 200},
				{name: "its file", host: fixture.LoginPage, path: "/cat.png", code: 200},
				{name: "nothing there", host: fixture.LoginPage, path: "/favicon.ico", code: 404},
				{name: "no host", host: "a b", path: "/", code: 400},
			} {
				method := tt.method
				if method == "" {
					method = "GET"
				}
				got := s.do(t, call{method: method, host: tt.host, path: below + tt.path, user: tt.user, body: "text"})
				require.Equal(t, tt.code, got.code, "%s %s on %s: %s", method, tt.path, tt.host, tt.name)
				if tt.code == next {
					require.Equal(t, tt.path, got.header.Get("Path"), "as it came")
					require.Equal(t, "text", got.body, "with its body")
					require.Empty(t, got.header.Get("X-Content-Type-Options"), "nothing is set")
				}
			}
			for _, host := range []string{"", fixture.OtherDomain, fixture.LoginPage} {
				require.Equal(t, route, s.do(t, call{method: "GET", host: host, path: "/api/x"}).code, "the program's routes win")
				require.Equal(t, route, s.do(t, call{method: "GET", host: host, path: "/~status"}).code)
			}
		})
	}
}

// What Next does is not the handler's: neither its panics nor its requests are told
// of.
func TestNextIsOnItsOwn(t *testing.T) {
	t.Parallel()
	fault := errors.New("fault of the other part")
	var seen events
	h := &httpsite.Handler{
		Views: fixture.Views(fixture.New(nilStore)), Observer: &seen,
		Next: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(fault) }),
	}
	require.PanicsWithValue(t, fault, func() { h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)) })
	require.Empty(t, seen)
	h.Views = fixture.Views(unknownSite{h.Views.Directory().(fixture.Server)})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, 500, w.Code, "a fault is no reason to pass on")
	require.Len(t, seen, 1)
}

func nilStore() filestore.Store { return nil }

type unknownSite struct{ fixture.Server }

func (unknownSite) Site(context.Context, string, netip.Addr) (filestore.Site, error) {
	panic("fault")
}

// events are what an Observer has heard of.
type events []filestore.Event

func (e *events) Observe(_ context.Context, event filestore.Event) {
	event.Duration = 0
	*e = append(*e, event)
}

func TestObserver(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		call call
		want filestore.Event
		err  error
	}{
		{name: "file", call: call{method: "GET", path: "/~john/data.bin"}, want: filestore.Event{Op: "GET", Storage: john, Name: "data.bin", Code: 200, Bytes: 10}},
		{name: "head", call: call{method: "HEAD", path: "/~john/data.bin"}, want: filestore.Event{Op: "HEAD", Storage: john, Name: "data.bin", Code: 200}},
		{name: "range", call: call{method: "GET", path: "/~john/data.bin", header: map[string]string{"Range": "bytes=2-4"}}, want: filestore.Event{Op: "GET", Storage: john, Name: "data.bin", Code: 206, Bytes: 3}},
		{name: "upload", call: call{method: "PUT", path: "/~john/new", user: "john", body: "content"}, want: filestore.Event{Op: "PUT", Account: john, Storage: john, Name: "new", Code: 201, Bytes: 7}},
		{name: "stranger", call: call{method: "MKCOL", path: "/~john/new"}, want: filestore.Event{Op: "MKCOL", Storage: john, Name: "new", Code: 401, Bytes: int64(len("Unauthorized\n"))}},
		{name: "login that fails", call: call{method: "PUT", path: "/~john/new", user: "john@client2.com"}, want: filestore.Event{Op: "PUT", Storage: john, Name: "new", Code: 401, Bytes: int64(len("Unauthorized\n"))}, err: filestore.ErrLogin},
		{name: "share key", call: call{method: "GET", path: "/~john/protected/pwd/wrong/x"}, want: filestore.Event{Op: "GET", Storage: john, Name: "protected/pwd/*/x", Code: 404, Bytes: int64(len("Not Found\n"))}},
		{name: "another host", call: call{method: "GET", path: "/~ann/", host: fixture.OtherDomain}, want: filestore.Event{Op: "GET", Storage: "ann@client2.com", Name: ".", Code: 200, Bytes: int64(len("home of ann"))}},
		{name: "no storage", call: call{method: "GET", path: "/"}, want: filestore.Event{Op: "GET", Code: 404, Bytes: int64(len("Not Found\n"))}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			heard := make(chan filestore.Event, 1)
			s := newServer(t, func(h *httpsite.Handler) {
				h.Observer = observerFunc(func(e filestore.Event) {
					if e.Kind == filestore.EventRequest {
						heard <- e
					}
				})
			})
			got := s.do(t, tt.call)
			event := <-heard
			require.Equal(t, got.code, event.Code)
			require.Positive(t, event.Duration)
			require.True(t, event.Remote.IsLoopback())
			require.Equal(t, tt.want.Code >= 400, event.Err != nil)
			if tt.err != nil {
				require.ErrorIs(t, event.Err, tt.err)
			}
			tt.want.Service, tt.want.Remote, tt.want.Duration, tt.want.Err = "HTTP", event.Remote, event.Duration, event.Err
			require.Equal(t, tt.want, event)
		})
	}
}

type observerFunc func(filestore.Event)

func (f observerFunc) Observe(_ context.Context, e filestore.Event) { f(e) }

// A request that ends by a panic is told of as well, with the code that it has got.
func TestObserverOfPanic(t *testing.T) {
	t.Parallel()
	var seen events
	h := &httpsite.Handler{Views: fixture.Views(panicking{fixture.New(nilStore)}), Observer: &seen}
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "http://client1.com/~john/x", strings.NewReader("")))
	require.Len(t, seen, 1)
	require.Equal(t, 500, seen[0].Code)
	require.Error(t, seen[0].Err)
}
