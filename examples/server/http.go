package main

import (
	"log/slog"
	"net/http"

	"github.com/cgpkit/cgpkit/clisite"
	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite"
)

// besideSites answers what leads to no account: whether the server is ready, and the command
// line in /cli/, if it is on.
func (c *config) besideSites(views *filestore.Views, settings directory.HTTPSettings, ready *readiness, logger *slog.Logger) http.Handler {
	cli := &clisite.Handler{
		Views: views, NoBasicAuth: settings.NoBasicAuth, ClientAddr: c.trustedProxies.ClientAddr,
		Logger: logger.With("service", "cli"),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		code := http.StatusNotFound
		if r.URL.Path == "/readyz" {
			ready.ServeHTTP(w, r)
			return
		}
		if c.httpCLI && (r.URL.Path == "/cli/" || r.URL.Path == "/cli") {
			if !c.httpRequireTLS || httpsite.IsPrivate(r) {
				cli.ServeHTTP(w, r)
				return
			}
			code = http.StatusForbidden
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		http.Error(w, http.StatusText(code), code)
	})
}
