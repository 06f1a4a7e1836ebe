package filestore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/cgpkit/cgpkit/meta"
)

// Metadata is the text of a sidecar, as those see it who may: the owner and
// administrators. Use field names.
type Metadata struct {
	Text []byte // nil: there is none
	ETag string // "" if there is none
}

// ReadMetadata reads the sidecar of a file or a directory. One that is not there is the
// zero Metadata. What cannot be understood is read all the same; what is larger than
// [MaxSidecarBytes] gives ErrConflict. For those who see no sidecars the errors are
// those of a file that is not there, or may not be read.
func ReadMetadata(ctx context.Context, files FS, name string) (Metadata, error) {
	sidecar, ok := SidecarName(name)
	if !ok {
		_, err := files.Stat(ctx, name)
		return Metadata{}, err
	}
	file, err := files.Open(ctx, sidecar)
	if errors.Is(err, fs.ErrNotExist) {
		_, err := files.Stat(ctx, name)
		return Metadata{}, err
	}
	if err != nil {
		return Metadata{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return Metadata{}, err
	}
	text, err := io.ReadAll(io.LimitReader(file, MaxSidecarBytes+1))
	if err == nil && len(text) > MaxSidecarBytes {
		err = pathError("open", sidecar, conflictIfBroken(brokenError{errSidecarSize}))
	}
	tagged, _ := info.(FileInfo)
	if err != nil || tagged == nil {
		return Metadata{}, err
	}
	return Metadata{Text: text, ETag: tagged.ETag()}, nil
}

// WriteMetadata replaces the sidecar of a file or a directory, or removes it where text
// is nil, if it still is the one that old tells of: otherwise nothing is changed, and the
// error is ErrChanged or fs.ErrExist. A text that [meta.Parse] refuses gives fs.ErrInvalid,
// with the place in it.
func WriteMetadata(ctx context.Context, files FS, name string, old Metadata, text []byte) error {
	sidecar, ok := SidecarName(name)
	if !ok {
		return pathError("set metadata", name, ErrConflict)
	}
	condition := Precondition{ETag: old.ETag, Absent: old.ETag == ""}
	if text == nil {
		if old.ETag == "" {
			return nil
		}
		return files.Remove(ctx, sidecar, RemoveOptions{If: condition})
	}
	if _, err := meta.Parse(text); err != nil {
		return pathError("set metadata", name, fmt.Errorf("%w: %w", fs.ErrInvalid, err))
	}
	upload, err := files.Create(ctx, sidecar, CreateOptions{Size: int64(len(text)), If: condition})
	if err != nil {
		return err
	}
	defer upload.Abort()
	if _, err := upload.Write(text); err != nil {
		return err
	}
	_, err = upload.Commit()
	return err
}
