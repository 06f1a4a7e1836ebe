package httpsite_test

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// entry is a file of ten bytes.
type entry struct {
	filestore.FileInfo
	name string
}

func (e entry) Name() string       { return e.name }
func (e entry) Path() string       { return e.name }
func (e entry) Size() int64        { return 10 }
func (e entry) IsDir() bool        { return false }
func (e entry) ModTime() time.Time { return time.Unix(1e9, 0) }

func (e entry) Mode() fs.FileMode           { return 0o640 }
func (e entry) Sidecar() *filestore.Sidecar { return nil }

// bigStore has a root with many entries, which cost nothing to list.
type bigStore struct {
	filestore.Store
	entries []filestore.FileInfo
	lists   int
	err     error // comes amid the entries
}

func newBigStore(names ...string) *bigStore {
	s := &bigStore{Store: memstore.New()}
	for _, name := range slices.Sorted(slices.Values(names)) { // as every store lists them
		s.entries = append(s.entries, entry{name: name})
	}
	return s
}

func (s *bigStore) List(context.Context, string, filestore.ListOptions) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) {
		s.lists++
		for i, e := range s.entries {
			if i == len(s.entries)/2 && s.err != nil && !yield(nil, s.err) {
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// names are n names.
func names(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("<%07d>.txt", i)
	}
	return list
}

func (s *bigStore) page(t testing.TB, query string) answer {
	t.Helper()
	h := &httpsite.Handler{Views: fixture.Views(fixture.New(func() filestore.Store { return s }))}
	r := httptest.NewRequest("GET", "http://client1.com/~john/index.wssp"+query, nil)
	r.SetBasicAuth("john", "john-pw")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return answer{w.Code, w.Body.String(), w.Header()}
}

var markOnPage = regexp.MustCompile(`name="mark" value="&lt;(\d+)&gt;\.txt"`)

// numbers are those in the names of the entries that a page shows.
func numbers(t *testing.T, page string) (list []int) {
	t.Helper()
	for _, found := range markOnPage.FindAllStringSubmatch(page, -1) {
		var n int
		_, err := fmt.Sscanf(found[1], "%d", &n)
		require.NoError(t, err)
		list = append(list, n)
	}
	return list
}

func TestPageInParts(t *testing.T) {
	t.Parallel()
	const all = 2500
	for _, tt := range []struct {
		name, query           string
		from, to              int // the numbers that are shown; to is not among them
		at                    string
		first, previous, next bool
	}{
		{name: "first", from: 0, to: 1000, at: "1–1,000 of 2,500", next: true},
		{name: "second", query: "?after=<0000999>.txt", from: 1000, to: 2000, at: "1,001–2,000 of 2,500", previous: true, next: true},
		{name: "third", query: "?after=<0001999>.txt", from: 2000, to: 2500, at: "2,001–2,500 of 2,500", previous: true},
		{name: "after what is gone", query: "?after=<0000999>.txtx", from: 1000, to: 2000, at: "1,001–2,000 of 2,500", previous: true, next: true},
		{name: "after all", query: "?after=z", from: 0, to: 0, at: "none of 2,500", previous: true},
		{name: "after nothing", query: "?after=", from: 0, to: 1000, at: "1–1,000 of 2,500", next: true},
		{name: "before the third", query: "?before=<0002000>.txt", from: 1000, to: 2000, at: "1,001–2,000 of 2,500", previous: true, next: true},
		{name: "before the middle of the first", query: "?before=<0000500>.txt", from: 0, to: 500, at: "1–500 of 2,500", next: true},
		{name: "before all", query: "?before=!", from: 0, to: 0, at: "none of 2,500", next: true},
		{name: "last", query: "?before=", from: 1500, to: 2500, at: "1,501–2,500 of 2,500", previous: true},
		{name: "both", query: "?before=z&after=<0000999>.txt", from: 1000, to: 2000, at: "1,001–2,000 of 2,500", previous: true, next: true},
		{name: "not UTF-8", query: "?after=%ff", from: 0, to: 0, at: "none of 2,500", previous: true},
		{name: "no query", query: "?x=%zz", from: 0, to: 1000, at: "1–1,000 of 2,500", next: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newBigStore(names(all)...)
			got := s.page(t, strings.NewReplacer("<", "%3C", ">", "%3E").Replace(tt.query))
			require.Equal(t, 200, got.code)
			shown := numbers(t, got.body)
			require.Len(t, shown, tt.to-tt.from)
			require.True(t, slices.IsSorted(shown))
			if len(shown) > 0 {
				require.Equal(t, tt.from, shown[0])
			}
			require.Equal(t, 2, strings.Count(got.body, tt.at), "above and below the table")
			require.Contains(t, got.body, "This Folder: 2,500</td><td class=\"number\"><span title=\"25,000 bytes\">")
			require.Equal(t, tt.previous, strings.Contains(got.body, ">First</a>"))
			require.Equal(t, tt.previous, strings.Contains(got.body, ">Previous</a>"))
			require.Equal(t, tt.next, strings.Contains(got.body, ">Next</a>"))
			require.Equal(t, tt.next, strings.Contains(got.body, ">Last</a>"))
			require.Equal(t, 1, s.lists, "one look at the folder")
		})
	}
}

// Whoever follows the links, forwards or backwards, meets every entry once.
func TestPageLinksLeadThroughAllParts(t *testing.T) {
	t.Parallel()
	const all = 3210
	s := newBigStore(names(all)...)
	for _, tt := range []struct{ first, link string }{{"", "next"}, {"?before=", "prev"}} {
		var met []int
		query, steps := tt.first, 0
		for more := true; more; steps++ {
			require.Less(t, steps, 10)
			got := s.page(t, query)
			met = append(met, numbers(t, got.body)...)
			more = false
			for _, link := range links(got.body) {
				u, err := url.Parse(link)
				require.NoError(t, err)
				if strings.Contains(got.body, `rel="`+tt.link+`" href="`+strings.ReplaceAll(link, "+", "&#43;")+`"`) {
					query, more = "?"+u.RawQuery, true
				}
			}
		}
		require.Equal(t, 4, steps)
		require.Len(t, met, all)
		slices.Sort(met)
		require.Len(t, slices.Compact(met), all)
	}
}

func TestPageAsAWhole(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 1000} {
		got := newBigStore(names(n)...).page(t, "")
		require.Len(t, numbers(t, got.body), n)
		require.NotContains(t, got.body, "First</a>")
		require.NotContains(t, got.body, "Next</a>")
	}
	require.Contains(t, newBigStore(names(1001)...).page(t, "").body, "Next</a>")
}

