package filestore

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/cgpkit/cgpkit/meta"
)

var errSidecarSize = errors.New("sidecar is too large")

// document reads the sidecar of a name; nil if there is none. One that cannot
// be understood is an error.
func (a access) document(ctx context.Context, name string) (*meta.Document, error) {
	sidecar, ok := SidecarName(name)
	if !ok {
		return nil, nil
	}
	content, err := readSidecar(ctx, a.Store, sidecar)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrIsDirectory) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return meta.Parse(content)
}

func readSidecar(ctx context.Context, store Store, name string) ([]byte, error) {
	f, err := store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, MaxSidecarBytes+1))
	if err == nil && len(content) > MaxSidecarBytes {
		err = errSidecarSize
	}
	return content, err
}
