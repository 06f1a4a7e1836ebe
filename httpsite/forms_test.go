package httpsite_test

import (
	"bytes"
	"fmt"
	"html"
	"mime/multipart"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// field is a part of a multipart form: its Content-Disposition and its content.
type field struct{ disposition, content string }

func file(name, content string) field {
	return field{`form-data; name="file"; filename="` + name + `"`, content}
}

func multipartForm(fields ...field) string {
	var b strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&b, "--B\r\nContent-Disposition: %s\r\n\r\n%s\r\n", f.disposition, f.content)
	}
	return b.String() + "--B--\r\n"
}

// text is what a reader sees of a page.
func text(page string) string { return html.UnescapeString(page) }

// A name in a form is stored as it is, or refused with words that say why; it
// never becomes another name without a word.
func TestUploadNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		fields  []field
		code    int
		message string
		stored  map[string]string // in the folder; "-": not there
	}{
		{name: "two", fields: []field{file("a.txt", "1"), file("b.txt", "2")}, code: 303, stored: map[string]string{"a.txt": "1", "b.txt": "2"}},
		{name: "over an old one", fields: []field{file("default.html", "new")}, code: 303, stored: map[string]string{"default.html": "new"}},
		{name: "nothing chosen", fields: []field{file("", "")}, code: 400, message: "Choose a file to upload."},
		{name: "one of two chosen", fields: []field{file("", ""), file("a.txt", "1")}, code: 303, stored: map[string]string{"a.txt": "1"}},
		{name: "content without a name", fields: []field{file("a.txt", "1"), file("", "x")}, code: 400, message: "A file has no name. 1 file was stored before it.", stored: map[string]string{"a.txt": "1"}},
		{name: "path", fields: []field{file("a/b.txt", "1")}, code: 400, message: "“a/b.txt” has folders in its name.", stored: map[string]string{"b.txt": "-", "a/b.txt": "-"}},
		{name: "path after a file", fields: []field{file("a.txt", "1"), file("dir/a.txt", "2")}, code: 400, message: "“dir/a.txt” has folders in its name. Create the folder, and upload the file there. 1 file was stored before it.", stored: map[string]string{"a.txt": "1"}},
		{name: "path into a folder that is there", fields: []field{file("sub/b.txt", "1")}, code: 400, message: "has folders", stored: map[string]string{"b.txt": "-", "sub/b.txt": "-"}},
		{name: "path to itself", fields: []field{file("./b.txt", "1")}, code: 400, message: "has folders", stored: map[string]string{"b.txt": "-"}},
		{name: "path from the top", fields: []field{file("/b.txt", "1")}, code: 400, message: "has folders", stored: map[string]string{"b.txt": "-"}},
		{name: "path above", fields: []field{file("../b.txt", "1")}, code: 400, message: "has folders", stored: map[string]string{"b.txt": "-"}},
		{name: "final slash", fields: []field{file("b.txt/", "1")}, code: 400, message: "has folders", stored: map[string]string{"b.txt": "-"}},
		{name: "backslash above", fields: []field{file(`..\x`, "1")}, code: 400, message: `“..\x” has folders`, stored: map[string]string{"x": "-"}},
		{name: "escaped backslash above", fields: []field{file(`..\\x`, "1")}, code: 400, message: `“..\x” has folders`, stored: map[string]string{"x": "-"}},
		{name: "drive", fields: []field{file(`C:\x`, "1")}, code: 400, message: `“C:\x” has folders`, stored: map[string]string{"x": "-"}},
		{name: "full path of Windows", fields: []field{file(`C:\dir\deep\x`, "1")}, code: 400, message: "has folders", stored: map[string]string{"x": "-"}},
		{name: "escaped slash", fields: []field{file(`a\/b`, "1")}, code: 400, message: "“a/b” has folders", stored: map[string]string{"b": "-"}},
		{name: "percent stays", fields: []field{file("a%2fb", "1")}, code: 303, stored: map[string]string{"a%2fb": "1"}},
		{name: "path in filename*", fields: []field{{`form-data; name="file"; filename*=UTF-8''a%2Fb.txt`, "1"}}, code: 400, message: "“a/b.txt” has folders", stored: map[string]string{"b.txt": "-"}},
		{name: "filename*", fields: []field{{`form-data; name="file"; filename*=utf-8''%C3%BC.txt`, "1"}}, code: 303, stored: map[string]string{"ü.txt": "1"}},
		{name: "filename* with a plain one", fields: []field{{`form-data; name="file"; filename="u.txt"; filename*=UTF-8'de'%C3%BC.txt`, "1"}}, code: 303, stored: map[string]string{"ü.txt": "1", "u.txt": "-"}},
		{name: "filename* in Latin-1", fields: []field{{`form-data; name="file"; filename*=ISO-8859-1''%FC.txt`, "1"}}, code: 400, message: "The form cannot be read."},
		{name: "filename* broken", fields: []field{{`form-data; name="file"; filename*=x`, "1"}}, code: 400, message: "The form cannot be read."},
		{name: "filename in pieces", fields: []field{{`form-data; name="file"; filename*0="a/"; filename*1="b"`, "1"}}, code: 400, message: "“a/b” has folders", stored: map[string]string{"b": "-"}},
		{name: "filename twice", fields: []field{{`form-data; name="file"; filename="a"; filename="b"`, "1"}}, code: 400, message: "The form cannot be read.", stored: map[string]string{"a": "-", "b": "-"}},
		{name: "name without quotes", fields: []field{{`form-data; name=file; filename=a b.txt`, "1"}}, code: 400, message: "The form cannot be read.", stored: map[string]string{"a": "-", "a b.txt": "-"}},
		{name: "disposition of a mail", fields: []field{{`attachment; filename="a.txt"`, "1"}}, code: 400, message: "The form cannot be read.", stored: map[string]string{"a.txt": "-"}},
		{name: "quotation marks", fields: []field{file(`a%22b\"c.txt`, "1")}, code: 303, stored: map[string]string{`a"b"c.txt`: "1"}},
		{name: "twice in one form", fields: []field{file("a.txt", "1"), file("a.txt", "2")}, code: 400, message: "“a.txt” comes twice. 1 file was stored before it.", stored: map[string]string{"a.txt": "1"}},
		{name: "other letters are another name", fields: []field{file("a.txt", "1"), file("A.txt", "2")}, code: 303, stored: map[string]string{"a.txt": "1", "A.txt": "2"}},
		{name: "dot", fields: []field{file(".", "1")}, code: 400, message: "“.”: This name cannot be used."},
		{name: "dot dot", fields: []field{file("..", "1")}, code: 400, message: "“..”: This name cannot be used."},
		{name: "not UTF-8", fields: []field{file("\xfc.txt", "1")}, code: 400, message: "“\uFFFD.txt”: This name cannot be used."},
		{name: "control", fields: []field{file("a\x01b", "1")}, code: 400, message: "The form cannot be read."},
		{name: "too long", fields: []field{file(strings.Repeat("n", 256), "1")}, code: 400, message: "This name cannot be used."},
		{name: "giant", fields: []field{file(strings.Repeat("n", 1<<20), "1")}, code: 400, message: "nnn…”: This name cannot be used."},
		{name: "markup", fields: []field{file("<b>/x", "1")}, code: 400, message: "“<b>/x” has folders"},
		{name: "reserved", fields: []field{file("a.txt", "1"), file("c.txt", "1"), file("Index.wssp", "x")}, code: 403, message: "“Index.wssp”: This name is reserved. 2 files were stored before it.", stored: map[string]string{"a.txt": "1"}},
		{name: "name of a folder", fields: []field{file("sub", "1")}, code: 409, message: "“sub”: A folder with this name exists already."},
		{name: "field without a disposition", fields: []field{{"", "1"}}, code: 400, message: "The form cannot be read."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			s.Write(t, john, "folder/sub/x.txt", "x")
			before := s.usage(t)
			got := s.upload(t, "/~john/folder/index.wssp", multipartForm(tt.fields...))
			require.Equal(t, tt.code, got.code, got.body)
			require.Contains(t, text(got.body), tt.message)
			require.NotContains(t, got.body, "<b>", "a name is no markup")
			for name, want := range tt.stored {
				content, ok := s.Read(t, john, "folder/"+name)
				require.Equal(t, want != "-", ok, name)
				if ok {
					require.Equal(t, want, content)
				}
			}
			if tt.code != 303 && !strings.Contains(tt.message, "before it") {
				require.Equal(t, before, s.usage(t), "nothing is stored")
			}
		})
	}
}

