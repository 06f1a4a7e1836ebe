package filestore

import (
	"context"
	"errors"
	"io/fs"

	"github.com/cgpkit/cgpkit/meta"
)

// document is what stands in the sidecar of a name.
type document struct {
	*meta.Document        // nil: there is none
	tag            string // its entity tag
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

// document reads the sidecar of a name. One that cannot be understood is a
// brokenError.
func (a access) document(ctx context.Context, name string) (document, error) {
	if !hasRoom(name) || a.mount != "" {
		return document{}, nil
	}
	s, err := a.Store.Sidecar(ctx, name, "")
	if errors.Is(err, fs.ErrNotExist) {
		return document{}, nil
	}
	d := document{tag: s.ETag}
	switch {
	case err != nil:
		return document{}, withoutPath(err)
	case s.Content == nil:
		return d, brokenError{errSidecarSize}
	}
	if d.Document, err = meta.Parse(s.Content); err != nil {
		return document{tag: s.ETag}, brokenError{err}
	}
	a.memory.sees(d.Namespace())
	return d, nil
}

// grants returns what the sidecar of a name grants; nil if there is none, and
// with a brokenError if it cannot be understood.
func (a access) grants(ctx context.Context, name string) (*meta.Grants, error) {
	if !hasRoom(name) || a.mount != "" {
		return nil, nil
	}
	if *a.asked >= maxAsked {
		return nil, ErrSidecars // and nothing more is read
	}
	known, _ := a.memory.grants(grantsKey{a.Address, name})
	s, err := a.Store.Sidecar(ctx, name, known.tag)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return a.grantsIn(name, s, known)
}

// grantsOf is grants for an entry, whose sidecar is read only if it did not come with
// it and is not remembered.
func (a access) grantsOf(ctx context.Context, entry FileInfo) (*meta.Grants, error) {
	s := entry.Sidecar()
	if s == nil || a.mount != "" {
		return nil, nil
	}
	name := entry.Path()
	known, _ := a.memory.grants(grantsKey{a.Address, name})
	if s.Content == nil && s.Size <= MaxSidecarBytes && s.ETag != known.tag {
		return a.grants(ctx, name)
	}
	return a.grantsIn(name, *s, known)
}

// grantsIn returns what a sidecar grants: what is known of it, if that is of the same
// version, or what its content tells.
func (a access) grantsIn(name string, s Sidecar, known knownGrants) (*meta.Grants, error) {
	if s.ETag != known.tag {
		known = knownGrants{tag: s.ETag}
		if s.Content == nil {
			known.err = brokenError{errSidecarSize}
		} else if grants, err := meta.ParseGrants(s.Content); err != nil {
			known.err = brokenError{err}
		} else {
			known.grants = grants
		}
		a.memory.keepGrants(grantsKey{a.Address, name}, known)
	}
	if s.Size <= MaxSidecarBytes {
		if *a.asked += s.Size; *a.asked > maxAsked {
			return nil, ErrSidecars
		}
	}
	return known.grants, known.err
}

// asSidecar returns what the sidecar with the name of a belongs to, if it is the
// name of one.
func (a access) asSidecar() (of string, ok bool) { return SidecarOf(a.name) }

// stat looks at what has the name of a, which may be that of a sidecar.
func (a access) stat(ctx context.Context) (FileInfo, error) {
	if of, ok := a.asSidecar(); ok {
		s, err := a.Store.Sidecar(ctx, of, "")
		switch {
		case err == nil:
			return s.entry(a.name).Info(), nil
		case !errors.Is(err, fs.ErrNotExist):
			return nil, a.aboutSidecar("stat", err)
		}
	}
	return a.Store.Stat(ctx, a.name)
}

// open opens what has the name of a, which may be that of a sidecar.
func (a access) open(ctx context.Context) (File, error) {
	if of, ok := a.asSidecar(); ok {
		s, err := a.Store.Sidecar(ctx, of, "")
		switch {
		case err == nil && s.Content == nil:
			return nil, pathError("open", a.name, conflictIfBroken(brokenError{errSidecarSize}))
		case err == nil:
			return s.entry(a.name).Open(s.Content), nil
		case !errors.Is(err, fs.ErrNotExist):
			return nil, a.aboutSidecar("open", err)
		}
	}
	return a.Store.Open(ctx, a.name)
}

// remove removes what has the name of a, which may be that of a sidecar.
func (a access) remove(ctx context.Context, o RemoveOptions) error {
	if of, ok := a.asSidecar(); ok {
		_, err := a.Store.SetSidecar(ctx, of, nil, SidecarOptions{If: o.If}, a.Limits)
		if !errors.Is(err, fs.ErrNotExist) {
			return a.aboutSidecar("remove", err)
		}
	}
	return a.Store.Remove(ctx, a.name, o)
}

// aboutSidecar gives an error of the store the name of the sidecar that it is about.
func (a access) aboutSidecar(op string, err error) error {
	if err == nil {
		return nil
	}
	return pathError(op, a.name, withoutPath(err))
}

// entry describes a sidecar that is shown by its own name.
func (s Sidecar) entry(name string) Entry {
	return Entry{Path: name, Mode: 0o640, Size: s.Size, ModTime: s.ModTime, ETag: s.ETag}
}

// withoutSidecar is an entry as those see it who see no sidecars.
type withoutSidecar struct{ FileInfo }

func (withoutSidecar) Sidecar() *Sidecar { return nil }
