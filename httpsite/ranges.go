package httpsite

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/httpsite/internal/fields"
)

// send sends content, or the ranges of it that GET asks for (RFC 9110 §14).
func (req *request) send(content io.ReadSeeker, size int64, modified time.Time) error {
	clean := &http.Request{Method: req.r.Method} // everything else was heeded by us
	if field := req.r.Header.Values("Range"); len(field) == 1 && req.r.Method == http.MethodGet && req.isRangeCurrent(modified) {
		ranges, ok := parseRanges(field[0], size)
		if !ok {
			req.w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", size))
			return errNoSuchRange
		}
		if ranges != "" {
			clean.Header = http.Header{"Range": {"bytes=" + ranges}}
		}
	}
	http.ServeContent(req.w, clean, "", time.Time{}, content)
	return nil
}

// isRangeCurrent evaluates If-Range (RFC 9110 §13.1.5): whether the client has a
// part of what the answer's header describes. A date counts if it is the right
// one and a second or more ago, for within that the file may have changed twice.
func (req *request) isRangeCurrent(modified time.Time) bool {
	condition := req.r.Header.Values("If-Range")
	if len(condition) == 0 {
		return true
	}
	if tag := req.w.Header().Get("ETag"); len(condition) == 1 && tag != "" && condition[0] == tag {
		return true
	}
	t, ok := fields.Date(req.r.Header, "If-Range")
	return ok && t.Unix() == modified.Unix() && t.Unix() < req.now().Unix()
}

// A request for more ranges than this gets everything.
const maxRanges = 100

// parseRanges takes a Range field apart and writes down again what can be
// satisfied of it, with both ends of each range. That is empty for what is to be
// ignored: units other than bytes, too many ranges, the end of an empty file.
// ok is false if the field asks for nothing that there is.
func parseRanges(field string, size int64) (ranges string, ok bool) {
	unit, set, _ := strings.Cut(field, "=")
	if !strings.EqualFold(strings.TrimSpace(unit), "bytes") {
		return "", true
	}
	var b strings.Builder
	count := 0
	for spec := range strings.SplitSeq(set, ",") {
		if spec = strings.Trim(spec, " \t"); spec == "" {
			continue // RFC 9110 §5.6.1.2
		}
		if count++; count > maxRanges {
			return "", true
		}
		first, last, isRange := strings.Cut(spec, "-")
		from, hasFrom := position(first)
		to, hasTo := position(last)
		switch {
		case !isRange || !hasFrom && first != "" || !hasTo && last != "" || !hasFrom && !hasTo || hasFrom && hasTo && from > to:
			return "", false
		case !hasFrom && to > 0 && size == 0:
			return "", true
		case !hasFrom:
			from, to = max(size-to, 0), size-1
		case !hasTo:
			to = size - 1
		}
		if to = min(to, size-1); from > to {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%d-%d", from, to)
	}
	return b.String(), b.Len() > 0
}

// position reads a number of bytes. One that is too large for us is larger than
// any file.
func position(digits string) (n int64, ok bool) {
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil && digits != "" {
		n = 1<<63 - 1
	}
	return n, digits != ""
}