// A form that cannot be read is a mistake of the client, and is told as one.
func TestFormsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	whole := multipartForm(file("a.txt", "1"), file("b.txt", "2"))
	for _, tt := range []struct {
		name, contentType, body string
		code                    int
		message                 string
		stored                  bool // a.txt
	}{
		{name: "no boundary", contentType: "multipart/form-data", body: whole, code: 400, message: "The form cannot be read."},
		{name: "empty boundary", contentType: "multipart/form-data; boundary=", body: whole, code: 400, message: "The form cannot be read."},
		{name: "boundary with open quotes", contentType: `multipart/form-data; boundary="B`, body: whole, code: 400, message: "The form cannot be read."},
		{name: "another parameter", contentType: "multipart/form-data; charset=utf-8", body: whole, code: 400, message: "The form cannot be read."},
		{name: "another boundary", contentType: "multipart/form-data; boundary=C", body: whole, code: 400, message: "The form was cut off."},
		{name: "no body", contentType: "multipart/form-data; boundary=B", code: 400, message: "The form was cut off."},
		{name: "cut in the second file", contentType: "multipart/form-data; boundary=B", body: whole[:len(whole)-9], code: 400, message: "“b.txt”: The form was cut off. 1 file was stored before it.", stored: true},
		{name: "cut in the second head", contentType: "multipart/form-data; boundary=B", body: whole[:strings.Index(whole, "b.txt")], code: 400, message: "The form was cut off. 1 file was stored before it.", stored: true},
		{name: "without its end", contentType: "multipart/form-data; boundary=B", body: strings.TrimSuffix(whole, "--B--\r\n") + "--B\r\n", code: 400, message: "The form cannot be read. 2 files were stored before it.", stored: true},
		{name: "bad escape", contentType: formType, body: "action=folder&folder=%zz", code: 400, message: "The form cannot be read."},
		{name: "bad escape in what nobody reads", contentType: formType, body: "action=folder&folder=new&x=%", code: 400, message: "The form cannot be read."},
		{name: "other type", contentType: "text/plain", body: whole, code: 415},
		{name: "no type", body: whole, code: 415},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			got := s.do(t, call{method: "POST", path: "/~john/index.wssp", user: "john", body: tt.body, header: map[string]string{"Content-Type": tt.contentType}})
			require.Equal(t, tt.code, got.code, got.body)
			require.Contains(t, text(got.body), tt.message)
			_, ok := s.Read(t, john, "a.txt")
			require.Equal(t, tt.stored, ok)
			_, ok = s.Read(t, john, "b.txt")
			require.Equal(t, strings.Contains(tt.message, "2 files"), ok)
		})
	}
}

