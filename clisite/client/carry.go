package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/cgpkit/cgpkit/filestore"
)

// bySidecar reports whether something is renamed or copied from or to the name of a
// sidecar.
func bySidecar(from, to string) bool { return filestore.IsSidecar(from) || filestore.IsSidecar(to) }

// carry renames or copies a file from or to the name of a sidecar, as [filestore.View]
// does: it is read, written as a file, which keeps the sidecar of what it replaces, and
// removed. What breaks off between leaves both.
func (s *Storage) carry(ctx context.Context, from, to string, move, replace bool) error {
	sidecar, ok := filestore.SidecarName(from)
	if move && ok && sidecar == to {
		return filestore.ErrConflict // it would go with its source
	}
	source, err := s.stat(ctx, from)
	if err == nil && ok {
		_, err = s.stat(ctx, sidecar)
		switch {
		case err == nil:
			err = filestore.ErrConflict // which would have one itself
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
			err = nil
		}
	}
	if err != nil {
		return err
	}
	content, err := s.carried(ctx, source)
	if err == nil {
		err = withoutPath(s.put(ctx, to, bytes.NewReader(content), filestore.CreateOptions{If: filestore.Precondition{Absent: !replace}}))
	}
	if errors.Is(err, filestore.ErrIsDirectory) {
		err = fs.ErrExist // no file takes the place of a directory in this way
	}
	if err != nil || !move {
		return err
	}
	now, err := s.stat(ctx, from)
	if err == nil && now != source {
		err = filestore.ErrChanged
	}
	if err != nil {
		return err
	}
	return s.DeleteStorageFile(ctx, from)
}

// carried reads what is no longer than a sidecar may be.
func (s *Storage) carried(ctx context.Context, source info) ([]byte, error) {
	switch {
	case source.IsDir():
		return nil, filestore.ErrReserved
	case source.Size() > filestore.MaxSidecarBytes:
		return nil, &filestore.LimitError{Kind: filestore.LimitFileSize, Limit: filestore.MaxSidecarBytes}
	}
	file, err := s.Open(ctx, source.path)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, filestore.MaxSidecarBytes))
	if err == nil && int64(len(content)) != source.Size() {
		err = filestore.ErrChanged
	}
	return content, withoutPath(err)
}

// put stores a file.
func (s *Storage) put(ctx context.Context, name string, content io.Reader, o filestore.CreateOptions) error {
	upload, err := s.Create(ctx, name, o)
	if err != nil {
		return err
	}
	defer upload.Abort()
	if _, err := io.Copy(upload, content); err != nil {
		return err
	}
	_, err = upload.Commit()
	return err
}
