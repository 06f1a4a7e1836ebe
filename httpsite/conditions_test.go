package httpsite_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite"
)

// writeAt stores a file with a modification time, and returns its entity tag.
func (s *server) writeAt(t *testing.T, name, content string, modified time.Time) (tag string) {
	t.Helper()
	u, err := s.Files(t, john).Create(t.Context(), name, filestore.CreateOptions{ModTime: modified}, filestore.Limits{Files: 1000, Bytes: 1 << 20, FileSize: 1 << 20})
	require.NoError(t, err)
	_, err = u.Write([]byte(content))
	require.NoError(t, err)
	info, err := u.Commit()
	require.NoError(t, err)
	return info.ETag()
}

var (
	clock    = time.Date(2026, 3, 4, 5, 6, 7, 800_000_000, time.UTC)
	modified = time.Date(2026, 3, 1, 0, 0, 0, 500_000_000, time.UTC)
)

func httpDate(t time.Time) string { return t.UTC().Format(http.TimeFormat) }

// Preconditions of GET and HEAD. TAG stands for the tag of the file; a header
// with \n in its value is sent as several lines.
func TestConditionsOfGet(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(h *httpsite.Handler) { h.Now = func() time.Time { return clock } })
	tag := s.writeAt(t, "old.txt", "0123456789", modified)
	past, same, later, future := httpDate(modified.Add(-time.Hour)), httpDate(modified), httpDate(modified.Add(time.Hour)), httpDate(clock.Add(time.Hour))
	for _, tt := range []struct {
		name   string
		header map[string]string
		code   int
	}{
		{"none", nil, 200},
		{"If-Match", map[string]string{"If-Match": "TAG"}, 200},
		{"If-Match, any", map[string]string{"If-Match": "*"}, 200},
		{"If-Match, another", map[string]string{"If-Match": `"x"`}, 412},
		{"If-Match, weak", map[string]string{"If-Match": "W/TAG"}, 412},
		{"If-Match, second line", map[string]string{"If-Match": "\"x\"\nTAG"}, 200},
		{"If-Match, no list", map[string]string{"If-Match": `TAG x`}, 412},
		{"If-Match, empty", map[string]string{"If-Match": ""}, 412},
		{"If-None-Match", map[string]string{"If-None-Match": "TAG"}, 304},
		{"If-None-Match, any", map[string]string{"If-None-Match": "*"}, 304},
		{"If-None-Match, weak", map[string]string{"If-None-Match": "W/TAG"}, 304},
		{"If-None-Match, another", map[string]string{"If-None-Match": `"x"`}, 200},
		{"If-None-Match, second line", map[string]string{"If-None-Match": "\"x\"\nW/\"y\" , TAG"}, 304},
		{"If-None-Match, no list", map[string]string{"If-None-Match": "TAG, x"}, 200},
		{"If-None-Match, empty", map[string]string{"If-None-Match": ""}, 200},
		{"If-Modified-Since, before", map[string]string{"If-Modified-Since": past}, 200},
		{"If-Modified-Since, the same", map[string]string{"If-Modified-Since": same}, 304},
		{"If-Modified-Since, after", map[string]string{"If-Modified-Since": later}, 304},
		{"If-Modified-Since, in the future", map[string]string{"If-Modified-Since": future}, 200},
		{"If-Modified-Since, no date", map[string]string{"If-Modified-Since": "yesterday"}, 200},
		{"If-Modified-Since, twice", map[string]string{"If-Modified-Since": same + "\n" + same}, 200},
		{"If-Modified-Since, RFC 850", map[string]string{"If-Modified-Since": modified.Format("Monday, 02-Jan-06 15:04:05") + " GMT"}, 304},
		{"If-Modified-Since, asctime", map[string]string{"If-Modified-Since": modified.Format(time.ANSIC)}, 304},
		{"If-None-Match goes before If-Modified-Since", map[string]string{"If-None-Match": `"x"`, "If-Modified-Since": same}, 200},
		{"If-None-Match goes before If-Modified-Since, and matches", map[string]string{"If-None-Match": "TAG", "If-Modified-Since": past}, 304},
		{"If-Unmodified-Since, before", map[string]string{"If-Unmodified-Since": past}, 412},
		{"If-Unmodified-Since, the same", map[string]string{"If-Unmodified-Since": same}, 200},
		{"If-Unmodified-Since, in the future", map[string]string{"If-Unmodified-Since": future}, 200},
		{"If-Unmodified-Since, no date", map[string]string{"If-Unmodified-Since": "yesterday"}, 200},
		{"If-Match goes before If-Unmodified-Since", map[string]string{"If-Match": "TAG", "If-Unmodified-Since": past}, 200},
		{"both parts", map[string]string{"If-Match": "TAG", "If-None-Match": "TAG"}, 304},
		{"both parts, the first fails", map[string]string{"If-Match": `"x"`, "If-None-Match": "TAG"}, 412},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			header := map[string]string{}
			for k, v := range tt.header {
				header[k] = strings.ReplaceAll(strings.ReplaceAll(v, "TAG", tag), "\n", "\r\n"+k+": ")
			}
			get := s.do(t, call{method: "GET", path: "/~john/old.txt", header: header})
			require.Equal(t, tt.code, get.code)
			head := s.do(t, call{method: "HEAD", path: "/~john/old.txt", header: header})
			require.Equal(t, tt.code, head.code)
			require.Equal(t, tag, get.header.Get("ETag"))
			require.Equal(t, tag, head.header.Get("ETag"))
			for _, field := range []string{"Content-Type", "Last-Modified"} {
				require.Equal(t, get.header.Get(field), head.header.Get(field), field)
			}
			switch tt.code {
			case 200:
				require.Equal(t, get.header.Get("Content-Length"), head.header.Get("Content-Length"))
				require.Equal(t, "0123456789", get.body)
				require.Equal(t, "text/plain; charset=utf-8", get.header.Get("Content-Type"))
				require.Equal(t, same, get.header.Get("Last-Modified"))
			case 304:
				require.Empty(t, get.body)
				require.Empty(t, get.header.Get("Content-Type"))
			default:
				require.Equal(t, http.StatusText(tt.code)+"\n", get.body)
			}
		})
	}
}

