package httpsite

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// conditions evaluates the preconditions of a changing request against the
// current file, nil if there is none (RFC 9110 §13.2.2). What it returns the store
// checks once more in the same step as the change. For MOVE and COPY they are
// about the request's own URL, what is moved or copied: for the target there
// is Overwrite.
func conditions(r *http.Request, current filestore.FileInfo) (filestore.Precondition, error) {
	var p filestore.Precondition
	tag := ""
	if current != nil {
		tag = current.ETag()
	}
	if list := r.Header.Values("If-Match"); len(list) > 0 {
		listed, err := lists(list, tag, strongly)
		if current == nil || !listed || err != nil {
			return p, filestore.ErrChanged
		}
		if p.Exists = true; !isAny(list) {
			p.ETag = tag
		}
	} else if since, ok := httpDate(r.Header, "If-Unmodified-Since"); ok && current != nil {
		if current.ModTime().Unix() > since.Unix() {
			return p, filestore.ErrChanged
		}
		p.ETag = tag
	}
	if list := r.Header.Values("If-None-Match"); len(list) > 0 {
		listed, err := lists(list, tag, weakly)
		if err != nil {
			return p, err // who cannot be understood must not overwrite
		}
		if current != nil && listed {
			return p, filestore.ErrChanged
		}
		p.Absent = isAny(list)
	}
	return p, nil
}

// lostRace is the error of a change under these conditions: where nothing was to
// be there, whatever came to be there in the meantime breaks the condition.
func lostRace(p filestore.Precondition, err error) error {
	if p.Absent && (errors.Is(err, fs.ErrExist) || errors.Is(err, filestore.ErrIsDirectory)) {
		return fmt.Errorf("created by another: %w", filestore.ErrChanged)
	}
	return err
}

// unchanged evaluates the preconditions of GET and HEAD for what has the ETag
// that the answer's header tells, and tells when it was modified. It reports
// whether it has answered: what the client has is the same.
func (req *request) unchanged(modified time.Time) (done bool, err error) {
	in, out, now := req.r.Header, req.w.Header(), req.now()
	tag := out.Get("ETag")
	modified = lastModified(modified, now)
	if list := in.Values("If-Match"); len(list) > 0 {
		if listed, err := lists(list, tag, strongly); !listed || err != nil {
			return false, filestore.ErrChanged
		}
	} else if since, ok := httpDate(in, "If-Unmodified-Since"); ok && !modified.IsZero() && modified.Unix() > since.Unix() {
		return false, filestore.ErrChanged
	}
	if list := in.Values("If-None-Match"); len(list) > 0 {
		listed, err := lists(list, tag, weakly)
		done = listed && err == nil
	} else if since, ok := httpDate(in, "If-Modified-Since"); ok && !modified.IsZero() {
		// A date in the future is no date that we can have told.
		done = modified.Unix() <= since.Unix() && since.Unix() <= now.Unix()
	}
	if done {
		out.Del("Content-Type")
		req.w.WriteHeader(http.StatusNotModified)
		return true, nil
	}
	if !modified.IsZero() {
		out.Set("Last-Modified", modified.UTC().Format(http.TimeFormat))
		if modified.Equal(now) {
			out.Set("Date", out.Get("Last-Modified"))
		}
	}
	return false, nil
}

// lastModified is the time to tell for a file: never one in the future (RFC 9110
// §8.8.2.1), and zero if there is none that can be written.
func lastModified(modified, now time.Time) time.Time {
	if modified.After(now) {
		return now
	}
	if modified.Year() < 1 || modified.Unix() == 0 {
		return time.Time{}
	}
	return modified
}

// httpDate reads a date out of a header field. One that is none is as if it were not
// there (RFC 9110 §13.1.3, §13.1.4), and so are two.
func httpDate(header http.Header, field string) (t time.Time, ok bool) {
	values := header.Values(field)
	if len(values) != 1 {
		return time.Time{}, false
	}
	t, err := http.ParseTime(values[0])
	return t, err == nil
}

// comparison is one of the two ways to compare entity tags (RFC 9110 §8.8.3.2).
type comparison bool

const (
	strongly comparison = false // weak tags never match
	weakly   comparison = true
)

// lists reports whether tag is in a list of entity tags, which may go over
// several lines. A list that is none gives fs.ErrInvalid.
func lists(fields []string, tag string, how comparison) (listed bool, err error) {
	if isAny(fields) {
		return true, nil
	}
	rest := strings.TrimLeft(strings.Join(fields, ","), " \t,")
	for rest != "" {
		candidate, weak := strings.CutPrefix(rest, "W/")
		if !strings.HasPrefix(candidate, `"`) {
			return false, fs.ErrInvalid
		}
		end := strings.IndexByte(candidate[1:], '"') + 2
		if end < 2 {
			return false, fs.ErrInvalid
		}
		if candidate[:end] == tag && (how == weakly || !weak) {
			listed = true
		}
		next := strings.TrimLeft(candidate[end:], " \t")
		if rest = strings.TrimLeft(next, " \t,"); rest != "" && next[0] != ',' {
			return false, fs.ErrInvalid
		}
	}
	return listed, nil
}

// isAny reports whether the list is "*".
func isAny(fields []string) bool { return len(fields) == 1 && strings.TrimSpace(fields[0]) == "*" }