// Forms lead back to the part that they stand on.
func TestPageFormsKeepThePart(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	at := "/~john/index.wssp?after=data.bin"
	page := s.do(t, call{method: "GET", path: at, user: "john"})
	require.Equal(t, 200, page.code)
	require.Equal(t, 3, strings.Count(page.body, `action="index.wssp?after=data.bin"`))
	got := s.post(t, at, url.Values{"action": {"folder"}, "folder": {"new"}}, nil)
	require.Equal(t, 303, got.code)
	require.Equal(t, "index.wssp?after=data.bin", got.header.Get("Location"))
	got = s.post(t, at, url.Values{"action": {"delete"}, "mark": {"folder"}}, nil)
	require.Equal(t, 200, got.code)
	require.Contains(t, got.body, `action="index.wssp?after=data.bin"`)
	got = s.post(t, "/~john/index.wssp?after=%0d%0aX:%20y%22%3E", url.Values{"action": {"folder"}, "folder": {"newer"}}, nil)
	require.Equal(t, "index.wssp?after=%0D%0AX%3A+y%22%3E", got.header.Get("Location"))
}

// An entry that goes away while the folder is read does not take the others with
// it; a folder that cannot be read is no empty one.
func TestPageOfAFolderThatChanges(t *testing.T) {
	t.Parallel()
	s := newBigStore(names(4)...)
	s.err = &fs.PathError{Op: "list", Path: "entry", Err: fs.ErrNotExist}
	got := s.page(t, "")
	require.Equal(t, 200, got.code)
	require.Len(t, numbers(t, got.body), 4)
	s.err = &fs.PathError{Op: "list", Path: ".", Err: fs.ErrNotExist}
	require.Equal(t, 404, s.page(t, "").code)
	s.err = &fs.PathError{Op: "list", Path: "entry", Err: fs.ErrClosed}
	require.Equal(t, 500, s.page(t, "").code)
}

// What a page costs beyond reading the folder is the same for any folder. The
// entries here cost nothing to read. No other test runs at the same time.
func TestPageCostsOnePart(t *testing.T) {
	cost := func(s *bigStore, query string) (allocations, bytes uint64, length int) {
		h := &httpsite.Handler{Views: fixture.Views(fixture.New(func() filestore.Store { return s }))}
		w := &counting{header: http.Header{}}
		var before, after runtime.MemStats
		r := httptest.NewRequest("GET", "http://client1.com/~john/index.wssp"+query, nil)
		r.SetBasicAuth("john", "john-pw")
		runtime.ReadMemStats(&before)
		h.ServeHTTP(w, r)
		runtime.ReadMemStats(&after)
		require.Equal(t, 200, w.code)
		return after.Mallocs - before.Mallocs, after.TotalAlloc - before.TotalAlloc, w.length
	}
	upwards := names(100_000)
	slices.Sort(upwards)
	downwards := slices.Clone(upwards)
	slices.Reverse(downwards)
	few, many, up, down := newBigStore(names(2000)...), newBigStore(names(100_000)...), newBigStore(upwards...), newBigStore(downwards...)
	cost(few, "") // makes the template ready
	allocations, bytes, length := cost(few, "")
	for name, s := range map[string]*bigStore{"mixed": many, "upwards": up, "downwards": down} {
		for _, query := range []string{"", "?before=", "?after=%3C0050000%3E"} {
			gotAllocations, gotBytes, gotLength := cost(s, query)
			require.Less(t, gotAllocations, allocations*11/10, name+query)
			require.Less(t, gotBytes, bytes*11/10, name+query)
			require.Less(t, gotLength, length*11/10, name+query)
		}
	}
	require.Less(t, bytes, uint64(6<<20)) // 4 MiB, and a quarter more within the race detector
}

// counting is an answer that is counted and dropped.
type counting struct {
	header http.Header
	code   int
	length int
}

func (w *counting) Header() http.Header  { return w.header }
func (w *counting) WriteHeader(code int) { w.code = code }
func (w *counting) Write(p []byte) (int, error) {
	w.length += len(p)
	return len(p), nil
}
