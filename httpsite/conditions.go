package httpsite

import (
	"net/http"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite/internal/fields"
)

// unchanged evaluates the preconditions of GET and HEAD for what has the ETag
// that the answer's header tells, and tells when it was modified. It reports
// whether it has answered: what the client has is the same.
func (req *request) unchanged(modified time.Time) (done bool, err error) {
	in, out, now := req.r.Header, req.w.Header(), req.now()
	tag := out.Get("ETag")
	modified = lastModified(modified, now)
	if list := in.Values("If-Match"); len(list) > 0 {
		if listed, err := fields.Lists(list, tag, fields.Strongly); !listed || err != nil {
			return false, filestore.ErrChanged
		}
	} else if since, ok := fields.Date(in, "If-Unmodified-Since"); ok && !modified.IsZero() && modified.Unix() > since.Unix() {
		return false, filestore.ErrChanged
	}
	if list := in.Values("If-None-Match"); len(list) > 0 {
		listed, err := fields.Lists(list, tag, fields.Weakly)
		done = listed && err == nil
	} else if since, ok := fields.Date(in, "If-Modified-Since"); ok && !modified.IsZero() {
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
