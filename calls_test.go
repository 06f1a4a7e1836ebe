package cgpkit_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// farSite is a mail server whose stores are far away, with a few files of john's.
func farSite(t *testing.T) *fixture.Far {
	t.Helper()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	for _, name := range []string{"dir/f", "dir/g", "dir/g.meta", "private/f", "mine", "mine2"} {
		content := "x"
		if strings.HasSuffix(name, ".meta") {
			content = "<meta><note>n</note></meta>"
		}
		d.Write(t, john, name, content)
	}
	return fixture.NewFar(d)
}

// What one request costs: of the mail server the account, the role and the store, once; of the
// store as many calls as package filestore tells.
func TestCallsByHTTP(t *testing.T) {
	t.Parallel()
	const once = "account, role, store"
	far := farSite(t)
	server := httptest.NewServer(&httpsite.Handler{Views: fixture.Views(far)})
	t.Cleanup(server.Close)
	for _, tt := range []struct {
		method, path string
		header       string // with a colon
		code         int
		asked, calls string
	}{
		{"GET", "dir/f", "", 200, "account, store", "open"}, // nobody has to log in
		{"HEAD", "dir/f", "", 200, "account, store", "open"},
		{"GET", "private/f", "", 200, once, "open"},
		{"HEAD", "private/f", "", 200, once, "open"},
		{"GET", "missing", "", 404, "account, store, " + once, "open, open"}, // by a stranger, and then by john
		{"GET", "dir", "", 301, "account, store", "open"},
		{"GET", "index.wssp", "", 200, once + ", server role", "list, usage"}, // the role for its mounts
		{"GET", "dir/index.wssp", "", 200, once, "list, usage"},
		{"POST", "dir/index.wssp", "action=folder&folder=made", 303, once, "sidecar, mkdir"},
		{"POST", "dir/index.wssp", "action=delete&mark=made&confirmed=yes", 303, once, "stat, remove"},
		{"PUT", "dir/new", "", 201, once, "stat, create, commit"},
		{"PUT", "dir/new", "", 204, once, "stat, create, commit"},
		{"MOVE", "dir/new", "Destination: dir/moved", 201, once, "stat, stat, rename"},
		{"MOVE", "dir/moved", "Destination: ~johnny/dir/again", 201, once + ", account", "stat, stat, rename"}, // by another name of john's
		{"COPY", "dir/again", "Destination: dir/copy", 201, once, "stat, stat, sidecar, copy"},
		{"DELETE", "dir/again", "", 204, once, "stat, remove"},
		{"MKCOL", "dir/sub", "", 201, once, "stat, sidecar, mkdir"},
		{"PROPFIND", "dir/f", "Depth: 0", 207, once, "stat, locks"},
		{"PROPFIND", "dir/g", "Depth: 0", 207, once, "stat, sidecar, locks"},
		{"PROPFIND", "dir/", "Depth: 1", 207, once, "stat, locks, list"},
	} {
		form := ""
		name, value, ok := strings.Cut(tt.header, ": ")
		switch {
		case name == "Destination" && value[0] == '~':
			value = server.URL + "/" + value
		case name == "Destination":
			value = server.URL + "/~john/" + value
		case !ok:
			form = tt.header
		}
		r, err := http.NewRequestWithContext(t.Context(), tt.method, server.URL+"/~john/"+tt.path, strings.NewReader(form))
		require.NoError(t, err)
		r.SetBasicAuth(john, passwordOf(john))
		if ok {
			r.Header.Set(name, value)
		}
		if tt.method == "POST" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		far.Calls()
		answer, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, answer.Body)
		require.NoError(t, err)
		answer.Body.Close()
		asked, calls := far.Calls()
		what := fmt.Sprintf("%s %s %s", tt.method, tt.path, tt.header)
		require.Equal(t, tt.code, answer.StatusCode, what)
		require.Equal(t, tt.asked, asked, what)
		require.Equal(t, tt.calls, calls, what)
	}
}

// The same for a page of the management page, whatever the directory holds.
func TestCallsOfALargePage(t *testing.T) {
	t.Parallel()
	d := fixture.New(func() filestore.Store { return memstore.New() })
	d.Update(john, func(a *fixture.Account) { a.Limits.Files = filestore.Unlimited })
	for i := range 1000 {
		d.Write(t, john, fmt.Sprintf("private/box/f%d", i), "x")
		d.Write(t, john, fmt.Sprintf("private/box/f%d.meta", i), "<meta><note>n</note></meta>")
	}
	far := fixture.NewFar(d)
	h := &httpsite.Handler{Views: fixture.Views(far)}
	for _, method := range []string{"GET", "PROPFIND"} {
		path := map[string]string{"GET": "/~john/private/box/index.wssp", "PROPFIND": "/~john/private/box/"}[method]
		r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
		r.SetBasicAuth(john, passwordOf(john))
		r.Header.Set("Depth", "1")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Less(t, w.Code, 300)
		require.Contains(t, w.Body.String(), "f0")
		asked, calls := far.Calls()
		require.Equal(t, "account, role, store", asked)
		require.Equal(t, map[string]string{"GET": "list, usage", "PROPFIND": "stat, locks, list"}[method], calls)
	}
}

// What one command costs.
func TestCallsByCommands(t *testing.T) {
	t.Parallel()
	const once = "account, role, store"
	log := slog.New(slog.DiscardHandler)
	ftp := func(t *testing.T, d *fixture.Far) wayIn { return overFTP(t, d, log) }
	cli := func(t *testing.T, d *fixture.Far) wayIn { return overCLI(t, d, log) }
	tftp := func(t *testing.T, d *fixture.Far) wayIn { return overTFTP(t, d, "", log) }
	for _, tt := range []struct {
		way          func(t *testing.T, d *fixture.Far) wayIn
		user         string
		do, name     string
		want         string
		asked, calls string
	}{
		{ftp, john, "read", "private/f", "226", once, "open"},
		{ftp, john, "write", "new", "226", once, "create, commit"},
		{ftp, john, "rename", "mine", "250", once + ", " + once, "stat, rename"}, // RNFR and RNTO are two
		{ftp, john, "remove", "dir/f", "250", once, "stat, remove"},
		{ftp, john, "mkdir", "dir", "257", once, "sidecar, mkdir"},
		{ftp, john, "list", "private", "226", once, "list"},
		{ftp, "", "read", "dir/f", "226", "account, store", "open"},
		{cli, john, "read", "private/f", "201", once, "open"},
		{cli, john, "list", "private", "201", once, "list"},
		{cli, john, "write", "new", "200", once, "create, commit"},
		{cli, john, "rename", "mine", "200", once, "stat, rename"},
		{cli, john, "remove", "dir/f", "200", once, "stat, remove"},
		{cli, john, "describe", "dir/g", "201", once, "stat, sidecar"},
		{cli, john, "set", "dir/g", "200", once, "sidecar, stat, locks"}, // which changes nothing
		{cli, john, "usage", "dir", "201", once, "usage"},
		{tftp, "", "read", "dir/f", "done", "account, account, store", "open"}, // tftpuser is looked for, as it may log in
	} {
		far := farSite(t)
		w := tt.way(t, far)
		if tt.user != "" || w.name == "FTP" {
			w.try(t, tt.user, "read", john, "missing") // logs in
		}
		far.Calls()
		what := fmt.Sprintf("%s: %s %s", w.name, tt.do, tt.name)
		require.Equal(t, tt.want, w.try(t, tt.user, tt.do, john, tt.name), what)
		asked, calls := far.Calls()
		require.Equal(t, tt.asked, asked, what)
		require.Equal(t, tt.calls, calls, what)
	}
}
