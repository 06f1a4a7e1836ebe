package webdavfs_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/webdav"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/httpsite/webdavfs"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

const john = "john@client1.com"

type server struct {
	*httptest.Server
	*fixture.Directory
}

type callerKey struct{}

// newServer serves john's storage by the handler of x/net: to john, or to whoever the
// header Caller names.
func newServer(t *testing.T) server {
	t.Helper()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	views := fixture.Views(d)
	handler := &webdav.Handler{
		FileSystem: webdavfs.New(func(ctx context.Context) filestore.FS {
			caller, _ := ctx.Value(callerKey{}).(string)
			return views.View(filestore.Caller{Account: caller}, john)
		}),
		LockSystem: webdav.NewMemLS(),
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller := john
		if values, ok := r.Header["Caller"]; ok {
			caller = values[0]
		}
		handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, caller)))
	}))
	t.Cleanup(s.Close)
	return server{s, d}
}

func (s server) do(t *testing.T, method, path, body string, header ...string) (code int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := s.Client().Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(content)
}

// What the handler of x/net fails of litmus by itself, and nothing else: it takes a
// namespace that is declared wrongly, an If header that it does not understand, and knows
// no shared locks.
func TestLitmus(t *testing.T) {
	t.Parallel()
	program := fixture.Program(t, "litmus")
	s := newServer(t)
	command := exec.CommandContext(t.Context(), program, "-k", s.URL+"/", "john", "john-pw")
	command.Dir = t.TempDir() // for its log
	out, _ := command.CombinedOutput()
	var failed []string
	for _, found := range regexp.MustCompile(`(\w+)\.* FAIL`).FindAllStringSubmatch(string(out), -1) {
		failed = append(failed, found[1])
	}
	require.Contains(t, string(out), "summary for `http'")
	require.Equal(t, []string{"propfind_invalid2", "fail_complex_cond_put", "lock_shared"}, failed, string(out))
}

// An upload that is cut leaves the old file, and its room.
func TestCutUpload(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Write(t, john, "a", "old")
	ctx, cut := context.WithCancel(t.Context())
	body := io.MultiReader(strings.NewReader("new, and"), readerFunc(func([]byte) (int, error) {
		cut()
		return 0, io.ErrUnexpectedEOF
	}))
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, s.URL+"/a", body)
	require.NoError(t, err)
	r.ContentLength = 1000
	_, err = s.Client().Do(r)
	require.Error(t, err)
	s.Close() // waits for the handler
	content, _ := s.Read(t, john, "a")
	require.Equal(t, "old", content)
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// Properties go where package dav keeps them, in any namespace and with their language.
func TestProperties(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Write(t, john, "a", "1")
	const set = `<D:propertyupdate xmlns:D="DAV:" xmlns:x="urn:x"><D:set><D:prop><x:p xml:lang="de">a &amp; <x:b c="d" x:e="f">g</x:b></x:p><plain xmlns="">h</plain></D:prop></D:set></D:propertyupdate>`
	code, text := s.do(t, "PROPPATCH", "/a", set)
	require.Equal(t, 207, code, text)
	require.Contains(t, text, "200 OK")
	sidecar, err := s.Files(t, john).Sidecar(t.Context(), "a", "")
	require.NoError(t, err)
	require.Contains(t, string(sidecar.Content), "urn:x")
	for range 2 { // a copy has them as well
		code, text = s.do(t, "PROPFIND", "/a", "", "Depth", "0")
		require.Equal(t, 207, code, text)
		require.Regexp(t, `<p xmlns="urn:x"[^>]*xml:lang="de"[^>]*>a &amp; <b xmlns="urn:x"`, text)
		require.Contains(t, text, `e="f">g</b>`)
		require.Contains(t, text, ">h</plain>")
		code, _ = s.do(t, "COPY", "/a", "", "Destination", s.URL+"/b")
		require.Contains(t, []int{201, 204}, code)
		code, _ = s.do(t, "MOVE", "/b", "", "Destination", s.URL+"/a", "Overwrite", "T")
		require.Equal(t, 204, code)
	}
	code, text = s.do(t, "PROPPATCH", "/a", `<D:propertyupdate xmlns:D="DAV:"><D:remove><D:prop><p xmlns="urn:x"/><plain xmlns=""/></D:prop></D:remove></D:propertyupdate>`)
	require.Equal(t, 207, code, text)
	_, text = s.do(t, "PROPFIND", "/a", "", "Depth", "0")
	require.NotContains(t, text, "urn:x")
}

