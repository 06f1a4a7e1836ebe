package dav

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"

	"github.com/cgpkit/cgpkit/filestore"
)

// Error is what a request is refused with beside the errors of a storage.
type Error struct {
	// Code is the status of the answer.
	Code int
	// Condition is the name of the precondition or postcondition that does not hold,
	// in the namespace DAV: (RFC 4918 §16); "": none has a name.
	Condition string
	// Href is the path that the condition is about, or that the error is about if Code
	// is 207; "": none.
	Href string
	// Err is what went wrong, for logs.
	Err error

	body []byte // in place of that
}

// Error implements error.
func (e *Error) Error() string {
	switch {
	case e.Err == nil && e.Condition == "":
		return http.StatusText(e.Code)
	case e.Err == nil:
		return "dav: " + e.Condition
	}
	return "dav: " + e.Err.Error()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Status is the one table from errors of storages, and of this package, to answers.
// The order counts: a kind stands before the more general one.
func Status(err error) int {
	var own *Error
	var tooLarge *http.MaxBytesError
	var limit *filestore.LimitError
	switch {
	case errors.As(err, &own):
		return own.Code
	case errors.Is(err, fs.ErrPermission):
		return http.StatusForbidden
	case errors.Is(err, fs.ErrNotExist):
		return http.StatusNotFound
	case errors.Is(err, fs.ErrInvalid), errors.Is(err, io.ErrUnexpectedEOF):
		return http.StatusBadRequest
	case errors.Is(err, filestore.ErrIsDirectory), errors.Is(err, filestore.ErrNotDirectory), errors.Is(err, fs.ErrExist):
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
	case errors.Is(err, errors.ErrUnsupported):
		return http.StatusNotImplemented
	case errors.Is(err, filestore.ErrExhausted), errors.Is(err, context.Canceled):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// Body returns the XML body of an answer with an error (RFC 4918 §16, RFC 4331 §6); nil
// if there is none to it. It tells nothing that is not in the request but the root of a
// lock in the way.
func Body(err error) []byte {
	var own *Error
	var limit *filestore.LimitError
	switch {
	case errors.As(err, &own) && own.body != nil:
		return own.body
	case errors.As(err, &own) && own.Code == http.StatusMultiStatus:
		return failedMember(own)
	case errors.As(err, &own) && own.Condition != "":
		return conditionBody(own.Condition, own.Href)
	case own != nil:
		return nil
	case errors.As(err, &limit) && (limit.Kind == filestore.LimitBytes || limit.Kind == filestore.LimitFiles):
		return conditionBody("quota-not-exceeded", "")
	case errors.Is(err, filestore.ErrDiskFull):
		return conditionBody("sufficient-disk-space", "")
	}
	return nil
}

func conditionBody(condition, href string) []byte {
	b := []byte(xmlHead + `<D:error xmlns:D="DAV:">`)
	b = appendCondition(b, condition, href)
	return append(b, "</D:error>\n"...)
}

func appendCondition(b []byte, condition, href string) []byte {
	if href == "" {
		return append(b, "<D:"+condition+"/>"...)
	}
	return append(b, "<D:"+condition+"><D:href>"+href+"</D:href></D:"+condition+">"...)
}

// failedMember says that something below the request's own name is in the way, so that
// nothing was changed (RFC 4918 §9.6.1).
func failedMember(e *Error) []byte {
	b := []byte(xmlHead + `<D:multistatus xmlns:D="DAV:"><D:response><D:href>` + e.Href + "</D:href>")
	b = appendStatus(b, Status(e.Err))
	b = append(b, "<D:error>"...)
	b = appendCondition(b, e.Condition, "")
	return append(b, "</D:error></D:response></D:multistatus>\n"...)
}

// explain gives what a storage refuses the form of this package.
func (req *request) explain(err error) error {
	if err == nil {
		return nil
	}
	var own *Error
	var locked *filestore.LockedError
	if errors.As(err, &own) || !errors.As(err, &locked) {
		return err
	}
	e := &Error{Code: http.StatusLocked, Condition: "lock-token-submitted", Href: req.href(locked.Name, false), Err: err}
	switch req.r.Method {
	case "DELETE", "MOVE", "COPY":
		if locked.Name != req.Name && filestore.Within(locked.Name, req.Name) {
			e.Code = http.StatusMultiStatus
		}
	}
	return e
}
