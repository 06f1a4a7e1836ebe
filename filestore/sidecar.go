package filestore

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/cgpkit/cgpkit/meta"
)

// sidecar is what stands beside a name.
type sidecar struct {
	document *meta.Document // nil: there is none
	tag      string         // its entity tag
}

// brokenError tells why a sidecar cannot be understood.
type brokenError struct{ error }

var errSidecarSize = errors.New("sidecar is too large")

// maxAsked bounds the bytes of sidecars that one decision of a view is asked to
// look for grants in, such as those on the way to a file, or those in a directory
// that is listed: twice what the largest sidecar has. Their owner may store more,
// and whoever asks may be a stranger. What is beyond it grants nothing. It counts
// what is remembered as well, so that an answer does not depend on that. Our
// choice.
const maxAsked = 2 * MaxSidecarBytes

// openSidecar opens the sidecar of a name; nil if there is none.
func (a access) openSidecar(ctx context.Context, name string) (File, FileInfo, error) {
	side, ok := SidecarName(name)
	if !ok || a.mount != "" {
		return nil, nil, nil
	}
	f, err := a.Store.Open(ctx, side)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrIsDirectory) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil {
		if tagged, ok := info.(FileInfo); ok {
			return f, tagged, nil
		}
		err = pathError("stat", side, errors.ErrUnsupported)
	}
	f.Close()
	return nil, nil, err
}

// readSidecar returns what stands in a sidecar; a brokenError if it is too long.
func readSidecar(f File, info FileInfo) ([]byte, error) {
	if info.Size() > MaxSidecarBytes {
		return nil, brokenError{errSidecarSize}
	}
	var content bytes.Buffer
	content.Grow(int(info.Size()) + bytes.MinRead)
	if _, err := content.ReadFrom(io.LimitReader(f, MaxSidecarBytes+1)); err != nil {
		return nil, err
	}
	if content.Len() > MaxSidecarBytes { // it grows
		return nil, brokenError{errSidecarSize}
	}
	return content.Bytes(), nil
}

// sidecar reads the sidecar of a name. One that cannot be understood is a
// brokenError.
func (a access) sidecar(ctx context.Context, name string) (sidecar, error) {
	f, info, err := a.openSidecar(ctx, name)
	if f == nil {
		return sidecar{}, err
	}
	defer f.Close()
	s := sidecar{tag: info.ETag()}
	content, err := readSidecar(f, info)
	if err != nil {
		return s, err
	}
	if s.document, err = meta.Parse(content); err != nil {
		return sidecar{tag: s.tag}, brokenError{err}
	}
	a.memory.sees(s.document.Namespace())
	return s, nil
}

// grants returns what the sidecar of a name grants; nil if there is none, and
// with a brokenError if it cannot be understood.
func (a access) grants(ctx context.Context, name string) (*meta.Grants, error) {
	f, info, err := a.openSidecar(ctx, name)
	if f == nil {
		return nil, err
	}
	defer f.Close()
	if size := info.Size(); size <= MaxSidecarBytes {
		if *a.asked+size > maxAsked {
			return nil, ErrSidecars
		}
		*a.asked += size
	}
	key := grantsKey{a.Address, name}
	if known, ok := a.memory.grants(key, info.ETag()); ok {
		return known.grants, known.err
	}
	known := knownGrants{tag: info.ETag()}
	content, err := readSidecar(f, info)
	if err == nil {
		if known.grants, err = meta.ParseGrants(content); err != nil {
			known.grants, err = nil, brokenError{err}
		}
	}
	if known.err = err; err == nil || errors.As(err, new(brokenError)) {
		a.memory.keepGrants(key, known)
	}
	return known.grants, err
}
