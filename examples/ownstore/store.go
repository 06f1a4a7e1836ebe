package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"iter"

	"github.com/cgpkit/cgpkit/filestore"
)

// store is a read-only [filestore.Store] of any fs.FS whose files can seek, as
// those of package embed can.
type store struct{ files fs.FS }

var _ filestore.Store = store{}

// info adds to the facts of a file what a store tells beside them.
type info struct {
	fs.FileInfo
	path, tag string
}

func (i info) Path() string { return i.path }
func (i info) ETag() string { return i.tag }

func (i info) Sidecar() *filestore.Sidecar { return nil }

// file is an open file that knows its info.
type file struct {
	filestore.File
	info info
}

func (f file) Stat() (fs.FileInfo, error) { return f.info, nil }

func (s store) stat(name string) (info, error) {
	facts, err := fs.Stat(s.files, name)
	if err != nil || facts.IsDir() {
		return info{facts, name, ""}, err
	}
	content, err := fs.ReadFile(s.files, name)
	return info{facts, name, fmt.Sprintf(`"%x"`, sha256.Sum256(content))}, err
}

func (s store) Stat(_ context.Context, name string) (filestore.FileInfo, error) {
	i, err := s.stat(name)
	if err != nil {
		return nil, err
	}
	return i, nil
}

func (s store) Open(_ context.Context, name string) (filestore.File, error) {
	i, err := s.stat(name)
	if err != nil {
		return nil, err
	}
	if i.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: filestore.ErrIsDirectory}
	}
	f, err := s.files.Open(name)
	if err != nil {
		return nil, err
	}
	return file{f.(filestore.File), i}, nil
}

func (s store) List(ctx context.Context, dir string, o filestore.ListOptions) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) {
		entries, err := fs.ReadDir(s.files, dir)
		if err != nil && !yield(nil, err) {
			return
		}
		for _, e := range entries {
			if e.Name() > o.After && !yield(s.Stat(ctx, filestore.Join(dir, e.Name()))) {
				return
			}
		}
	}
}

func (s store) Usage(ctx context.Context, dir string) (u filestore.Usage, err error) {
	for i, err := range s.List(ctx, dir, filestore.ListOptions{}) {
		if err != nil {
			return u, err
		}
		below := filestore.Usage{Bytes: i.Size()}
		if i.IsDir() {
			if below, err = s.Usage(ctx, i.Path()); err != nil {
				return u, err
			}
		}
		u.Files, u.Bytes = u.Files+1+below.Files, u.Bytes+below.Bytes
	}
	return u, nil
}

// What would change something is refused.

func (store) Create(context.Context, string, filestore.CreateOptions, filestore.Limits) (filestore.Upload, error) {
	return nil, fs.ErrPermission
}

func (store) Mkdir(context.Context, string, filestore.MkdirOptions, filestore.Limits) error {
	return fs.ErrPermission
}

func (store) Remove(context.Context, string, filestore.RemoveOptions) error { return fs.ErrPermission }

func (store) Rename(context.Context, string, string, filestore.RenameOptions) error {
	return fs.ErrPermission
}

func (store) Copy(context.Context, string, string, filestore.CopyOptions, filestore.Limits) error {
	return fs.ErrPermission
}

func (store) Sidecar(_ context.Context, name, _ string) (filestore.Sidecar, error) {
	return filestore.Sidecar{}, &fs.PathError{Op: "read sidecar", Path: name, Err: fs.ErrNotExist}
}

func (store) SetSidecar(context.Context, string, []byte, filestore.SidecarOptions, filestore.Limits) (filestore.Sidecar, error) {
	return filestore.Sidecar{}, fs.ErrPermission
}
