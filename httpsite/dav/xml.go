package dav

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"unicode/utf8"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/meta"
)

const (
	xmlType = "application/xml; charset=utf-8"
	xmlHead = `<?xml version="1.0" encoding="utf-8"?>` + "\n"
)

// Bounds of the body of a request, in bytes: our choice. What is asked in a few words
// takes no more than maxQuestion; properties may be as large as sidecars.
const (
	maxQuestion   = 64 << 10
	maxProperties = filestore.MaxSidecarBytes
)

// davName returns a name in the namespace of WebDAV.
func davName(local string) xml.Name { return xml.Name{Space: "DAV:", Local: local} }

// readXML reads the body of a request under the limits of package meta; ok is false if
// there is none. What is no XML, or has another element on top, is refused.
func (req *request) readXML(limit int64, top string) (root meta.Element, ok bool, err error) {
	if req.r.ContentLength > limit {
		return root, false, &http.MaxBytesError{Limit: limit}
	}
	text, err := io.ReadAll(io.LimitReader(req.r.Body, limit+1))
	switch {
	case err != nil:
		return root, false, err
	case int64(len(text)) > limit:
		return root, false, &http.MaxBytesError{Limit: limit}
	case len(text) == 0:
		return root, false, nil
	}
	if root, err = meta.ParseElement(text); err != nil {
		return root, false, &Error{Code: http.StatusBadRequest, Err: err}
	}
	if root.Name() != davName(top) {
		return root, false, &Error{Code: http.StatusBadRequest, Err: fmt.Errorf("body is no %s", top)}
	}
	return root, true, nil
}

// appendText appends text as the content of an element. Characters that XML forbids
// become U+FFFD.
func appendText(dst []byte, s string) []byte {
	for _, r := range s {
		switch {
		case r == '&':
			dst = append(dst, "&amp;"...)
		case r == '<':
			dst = append(dst, "&lt;"...)
		case r == '>':
			dst = append(dst, "&gt;"...)
		case r == '"':
			dst = append(dst, "&#34;"...)
		case r == '\r':
			dst = append(dst, "&#13;"...)
		case r < ' ' && r != '\t' && r != '\n', r == '\uFFFE', r == '\uFFFF':
			dst = append(dst, "\uFFFD"...)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// appendEmpty appends an empty element of this name.
func appendEmpty(dst []byte, name xml.Name) []byte {
	if name.Space == "DAV:" {
		return append(dst, "<D:"+name.Local+"/>"...)
	}
	dst = append(dst, '<')
	dst = append(dst, name.Local...)
	if name.Space != "" {
		dst = append(dst, ` xmlns="`...)
		dst = appendText(dst, name.Space)
		dst = append(dst, '"')
	}
	return append(dst, "/>"...)
}

func appendStatus(dst []byte, code int) []byte {
	return fmt.Appendf(dst, "<D:status>HTTP/1.1 %d %s</D:status>", code, http.StatusText(code))
}