// Conditions of changes. TAG is the tag of the file, OLD another's.
func TestConditionsOfChanges(t *testing.T) {
	t.Parallel()
	changes := map[string]call{
		"PUT":    {method: "PUT", body: "new"},
		"DELETE": {method: "DELETE"},
		"MOVE":   {method: "MOVE", header: map[string]string{"Destination": "/~john/to"}},
		"COPY":   {method: "COPY", header: map[string]string{"Destination": "/~john/to"}},
	}
	past, same := httpDate(modified.Add(-time.Hour)), httpDate(modified)
	for _, tt := range []struct {
		name, field, value string
		holds              bool
		code               int // 0: 412, or that of the change
	}{
		{"If-Match", "If-Match", "TAG", true, 0},
		{"If-Match, any", "If-Match", "*", true, 0},
		{"If-Match, weak", "If-Match", "W/TAG", false, 0},
		{"If-Match, another", "If-Match", "OLD", false, 0},
		{"If-Match, second line", "If-Match", "OLD\nTAG", true, 0},
		{"If-Match, no list", "If-Match", "TAG TAG", false, 0},
		{"If-None-Match", "If-None-Match", "TAG", false, 0},
		{"If-None-Match, any", "If-None-Match", "*", false, 0},
		{"If-None-Match, weak", "If-None-Match", "W/TAG", false, 0},
		{"If-None-Match, weak on the second line", "If-None-Match", "OLD\nW/TAG", false, 0},
		{"If-None-Match, another", "If-None-Match", "OLD", true, 0},
		{"If-None-Match, others on two lines", "If-None-Match", "OLD\nW/OLD", true, 0},
		{"If-None-Match, no list", "If-None-Match", "OLD, *", false, 400},
		{"If-Unmodified-Since, before", "If-Unmodified-Since", past, false, 0},
		{"If-Unmodified-Since, the same", "If-Unmodified-Since", same, true, 0},
		{"If-Unmodified-Since, no date", "If-Unmodified-Since", "yesterday", true, 0},
		{"If-Modified-Since is for reading", "If-Modified-Since", same, true, 0},
	} {
		for method, c := range changes {
			t.Run(tt.name+"/"+method, func(t *testing.T) {
				t.Parallel()
				for store, open := range stores(t) {
					s := newServerOn(t, open)
					tag := s.writeAt(t, "file.txt", "old", modified)
					value := strings.NewReplacer("TAG", tag, "OLD", `"old"`, "\n", "\r\n"+tt.field+": ").Replace(tt.value)
					c := c
					c.user, c.path = "john", "/~john/file.txt"
					header := map[string]string{tt.field: value}
					for k, v := range c.header {
						header[k] = v
					}
					c.header = header
					got := s.do(t, c)
					want := tt.code
					if want == 0 && tt.holds {
						want = map[string]int{"PUT": 204, "DELETE": 204, "MOVE": 201, "COPY": 201}[method]
					} else if want == 0 {
						want = 412
					}
					require.Equal(t, want, got.code, store)
					content, ok := s.Read(t, john, "file.txt")
					require.Equal(t, !tt.holds || method == "PUT" || method == "COPY", ok, store)
					if !tt.holds || method == "COPY" {
						require.Equal(t, "old", content)
					}
					_, ok = s.Read(t, john, "to")
					require.Equal(t, tt.holds && c.header["Destination"] != "", ok, store)
				}
			})
		}
	}
}

