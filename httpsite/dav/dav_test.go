package dav_test

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/httpsite/dav"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// share is a storage of one user behind a Handler.
type share struct {
	*dav.Handler
	store *memstore.Store
}

// filesOf returns the storage of the one user, for each request.
func filesOf(store filestore.Store) func(*http.Request) filestore.FS {
	views := fixture.Views(oneUser{store})
	return func(*http.Request) filestore.FS {
		return views.View(filestore.Caller{Account: "john@client1.com"}, "john@client1.com")
	}
}

func newShare(t testing.TB) *share {
	t.Helper()
	store := memstore.New()
	s := &share{&dav.Handler{Files: filesOf(store), Prefix: "/john"}, store}
	s.want(t, 201, "PUT", "/john/a.txt", "content")
	s.want(t, 201, "MKCOL", "/john/dir", "")
	s.want(t, 201, "PUT", "/john/dir/b%20%26.txt", "b")
	return s
}

// do sends a request. Header fields stand in pairs.
func (s *share) do(t testing.TB, method, path, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://h"+path, strings.NewReader(body))
	if method == "PROPFIND" {
		r.Header.Set("Depth", "0")
	}
	if body != "" && body[0] == '<' {
		r.Header.Set("Content-Type", "text/xml")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if strings.HasPrefix(w.Header().Get("Content-Type"), "application/xml") {
		wellFormed(t, w.Body.String())
	}
	return w
}

func (s *share) want(t testing.TB, code int, method, path, body string, header ...string) string {
	t.Helper()
	w := s.do(t, method, path, body, header...)
	require.Equal(t, code, w.Code, "%s %s: %s", method, path, w.Body)
	return w.Body.String()
}

// wellFormed reads an answer with a parser that is not ours.
func wellFormed(t testing.TB, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err, text)
		if e, ok := token.(xml.StartElement); ok && !strings.Contains(e.Name.Space, ":") {
			require.Empty(t, e.Name.Space, "an undeclared prefix: %s", text)
		}
	}
}

const patchHead = `<?xml version="1.0"?><D:propertyupdate xmlns:D="DAV:" xmlns:x="http://x/" xmlns="urn:y">`

func set(properties string) string {
	return patchHead + "<D:set><D:prop>" + properties + "</D:prop></D:set></D:propertyupdate>"
}

func ask(names string) string {
	return `<D:propfind xmlns:D="DAV:" xmlns:x="http://x/"><D:prop>` + names + "</D:prop></D:propfind>"
}

