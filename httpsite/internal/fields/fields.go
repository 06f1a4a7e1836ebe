// Package fields reads header fields with conditions (RFC 9110 §13.1) for what reads
// and what changes.
package fields

import (
	"io/fs"
	"net/http"
	"strings"
	"time"
)

// Date reads a date out of a header field. One that is none is as if it were not
// there (RFC 9110 §13.1.3, §13.1.4), and so are two.
func Date(header http.Header, field string) (t time.Time, ok bool) {
	values := header.Values(field)
	if len(values) != 1 {
		return time.Time{}, false
	}
	t, err := http.ParseTime(values[0])
	return t, err == nil
}

// Comparison is one of the two ways to compare entity tags (RFC 9110 §8.8.3.2).
type Comparison bool

// The two ways.
const (
	Strongly Comparison = false // weak tags never match
	Weakly   Comparison = true
)

// Lists reports whether tag is in a list of entity tags, which may go over
// several lines. A list that is none gives fs.ErrInvalid.
func Lists(lines []string, tag string, how Comparison) (listed bool, err error) {
	if IsAny(lines) {
		return true, nil
	}
	rest := strings.TrimLeft(strings.Join(lines, ","), " \t,")
	for rest != "" {
		candidate, weak := strings.CutPrefix(rest, "W/")
		if !strings.HasPrefix(candidate, `"`) {
			return false, fs.ErrInvalid
		}
		end := strings.IndexByte(candidate[1:], '"') + 2
		if end < 2 {
			return false, fs.ErrInvalid
		}
		if candidate[:end] == tag && (how == Weakly || !weak) {
			listed = true
		}
		next := strings.TrimLeft(candidate[end:], " \t")
		if rest = strings.TrimLeft(next, " \t,"); rest != "" && next[0] != ',' {
			return false, fs.ErrInvalid
		}
	}
	return listed, nil
}

// IsAny reports whether the list is "*".
func IsAny(lines []string) bool { return len(lines) == 1 && strings.TrimSpace(lines[0]) == "*" }