// Conditions of MOVE and COPY are about what is moved or copied.
func TestConditionsOfTransfersAreAboutTheSource(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"MOVE", "COPY"} {
		s := newServer(t)
		source, target := s.writeAt(t, "a", "source", modified), s.writeAt(t, "b", "target", modified)
		transfer := func(field, value string) int {
			return s.do(t, call{method: method, path: "/~john/a", user: "john", header: map[string]string{"Destination": "/~john/b", field: value}}).code
		}
		require.Equal(t, 412, transfer("If-Match", target))
		require.Equal(t, 412, transfer("If-None-Match", source))
		require.Equal(t, 204, transfer("If-None-Match", target))
		content, _ := s.Read(t, john, "b")
		require.Equal(t, "source", content)
	}
}

// interrupted does something in the middle of an upload: when the store has
// agreed to it, and before the body is there.
func (s *server) interrupted(t *testing.T, name, header string, meanwhile func()) (status string) {
	t.Helper()
	head := "PUT /~john/" + name + " HTTP/1.1\r\nHost: client1.com\r\nAuthorization: Basic am9objpqb2huLXB3\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 3\r\n" + header + "\r\n"
	return s.converse(t, head, func(line string) string {
		require.Contains(t, line, "100 Continue", "the body is asked for once the conditions hold")
		meanwhile()
		return "new"
	})
}

func (s *server) remove(t *testing.T, name string) {
	t.Helper()
	require.NoError(t, s.Files(t, john).Remove(t.Context(), name, filestore.RemoveOptions{}))
}