// The last line of a form need not end.
func TestFormWithoutAFinalLineBreak(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	require.Equal(t, 303, s.upload(t, "/~john/index.wssp", strings.TrimSuffix(multipartForm(file("a.txt", "1")), "\r\n")).code)
}

// The limits are told apart, with the name of the file and the room there is.
func TestPageTellsLimits(t *testing.T) {
	t.Parallel()
	two := multipartForm(file("one.txt", "first"), file("two.txt", strings.Repeat("x", 100)))
	for _, tt := range []struct {
		name    string
		limits  func(filestore.Usage) filestore.Limits
		sized   bool
		code    int
		message string
		one     bool // the first file is stored
	}{
		{name: "file size", limits: func(filestore.Usage) filestore.Limits {
			return filestore.Limits{Files: 1000, Bytes: 1 << 20, FileSize: 99}
		}, code: 413, message: "“two.txt”: A file may have 99 bytes at most. 1 file was stored before it.", one: true},
		{name: "room", limits: func(u filestore.Usage) filestore.Limits {
			return filestore.Limits{Files: 1000, Bytes: u.Bytes + 47, FileSize: 1000}
		}, code: 507, message: "“two.txt”: There is not enough room in this File Storage: 42 of %d bytes are free. 1 file was stored before it.", one: true},
		{name: "number of files", limits: func(u filestore.Usage) filestore.Limits {
			return filestore.Limits{Files: u.Files + 1, Bytes: 1 << 20, FileSize: 1000}
		}, code: 507, message: "“two.txt”: There is not enough room in this File Storage: 0 of %d files and folders are free. 1 file was stored before it.", one: true},
		{name: "over the limit already", limits: func(u filestore.Usage) filestore.Limits {
			return filestore.Limits{Files: 1000, Bytes: u.Bytes - 5, FileSize: 1000}
		}, code: 507, message: "“one.txt”: There is not enough room in this File Storage: 0 of %d bytes are free."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			limits := tt.limits(s.usage(t))
			s.Update(john, func(a *fixture.Account) { a.Limits = limits })
			got := s.upload(t, "/~john/index.wssp", two)
			require.Equal(t, tt.code, got.code)
			message := tt.message
			if strings.Contains(message, "bytes are") {
				message = fmt.Sprintf(message, limits.Bytes)
			} else if strings.Contains(message, "%d") {
				message = fmt.Sprintf(message, limits.Files)
			}
			require.Contains(t, text(got.body), message)
			_, ok := s.Read(t, john, "one.txt")
			require.Equal(t, tt.one, ok)
			_, ok = s.Read(t, john, "two.txt")
			require.False(t, ok)
		})
	}
	s := newServer(t)
	full := s.usage(t).Files
	s.Update(john, func(a *fixture.Account) { a.Limits.Files = full })
	got := s.post(t, "/~john/index.wssp", url.Values{"action": {"folder"}, "folder": {"new"}}, nil)
	require.Equal(t, 507, got.code)
	require.Contains(t, text(got.body), "“new”: There is not enough room in this File Storage: 0 of")
}