func TestProperties(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, set, want string // want: what PROPFIND tells
	}{
		{"prefix from around", `<x:p>v</x:p>`, `<x:p xmlns:x="http://x/">v</x:p>`},
		{"default namespace from around", `<p>v</p>`, `<p xmlns="urn:y">v</p>`},
		{"no namespace", `<p xmlns="">v</p>`, `<p xmlns="">v</p>`},
		{"namespaces inside", `<x:p><a><x:b c="1" x:d="2"/></a></x:p>`, `<x:p xmlns="urn:y" xmlns:x="http://x/"><a><x:b c="1" x:d="2"/></a></x:p>`},
		{"markup of WebDAV inside", `<x:p><D:href>/a?b=c&amp;d</D:href></x:p>`, `<x:p xmlns:D="DAV:" xmlns:x="http://x/"><D:href>/a?b=c&amp;d</D:href></x:p>`},
		{"name of a prefix in text", `<x:p>D:href</x:p>`, `<x:p xmlns:D="DAV:" xmlns:x="http://x/">D:href</x:p>`},
		{"language", `<x:p xml:lang="de">v</x:p>`, `<x:p xmlns:x="http://x/" xml:lang="de">v</x:p>`},
		{"a name that grants nothing here", `<x:ACL><subKey key="anyone">lr</subKey></x:ACL>`, `<x:ACL xmlns="urn:y" xmlns:x="http://x/"><subKey key="anyone">lr</subKey></x:ACL>`},
		{"blanks, entities, high characters", `<x:p> &lt;&#128512;&gt; </x:p>`, `<x:p xmlns:x="http://x/"> &lt;&#128512;&gt; </x:p>`},
		{"displayname", `<D:displayname>Ä</D:displayname>`, `<D:displayname xmlns:D="DAV:">Ä</D:displayname>`},
		{"empty", `<x:p/>`, `<x:p xmlns:x="http://x/"/>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newShare(t)
			for _, path := range []string{"/john/a.txt", "/john/dir/"} {
				require.Contains(t, s.want(t, 207, "PROPPATCH", path, set(tt.set)), "200 OK")
				require.Contains(t, s.want(t, 207, "PROPFIND", path, ""), tt.want)
			}
			require.Contains(t, s.want(t, 207, "PROPFIND", "/john/", "", "Depth", "1"), tt.want, "in a listing too")
			s.want(t, 201, "MOVE", "/john/a.txt", "", "Destination", "/john/moved")
			require.Contains(t, s.want(t, 207, "PROPFIND", "/john/moved", ""), tt.want)
			s.want(t, 201, "COPY", "/john/moved", "", "Destination", "http://elsewhere/john/copy")
			require.Contains(t, s.want(t, 207, "PROPFIND", "/john/copy", ""), tt.want)
			s.want(t, 204, "PUT", "/john/copy", "new")
			require.Contains(t, s.want(t, 207, "PROPFIND", "/john/copy", ""), tt.want)
		})
	}
}

// The language of what stands around a property is its own (RFC 4918 §4.3).
func TestLanguageFromAround(t *testing.T) {
	t.Parallel()
	s := newShare(t)
	s.want(t, 207, "PROPPATCH", "/john/a.txt", `<D:propertyupdate xmlns:D="DAV:" xml:lang="en"><D:set><D:prop xml:lang="fr-CA"><p>v</p></D:prop></D:set></D:propertyupdate>`)
	require.Contains(t, s.want(t, 207, "PROPFIND", "/john/a.txt", ask("<p/>")), `<p xml:lang="fr-CA">v</p>`)
}

// All of a PROPPATCH is done, in its order, or nothing.
func TestProppatchIsOneStep(t *testing.T) {
	t.Parallel()
	s := newShare(t)
	answer := s.want(t, 207, "PROPPATCH", "/john/a.txt", set("<x:p>v</x:p><D:getetag>mine</D:getetag>"))
	require.Contains(t, answer, `<D:propstat><D:prop><D:getetag/></D:prop><D:status>HTTP/1.1 403 Forbidden</D:status><D:error><D:cannot-modify-protected-property/></D:error></D:propstat>`)
	require.Contains(t, answer, `<p xmlns="http://x/"/></D:prop><D:status>HTTP/1.1 424 Failed Dependency`)
	require.NotContains(t, s.want(t, 207, "PROPFIND", "/john/a.txt", ""), "http://x/")
	require.Contains(t, s.want(t, 207, "PROPPATCH", "/john/a.txt", set("<x:p>v</x:p><D:getlastmodified>soon</D:getlastmodified>")), "409 Conflict")
	for _, protected := range []string{"getcontentlength", "resourcetype", "lockdiscovery", "supportedlock", "quota-used-bytes", "getcontenttype"} {
		require.Contains(t, s.want(t, 207, "PROPPATCH", "/john/a.txt", set("<D:"+protected+"/>")), "403 Forbidden", protected)
	}
	require.Contains(t, s.want(t, 207, "PROPPATCH", "/john/a.txt", set(`<modified xmlns="https://github.com/cgpkit/cgpkit/webdav">x</modified>`)), "403 Forbidden")
	s.want(t, 207, "PROPPATCH", "/john/a.txt", patchHead+`<D:set><D:prop><x:p>1</x:p></D:prop></D:set><D:remove><D:prop><x:p/><x:none/></D:prop></D:remove><D:set><D:prop><x:q>2</x:q></D:prop></D:set></D:propertyupdate>`)
	answer = s.want(t, 207, "PROPFIND", "/john/a.txt", "")
	require.NotContains(t, answer, "<x:p")
	require.Contains(t, answer, `<x:q xmlns:x="http://x/">2</x:q>`)
	require.Empty(t, s.want(t, 200, "PROPPATCH", "/john/a.txt", set("<x:p>v</x:p>"), "Prefer", "return=minimal"))
	s.want(t, 403, "PROPPATCH", "/john/", set("<x:p/>"))
	s.want(t, 404, "PROPPATCH", "/john/none", set("<x:p/>"))
}

// Of clients that set properties of one file at a time, none undoes what another did.
func TestProppatchTogether(t *testing.T) {
	t.Parallel()
	s := newShare(t)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			w := s.do(t, "PROPPATCH", "/john/a.txt", set(fmt.Sprintf("<x:p%d>v</x:p%[1]d>", i)))
			assert.Contains(t, w.Body.String(), "200 OK")
		})
	}
	all.Wait()
	require.Equal(t, 20, strings.Count(s.want(t, 207, "PROPFIND", "/john/a.txt", ""), ">v</x:p"))
}

// A time that a client tells of a file holds as long as the content is the same.
func TestTimesOfClients(t *testing.T) {
	t.Parallel()
	const date = "Tue, 05 Apr 2011 10:00:02 GMT"
	for _, property := range []string{`<D:getlastmodified>` + date + `</D:getlastmodified>`, `<w:Win32LastModifiedTime xmlns:w="urn:schemas-microsoft-com:">` + date + `</w:Win32LastModifiedTime>`} {
		s := newShare(t)
		shown := "<D:getlastmodified>" + date + "</D:getlastmodified>"
		require.Contains(t, s.want(t, 207, "PROPPATCH", "/john/a.txt", set(property)), "200 OK")
		for _, body := range []string{"", ask("<D:getlastmodified/>")} {
			require.Contains(t, s.want(t, 207, "PROPFIND", "/john/a.txt", body), shown)
		}
		require.NotContains(t, s.want(t, 207, "PROPFIND", "/john/a.txt", `<propfind xmlns="DAV:"><propname/></propfind>`), "modified xmlns")
		s.want(t, 204, "PUT", "/john/a.txt", "changed")
		require.NotContains(t, s.want(t, 207, "PROPFIND", "/john/a.txt", ""), shown)
	}
	s := newShare(t)
	s.want(t, 207, "PROPPATCH", "/john/dir/", set(`<D:getlastmodified>`+date+`</D:getlastmodified>`))
	require.Contains(t, s.want(t, 207, "PROPFIND", "/john/dir/", ""), date)
	s.want(t, 207, "PROPPATCH", "/john/dir/", patchHead+`<D:remove><D:prop><D:getlastmodified/></D:prop></D:remove></D:propertyupdate>`)
	require.NotContains(t, s.want(t, 207, "PROPFIND", "/john/dir/", ""), date)
}

func TestPropfind(t *testing.T) {
	t.Parallel()
	s := newShare(t)
	all := s.want(t, 207, "PROPFIND", "/john/dir", "", "Depth", "1")
	require.Contains(t, all, "<D:href>/john/dir/</D:href>")
	require.Contains(t, all, "<D:href>/john/dir/b%20%26.txt</D:href>")
	require.Contains(t, all, "<D:displayname>b &amp;.txt</D:displayname>")
	require.NotContains(t, all, "quota", "only by name (RFC 4331 §2)")
	require.NotContains(t, s.want(t, 207, "PROPFIND", "/john/dir", "", "Depth", "1", "Prefer", "depth-noroot"), "/john/dir/<")

	names := s.want(t, 207, "PROPFIND", "/john/a.txt", `<propfind xmlns="DAV:"><propname/></propfind>`)
	require.Contains(t, names, "<D:getetag/>")
	require.NotContains(t, names, "quota")
	named := s.want(t, 207, "PROPFIND", "/john/a.txt", ask("<D:getcontentlength/><x:none/><D:quota-used-bytes/><D:getcontentlength/>"))
	require.Equal(t, 1, strings.Count(named, "getcontentlength>7<"))
	require.Contains(t, named, `<D:propstat><D:prop><none xmlns="http://x/"/><D:quota-used-bytes/></D:prop><D:status>HTTP/1.1 404 Not Found`)
	for _, header := range [][2]string{{"Brief", "t"}, {"Prefer", "return=minimal"}, {"Prefer", "x, return=minimal"}} {
		require.NotContains(t, s.want(t, 207, "PROPFIND", "/john/a.txt", ask("<D:getcontentlength/><x:none/>"), header[0], header[1]), "404")
	}
	require.Contains(t, s.want(t, 207, "PROPFIND", "/john/", ask("<D:quota-used-bytes/>")), "<D:quota-used-bytes>8<")
	with := s.want(t, 207, "PROPFIND", "/john/dir/", `<propfind xmlns="DAV:"><allprop/><include><quota-used-bytes/><resourcetype/></include></propfind>`)
	require.Contains(t, with, "<D:quota-used-bytes>8<")
	require.Equal(t, 1, strings.Count(with, "<D:resourcetype>"))

	for _, depth := range []string{"infinity", "Infinity"} {
		require.Contains(t, s.want(t, 403, "PROPFIND", "/john/dir", "", "Depth", depth), "<D:propfind-finite-depth/>")
		s.want(t, 207, "PROPFIND", "/john/a.txt", "", "Depth", depth)
	}
	s.want(t, 400, "PROPFIND", "/john/dir", "", "Depth", "2")
	s.want(t, 404, "PROPFIND", "/john/a.txt/", "")
	s.want(t, 404, "PROPFIND", "/john/a.txt/x", "")
	s.want(t, 404, "PROPFIND", "/elsewhere/a.txt", "")
}

// TestHostileBodies: what is no question and no instruction is refused, before it costs
// anything.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	s := newShare(t)
	deep := strings.Repeat("<a>", 40) + strings.Repeat("</a>", 40)
	for name, tt := range map[string]struct {
		body string // %s: the name of the element on top
		code int
	}{
		"no XML":                        {"hello", 400},
		"cut":                           {`<%s xmlns="DAV:"><prop>`, 400},
		"wrong element":                 {`<nonsense xmlns="DAV:"/>`, 400},
		"no namespace":                  {`<%s><prop/></%[1]s>`, 400},
		"document type":                 {`<!DOCTYPE x [<!ENTITY a "b">]><%s xmlns="DAV:"><prop>&a;</prop></%[1]s>`, 400},
		"external entity":               {`<!DOCTYPE x SYSTEM "file:///etc/passwd"><%s xmlns="DAV:"><prop/></%[1]s>`, 400},
		"entity of nobody":              {`<%s xmlns="DAV:"><prop>&lol;</prop></%[1]s>`, 400},
		"deep":                          {`<%s xmlns="DAV:"><prop>` + deep + `</prop></%[1]s>`, 400},
		"undeclared prefix":             {`<%s xmlns="DAV:"><prop><z:a/></prop></%[1]s>`, 400},
		"prefix without a namespace":    {`<%s xmlns="DAV:"><prop><z:a xmlns:z=""/></prop></%[1]s>`, 400},
		"attribute twice":               {`<%s xmlns="DAV:"><prop><a b="1" b="2"/></prop></%[1]s>`, 400},
		"no UTF-8":                      {"<%s xmlns=\"DAV:\"><prop>\xff</prop></%[1]s>", 400},
		"NUL":                           {"<%s xmlns=\"DAV:\"><prop>\x00</prop></%[1]s>", 400},
		"another encoding":              {`<?xml version="1.0" encoding="utf-16"?><%s xmlns="DAV:"><prop/></%[1]s>`, 400},
		"two elements":                  {`<%s xmlns="DAV:"/><%[1]s xmlns="DAV:"/>`, 400},
		"long namespace":                {`<%s xmlns="DAV:"><prop><z:a xmlns:z="` + strings.Repeat("x", 300) + `"/></prop></%[1]s>`, 400},
		"many elements":                 {`<%s xmlns="DAV:"><prop>` + strings.Repeat("<a/>", 10_001) + `</prop></%[1]s>`, 400},
		"too large for whatever is set": {`<%s xmlns="DAV:"><prop>` + strings.Repeat(" ", 1<<20) + `</prop></%[1]s>`, 413},
	} {
		for method, top := range map[string]string{"PROPFIND": "propfind", "PROPPATCH": "propertyupdate", "LOCK": "lockinfo", "MKCOL": "mkcol"} {
			body := tt.body
			if strings.Contains(body, "%") {
				body = fmt.Sprintf(body, top)
			}
			path := "/john/a.txt"
			if method == "MKCOL" {
				path = "/john/new"
			}
			w := s.do(t, method, path, body, "Content-Type", "application/xml")
			require.Equal(t, tt.code, w.Code, "%s %s: %s", method, name, w.Body)
			require.NotContains(t, w.Body.String(), "passwd")
		}
	}
	s.want(t, 413, "PROPFIND", "/john/a.txt", ask("<x:"+strings.Repeat("a", 64<<10)+"/>"))
	s.want(t, 400, "PROPFIND", "/john/a.txt", `<propfind xmlns="DAV:"><allprop/><propname/></propfind>`)
	s.want(t, 400, "PROPPATCH", "/john/a.txt", "")
	s.want(t, 400, "PROPPATCH", "/john/a.txt", `<propertyupdate xmlns="DAV:"/>`)
	// What is stored beside a file has the bound of sidecars.
	large := strings.Repeat("x", 1<<20-300)
	s.want(t, 207, "PROPPATCH", "/john/a.txt", set("<x:p>"+large+"</x:p>"))
	s.want(t, 413, "PROPPATCH", "/john/a.txt", set("<x:q>"+large[:1000]+"</x:q>"))
	require.Contains(t, s.want(t, 207, "PROPFIND", "/john/a.txt", ask("<x:p/><x:q/>")), large+"</x:p>")
}

func TestMkcolWithProperties(t *testing.T) {
	t.Parallel()
	s := newShare(t)
	body := func(kind, more string) string {
		return `<D:mkcol xmlns:D="DAV:" xmlns:x="http://x/"><D:set><D:prop><D:resourcetype>` + kind + `</D:resourcetype>` + more + `</D:prop></D:set></D:mkcol>`
	}
	s.want(t, 201, "MKCOL", "/john/new", body("<D:collection/>", "<x:p>v</x:p>"))
	require.Contains(t, s.want(t, 207, "PROPFIND", "/john/new/", ""), `<x:p xmlns:x="http://x/">v</x:p>`)
	require.Contains(t, s.want(t, 403, "MKCOL", "/john/other", body("<D:collection/><x:calendar/>", "")), "valid-resourcetype")
	require.Contains(t, s.want(t, 403, "MKCOL", "/john/other", body("", "")), "valid-resourcetype")
	require.Contains(t, s.want(t, 403, "MKCOL", "/john/other", body("<D:collection/>", "<D:getetag/>")), "mkcol-response")
	s.want(t, 404, "PROPFIND", "/john/other", "")
	s.want(t, 405, "MKCOL", "/john/new", body("<D:collection/>", ""))
	s.want(t, 415, "MKCOL", "/john/other", "hello")
	s.want(t, 409, "MKCOL", "/john/none/x", body("<D:collection/>", "<x:p/>"))
}

const exclusive = `<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype><owner xmlns:x="http://x/"><x:me a="1">J &amp; Co</x:me></owner></lockinfo>`

func TestLock(t *testing.T) {
	t.Parallel()
	s := newShare(t)
	w := s.do(t, "LOCK", "/john/a.txt", exclusive, "Depth", "0", "Timeout", "Infinite, Second-4100000000")
	require.Equal(t, 200, w.Code)
	token := w.Header().Get("Lock-Token")
	for _, text := range []string{w.Body.String(), s.want(t, 207, "PROPFIND", "/john/a.txt", ""), s.want(t, 207, "PROPFIND", "/john/", ask("<D:lockdiscovery/>"), "Depth", "1")} {
		require.Contains(t, text, "<D:lockscope><D:exclusive/></D:lockscope><D:depth>0</D:depth>")
		require.Contains(t, text, `<x:me a="1">J &amp; Co</x:me>`)
		require.Contains(t, text, "<D:lockroot><D:href>/john/a.txt</D:href></D:lockroot>")
		require.Contains(t, text, "<D:locktoken><D:href>"+strings.Trim(token, "<>")+"</D:href>")
	}
	require.Contains(t, s.want(t, 423, "LOCK", "/john/a.txt", exclusive), "<D:no-conflicting-lock><D:href>/john/a.txt</D:href>")
	require.Contains(t, s.want(t, 423, "PUT", "/john/a.txt", "x"), "<D:lock-token-submitted><D:href>/john/a.txt</D:href>")
	s.want(t, 412, "PUT", "/john/a.txt", "x", "If", "(<urn:other>)")
	s.want(t, 412, "PUT", "/john/a.txt", "x", "If", "("+token+` ["other"])`)
	s.want(t, 400, "PUT", "/john/a.txt", "x", "If", "("+token)
	s.want(t, 204, "PUT", "/john/a.txt", "x", "If", "("+token+")")
	s.want(t, 204, "PUT", "/john/a.txt", "x", "If", "<http://h/john/a.txt> ("+token+")")
	s.want(t, 412, "PUT", "/john/a.txt", "x", "If", "<http://h/john/dir> ("+token+")")
	s.want(t, 412, "PUT", "/john/a.txt", "x", "If", "<http://h/elsewhere> ("+token+")")
	s.want(t, 204, "PUT", "/john/a.txt", "x", "If", "(Not "+token+") (Not <DAV:no-lock>)")
	refreshed := s.want(t, 200, "LOCK", "/john/a.txt", "", "If", "("+token+")", "Timeout", "Second-100")
	require.Regexp(t, "Second-(100|99)<", refreshed)
	s.want(t, 412, "LOCK", "/john/dir", "", "If", "("+token+")")
	s.want(t, 400, "LOCK", "/john/a.txt", "")
	s.want(t, 409, "UNLOCK", "/john/dir", "", "Lock-Token", token)
	s.want(t, 409, "UNLOCK", "/john/a.txt", "", "Lock-Token", "<urn:other>")
	s.want(t, 400, "UNLOCK", "/john/a.txt", "", "Lock-Token", "urn:other")
	s.want(t, 400, "UNLOCK", "/john/a.txt", "")
	s.want(t, 204, "UNLOCK", "/john/a.txt", "", "Lock-Token", token)
	s.want(t, 204, "PUT", "/john/a.txt", "x")

	for _, body := range []string{
		`<lockinfo xmlns="DAV:"/>`,
		`<lockinfo xmlns="DAV:"><lockscope><exclusive/><shared/></lockscope><locktype><write/></locktype></lockinfo>`,
		`<lockinfo xmlns="DAV:"><lockscope><exclusive xmlns="x"/></lockscope><locktype><write/></locktype></lockinfo>`,
		`<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><read/></locktype></lockinfo>`,
	} {
		s.want(t, 400, "LOCK", "/john/a.txt", body)
	}
	s.want(t, 400, "LOCK", "/john/dir", exclusive, "Depth", "1")
	s.want(t, 413, "LOCK", "/john/a.txt", strings.Replace(exclusive, "Co", strings.Repeat("x", 5000), 1))
	s.want(t, 409, "LOCK", "/john/none/x", exclusive)
	s.want(t, 405, "LOCK", "/john/none/", exclusive)
	s.want(t, 404, "LOCK", "/john/a.txt/", exclusive)
	s.want(t, 201, "LOCK", "/john/new", exclusive)
	require.Contains(t, s.want(t, 207, "PROPFIND", "/john/new", ""), "<D:getcontentlength>0<")
}

// countedStore counts what a store is asked.
type countedStore struct {
	*memstore.Store
	calls map[string]int
}

func (c countedStore) Stat(ctx context.Context, name string) (filestore.FileInfo, error) {
	c.calls["Stat"]++
	return c.Store.Stat(ctx, name)
}

func (c countedStore) Open(ctx context.Context, name string) (filestore.File, error) {
	c.calls["Open"]++
	return c.Store.Open(ctx, name)
}

func (c countedStore) List(ctx context.Context, dir string, o filestore.ListOptions) iter.Seq2[filestore.FileInfo, error] {
	c.calls["List"]++
	return c.Store.List(ctx, dir, o)
}

func (c countedStore) Sidecar(ctx context.Context, name, known string) (filestore.Sidecar, error) {
	c.calls["Sidecar"]++
	return c.Store.Sidecar(ctx, name, known)
}

// TestPropfindIsOneListing: however many entries there are, with properties of their own,
// the store is asked once.
func TestPropfindIsOneListing(t *testing.T) {
	t.Parallel()
	calls := map[string]int{}
	store := countedStore{memstore.New(), calls}
	s := &share{Handler: &dav.Handler{Files: filesOf(store), Prefix: "/john"}}
	for i := range 200 {
		path := fmt.Sprintf("/john/%d", i)
		s.want(t, 201, "PUT", path, "x")
		s.want(t, 207, "PROPPATCH", path, set("<x:p>v</x:p>"))
	}
	clear(calls)
	answer := s.want(t, 207, "PROPFIND", "/john/", "", "Depth", "1")
	require.Equal(t, 200, strings.Count(answer, `<x:p xmlns:x="http://x/">v</x:p>`))
	require.Equal(t, 1, calls["List"])
	require.Zero(t, calls["Open"])
	require.LessOrEqual(t, calls["Stat"], 2, "the directory itself")
	require.LessOrEqual(t, calls["Sidecar"], 1)
}

// endless is a directory with as many entries as one likes.
type endless struct {
	filestore.FS
	entries int
	broken  map[int]error
	yielded *int
}

type info struct {
	name string
	dir  bool
}

func (i info) Name() string                { return i.name }
func (i info) Path() string                { return i.name }
func (i info) Size() int64                 { return 1 }
func (i info) Mode() fs.FileMode           { return 0o600 }
func (i info) ModTime() time.Time          { return time.Unix(1e9, 0) }
func (i info) IsDir() bool                 { return i.dir }
func (i info) Sys() any                    { return nil }
func (i info) ETag() string                { return `"1"` }
func (i info) Sidecar() *filestore.Sidecar { return nil }

func (endless) Stat(_ context.Context, name string) (filestore.FileInfo, error) {
	return info{name, true}, nil
}

func (e endless) List(context.Context, string, string) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) {
		for i := range e.entries {
			*e.yielded++
			if err := e.broken[i]; err != nil {
				if !yield(nil, err) {
					return
				}
				continue
			}
			if !yield(info{fmt.Sprintf("entry %06d", i), false}, nil) {
				return
			}
		}
	}
}

// pieces is an answer of which only the sizes of its pieces are kept.
type pieces struct {
	header  http.Header
	code    int
	largest int
	total   int
	yielded *int
	most    int // entries between two pieces
	last    int
}

func (p *pieces) Header() http.Header  { return p.header }
func (p *pieces) WriteHeader(code int) { p.code = code }
func (p *pieces) Write(b []byte) (int, error) {
	p.largest, p.total = max(p.largest, len(b)), p.total+len(b)
	p.most, p.last = max(p.most, *p.yielded-p.last), *p.yielded
	return len(b), nil
}

// TestPropfindStreams: 100,000 entries leave in small pieces as they come.
func TestPropfindStreams(t *testing.T) {
	t.Parallel()
	yielded := 0
	files := endless{entries: 100_000, yielded: &yielded}
	files.FS = filesOf(memstore.New())(nil)
	w := &pieces{header: http.Header{}, yielded: &yielded}
	r := httptest.NewRequestWithContext(t.Context(), "PROPFIND", "http://h/x/", nil)
	r.Header.Set("Depth", "1")
	(&dav.Handler{Files: func(*http.Request) filestore.FS { return files }, Prefix: "/x"}).ServeHTTP(w, r)
	require.Equal(t, 207, w.code)
	require.Equal(t, 100_000, yielded)
	require.Greater(t, w.total, 100_000*200)
	require.Less(t, w.largest, 64<<10)
	require.Less(t, w.most, 500)
}

// TestUnreadableEntries: what cannot be read is told in its place, and what comes behind
// it follows. A fault of the whole listing cuts the answer.
func TestUnreadableEntries(t *testing.T) {
	t.Parallel()
	yielded := 0
	files := endless{entries: 5, yielded: &yielded, broken: map[int]error{
		0: &fs.PathError{Op: "list", Path: "one", Err: fs.ErrPermission}, 3: &fs.PathError{Op: "list", Path: "a & b", Err: errors.New("i/o")},
	}}
	files.FS = filesOf(memstore.New())(nil)
	s := &share{Handler: &dav.Handler{Files: func(*http.Request) filestore.FS { return files }, Prefix: "/x"}}
	answer := s.want(t, 207, "PROPFIND", "/x/", "", "Depth", "1")
	require.Contains(t, answer, "<D:href>/x/one</D:href><D:status>HTTP/1.1 403 Forbidden</D:status>")
	require.Contains(t, answer, "<D:href>/x/a%20%26%20b</D:href><D:status>HTTP/1.1 500 Internal Server Error</D:status>")
	require.Contains(t, answer, "entry%20000004")
	files.broken[2] = &fs.PathError{Op: "list", Path: ".", Err: errors.New("i/o")}
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { s.do(t, "PROPFIND", "/x/", "", "Depth", "1") })
	files.broken[0] = files.broken[2]
	s.want(t, 500, "PROPFIND", "/x/", "", "Depth", "1")
}

func FuzzPropfindBody(f *testing.F) {
	f.Add("")
	f.Add(ask("<D:getetag/><x:none/>"))
	f.Add(`<propfind xmlns="DAV:"><allprop/><include><quota-used-bytes/></include></propfind>`)
	f.Add(`<propfind xmlns="DAV:"><propname/></propfind>`)
	s := newShare(f)
	f.Fuzz(func(t *testing.T, body string) {
		w := s.do(t, "PROPFIND", "/john/a.txt", body)
		require.Contains(t, []int{207, 400, 413}, w.Code, "%s", w.Body)
	})
}

// Whatever a PROPPATCH sets, the answer that shows it is well-formed, and the sidecar can
// be changed again.
func FuzzProppatchBody(f *testing.F) {
	f.Add(set(`<x:p xml:lang="de">v<a x:b="c"/></x:p>`))
	f.Add(set(`<p xmlns="">v</p><D:getlastmodified>Tue, 05 Apr 2011 10:00:02 GMT</D:getlastmodified>`))
	f.Add(patchHead + `<D:remove><D:prop><x:p/></D:prop></D:remove></D:propertyupdate>`)
	f.Fuzz(func(t *testing.T, body string) {
		s := newShare(t)
		w := s.do(t, "PROPPATCH", "/john/a.txt", body)
		require.Contains(t, []int{207, 400, 413}, w.Code, "%s", w.Body)
		s.want(t, 207, "PROPFIND", "/john/a.txt", "")
		s.want(t, 207, "PROPFIND", "/john/", "", "Depth", "1")
		require.Contains(t, s.want(t, 207, "PROPPATCH", "/john/a.txt", set("<x:last>v</x:last>")), "200 OK")
	})
}

// Whatever a Destination is, what is moved ends below a clean name of the same storage, or
// stays.
func FuzzDestination(f *testing.F) {
	for _, d := range []string{"/john/b", "http://h/john/b", "//h/john/b", "/john/../b", "/john/%2e%2e/b", "/john/a%2fb", "/elsewhere", "", "%zz", "/john/b?x", "http:b", "/john//b", "/john/dir/b", "/johnny/b"} {
		f.Add(d)
	}
	f.Fuzz(func(t *testing.T, destination string) {
		s := newShare(t)
		w := s.do(t, "MOVE", "/john/a.txt", "", "Destination", destination)
		there := 0
		for info, err := range s.store.List(t.Context(), filestore.Root, filestore.ListOptions{}) {
			require.NoError(t, err)
			if info.IsDir() {
				for range s.store.List(t.Context(), info.Name(), filestore.ListOptions{}) {
					there++
				}
			} else {
				there++
			}
		}
		if w.Code == 201 {
			u, err := url.Parse(destination)
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(u.Path, "/john/"), destination)
		}
		if w.Code != 204 && !(w.Code == 201) {
			require.Equal(t, 2, there, "%d %q", w.Code, destination)
			s.want(t, 200, "GET", "/john/a.txt", "")
		}
	})
}

// Stores implements fixture.Server.
func (u oneUser) Stores() filestore.Stores { return u }
