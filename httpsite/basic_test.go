package httpsite_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/httpsite"
)

// Without Basic authentication nothing asks for a login, and no credentials are
// looked at: what a 401 would be is 403.
func TestNoBasicAuth(t *testing.T) {
	t.Parallel()
	with, without := newServer(t), newServer(t, func(h *httpsite.Handler) { h.NoBasicAuth = true })
	request := func(s *server, method, path string, auth ...string) *http.Response {
		r, err := http.NewRequest(method, s.URL+path, nil)
		require.NoError(t, err)
		if len(auth) > 0 {
			r.SetBasicAuth(auth[0], auth[1])
		}
		resp, err := s.Client().Do(r)
		require.NoError(t, err)
		resp.Body.Close()
		return resp
	}
	refused := 0
	for _, method := range []string{"GET", "HEAD", "PUT", "POST", "DELETE", "MKCOL", "COPY", "MOVE", "PROPFIND", "OPTIONS"} {
		for _, path := range []string{"/~john/page.html", "/~john/none", "/~john/private/x", "/~nobody/private/x", "/~john/index.wssp", "/~john/private.meta", "/"} {
			name := fmt.Sprint(method, " ", path)
			stranger := request(with, method, path)
			want := stranger.StatusCode
			if want == http.StatusUnauthorized {
				require.NotEmpty(t, stranger.Header.Get("WWW-Authenticate"), name)
				want = http.StatusForbidden
				refused++
			}
			for _, auth := range [][]string{nil, {"john", "john-pw"}, {"admin", "admin-pw"}, {"john", "wrong"}, {"nobody", "x"}} {
				got := request(without, method, path, auth...)
				require.Equal(t, want, got.StatusCode, "%s %v", name, auth)
				require.Empty(t, got.Header.Get("WWW-Authenticate"), name)
			}
		}
	}
	require.Greater(t, refused, 30)
}
