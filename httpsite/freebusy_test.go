package httpsite_test

import (
	"fmt"
	"io"
	"io/fs"
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

// Whoever may read freebusy.vfb sees its page.
func TestFreeBusyPage(t *testing.T) {
	t.Parallel()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	d.Write(t, "john@client1.com", "freebusy.vfb", "busy")
	d.Write(t, "off@client1.com", "freebusy.vfb", "busy")
	d.Write(t, "mary@client1.com", "public.txt", "")
	page := func(w io.Writer, freeBusy io.Reader, query url.Values) error {
		if query.Get("week") == "never" {
			return fs.ErrInvalid
		}
		text, err := io.ReadAll(freeBusy)
		fmt.Fprintf(w, "%s in week %s", text, query.Get("week"))
		return err
	}
	get := func(h *httpsite.Handler, method, target, user string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), method, "http://client1.com"+target, nil)
		if user != "" {
			r.SetBasicAuth(user, user+"-pw")
		}
		h.ServeHTTP(w, r)
		return w
	}
	h := &httpsite.Handler{Views: fixture.Views(d), FreeBusyPage: page}
	w := get(h, http.MethodGet, "/~john/FreeBusy.wssp?week=2", "")
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "busy in week 2", w.Body.String())
	require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	require.Equal(t, "no-cache", w.Header().Get("Cache-Control"))
	require.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'none'")
	require.Contains(t, w.Header().Get("Content-Security-Policy"), "form-action 'self'")
	w = get(h, http.MethodHead, "/~john/freebusy.wssp", "")
	require.Equal(t, http.StatusOK, w.Code)
	require.Empty(t, w.Body.String())
	require.Equal(t, "13", w.Header().Get("Content-Length"))
	w = get(h, http.MethodGet, "/~off/freebusy.wssp", "admin")
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "private, no-store", w.Header().Get("Cache-Control"))
	for target, code := range map[string]int{
		"/~john/freebusy.wssp?week=never": 400, "/~john/freebusy.wssp/": 404, "/~john/dir/freebusy.wssp": 404,
		"/~mary/freebusy.wssp": 404, "/~off/freebusy.wssp": 404, "/~nobody/freebusy.wssp": 404,
	} {
		require.Equal(t, code, get(h, http.MethodGet, target, "").Code, target)
	}
	w = get(&httpsite.Handler{Views: fixture.Views(d)}, http.MethodGet, "/~john/freebusy.wssp", "")
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Body.String(), "cannot be read as free/busy information", "that of package pages")
}

// A browser that has the page asks whether it is still the same.
func TestFreeBusyPageConditions(t *testing.T) {
	t.Parallel()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	d.Write(t, "john@client1.com", "freebusy.vfb", "busy")
	d.Write(t, "off@client1.com", "freebusy.vfb", "busy")
	h := &httpsite.Handler{Views: fixture.Views(d), FreeBusyPage: func(w io.Writer, freeBusy io.Reader, query url.Values) error {
		_, err := io.Copy(w, io.MultiReader(freeBusy, strings.NewReader(query.Get("week"))))
		return err
	}}
	get := func(method, target, tag string, admin bool) *http.Response {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), method, "http://client1.com"+target, nil)
		r.Header.Set("If-None-Match", tag)
		if admin {
			r.SetBasicAuth("admin", "admin-pw")
		}
		h.ServeHTTP(w, r)
		return w.Result()
	}
	tag := get("GET", "/~john/freebusy.wssp", "", false).Header.Get("ETag")
	require.Regexp(t, `^"[0-9a-f]{32}"$`, tag)
	for _, method := range []string{"GET", "HEAD"} {
		same := get(method, "/~john/freebusy.wssp", tag, false)
		require.Equal(t, http.StatusNotModified, same.StatusCode)
		require.Equal(t, tag, same.Header.Get("ETag"))
		require.Equal(t, "no-cache", same.Header.Get("Cache-Control"))
		require.Equal(t, http.StatusOK, get(method, "/~john/freebusy.wssp?week=2", tag, false).StatusCode, "another week")
	}
	require.Equal(t, http.StatusNotFound, get("GET", "/~off/freebusy.wssp", tag, false).StatusCode, "not for a stranger")
	require.Equal(t, http.StatusNotModified, get("GET", "/~off/freebusy.wssp", tag, true).StatusCode)
	d.Write(t, "john@client1.com", "freebusy.vfb", "free")
	require.Equal(t, http.StatusOK, get("GET", "/~john/freebusy.wssp", tag, false).StatusCode, "another file")
}
