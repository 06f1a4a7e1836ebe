package dav_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/httpsite/dav"
)

// A program that shows one storage needs no more than the storage as its caller may see
// it.
func Example() {
	one := oneUser{memstore.New()}
	views := filestore.NewViews(one, one, nil)
	files := func(*http.Request) filestore.FS {
		return views.View(filestore.Caller{Account: "john@client1.com"}, "john@client1.com")
	}
	server := httptest.NewServer(&dav.Handler{Files: files, Prefix: "/john"})
	defer server.Close()

	do := func(method, path, body string) string {
		r, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
		if err != nil {
			return err.Error()
		}
		r.Header.Set("Depth", "0")
		answer, err := server.Client().Do(r)
		if err != nil {
			return err.Error()
		}
		defer answer.Body.Close()
		text, _ := io.ReadAll(answer.Body)
		return answer.Status + "\n" + string(text)
	}
	fmt.Print(do("PUT", "/john/note.txt", "Buy milk"))
	fmt.Print(do("PROPPATCH", "/john/note.txt", `<propertyupdate xmlns="DAV:"><set><prop><mood xmlns="http://example.com/">calm</mood></prop></set></propertyupdate>`))
	fmt.Print(do("PROPFIND", "/john/note.txt", `<propfind xmlns="DAV:"><prop><getcontentlength/><mood xmlns="http://example.com/"/></prop></propfind>`))
	// Output:
	// 201 Created
	// 207 Multi-Status
	// <?xml version="1.0" encoding="utf-8"?>
	// <D:multistatus xmlns:D="DAV:"><D:response><D:href>/john/note.txt</D:href><D:propstat><D:prop><mood xmlns="http://example.com/"/></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>
	// 207 Multi-Status
	// <?xml version="1.0" encoding="utf-8"?>
	// <D:multistatus xmlns:D="DAV:">
	// <D:response><D:href>/john/note.txt</D:href><D:propstat><D:prop><D:getcontentlength>8</D:getcontentlength><mood xmlns="http://example.com/">calm</mood></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>
	// </D:multistatus>
}

// oneUser is a directory with one account, and what keeps its files.
type oneUser struct{ store filestore.Store }

func (oneUser) Account(_ context.Context, address string) (filestore.Account, error) {
	if address != "john@client1.com" {
		return filestore.Account{}, fs.ErrNotExist
	}
	limits := filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited, FileSize: filestore.Unlimited}
	return filestore.Account{Address: address, Limits: limits}, nil
}

func (u oneUser) Store(context.Context, string) (filestore.Store, error) { return u.store, nil }

func (oneUser) Role(_ context.Context, caller filestore.Caller, account string) (filestore.Role, error) {
	if caller.Account == account {
		return filestore.Owner, nil
	}
	return filestore.Stranger, nil
}

func (oneUser) Login(context.Context, filestore.Credentials) (filestore.Caller, error) {
	return filestore.Caller{}, filestore.ErrLogin
}

func (oneUser) Site(context.Context, string, netip.Addr) (filestore.Site, error) {
	return filestore.Site{}, nil
}
