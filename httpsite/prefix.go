package httpsite

import (
	"net/url"
	"strings"
)

// escapedPrefix is what goes before the paths that are sent: it begins with one
// slash and ends with none, so that no path becomes the name of a host.
func (h *Handler) escapedPrefix() string {
	prefix := strings.Trim(h.Prefix, "/")
	if prefix == "" {
		return ""
	}
	return (&url.URL{Path: "/" + prefix}).EscapedPath()
}

// cutPrefix takes the prefix off an escaped path. It goes by segments, decoded,
// for clients escape as they like.
func (h *Handler) cutPrefix(escaped string) (rest string, ok bool) {
	prefix := strings.Trim(h.Prefix, "/")
	if prefix == "" {
		return escaped, true
	}
	rest = escaped
	for want := range strings.SplitSeq(prefix, "/") {
		if rest, ok = strings.CutPrefix(rest, "/"); !ok {
			return "", false
		}
		first := rest
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			first = rest[:i]
		}
		if segment, err := decodeSegment(first); err != nil || segment != want {
			return "", false
		}
		rest = rest[len(first):]
	}
	return rest, true
}
