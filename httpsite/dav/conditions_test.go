package dav_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/httpsite/dav"
)

// That there is no directory for what is to be made counts more than conditions that
// fail: without them it would be the answer (RFC 9110 §13.2.1).
func TestMissingParentCountsMore(t *testing.T) {
	t.Parallel()
	for _, request := range [][2]string{{"PUT", "x"}, {"MKCOL", ""}, {"LOCK", `<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>`}, {"COPY", ""}, {"MOVE", ""}} {
		s := newShare(t)
		method, body := request[0], request[1]
		for _, condition := range [][2]string{{"If-Match", `"x"`}, {"If", `(["x"])`}, {"If-Unmodified-Since", "Thu, 01 Jan 1998 00:00:00 GMT"}, {"If-None-Match", "*"}} {
			for _, to := range []string{"/john/gone/x", "/john/gone/y/z", "/john/a.txt/x", "/john/new"} {
				path, want := to, 409
				header := append([]string{"Destination", to}, condition[:]...)
				if method == "COPY" || method == "MOVE" {
					path = "/john/a.txt"
				}
				if to == "/john/new" { // is not missing
					want = 412
					if path == to && (condition[0] == "If-None-Match" || condition[0] == "If-Unmodified-Since") {
						continue // which hold
					}
				}
				if path != to && strings.HasPrefix(to, path) {
					continue // into itself
				}
				s.want(t, want, method, path, body, header...)
			}
		}
	}
}

// overtaken is a store in which somebody else writes the file before its sidecar is set.
type overtaken struct {
	*memstore.Store
	once *sync.Once
}

func (s overtaken) SetSidecar(ctx context.Context, name string, content []byte, o filestore.SidecarOptions, l filestore.Limits) (sidecar filestore.Sidecar, err error) {
	s.once.Do(func() {
		var u filestore.Upload
		if u, err = s.Create(ctx, name, filestore.CreateOptions{}, l); err == nil {
			_, err = u.Commit()
		}
	})
	if err != nil {
		return sidecar, err
	}
	return s.Store.SetSidecar(ctx, name, content, o, l)
}

// Properties are of the content that the client means: the store checks that in the same
// step.
func TestPropertiesOfAnotherContent(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"If", "If-Match"} {
		store := overtaken{memstore.New(), new(sync.Once)}
		s := &share{&dav.Handler{Files: filesOf(store), Prefix: "/john"}, store.Store}
		tag := s.do(t, "PUT", "/john/a", "1").Header().Get("ETag")
		condition := tag
		if field == "If" {
			condition = "([" + tag + "])"
		}
		patch := `<propertyupdate xmlns="DAV:"><set><prop><p xmlns="x:">1</p></prop></set></propertyupdate>`
		s.want(t, 412, "PROPPATCH", "/john/a", patch, field, condition)
		require.NotContains(t, s.want(t, 207, "PROPFIND", "/john/a", ""), "x:")
		s.want(t, 207, "PROPPATCH", "/john/a", patch)
	}
}

// What a PROPFIND asks for is answered for each entry, and so is bounded.
func TestManyNamedProperties(t *testing.T) {
	t.Parallel()
	s := newShare(t)
	ask := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "<p%d xmlns='x:'/><p%[1]d xmlns='x:'/>", i)
		}
		return `<propfind xmlns="DAV:"><prop>` + b.String() + `</prop></propfind>`
	}
	s.want(t, 207, "PROPFIND", "/john/", ask(256), "Depth", "1")
	s.want(t, 413, "PROPFIND", "/john/", ask(257), "Depth", "1")
}