func TestLostRace(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file, header string
		meanwhile          func(*testing.T, *server)
		want               string
		content            string
	}{
		{"created", "x", "If-None-Match: *\r\n", func(t *testing.T, s *server) { s.Write(t, john, "x", "theirs") }, "412", "theirs"},
		{"created as a folder", "x", "If-None-Match: *\r\n", func(t *testing.T, s *server) { s.Write(t, john, "x/y", "theirs") }, "412", ""},
		{"not created", "x", "If-None-Match: *\r\n", func(*testing.T, *server) {}, "201", "new"},
		{"created, and another is excluded", "x", "If-None-Match: \"other\"\r\n", func(t *testing.T, s *server) { s.Write(t, john, "x", "theirs") }, "201", "new"},
		{"created, without a condition", "x", "", func(t *testing.T, s *server) { s.Write(t, john, "x", "theirs") }, "201", "new"},
		{"changed, and any will do", "page.html", "If-Match: *\r\n", func(t *testing.T, s *server) { s.Write(t, john, "page.html", "theirs") }, "204", "new"},
		{"removed, and any will do", "page.html", "If-Match: *\r\n", func(t *testing.T, s *server) { s.remove(t, "page.html") }, "412", "-"},
		{"changed, and this one is asked for", "page.html", "If-Match: TAG\r\n", func(t *testing.T, s *server) { s.Write(t, john, "page.html", "theirs") }, "412", "theirs"},
		{"changed since", "page.html", fmt.Sprintf("If-Unmodified-Since: %s\r\n", httpDate(time.Now().Add(time.Hour))), func(t *testing.T, s *server) { s.Write(t, john, "page.html", "theirs") }, "412", "theirs"},
		{"changed, without a date", "page.html", "If-Unmodified-Since: yesterday\r\n", func(t *testing.T, s *server) { s.Write(t, john, "page.html", "theirs") }, "204", "new"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for store, open := range stores(t) {
				s := newServerOn(t, open)
				tag := s.do(t, call{method: "HEAD", path: "/~john/" + tt.file}).header.Get("ETag")
				status := s.interrupted(t, tt.file, strings.ReplaceAll(tt.header, "TAG", tag), func() { tt.meanwhile(t, s) })
				require.Contains(t, status, tt.want, store)
				if tt.content != "" {
					content, ok := s.Read(t, john, tt.file)
					require.Equal(t, tt.content != "-", ok, store)
					require.Equal(t, strings.TrimPrefix(tt.content, "-"), content, store)
				}
			}
		})
	}
}

// Conditions count only where the method would do something without them (RFC 9110
// §13.2.1). Each row has the codes for a missing name, a file, and a folder.
func TestConditionsMeetWhatIsThere(t *testing.T) {
	t.Parallel()
	past := httpDate(modified.Add(-time.Hour))
	conditions := [...]struct{ field, value string }{
		{"X-Nothing", "x"}, {"If-Match", "*"}, {"If-Match", `"x"`}, {"If-None-Match", "*"}, {"If-None-Match", `"x"`}, {"If-Unmodified-Since", past},
	}
	codes := map[string][len(conditions)][3]int{
		"PUT":       {{201, 204, 405}, {412, 204, 405}, {412, 412, 405}, {201, 412, 405}, {201, 204, 405}, {201, 412, 405}},
		"DELETE":    {{404, 204, 204}, {404, 204, 204}, {404, 412, 412}, {404, 412, 412}, {404, 204, 204}, {404, 412, 412}},
		"MOVE":      {{404, 201, 201}, {404, 201, 201}, {404, 412, 412}, {404, 412, 412}, {404, 201, 201}, {404, 412, 412}},
		"COPY":      {{404, 201, 201}, {404, 201, 201}, {404, 412, 412}, {404, 412, 412}, {404, 201, 201}, {404, 412, 412}},
		"MKCOL":     {{201, 405, 405}, {412, 405, 405}, {412, 405, 405}, {201, 405, 405}, {201, 405, 405}, {201, 405, 405}},
		"PROPPATCH": {{404, 207, 207}, {404, 207, 207}, {404, 412, 412}, {404, 412, 412}, {404, 207, 207}, {404, 412, 412}},
		"LOCK":      {{201, 200, 200}, {412, 200, 200}, {412, 412, 412}, {201, 412, 412}, {201, 200, 200}, {201, 412, 412}},
	}
	bodies := map[string]string{
		"PUT":       "new",
		"PROPPATCH": `<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="y">z</x></D:prop></D:set></D:propertyupdate>`,
		"LOCK":      `<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>`,
	}
	for method, rows := range codes {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			for i, c := range conditions {
				for j, name := range []string{"missing", "page.html", "folder"} {
					s := newServer(t)
					got := s.do(t, call{method: method, path: "/~john/" + name, user: "john", body: bodies[method], header: map[string]string{c.field: c.value, "Destination": "/~john/to"}})
					require.Equal(t, rows[i][j], got.code, "%s: %s of %s", c.field, c.value, name)
					if got.code < 400 {
						continue
					}
					kept, there := s.Read(t, john, strings.Replace(name, "folder", "folder/default.html", 1))
					require.Equal(t, name != "missing", there, "%s: %s of %s", c.field, c.value, name)
					require.NotEqual(t, "new", kept)
				}
			}
		})
	}
}

