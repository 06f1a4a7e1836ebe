package filestore

import (
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

// sidecar reads the sidecar of a name. One that cannot be understood is a
// brokenError.
func (a access) sidecar(ctx context.Context, name string) (sidecar, error) {
	side, ok := SidecarName(name)
	if !ok || a.mount != "" {
		return sidecar{}, nil
	}
	f, err := a.Store.Open(ctx, side)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrIsDirectory) {
		return sidecar{}, nil
	}
	if err != nil {
		return sidecar{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return sidecar{}, err
	}
	s := sidecar{}
	if tagged, ok := info.(FileInfo); ok {
		s.tag = tagged.ETag()
	}
	key := documentKey{a.Address, side}
	if known, ok := a.Memory.document(key, s.tag); ok {
		s.document = known.document
		return s, known.err
	}
	content, err := io.ReadAll(io.LimitReader(f, MaxSidecarBytes+1))
	if err != nil {
		return sidecar{}, err
	}
	if len(content) > MaxSidecarBytes {
		return sidecar{}, brokenError{errSidecarSize}
	}
	s.document, err = meta.Parse(content)
	if err != nil {
		s.document, err = nil, brokenError{err}
	}
	a.Memory.keepDocument(key, knownDocument{s.document, s.tag, err, len(content)})
	return s, err
}