// The bound on bodies is told on the page, too, whether it is met at once or on
// the way.
func TestPageTellsMaxBody(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(h *httpsite.Handler) { h.MaxBody = 2000 })
	form := multipartForm(file("one.txt", "first"), file("two.txt", strings.Repeat("x", 5000)))
	got := s.upload(t, "/~john/index.wssp", form)
	require.Equal(t, 413, got.code)
	require.Contains(t, text(got.body), "The form is larger than the server takes: 2,000 bytes at most.")
	require.NotContains(t, got.body, "one.txt")
	got = s.raw(t, "POST", "POST /~john/index.wssp HTTP/1.1\r\nHost: client1.com\r\nConnection: close\r\nAuthorization: Basic am9objpqb2huLXB3\r\n"+
		"Content-Type: multipart/form-data; boundary=B\r\nTransfer-Encoding: chunked\r\n\r\n"+fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(form), form))
	require.Equal(t, 413, got.code)
	require.Contains(t, text(got.body), "“two.txt”: The form is larger than the server takes: 2,000 bytes at most. 1 file was stored before it.")
}

func TestRenameToItsOwnName(t *testing.T) {
	t.Parallel()
	for name, open := range stores(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServerOn(t, open)
			for _, entry := range []string{"page.html", "folder", "page.html.meta", "private"} {
				got := s.post(t, "/~john/index.wssp", url.Values{"action": {"rename"}, "mark": {entry}, "newName": {entry}}, nil)
				require.Equal(t, 200, got.code, entry)
				require.Contains(t, text(got.body), "“"+entry+"” has this name already.")
			}
			for entry, want := range map[string]string{"page.html": "<p>page</p>", "folder/default.html": "<h1>folder</h1>", "page.html.meta": "<meta/>", "private/secret.txt": "secret"} {
				content, _ := s.Read(t, john, entry)
				require.Equal(t, want, content)
			}
			got := s.post(t, "/~john/index.wssp", url.Values{"action": {"rename"}, "mark": {"gone"}, "newName": {"gone"}}, nil)
			require.Equal(t, 404, got.code)
			got = s.post(t, "/~john/index.wssp", url.Values{"action": {"rename"}, "mark": {"page.html"}, "newName": {"PAGE.html"}}, nil)
			require.Equal(t, 303, got.code, "another name, by its letters")
			got = s.post(t, "/~john/index.wssp", url.Values{"action": {"rename"}, "mark": {"folder"}, "newName": {"page"}}, nil)
			require.Equal(t, 303, got.code)
			got = s.post(t, "/~john/index.wssp", url.Values{"action": {"rename"}, "mark": {"folder"}, "newName": {"page"}}, nil)
			require.Equal(t, 404, got.code, "the form was sent twice")
			require.Contains(t, text(got.body), "“folder”: The entry is no longer there.")
			got = s.post(t, "/~john/index.wssp", url.Values{"action": {"rename"}, "mark": {"private"}, "newName": {"page2"}}, nil)
			require.Equal(t, 403, got.code)
			require.Contains(t, text(got.body), "“private”: This name is reserved.")
			got = s.post(t, "/~john/index.wssp", url.Values{"action": {"rename"}, "mark": {"page.html"}, "newName": {"index.wssp"}}, nil)
			require.Equal(t, 404, got.code, "it has another name by now")
			got = s.post(t, "/~john/index.wssp", url.Values{"action": {"rename"}, "mark": {"PAGE.html"}, "newName": {"index.wssp"}}, nil)
			require.Equal(t, 403, got.code)
			require.Contains(t, text(got.body), "“index.wssp”: This name is reserved.")
			got = s.post(t, "/~john/index.wssp", url.Values{"action": {"rename"}, "mark": {"data.bin"}, "newName": {"page"}}, nil)
			require.Equal(t, 409, got.code)
			require.Contains(t, text(got.body), "“page”: An entry with this name exists already.")
		})
	}
}