func TestConditionsOfMkcol(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	mkcol := func(path, field, value string) int {
		return s.do(t, call{method: "MKCOL", path: path, user: "john", header: map[string]string{field: value}}).code
	}
	require.Equal(t, 412, mkcol("/~john/new", "If-Match", `"x"`))
	require.Equal(t, 412, mkcol("/~john/new", "If-Match", "*"))
	require.Equal(t, 201, mkcol("/~john/new", "If-None-Match", "*"))
	require.Equal(t, 405, mkcol("/~john/new", "If-None-Match", "*"), "it would be refused without the condition too")
}

// A date that is told is never later than that of the answer.
func TestLastModified(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		modified time.Time
		want     string
	}{
		{"past", modified, httpDate(modified)},
		{"this second", clock.Truncate(time.Second), httpDate(clock)},
		{"later in this second", clock.Add(100 * time.Millisecond), httpDate(clock)},
		{"tomorrow", clock.Add(24 * time.Hour), httpDate(clock)},
		{"year 12000", time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC), httpDate(clock)},
		{"before 1970", time.Date(1965, 1, 1, 0, 0, 0, 0, time.UTC), "Fri, 01 Jan 1965 00:00:00 GMT"},
		{"before there were years", time.Date(-100, 1, 1, 0, 0, 0, 0, time.UTC), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			now := clock
			s := newServer(t, func(h *httpsite.Handler) { h.Now = func() time.Time { return now } })
			tag := s.writeAt(t, "x.txt", "0123456789", tt.modified)
			got := s.do(t, call{method: "GET", path: "/~john/x.txt"})
			require.Equal(t, tt.want, got.header.Get("Last-Modified"))
			if tt.modified.After(now) {
				require.Equal(t, tt.want, got.header.Get("Date"))
				since := s.do(t, call{method: "GET", path: "/~john/x.txt", header: map[string]string{"If-Range": tt.want, "Range": "bytes=0-0"}})
				require.Equal(t, 200, since.code, "no date to rely on")
			}
			kept := s.do(t, call{method: "GET", path: "/~john/x.txt", header: map[string]string{"If-None-Match": tag}})
			require.Equal(t, 304, kept.code)
		})
	}
	s := newServer(t) // by the real clock
	s.writeAt(t, "x.txt", "x", time.Now().Add(time.Hour))
	got := s.do(t, call{method: "HEAD", path: "/~john/x.txt"})
	told, err := http.ParseTime(got.header.Get("Last-Modified"))
	require.NoError(t, err)
	sent, err := http.ParseTime(got.header.Get("Date"))
	require.NoError(t, err)
	require.False(t, told.After(sent))
}

