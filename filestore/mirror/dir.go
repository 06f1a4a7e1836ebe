package mirror

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// Dir is the storage in a local directory, as package dirstore keeps it and CommuniGate Pro
// does, for reading alone: it writes nothing, and takes no lock, so a server may use the
// directory meanwhile. Links, special files and names that no store takes are left out. It
// is a [Source]. Close the root that it was made of when it is used no more.
type Dir struct{ root *os.Root }

// NewDir returns the storage in a directory.
func NewDir(root *os.Root) *Dir { return &Dir{root} }

// Open implements [Source].
func (d *Dir) Open(ctx context.Context, name string) (filestore.File, error) {
	if err := ctx.Err(); err != nil {
		return nil, fail("open", name, err)
	}
	f, err := d.root.Open(name)
	if err != nil {
		return nil, fail("open", name, err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = filestore.ErrIsDirectory
	}
	if err != nil {
		f.Close()
		return nil, fail("open", name, err)
	}
	return f, nil
}

// entries are the regular files and directories of a directory by name.
func (d *Dir) entries(dir string) (map[string]fs.FileInfo, error) {
	f, err := d.root.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	found, err := f.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	entries := make(map[string]fs.FileInfo, len(found))
	for _, e := range found {
		if !e.IsDir() && !e.Type().IsRegular() || filestore.CheckName(filestore.Join(dir, e.Name())) != nil {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // it has gone meanwhile
		}
		if err != nil {
			return nil, err
		}
		entries[e.Name()] = info
	}
	return entries, nil
}

// List implements [Source].
func (d *Dir) List(ctx context.Context, dir string, o filestore.ListOptions) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) {
		entries, err := d.entries(dir)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			yield(nil, fail("list", dir, err))
			return
		}
		listed := map[string]filestore.Entry{}
		for name, info := range entries {
			if of, ok := filestore.SidecarOf(name); ok && info.Mode().IsRegular() {
				e := entry(dir, of, entries[of])
				e.Sidecar = &filestore.Sidecar{Size: info.Size(), ModTime: info.ModTime()}
				listed[of] = e
			} else if _, done := listed[name]; !done {
				listed[name] = entry(dir, name, info)
			}
		}
		names := make([]string, 0, len(listed))
		for name := range listed {
			if name > o.After {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			if err := ctx.Err(); err != nil {
				yield(nil, fail("list", dir, err))
				return
			}
			if !yield(listed[name].Info(), nil) {
				return
			}
		}
	}
}

// entry is what a listing tells; info is nil for what is not there, of which there is a
// sidecar.
func entry(dir, name string, info fs.FileInfo) filestore.Entry {
	e := filestore.Entry{Path: filestore.Join(dir, name), Mode: fs.ModeIrregular}
	if info != nil {
		e.Mode, e.ModTime = info.Mode(), info.ModTime()
		if info.Mode().IsRegular() {
			e.Size = info.Size()
		}
	}
	return e
}

// Sidecar implements [Source], without tags.
func (d *Dir) Sidecar(ctx context.Context, name, _ string) (filestore.Sidecar, error) {
	side, ok := filestore.SidecarName(name)
	if !ok {
		return filestore.Sidecar{}, fail("sidecar", name, fs.ErrNotExist)
	}
	f, err := d.Open(ctx, side)
	if err != nil {
		return filestore.Sidecar{}, fail("sidecar", name, err)
	}
	defer f.Close()
	info, err := f.Stat()
	var content []byte
	if err == nil {
		content, err = io.ReadAll(io.LimitReader(f, filestore.MaxSidecarBytes+1))
	}
	if err != nil {
		return filestore.Sidecar{}, fail("sidecar", name, err)
	}
	if len(content) > filestore.MaxSidecarBytes {
		return filestore.Sidecar{Size: info.Size(), ModTime: info.ModTime()}, nil
	}
	return filestore.Sidecar{Content: content, Size: int64(len(content)), ModTime: info.ModTime()}, nil
}

// fail makes an error with the name that callers know, without paths of the host.
func fail(op, name string, err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	if strings.Contains(err.Error(), "escapes") { // os.Root has no name for it
		err = fs.ErrNotExist
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}