// Rights and limits are those of the storage.
func TestRights(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.Write(t, john, "a", "1")
	s.Write(t, john, "private/b", "2")
	for _, caller := range []string{"", "mary@client1.com"} {
		for _, request := range [][2]string{{"PUT", "/a"}, {"DELETE", "/a"}, {"MKCOL", "/d"}, {"GET", "/private/b"}, {"PROPFIND", "/private"}, {"PROPPATCH", "/a"}, {"LOCK", "/new"}} {
			body := ""
			switch request[0] {
			case "PROPPATCH":
				body = `<propertyupdate xmlns="DAV:"><set><prop><p xmlns="urn:x">1</p></prop></set></propertyupdate>`
			case "LOCK":
				body = `<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>`
			}
			code, text := s.do(t, request[0], request[1], body, "Caller", caller)
			if request[0] == "PROPPATCH" {
				require.Contains(t, text, "403")
			} else {
				require.GreaterOrEqual(t, code, 400, request)
			}
		}
	}
	content, _ := s.Read(t, john, "a")
	require.Equal(t, "1", content)
	s.Update(john, func(a *fixture.Account) { a.Limits.Bytes = 10 })
	code, _ := s.do(t, "PUT", "/a", strings.Repeat("x", 100))
	require.GreaterOrEqual(t, code, 400)
	content, _ = s.Read(t, john, "a")
	require.Equal(t, "1", content)
}

// The file system keeps what package webdav says of one.
func TestFileSystem(t *testing.T) {
	t.Parallel()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	views := fixture.Views(d)
	files := webdavfs.New(func(context.Context) filestore.FS { return views.View(filestore.Caller{Account: john}, john) })
	ctx := t.Context()
	write := func(name, content string, flags int) error {
		f, err := files.OpenFile(ctx, name, os.O_RDWR|flags, 0o666)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(f, content); err != nil {
			return err
		}
		return f.Close()
	}
	require.NoError(t, files.Mkdir(ctx, "/d", 0o777))
	require.True(t, os.IsExist(files.Mkdir(ctx, "/d/", 0o777)))
	require.True(t, os.IsNotExist(files.Mkdir(ctx, "/gone/d", 0o777)))
	require.NoError(t, write("/d/f", "1", os.O_CREATE|os.O_TRUNC))
	require.Error(t, write("/d/f", "2", 0)) // it would change a part
	require.True(t, os.IsExist(write("/d/f", "2", os.O_CREATE|os.O_EXCL)))
	require.NoError(t, write("/d/g", "2", os.O_CREATE|os.O_EXCL))
	require.True(t, os.IsNotExist(write("/gone/f", "1", os.O_CREATE|os.O_TRUNC)))
	for _, name := range []string{"/..", "/d/../x", "//", "/d//f", "/a\x00", `/a\b`} {
		require.Error(t, files.Mkdir(ctx, name, 0o777), name)
		require.Error(t, write(name, "", os.O_CREATE|os.O_TRUNC), name)
		_, err := files.Stat(ctx, name)
		require.Error(t, err, name)
		require.Error(t, files.RemoveAll(ctx, name), name)
		require.Error(t, files.Rename(ctx, "/d", name), name)
		require.Error(t, files.Rename(ctx, name, "/e"), name)
	}
	dir, err := files.OpenFile(ctx, "/d", os.O_RDONLY, 0)
	require.NoError(t, err)
	infos, err := dir.Readdir(1)
	require.NoError(t, err)
	require.Equal(t, "f", infos[0].Name())
	infos, err = dir.Readdir(-1)
	require.NoError(t, err)
	require.Len(t, infos, 1)
	_, err = dir.Readdir(1)
	require.ErrorIs(t, err, io.EOF)
	_, err = dir.Seek(0, io.SeekStart)
	require.Error(t, err)
	require.NoError(t, dir.Close())
	require.NoError(t, files.Rename(ctx, "/d/f", "/d/g"))
	f, err := files.OpenFile(ctx, "/d/g", os.O_RDONLY, 0)
	require.NoError(t, err)
	content, err := io.ReadAll(f)
	require.NoError(t, err)
	require.Equal(t, "1", string(content))
	_, err = f.Readdir(0)
	require.ErrorIs(t, err, filestore.ErrNotDirectory)
	require.NoError(t, f.Close())
	require.NoError(t, files.RemoveAll(ctx, "/d"))
	require.NoError(t, files.RemoveAll(ctx, "/d"))
	_, err = files.Stat(ctx, "/d/g")
	require.True(t, os.IsNotExist(err))
	require.ErrorIs(t, files.RemoveAll(ctx, "/"), fs.ErrPermission)

	u, err := files.OpenFile(ctx, "/u", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0)
	require.NoError(t, err)
	_, err = io.Copy(u, io.MultiReader(strings.NewReader("abc"), readerFunc(func([]byte) (int, error) { return 0, io.ErrUnexpectedEOF })))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	_, err = u.Stat()
	require.Error(t, err)
	require.Error(t, u.Close())
	_, err = files.Stat(ctx, "/u")
	require.True(t, os.IsNotExist(err))
}