// Very many marks are taken, or refused before anything is done.
func TestManyMarks(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"urlencoded", "multipart"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			s.Update(john, func(a *fixture.Account) { a.Limits.Files = filestore.Unlimited })
			send := func(marks []string, confirmed string) answer {
				if kind == "urlencoded" {
					return s.post(t, "/~john/many/index.wssp", url.Values{"action": {"delete"}, "confirmed": {confirmed}, "mark": marks}, nil)
				}
				var b bytes.Buffer
				w := multipart.NewWriter(&b)
				require.NoError(t, w.SetBoundary("B"))
				for _, mark := range marks {
					require.NoError(t, w.WriteField("mark", mark))
				}
				require.NoError(t, w.WriteField("action", "delete"))
				require.NoError(t, w.WriteField("confirmed", confirmed))
				require.NoError(t, w.Close())
				return s.upload(t, "/~john/many/index.wssp", b.String())
			}
			var marks []string
			for i := range 10_000 {
				marks = append(marks, fmt.Sprintf("%05d", i))
			}
			for _, name := range []string{"00000", "09999", "folder/x", "stays"} {
				s.Write(t, john, "many/"+name, "x")
			}
			marks[5000] = "folder"
			got := send(append(marks, "one more"), "yes")
			require.Equal(t, 413, got.code)
			require.Contains(t, text(got.body), "More than 10,000 entries are marked.")
			_, ok := s.Read(t, john, "many/00000")
			require.True(t, ok, "nothing is done")

			got = send(append(marks[:9999:9999], "../x"), "yes")
			require.Equal(t, 400, got.code)
			require.Contains(t, text(got.body), "“../x”: This name cannot be used.")
			_, ok = s.Read(t, john, "many/00000")
			require.True(t, ok, "nothing is done")

			got = send(marks, "")
			require.Equal(t, 200, got.code)
			require.Equal(t, 10_000, strings.Count(got.body, `type="hidden" name="mark"`))
			got = send(marks, "yes")
			require.Equal(t, 303, got.code)
			for name, want := range map[string]bool{"00000": false, "09999": false, "folder/x": false, "stays": true} {
				_, ok := s.Read(t, john, "many/"+name)
				require.Equal(t, want, ok, name)
			}
			require.Equal(t, 303, send(marks, "yes").code, "the form was sent twice")
		})
	}
}

