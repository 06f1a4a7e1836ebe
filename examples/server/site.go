package main

import (
	"log/slog"
	"maps"
	"net/http"
	"sync"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/httpsite"
)

// site is the HTTP handler, which is made anew when the settings of the HTTP User
// module have changed. While they cannot be read, the last handler stays.
type site struct {
	base *directory.Base
	log  *slog.Logger
	make func(directory.HTTPSettings) *httpsite.Handler

	mu       sync.Mutex // guards what follows
	settings directory.HTTPSettings
	handler  *httpsite.Handler
}

// watchSite makes the handler for the first time.
func watchSite(base *directory.Base, log *slog.Logger, make func(directory.HTTPSettings) *httpsite.Handler) (*site, error) {
	settings, err := base.HTTPSettings()
	if err != nil {
		return nil, err
	}
	s := &site{base: base, log: log, make: make}
	s.use(settings)
	return s, nil
}

// ServeHTTP implements [http.Handler].
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.current().ServeHTTP(w, r) }

func (s *site) current() *httpsite.Handler {
	settings, err := s.base.HTTPSettings() // the error has been logged
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && !same(settings, s.settings) {
		s.use(settings)
		s.log.Info("settings read again", "file", "Settings/HTTPU.settings")
	}
	return s.handler
}

// use makes the handler. It needs mu.
func (s *site) use(settings directory.HTTPSettings) {
	s.settings, s.handler = settings, s.make(settings)
	if settings.NoBasicAuth && settings.NoDigestAuth {
		s.log.Warn("nobody can log in by HTTP, which has no other logins here", "setting", "AdvertiseBasicAUTH")
	}
}

func same(a, b directory.HTTPSettings) bool {
	return a.MaxBody == b.MaxBody && a.NoBasicAuth == b.NoBasicAuth && a.NoDigestAuth == b.NoDigestAuth && maps.Equal(a.Types, b.Types)
}
