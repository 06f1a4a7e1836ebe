package memstore

import (
	"context"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
)

// Create implements [filestore.Store].
func (s *Store) Create(ctx context.Context, name string, o filestore.CreateOptions, l filestore.Limits) (filestore.Upload, error) {
	uploads := ledger.Uploads{Mutex: &s.mu, Ledger: &s.ledger, Locks: &s.locks, Old: s.oldFile, Put: s.putFile}
	return uploads.Create(ctx, name, o, l)
}

// oldFile returns the file that an upload makes way for. Callers hold s.mu.
func (s *Store) oldFile(name string) (content []byte, tag string, err error) {
	parent, last, err := s.place(name)
	if err != nil {
		return nil, "", err
	}
	switch n := parent.entries[last]; {
	case n == nil:
		return nil, "", nil
	case n.dir():
		return nil, "", filestore.ErrIsDirectory
	default:
		return n.content, n.tag(), nil
	}
}

// putFile stores what was uploaded. Callers hold s.mu.
func (s *Store) putFile(name string, content []byte, modTime time.Time) filestore.FileInfo {
	n, side := s.newFile(content), s.sidecar(name)
	if !modTime.IsZero() {
		n.modTime = modTime
	}
	s.put(name, n, side)
	return n.info(name, side.about(false))
}
