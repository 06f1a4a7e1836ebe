package directory_test

import (
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite"
)

// spoilt are files that cannot be read, whoever reads them.
var spoilt = map[string]func(t *testing.T, path string){
	"damaged":    func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, []byte("{"), 0o600)) },
	"empty":      func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, nil, 0o600)) },
	"no text":    func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, []byte("\x00\xff"), 0o600)) },
	"other kind": func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, []byte("(a)"), 0o600)) },
	"too large": func(t *testing.T, path string) {
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		require.NoError(t, os.Truncate(path, 1<<25))
	},
	"directory":    func(t *testing.T, path string) { require.NoError(t, os.Mkdir(path, 0o700)) },
	"loop":         func(t *testing.T, path string) { require.NoError(t, os.Symlink(filepath.Base(path), path)) },
	"dangling":     func(t *testing.T, path string) { require.NoError(t, os.Symlink("nowhere", path)) },
	"through file": func(t *testing.T, path string) { require.NoError(t, os.Symlink("account.info/x", path)) },
}

// What cannot be read is closed, looks to strangers and to its owner as if it
// were not there, and is told of once.
func TestUnreadableFiles(t *testing.T) {
	t.Parallel()
	for name, spoil := range spoilt {
		for _, test := range []struct {
			file  string
			login bool // of john
			site  bool // of john
		}{
			{"Accounts/john.macnt/account.settings", false, false},
			{"Accounts/Settings/Domain.settings", false, false},
			{"Accounts/Settings/Access.settings", true, true},
			{"Accounts/Settings/Aliases.data", true, true},
			{"Accounts/john.macnt/account.prefs", true, true},
		} {
			t.Run(name+" "+filepath.Base(test.file), func(t *testing.T) {
				t.Parallel()
				b := newBase(t, files{
					"Accounts/john.macnt/account.info":     "{}",
					"Accounts/john.macnt/account.settings": "{Password=secret1;}", "Accounts/mary.macnt/account.settings": "{Password=secret1;}",
					"Accounts/Settings/Access.settings": "{mary=(Master);}",
				}, directory.Options{})
				require.NoError(t, os.RemoveAll(b.path(test.file)))
				spoil(t, b.path(test.file))
				h := &httpsite.Handler{Views: filestore.NewViews(b.Base, b.Stores(), nil)}
				get := func(path, user string) int {
					r := httptest.NewRequest(http.MethodGet, "http://main.example"+path, nil)
					if user != "" {
						r.SetBasicAuth(user, "secret1")
					}
					w := httptest.NewRecorder()
					h.ServeHTTP(w, r)
					return w.Code
				}
				for range 3 {
					if !test.site {
						for _, path := range []string{"/", "", "/x", "/freebusy.vfb", "/protected/pwd/k/x", "/private/x", "/index.wssp"} {
							require.Equal(t, get("/~nobody"+path, ""), get("/~john"+path, ""), path)
							require.Equal(t, get("/~nobody"+path, "nobody"), get("/~john"+path, "john"), path)
						}
					}
					require.Equal(t, test.site, get("/~john", "") == http.StatusMovedPermanently)
					require.Equal(t, test.login, b.login(t, "john@main.example", "secret1") == nil)
					role, err := b.Role(t.Context(), filestore.Caller{Account: "mary@main.example"}, "john@main.example")
					require.NoError(t, err)
					require.Equal(t, !strings.Contains(test.file, "Access"), role == filestore.Administrator)
					_, _, _ = b.Preference(t.Context(), "john@main.example", "CalendarBox")
					_, _, _ = b.Preference(t.Context(), "john@main.example", "Language")
					_, err = b.Account(t.Context(), "alias@main.example")
					require.ErrorIs(t, err, fs.ErrNotExist)
					b.pass()
				}
				require.Equal(t, 1, b.log.count("level=WARN msg=\"file cannot be read\" file="+test.file), "%s", b.log)
			})
		}
	}
}

// Preferences of one setting that cannot be read are told of once as well.
func TestUnreadablePreferences(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Accounts/john.macnt/account.info":  `{"#Viewer"={PublishFreeBusy=often;};}`,
		"Accounts/john.macnt/account.prefs": `{CalendarBox=(x);`,
	}, directory.Options{})
	for range 5 {
		v, _, err := b.Preference(t.Context(), "john@main.example", "PublishFreeBusy")
		require.NoError(t, err)
		require.Equal(t, "60", v.Text())
		b.pass()
	}
	require.Equal(t, 1, b.log.count("account.info"))
	require.Equal(t, 1, b.log.count("account.prefs"))
	b.change(t, files{"Accounts/john.macnt/account.prefs": `{CalendarBox=(x);{`})
	_, _, err := b.Preference(t.Context(), "john@main.example", "PublishFreeBusy")
	require.NoError(t, err)
	require.Equal(t, 2, b.log.count("account.prefs"), "and once more when it has changed")
}

// An account of which neither settings nor storage can be had is missing to others;
// one whose storage alone cannot be had is a fault, told of once.
func TestUnreadableStorage(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{
		"Accounts/john.macnt/account.settings": "{Password=secret1;", "Accounts/mary.macnt/account.settings": "{Password=secret1;}",
	}, directory.Options{OpenStore: func(root string, _ bool) (filestore.Store, error) {
		return nil, errors.New("disk of " + filepath.Base(filepath.Dir(root)))
	}})
	look := func(address string) error {
		_, err := filestore.NewViews(b.Base, b.Stores(), nil).View(filestore.Caller{}, address).Stat(t.Context(), "f")
		return err
	}
	for range 3 {
		require.ErrorIs(t, look("john@main.example"), fs.ErrNotExist)
		a, err := b.Account(t.Context(), "john@main.example")
		require.Error(t, err)
		require.NotErrorIs(t, err, fs.ErrNotExist)
		require.False(t, a.WebSite)
		require.Error(t, look("mary@main.example"))
		require.NotErrorIs(t, look("mary@main.example"), fs.ErrNotExist)
		b.pass()
	}
	require.Equal(t, 2, b.log.count("storage cannot be opened"), "%s", b.log)
	require.Equal(t, 1, b.log.count("file=Accounts/john.macnt/account.settings"))
}
