package pages

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite/internal/reqbody"
)

// mistake is a mistake of the user, to be told on the page: a text and its arguments, in
// which numbers are of type int.
type mistake struct {
	code int
	key  string
	args []any
}

func (m mistake) Error() string { return m.key }

func (m mistake) text(l *language) string {
	args := make([]any, len(m.args))
	for i, arg := range m.args {
		args[i] = arg
		if n, ok := arg.(int); ok {
			args[i] = l.number(int64(n))
		}
	}
	return l.text(m.key, args...)
}

// entryError is an error about an entry of the folder that a form is about.
type entryError struct {
	entry  string // as the user wrote it; "": none
	err    error
	before string // the text of how many entries something was done to before it came to that
	n      int    // their number
}

func (e entryError) Error() string { return e.err.Error() }
func (e entryError) Unwrap() error { return e.err }

func about(entry string, err error) error {
	if err == nil {
		return nil
	}
	return entryError{entry: entry, err: err}
}

// quote shows what the user wrote. It need not be a name, and may be long.
func quote(entry string) string {
	const longest = 300
	if len(entry) > longest {
		entry = entry[:longest] + "…"
	}
	return "“" + strings.ToValidUTF8(entry, "\uFFFD") + "”"
}

// tell says what went wrong with a form; "" if it is nothing to tell there.
func (v *visit) tell(err error) (code int, message string) {
	code, message = v.tellKind(err)
	var m mistake
	var entry entryError
	if message == "" || !errors.As(err, &entry) {
		return code, message
	}
	if entry.entry != "" && !errors.As(err, &m) {
		message = quote(entry.entry) + ": " + message
	}
	if entry.n > 0 {
		message += " " + v.N(entry.before, int64(entry.n))
	}
	return code, message
}

func (v *visit) tellKind(err error) (code int, message string) {
	code = status(err)
	var m mistake
	var limit *filestore.LimitError
	var tooLarge *http.MaxBytesError
	var fault reqbody.Error
	switch {
	case errors.As(err, &m):
		return m.code, m.text(v.language)
	case errors.Is(err, filestore.ErrReserved):
		return code, v.T("entry.reserved")
	case errors.Is(err, fs.ErrExist):
		return http.StatusConflict, v.T("entry.exists")
	case errors.Is(err, fs.ErrInvalid):
		return code, v.T("entry.invalid")
	case errors.As(err, &limit):
		return code, v.tellLimit(v.HTTP.Context(), limit)
	case errors.As(err, &tooLarge):
		return code, v.T("form.large", v.Number(tooLarge.Limit))
	case errors.Is(err, fs.ErrNotExist):
		return code, v.T("entry.gone")
	case errors.Is(err, filestore.ErrIsDirectory):
		return http.StatusConflict, v.T("entry.folder")
	case errors.Is(err, filestore.ErrConflict):
		return code, v.T("entry.attributes")
	case errors.Is(err, filestore.ErrLocked):
		return code, v.T("entry.locked")
	case errors.Is(err, fs.ErrPermission):
		return code, v.T("entry.refused")
	case errors.Is(err, filestore.ErrDiskFull):
		return code, v.T("limit.disk")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return code, v.T("form.cut")
	case errors.As(err, &fault) && !errors.Is(err, os.ErrDeadlineExceeded):
		return code, v.T("form.bad")
	}
	return code, ""
}

// tellLimit tells the limits of an account apart, and how far it is to them.
func (v *visit) tellLimit(ctx context.Context, limit *filestore.LimitError) string {
	if limit.Kind == filestore.LimitFileSize {
		return v.N("limit.fileSize", limit.Limit)
	}
	usage, err := v.View.Usage(ctx, filestore.Root)
	switch {
	case err != nil:
		return v.T("limit.room")
	case limit.Kind == filestore.LimitFiles:
		return v.T("limit.files", v.Number(max(0, limit.Limit-usage.Files)), v.Number(limit.Limit))
	}
	return v.T("limit.bytes", v.Number(max(0, limit.Limit-usage.Bytes)), v.Number(limit.Limit))
}
