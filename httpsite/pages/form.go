package pages

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/cgpkit/cgpkit/httpsite/dav"
	"github.com/cgpkit/cgpkit/httpsite/internal/reqbody"
)

// Bounds of a form of the management page, the files in it apart. So many names
// of 255 bytes fit, whatever is escaped in them. Our choice.
const (
	maxMarks = 10_000
	maxForm  = 8 << 20
)

// form is what the forms of the page send, beside files.
type form struct {
	action, folder, newName, to, token string
	confirmed                          bool
	absent                             bool // the files of an upload must not be there already
	marks                              []string
	paths                              []string // that are to be checked
	sizes                              []int64  // of them, or of the file that comes next
}

// add takes a field in. Of those that come once the first counts.
func (f *form) add(name, value string) error {
	first := func(field *string) {
		if *field == "" {
			*field = value
		}
	}
	switch name {
	case "action":
		first(&f.action)
	case "folder":
		first(&f.folder)
	case "newName":
		first(&f.newName)
	case "to":
		first(&f.to)
	case "token":
		first(&f.token)
	case "path":
		if len(f.paths) == maxMarks {
			return mistake{http.StatusRequestEntityTooLarge, "files.tooManyFiles", []any{maxMarks}}
		}
		f.paths = append(f.paths, value)
	case "size":
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < 0 || len(f.sizes) == maxMarks {
			return errForm
		}
		f.sizes = append(f.sizes, n)
	case "absent":
		f.absent = value == "yes"
	case "confirmed":
		f.confirmed = value == "yes"
	case "mark":
		if len(f.marks) == maxMarks {
			return mistake{http.StatusRequestEntityTooLarge, "files.tooManyMarks", []any{maxMarks}}
		}
		f.marks = append(f.marks, value)
	}
	return nil
}

// errNotUnderstood is for a form of another type, or that asks for what the page does not do.
const errNotUnderstood = StatusError(http.StatusUnsupportedMediaType)

var (
	errForm   = mistake{code: http.StatusBadRequest, key: "form.bad"}
	errTooOld = mistake{code: http.StatusForbidden, key: "app.tooOld"}
)

// readValues reads a form of type application/x-www-form-urlencoded, all of it. It is for
// pages whose fields are few.
func (v *visit) readValues(limit int64) (url.Values, error) {
	if mediaType, _, _ := mime.ParseMediaType(v.HTTP.Header.Get("Content-Type")); mediaType != "application/x-www-form-urlencoded" {
		return nil, errNotUnderstood
	}
	body, err := v.readBody(limit)
	if err != nil {
		return nil, err
	}
	values, err := url.ParseQuery(body)
	if err != nil {
		return nil, errForm
	}
	return values, nil
}

func (v *visit) readBody(limit int64) (string, error) {
	body, err := v.Body()
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(http.MaxBytesReader(v.Writer, body, limit))
	if err != nil {
		return "", reqbody.Failed(err)
	}
	return string(text), nil
}

// readForm reads all of a form before anything is done. It does what
// [http.Request.ParseForm] does, which takes fewer than maxMarks fields.
func (v *visit) readForm() (f form, err error) {
	body, err := v.readBody(maxForm)
	if err != nil {
		return form{}, err
	}
	for field := range strings.SplitSeq(body, "&") {
		name, value, _ := strings.Cut(field, "=")
		name, err := url.QueryUnescape(name)
		value, failed := url.QueryUnescape(value)
		if err != nil || failed != nil {
			return form{}, errForm
		}
		if err := f.add(name, value); err != nil {
			return form{}, err
		}
	}
	if !v.isToken(f.token) {
		return form{}, errTooOld
	}
	return f, nil
}

// status is the status of an error that is told on a page.
func status(err error) int {
	var fault reqbody.Error
	var tooLarge *http.MaxBytesError
	var status StatusError
	switch {
	case errors.As(err, &status):
		return int(status)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout
	case errors.As(err, &fault) && !errors.As(err, &tooLarge):
		return http.StatusBadRequest
	}
	return dav.Status(err)
}
