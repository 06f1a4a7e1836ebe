package httpsite_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite"
)

// TestNamesInAnyScript: accounts, passwords and files may have letters of any script, in
// addresses, logins, redirects, listings and destinations.
func TestNamesInAnyScript(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"jörg", "мария", "田中", "שרה", "o'neil", "a+b", "ünï code"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := t.TempDir()
			password := "pass " + name
			for path, text := range map[string]string{
				"Settings/Main.settings":                                  "{DomainName = client1.com;}\n",
				"Accounts/" + name + ".macnt/account.settings":            `{Password = "` + password + `";}` + "\n",
				"Accounts/" + name + ".macnt/account.web/private/" + name: "secret",
				"Accounts/" + name + ".macnt/account.web/default.html":    "home",
			} {
				path = filepath.Join(base, path)
				require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
				require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
			}
			d, err := directory.Open(base, nil)
			require.NoError(t, err)
			t.Cleanup(func() { d.Close() })
			s := httptest.NewServer(&httpsite.Handler{Views: filestore.NewViews(d, d.Stores(), nil)})
			t.Cleanup(s.Close)
			client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			do := func(code int, method, path, user string, header ...string) (string, http.Header) {
				t.Helper()
				r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, nil)
				require.NoError(t, err)
				r.Host = "client1.com"
				if user != "" {
					r.SetBasicAuth(user, password)
				}
				for i := 0; i < len(header); i += 2 {
					r.Header.Set(header[i], header[i+1])
				}
				answer, err := client.Do(r)
				require.NoError(t, err)
				defer answer.Body.Close()
				body, err := io.ReadAll(answer.Body)
				require.NoError(t, err)
				require.Equal(t, code, answer.StatusCode, "%s %s: %s", method, path, body)
				return string(body), answer.Header
			}
			home := "/~" + url.PathEscape(name)
			body, _ := do(200, "GET", home+"/", "")
			require.Equal(t, "home", body)
			_, header := do(301, "GET", home, "")
			require.Equal(t, home+"/", header.Get("Location"))
			do(200, "GET", "/~"+strings.ToUpper(url.PathEscape(name))+"/", "")
			for _, user := range []string{name, name + "@client1.com"} {
				body, _ = do(200, "GET", home+"/private/"+url.PathEscape(name), user)
				require.Equal(t, "secret", body)
			}
			do(401, "GET", home+"/private/"+url.PathEscape(name), name+"x")
			body, _ = do(207, "PROPFIND", home+"/private/", name, "Depth", "1")
			_, listed, ok := strings.Cut(body, "<D:href>"+"/~")
			require.True(t, ok, body)
			listed, _, _ = strings.Cut(listed, "</D:href>")
			back, err := url.PathUnescape(listed)
			require.NoError(t, err)
			require.Equal(t, name+"/private/", back)
			do(201, "MOVE", home+"/private/"+url.PathEscape(name), name, "Destination", "http://client1.com"+home+"/"+url.PathEscape(name))
			body, _ = do(200, "GET", home+"/"+url.PathEscape(name), "")
			require.Equal(t, "secret", body)
		})
	}
}
