package pages_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// Whatever a stranger's browser asks of the pages, it gets an answer that shows nothing of
// John's, and leads to no other site.
func FuzzStranger(f *testing.F) {
	for _, seed := range [][4]string{
		{"GET", "index.wssp", "after=x&sort=size", ""},
		{"GET", "index.wssp/assets/style.css", "", "cgpkit-language=de"},
		{"POST", "private/index.wssp/signin", "", "to=//evil.example&login=john&password=x"},
		{"POST", "index.wssp/signin", "", "to=%3Fa&login=mary&password=mary-pw"},
		{"POST", "index.wssp/signin", "language=ru", "action=everywhere&token=x"},
		{"GET", "index.wssp/edit", "name=..%2Fx", "cgpkit-session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
		{"HEAD", "a/Index.wssp/zip", "language=de&language=x", "__Host-cgpkit-session=x; cgpkit-session="},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, method, path, query, more string) {
		d := fixture.New(func() filestore.Store { return memstore.New() })
		d.Write(t, john, "private/diary.txt", "dear diary")
		r := httptest.NewRequest("GET", "http://client1.com/~john/", strings.NewReader(more))
		r.Method = method
		r.URL = &url.URL{Path: "/~john/" + path, RawQuery: query}
		r.Header = http.Header{
			"Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Site": {"same-origin"}, "Accept": {"text/html"}, "Accept-Language": {more}, "Cookie": {more},
			"Content-Type": {"application/x-www-form-urlencoded"},
		}
		w := httptest.NewRecorder()
		(&httpsite.Handler{Views: fixture.Views(d)}).ServeHTTP(w, r)
		require.NotEqual(t, 500, w.Code)
		require.NotContains(t, w.Body.String(), "diary")
		if to := w.Header().Get("Location"); to != "" {
			u, err := r.URL.Parse(to)
			require.NoError(t, err)
			require.Empty(t, u.Host, to)
		}
	})
}

// Whatever the owner asks of a list, it shows entries of that folder.
func FuzzList(f *testing.F) {
	for _, seed := range []string{"after=b", "before=", "before=9/x&sort=size", "after=x/y/&sort=modified&order=down", "find=%00&after=%ff", "sort=size&after=/"} {
		f.Add(seed)
	}
	d := fixture.New(func() filestore.Store { return memstore.New() })
	for _, name := range []string{"box/a", "box/b", "box/sub/c", "private/diary.txt"} {
		d.Write(f, john, name, "content")
	}
	h := &httpsite.Handler{Views: fixture.Views(d)}
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest("GET", "http://client1.com/~john/box/index.wssp", nil)
		r.URL.RawQuery = query
		r.SetBasicAuth("john", "john-pw")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Contains(t, []int{200, 303}, w.Code)
		require.NotContains(t, w.Body.String(), "diary")
		require.Subset(t, []string{"a", "b", "sub"}, rows(w.Body.String()))
	})
}