// A field as large as may be is no harm.
func TestGiantFields(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	giant := strings.Repeat("x", 9<<20)
	// Past the network, which may lose the answer of a server that stops reading.
	send := func(contentType, body string) answer {
		r := httptest.NewRequest("POST", "http://client1.com/~john/index.wssp", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		r.SetBasicAuth("john", "john-pw")
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		return answer{w.Code, w.Body.String(), w.Header()}
	}
	const multi = "multipart/form-data; boundary=B"
	for name, got := range map[string]answer{
		"urlencoded":          send(formType, "action=folder&folder="+giant),
		"unknown field":       send(formType, "action=folder&folder=new&x="+giant),
		"multipart":           send(multi, multipartForm(field{`form-data; name="action"`, "folder"}, field{`form-data; name="folder"`, giant})),
		"multipart, together": send(multi, multipartForm(field{`form-data; name="mark"`, giant[:5<<20]}, field{`form-data; name="mark"`, giant[:5<<20]}, field{`form-data; name="action"`, "delete"})),
	} {
		require.Equal(t, 413, got.code, name)
		require.Contains(t, got.body, "The form is larger than the server takes: 8,388,608 bytes at most.", name)
	}
	got := send(formType, "action=folder&folder="+giant[:1<<20])
	require.Equal(t, 400, got.code)
	require.Less(t, len(got.body), 20<<10, "nobody is told a megabyte")
	_, ok := s.Read(t, john, "new")
	require.False(t, ok)
}

// Both types of forms carry out the same actions.
func TestActionsByMultipart(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	value := func(name, content string) field { return field{`form-data; name="` + name + `"`, content} }
	got := s.upload(t, "/~john/index.wssp", multipartForm(value("action", "rename"), value("mark", "page.html"), value("newName", "ü.html")))
	require.Equal(t, 303, got.code)
	_, ok := s.Read(t, john, "ü.html")
	require.True(t, ok)
	got = s.upload(t, "/~john/index.wssp", multipartForm(value("action", "delete"), value("mark", "folder")))
	require.Equal(t, 200, got.code)
	require.Contains(t, got.body, "everything inside")
	got = s.upload(t, "/~john/index.wssp", multipartForm(file("a.txt", "1"), value("action", "folder"), value("folder", "new")))
	require.Equal(t, 303, got.code)
	_, ok = s.Read(t, john, "a.txt")
	require.True(t, ok)
	require.Equal(t, 301, s.do(t, call{method: "GET", path: "/~john/new"}).code)
	got = s.upload(t, "/~john/index.wssp", multipartForm(value("action", "dance")))
	require.Equal(t, 415, got.code)
	got = s.upload(t, "/~john/index.wssp", multipartForm(value("mark", "cat.png")))
	require.Equal(t, 400, got.code)
	require.Contains(t, got.body, "Choose a file to upload.")
	got = s.upload(t, "/~john/index.wssp", multipartForm(field{"form-data", ""}))
	require.Equal(t, 400, got.code)
}

// Nothing is removed if something among the marked must stay.
func TestDeleteMarkedIsAllOrNothing(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, mark := range []string{"../x", "folder/default.html", "/", ".", "..", "", "a\x00", "\xff", "$DomainSkins"} {
		got := s.post(t, "/~john/index.wssp", url.Values{"action": {"delete"}, "confirmed": {"yes"}, "mark": {"page.html", mark}}, nil)
		require.Contains(t, []int{400, 403}, got.code, mark)
		content, _ := s.Read(t, john, "page.html")
		require.Equal(t, "<p>page</p>", content, mark)
	}
}

func TestPageHead(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for path, code := range map[string]int{"/~john/index.wssp": 200, "/~john/folder/index.wssp?after=x": 200, "/~john/missing/index.wssp": 404, "/~john/page.html/index.wssp": 404} {
		get := s.do(t, call{method: "GET", path: path, user: "john"})
		head := s.do(t, call{method: "HEAD", path: path, user: "john"})
		require.Equal(t, code, get.code, path)
		require.Equal(t, code, head.code, path)
		require.Empty(t, head.body)
		for _, name := range []string{"Content-Type", "Cache-Control", "Content-Security-Policy"} {
			require.Equal(t, withoutNonce(get.header.Get(name)), withoutNonce(head.header.Get(name)))
		}
	}
}

// withoutNonce leaves out what is new in each answer.
func withoutNonce(policy string) string {
	return regexp.MustCompile(`'nonce-\w+'`).ReplaceAllString(policy, "")
}

// Whatever a form holds, it is answered, and what it does stays in its folder, unless it
// says where else.
func FuzzForm(f *testing.F) {
	const multi = "multipart/form-data; boundary=B"
	for _, fields := range [][]field{
		{file("a.txt", "1"), file("b/c.txt", "2")},
		{file(`..\x`, "1")},
		{{`form-data; name="file"; filename*=UTF-8''..%2Fpage.html`, "1"}},
		{{`form-data; name="action"`, "rename"}, {`form-data; name="mark"`, "sub"}, {`form-data; name="newName"`, "../x"}},
	} {
		f.Add(multi, multipartForm(fields...))
	}
	f.Add(multi, strings.TrimSuffix(multipartForm(file("a.txt", "1")), "--B--\r\n"))
	f.Add(`multipart/form-data; boundary="`, "")
	for _, body := range []string{"action=delete&mark=sub&confirmed=yes", "action=delete&mark=..&mark=%2e%2e%2fpage.html&confirmed=yes", "action=folder&folder=%zz", "action=rename&mark=sub&newName=sub",
		"action=move&mark=sub&to=%2Fprivate%2F..%2F", "action=copy&mark=sub&to=%2Ffolder%2Fsub", "action=check&path=..%2Fx&size=1&path=sub%2Fx&size=9223372036854775807", "action=zip&mark=sub&mark=..", "action=edit&mark=sub"} {
		f.Add(formType, body)
	}
	f.Fuzz(func(t *testing.T, contentType, body string) {
		store := memstore.New()
		d := fixture.New(func() filestore.Store { return store })
		d.Write(t, john, "page.html", "page")
		d.Write(t, john, "private/secret.txt", "secret")
		d.Write(t, john, "folder/sub/x.txt", "x")
		h := &httpsite.Handler{Views: fixture.Views(d)}
		r := httptest.NewRequest("POST", "http://client1.com/~john/folder/index.wssp", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		r.SetBasicAuth("john", "john-pw")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.NotEqual(t, 500, w.Code)
		for name, want := range map[string]string{"page.html": "page", "private/secret.txt": "secret"} {
			content, _ := d.Read(t, john, name)
			require.Equal(t, want, content)
		}
		top := 0
		for _, err := range store.List(t.Context(), filestore.Root, filestore.ListOptions{}) {
			require.NoError(t, err)
			top++
		}
		if !strings.Contains(body, "to") {
			require.Equal(t, 3, top)
		}
	})
}