func TestRanges(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(h *httpsite.Handler) { h.Now = func() time.Time { return clock } })
	tag := s.writeAt(t, "ten.txt", "0123456789", modified)
	s.writeAt(t, "empty.txt", "", modified)
	s.writeAt(t, "now.txt", "0123456789", clock)
	many := func(n int) string { return "bytes=" + strings.Repeat("0-0,", n-1) + "1-1" }
	for _, tt := range []struct {
		name, file, value string
		condition         string // If-Range
		code              int
		content           string // Content-Range
		body              string
	}{
		{"some", "ten.txt", "bytes=2-4", "", 206, "bytes 2-4/10", "234"},
		{"unit in other letters", "ten.txt", "BYTES=2-4", "", 206, "bytes 2-4/10", "234"},
		{"other unit", "ten.txt", "lines=2-4", "", 200, "", "0123456789"},
		{"no unit", "ten.txt", "2-4", "", 200, "", "0123456789"},
		{"from", "ten.txt", "bytes=8-", "", 206, "bytes 8-9/10", "89"},
		{"last", "ten.txt", "bytes=-3", "", 206, "bytes 7-9/10", "789"},
		{"last of more than there is", "ten.txt", "bytes=-30", "", 206, "bytes 0-9/10", "0123456789"},
		{"last none", "ten.txt", "bytes=-0", "", 416, "bytes */10", ""},
		{"beyond the end", "ten.txt", "bytes=8-100", "", 206, "bytes 8-9/10", "89"},
		{"all beyond", "ten.txt", "bytes=10-", "", 416, "bytes */10", ""},
		{"reversed", "ten.txt", "bytes=4-2", "", 416, "bytes */10", ""},
		{"nonsense", "ten.txt", "bytes=a-b", "", 416, "bytes */10", ""},
		{"no dash", "ten.txt", "bytes=4", "", 416, "bytes */10", ""},
		{"only a dash", "ten.txt", "bytes=-", "", 416, "bytes */10", ""},
		{"two dashes", "ten.txt", "bytes=--1", "", 416, "bytes */10", ""},
		{"signs", "ten.txt", "bytes=+1-+2", "", 416, "bytes */10", ""},
		{"blanks inside", "ten.txt", "bytes=1 - 2", "", 416, "bytes */10", ""},
		{"nothing", "ten.txt", "bytes=", "", 416, "bytes */10", ""},
		{"only commas", "ten.txt", "bytes=,,", "", 416, "bytes */10", ""},
		{"empty members", "ten.txt", "bytes=, 1-2 ,", "", 206, "bytes 1-2/10", "12"},
		{"huge end", "ten.txt", "bytes=9-99999999999999999999999", "", 206, "bytes 9-9/10", "9"},
		{"huge beginning", "ten.txt", "bytes=99999999999999999999999-", "", 416, "bytes */10", ""},
		{"huge suffix", "ten.txt", "bytes=-99999999999999999999999", "", 206, "bytes 0-9/10", "0123456789"},
		{"largest numbers", "ten.txt", "bytes=9223372036854775807-9223372036854775807", "", 416, "bytes */10", ""},
		{"one of two", "ten.txt", "bytes=20-30,1-1", "", 206, "bytes 1-1/10", "1"},
		{"overlapping, more than all", "ten.txt", "bytes=0-8,1-9", "", 200, "", "0123456789"},
		{"too many", "ten.txt", many(101), "", 200, "", "0123456789"},
		{"hundreds", "ten.txt", many(1000), "", 200, "", "0123456789"},
		{"twice the field", "ten.txt", "bytes=1-1\r\nRange: bytes=2-2", "", 200, "", "0123456789"},
		{"of nothing", "empty.txt", "bytes=0-", "", 416, "bytes */0", ""},
		{"end of nothing", "empty.txt", "bytes=-5", "", 200, "", ""},
		{"no end of nothing", "empty.txt", "bytes=-0", "", 416, "bytes */0", ""},

		{"If-Range", "ten.txt", "bytes=1-1", tag, 206, "bytes 1-1/10", "1"},
		{"If-Range, weak", "ten.txt", "bytes=1-1", "W/" + tag, 200, "", "0123456789"},
		{"If-Range, another", "ten.txt", "bytes=1-1", `"x"`, 200, "", "0123456789"},
		{"If-Range, a list", "ten.txt", "bytes=1-1", tag + ", " + tag, 200, "", "0123456789"},
		{"If-Range, date", "ten.txt", "bytes=1-1", httpDate(modified), 206, "bytes 1-1/10", "1"},
		{"If-Range, earlier date", "ten.txt", "bytes=1-1", httpDate(modified.Add(-time.Second)), 200, "", "0123456789"},
		{"If-Range, later date", "ten.txt", "bytes=1-1", httpDate(modified.Add(time.Second)), 200, "", "0123456789"},
		{"If-Range, date of this second", "now.txt", "bytes=1-1", httpDate(clock), 200, "", "0123456789"},
		{"If-Range, nonsense", "ten.txt", "bytes=1-1", "x", 200, "", "0123456789"},
		{"If-Range, unsatisfiable of another", "ten.txt", "bytes=50-", `"x"`, 200, "", "0123456789"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			header := map[string]string{"Range": tt.value}
			if tt.condition != "" {
				header["If-Range"] = tt.condition
			}
			got := s.do(t, call{method: "GET", path: "/~john/" + tt.file, header: header})
			require.Equal(t, tt.code, got.code)
			require.Equal(t, tt.content, got.header.Get("Content-Range"))
			if tt.code == 416 {
				require.Equal(t, "Requested Range Not Satisfiable\n", got.body)
			} else {
				require.Equal(t, tt.body, got.body)
				require.Equal(t, "text/plain; charset=utf-8", got.header.Get("Content-Type"))
			}
			head := s.do(t, call{method: "HEAD", path: "/~john/" + tt.file, header: header})
			require.Equal(t, 200, head.code, "ranges are for GET (RFC 9110 §14.2)")
			require.Empty(t, head.header.Get("Content-Range"))
		})
	}
	two := s.do(t, call{method: "GET", path: "/~john/ten.txt", header: map[string]string{"Range": "bytes=0-1,-2"}})
	require.Equal(t, 206, two.code)
	require.Contains(t, two.header.Get("Content-Type"), "multipart/byteranges")
	for _, part := range []string{"Content-Range: bytes 0-1/10", "Content-Range: bytes 8-9/10", "Content-Type: text/plain; charset=utf-8"} {
		require.Contains(t, two.body, part)
	}
	unmet := s.do(t, call{method: "GET", path: "/~john/ten.txt", header: map[string]string{"Range": "bytes=50-", "If-None-Match": tag}})
	require.Equal(t, 304, unmet.code, "conditions come first")
}

