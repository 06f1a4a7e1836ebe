package httpsite

import (
	"net/http"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// conditions evaluates the preconditions of a changing request against the
// current file, nil if there is none (RFC 9110 §13.2.2). Those that hold go
// into the options, where the store checks them once more as it commits.
func conditions(r *http.Request, current filestore.FileInfo) (filestore.CreateOptions, error) {
	var o filestore.CreateOptions
	tag := ""
	if current != nil {
		tag = current.ETag()
	}
	if list := r.Header.Values("If-Match"); len(list) > 0 {
		if current == nil || !matches(list, tag) {
			return o, filestore.ErrChanged
		}
		o.IfMatch = tag
	} else if since := r.Header.Get("If-Unmodified-Since"); since != "" && current != nil {
		t, err := http.ParseTime(since)
		if err == nil && current.ModTime().Unix() > t.Unix() {
			return o, filestore.ErrChanged
		}
		o.IfMatch = tag
	}
	if list := r.Header.Values("If-None-Match"); len(list) > 0 {
		if current != nil && matches(list, tag) {
			return o, filestore.ErrChanged
		}
		o.Exclusive = current == nil
	}
	return o, nil
}

// matches reports whether tag is in a list of entity tags, by the strong
// comparison (RFC 9110 §8.8.3.2): a weak tag never matches.
func matches(fields []string, tag string) bool {
	list := strings.Join(fields, ",")
	if strings.TrimSpace(list) == "*" {
		return true
	}
	for list != "" {
		list = strings.TrimLeft(list, " \t,")
		weak := strings.HasPrefix(list, "W/")
		list = strings.TrimPrefix(list, "W/")
		if !strings.HasPrefix(list, `"`) {
			return false
		}
		end := strings.IndexByte(list[1:], '"')
		if end < 0 {
			return false
		}
		if candidate := list[:end+2]; !weak && candidate == tag {
			return true
		}
		list = list[end+2:]
	}
	return false
}
