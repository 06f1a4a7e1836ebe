package httpsite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"strconv"

	"github.com/cgpkit/cgpkit/filestore"
)

var (
	errLoginNeeded       = errors.New("login needed")
	errMethod            = errors.New("method not allowed")
	errPartialPut        = errors.New("partial PUT is not supported")
	errBodyNotUnderstood = errors.New("body not understood")
	errNoSuchRange       = errors.New("range cannot be satisfied")
	errLengthRequired    = errors.New("length required")
	errForeignPage       = errors.New("request comes from another page")
	errPanic             = errors.New("panic while serving")
)

// status is the one table from errors to answers. The order counts: a kind
// stands before the more general one.
func status(err error) int {
	var tooLarge *http.MaxBytesError
	var limit *filestore.LimitError
	var body bodyError
	switch {
	case errors.Is(err, errLoginNeeded), errors.Is(err, filestore.ErrLogin):
		return http.StatusUnauthorized
	case errors.Is(err, fs.ErrPermission), errors.Is(err, errForeignPage), errors.Is(err, filestore.ErrHostDenied):
		return http.StatusForbidden
	case errors.Is(err, fs.ErrNotExist):
		return http.StatusNotFound
	case errors.Is(err, fs.ErrInvalid), errors.Is(err, errPartialPut), errors.Is(err, io.ErrUnexpectedEOF):
		return http.StatusBadRequest
	case errors.Is(err, errMethod), errors.Is(err, filestore.ErrIsDirectory), errors.Is(err, filestore.ErrNotDirectory), errors.Is(err, fs.ErrExist):
		return http.StatusMethodNotAllowed
	case errors.Is(err, filestore.ErrConflict), errors.Is(err, filestore.ErrNotEmpty):
		return http.StatusConflict
	case errors.Is(err, filestore.ErrLocked):
		return http.StatusLocked
	case errors.Is(err, filestore.ErrChanged):
		return http.StatusPreconditionFailed
	case errors.As(err, &tooLarge), errors.As(err, &limit) && limit.Kind == filestore.LimitFileSize:
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, filestore.ErrLimit), errors.Is(err, filestore.ErrDiskFull):
		return http.StatusInsufficientStorage
	case errors.Is(err, errNoSuchRange):
		return http.StatusRequestedRangeNotSatisfiable
	case errors.Is(err, errLengthRequired):
		return http.StatusLengthRequired
	case errors.Is(err, errBodyNotUnderstood):
		return http.StatusUnsupportedMediaType
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout
	case errors.As(err, &body):
		return http.StatusBadRequest
	case errors.Is(err, filestore.ErrExhausted), errors.Is(err, context.Canceled):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
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
	if code == http.StatusUnauthorized && req.NoBasicAuth {
		code = http.StatusForbidden
	}
	level := slog.LevelDebug
	if code == http.StatusInternalServerError {
		level = slog.LevelError
	}
	req.logger().Log(r.Context(), level, "request refused", "remote", req.remote, "op", r.Method, "account", req.account,
		"name", filestore.Redact(req.name), "code", code, filestore.LogError(err))
	if w.started {
		panic(http.ErrAbortHandler)
	}
	switch code {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Basic realm="+strconv.Quote(req.site.Domain)+`, charset="UTF-8"`)
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", allowed)
	}
	// Not http.Error: it drops the headers that keep secrets out of caches.
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	if r.Method != http.MethodHead {
		fmt.Fprintln(w, http.StatusText(code))
	}
}
