package httpsite

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite/dav"
	"github.com/cgpkit/cgpkit/httpsite/internal/reqbody"
	"github.com/cgpkit/cgpkit/httpsite/pages"
)

var (
	errLoginNeeded    = errors.New("login needed")
	errStaleNonce     = errors.New("nonce is too old, or used")
	errMethod         = errors.New("method not allowed")
	errNoSuchRange    = errors.New("range cannot be satisfied")
	errLengthRequired = errors.New("length required")
	errPanic          = errors.New("panic while serving")
)

// status is the table from errors of this package to answers. Those of storages are in
// the table of package dav.
func status(err error) int {
	var refusal pages.StatusError
	var fault reqbody.Error
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &refusal):
		return int(refusal)
	case errors.Is(err, errLoginNeeded), errors.Is(err, errStaleNonce), errors.Is(err, filestore.ErrLogin):
		return http.StatusUnauthorized
	case errors.Is(err, filestore.ErrHostDenied):
		return http.StatusForbidden
	case errors.Is(err, errMethod):
		return http.StatusMethodNotAllowed
	case errors.Is(err, errNoSuchRange):
		return http.StatusRequestedRangeNotSatisfiable
	case errors.Is(err, errLengthRequired):
		return http.StatusLengthRequired
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout
	case errors.As(err, &fault) && !errors.As(err, &tooLarge):
		return http.StatusBadRequest
	}
	return dav.Status(err)
}

// refuse answers with an error. The text depends on the status alone; what
// the error says goes to the log.
func (req *request) refuse(err error) {
	w, r := req.w, req.r
	req.err = err
	code := status(err)
	if code == http.StatusInternalServerError && r.Context().Err() != nil {
		code = http.StatusServiceUnavailable // the client has gone, or the server is about to
	}
	onPage := req.refuseOnPage(code)
	if code == http.StatusUnauthorized && !w.started && !req.challenge(err) {
		code = http.StatusForbidden
	}
	level := slog.LevelDebug
	if code == http.StatusInternalServerError {
		level = slog.LevelError
	}
	req.logger().Log(r.Context(), level, "request refused", "remote", req.remote, "op", r.Method, "account", req.account,
		"name", filestore.Redact(req.name), "code", code, filestore.LogError(err))
	if onPage {
		return
	}
	if w.started {
		panic(http.ErrAbortHandler)
	}
	if code == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", allowed)
	}
	if body := dav.Body(err); body != nil {
		w.Header().Set("Content-Type", "application/xml; charset=utf-8")
		w.WriteHeader(code)
		_, _ = w.Write(body)
		return
	}
	// Not http.Error: it drops the headers that keep secrets out of caches.
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	if r.Method != http.MethodHead {
		fmt.Fprintln(w, http.StatusText(code))
	}
}
