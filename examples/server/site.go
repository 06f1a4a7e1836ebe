package main

import (
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/httpsite"
)

// site is the HTTP handler, which is made anew when the settings of the HTTP User
// module have changed. They are looked at once a second at most, when a request
// comes. While they cannot be used, the last handler stays.
type site struct {
	base *directory.Base
	log  *slog.Logger
	make func() (*httpsite.Handler, error)
	now  func() time.Time

	mu       sync.Mutex // guards what follows
	checked  time.Time
	settings cgpdata.Value // that handler was to be made with
	handler  *httpsite.Handler
}

// watchSite makes the handler for the first time.
func watchSite(base *directory.Base, log *slog.Logger, make func() (*httpsite.Handler, error)) (*site, error) {
	s := &site{base: base, log: log, make: make, now: time.Now}
	s.checked = s.now()
	var err error
	if s.settings, err = base.ServerSettings("HTTPU"); err == nil {
		s.handler, err = make()
	}
	return s, err
}

// ServeHTTP implements [http.Handler].
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.current().ServeHTTP(w, r) }

func (s *site) current() *httpsite.Handler {
	s.mu.Lock()
	defer s.mu.Unlock()
	if age := s.now().Sub(s.checked); 0 <= age && age < time.Second {
		return s.handler
	}
	s.checked = s.now()
	settings, err := s.base.ServerSettings("HTTPU") // the error has been logged
	if err != nil || settings.Equal(s.settings) {
		return s.handler
	}
	s.settings = settings
	handler, err := s.make()
	if err != nil {
		s.log.Warn("settings cannot be used, the old ones stay", "err", err)
		return s.handler
	}
	s.log.Info("settings read again", "file", "Settings/HTTPU.settings")
	s.handler = handler
	return handler
}
