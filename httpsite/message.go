package httpsite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// pageError is a mistake of the user, to be told on the page.
type pageError struct {
	code int
	text string
}

func (e pageError) Error() string { return e.text }

// entryError is an error about an entry of the folder that a form is about.
type entryError struct {
	entry  string // as the user wrote it; "": none
	err    error
	before string // what was done before it came to that; "" is nothing
}

func (e entryError) Error() string { return e.err.Error() }
func (e entryError) Unwrap() error { return e.err }

func about(entry string, err error) error {
	if err == nil {
		return nil
	}
	return entryError{entry, err, ""}
}

// howMany tells how many entries something happened to, if it did to any.
func howMany(n int, one, more string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "1" + one
	}
	return fmt.Sprint(n) + more
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
func tell(ctx context.Context, view *filestore.View, err error) (code int, message string) {
	code, message = kindMessage(ctx, view, err)
	var mistake pageError
	var entry entryError
	if message == "" || !errors.As(err, &entry) {
		return code, message
	}
	if entry.entry != "" && !errors.As(err, &mistake) {
		message = quote(entry.entry) + ": " + message
	}
	if entry.before != "" {
		message += " " + entry.before
	}
	return code, message
}

func kindMessage(ctx context.Context, view *filestore.View, err error) (code int, message string) {
	code = status(err)
	var mistake pageError
	var limit *filestore.LimitError
	var tooLarge *http.MaxBytesError
	var body bodyError
	switch {
	case errors.As(err, &mistake):
		return mistake.code, mistake.text
	case errors.Is(err, filestore.ErrReserved):
		return code, "This name is reserved."
	case errors.Is(err, fs.ErrExist):
		return http.StatusConflict, "An entry with this name exists already."
	case errors.Is(err, fs.ErrInvalid):
		return code, "This name cannot be used."
	case errors.As(err, &limit):
		return code, limitMessage(ctx, view, limit)
	case errors.As(err, &tooLarge):
		return code, fmt.Sprintf("The form is larger than the server takes: %d bytes at most.", tooLarge.Limit)
	case errors.Is(err, fs.ErrNotExist):
		return code, "The entry is no longer there."
	case errors.Is(err, filestore.ErrIsDirectory):
		return http.StatusConflict, "A folder with this name exists already."
	case errors.Is(err, filestore.ErrConflict):
		return code, "The name belongs to the attributes of another file."
	case errors.Is(err, io.ErrUnexpectedEOF):
		return code, "The form was cut off."
	case errors.As(err, &body) && !errors.Is(err, os.ErrDeadlineExceeded):
		return code, errForm.text
	}
	return code, ""
}

// limitMessage tells the limits of an account apart, and how far it is to them.
func limitMessage(ctx context.Context, view *filestore.View, limit *filestore.LimitError) string {
	if limit.Kind == filestore.LimitFileSize {
		return fmt.Sprintf("A file may have %d bytes at most.", limit.Limit)
	}
	const noRoom = "There is not enough room in this File Storage"
	usage, err := view.Usage(ctx, filestore.Root)
	switch {
	case err != nil:
		return noRoom + "."
	case limit.Kind == filestore.LimitFiles:
		return fmt.Sprintf(noRoom+": %d of %d files and folders are free.", max(0, limit.Limit-usage.Files), limit.Limit)
	}
	return fmt.Sprintf(noRoom+": %d of %d bytes are free.", max(0, limit.Limit-usage.Bytes), limit.Limit)
}