// changed is a store in which something happens just before a rename or a copy.
type changed struct {
	filestore.Store
	before func(filestore.Store)
}

func (s changed) Rename(ctx context.Context, from, to string, o filestore.RenameOptions) error {
	s.before(s.Store)
	return s.Store.Rename(ctx, from, to, o)
}

func (s changed) Copy(ctx context.Context, from, to string, o filestore.CopyOptions, l filestore.Limits) error {
	s.before(s.Store)
	return s.Store.Copy(ctx, from, to, o, l)
}

func TestLostRaceOfMoveAndCopy(t *testing.T) {
	t.Parallel()
	replace := func(s filestore.Store) {
		u, err := s.Create(t.Context(), "page.html", filestore.CreateOptions{}, filestore.Limits{Files: 100, Bytes: 1 << 20, FileSize: 1 << 20})
		require.NoError(t, err)
		_, err = u.Write([]byte("theirs"))
		require.NoError(t, err)
		_, err = u.Commit()
		require.NoError(t, err)
	}
	for _, tt := range []struct {
		name, path, header, value string
		before                    func(filestore.Store)
		want                      int
	}{
		{"unchanged", "page.html", "If-Match", "TAG", func(filestore.Store) {}, 201},
		{"changed", "page.html", "If-Match", "TAG", replace, 412},
		{"changed since", "page.html", "If-Unmodified-Since", httpDate(time.Now().Add(time.Hour)), replace, 412},
		{"changed, and any will do", "page.html", "If-Match", "*", replace, 201},
		{"changed, and another is excluded", "page.html", "If-None-Match", `"other"`, replace, 201},
		{"changed, without a condition", "page.html", "X-Nothing", "*", replace, 201},
		{"a folder", "folder", "If-Match", "*", func(filestore.Store) {}, 201},
		{"a folder since", "folder", "If-Unmodified-Since", httpDate(time.Now().Add(time.Hour)), func(filestore.Store) {}, 201},
	} {
		for _, method := range []string{"MOVE", "COPY"} {
			for store, open := range stores(t) {
				s := newServerOn(t, func() filestore.Store { return changed{open(), tt.before} })
				tag := s.do(t, call{method: "HEAD", path: "/~john/" + tt.path}).header.Get("ETag")
				got := s.do(t, call{method: method, path: "/~john/" + tt.path, user: "john", header: map[string]string{
					"Destination": "/~john/new", tt.header: strings.ReplaceAll(tt.value, "TAG", tag),
				}})
				require.Equal(t, tt.want, got.code, "%s, %s, %s", tt.name, method, store)
				_, stays := s.Read(t, john, tt.path+map[string]string{"folder": "/default.html"}[tt.path])
				require.Equal(t, tt.want == 412 || method == "COPY", stays, "%s, %s, %s", tt.name, method, store)
			}
		}
	}
}