// FuzzProperty: what a client stores as a property comes back as XML of the same meaning.
func FuzzProperty(f *testing.F) {
	for _, inner := range []string{"", "text", "<b/>", `<x:b xmlns:x="urn:y" x:c="1">d</x:b>`, `<b xmlns=""/>`, "a&amp;&lt;", "<![CDATA[<]]>", "<!-- c -->", "<?p i?>", "<b>", "\xff", `<a xmlns:xmlns="u"/>`} {
		f.Add("urn:x", "p", "de", inner)
	}
	f.Fuzz(func(t *testing.T, space, local, lang, inner string) {
		d := fixture.New(func() filestore.Store { return memstore.New() })
		d.Write(t, john, "a", "1")
		views := fixture.Views(d)
		files := webdavfs.New(func(context.Context) filestore.FS { return views.View(filestore.Caller{Account: john}, john) })
		file, err := files.OpenFile(t.Context(), "/a", os.O_RDWR, 0)
		require.NoError(t, err)
		defer file.Close()
		holder := file.(webdav.DeadPropsHolder)
		property := webdav.Property{Lang: lang, InnerXML: []byte(inner)}
		property.XMLName.Space, property.XMLName.Local = space, local
		told, err := holder.Patch([]webdav.Proppatch{{Props: []webdav.Property{property}}})
		require.NoError(t, err)
		require.Len(t, told, 1)
		if told[0].Status != http.StatusOK {
			return
		}
		properties, err := holder.DeadProps()
		require.NoError(t, err)
		got, ok := properties[property.XMLName]
		if !ok {
			require.Fail(t, "property is gone", fmt.Sprint(properties))
		}
		again, err := holder.Patch([]webdav.Proppatch{{Props: []webdav.Property{got}}})
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, again[0].Status, "%q", got.InnerXML)
		second, err := holder.DeadProps()
		require.NoError(t, err)
		require.True(t, bytes.Equal(got.InnerXML, second[property.XMLName].InnerXML), "%q, %q", got.InnerXML, second[property.XMLName].InnerXML)
		require.Equal(t, got.Lang, second[property.XMLName].Lang)
	})
}
