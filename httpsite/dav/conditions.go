package dav

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/httpsite/internal/fields"
)

// holds evaluates the preconditions of a changing request against what is there now,
// nil if there is nothing: those of HTTP (RFC 9110 §13.2.2) and If (RFC 4918 §10.4).
// What it returns the store checks once more in the same step as the change. For MOVE
// and COPY they are about the request's own URL, what is moved or copied: for the
// target there is Overwrite.
func (req *request) holds(current filestore.FileInfo) (filestore.Precondition, error) {
	p, err := conditions(req.r, current)
	if err != nil {
		return p, err
	}
	return p, req.submit(current, &p)
}

// holdsOf is holds for a method that needs something there: without it the conditions
// of HTTP count for nothing (RFC 9110 §13.2.1), and the storage says what the answer
// is.
func (req *request) holdsOf(current filestore.FileInfo) (p filestore.Precondition, err error) {
	switch {
	case current == nil:
		return p, req.submit(nil, &p)
	case req.Directory && !current.IsDir():
		return p, fs.ErrNotExist
	}
	return req.holds(current)
}

// orNoParent returns the error of conditions for a request that may make something
// under a name: that the directory for it is missing counts more (RFC 9110 §13.2.1).
func (req *request) orNoParent(name string, err error) error {
	if err == nil || Status(err) != http.StatusPreconditionFailed {
		return err
	}
	dir, _ := filestore.Split(name)
	if info, unknown := req.target(dir); unknown == nil && (info == nil || !info.IsDir()) {
		return parentConflict(fs.ErrNotExist)
	}
	return err
}

func conditions(r *http.Request, current filestore.FileInfo) (filestore.Precondition, error) {
	var p filestore.Precondition
	tag := ""
	if current != nil {
		tag = current.ETag()
	}
	if list := r.Header.Values("If-Match"); len(list) > 0 {
		listed, err := fields.Lists(list, tag, fields.Strongly)
		if current == nil || !listed || err != nil {
			return p, filestore.ErrChanged
		}
		if p.Exists = true; !fields.IsAny(list) {
			p.ETag = tag
		}
	} else if since, ok := fields.Date(r.Header, "If-Unmodified-Since"); ok && current != nil {
		if current.ModTime().Unix() > since.Unix() {
			return p, filestore.ErrChanged
		}
		p.ETag = tag
	}
	if list := r.Header.Values("If-None-Match"); len(list) > 0 {
		listed, err := fields.Lists(list, tag, fields.Weakly)
		if err != nil {
			return p, err // who cannot be understood must not overwrite
		}
		if current != nil && listed {
			return p, filestore.ErrChanged
		}
		p.Absent = fields.IsAny(list)
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
