// Package iofs shows a storage as the file system of package io/fs, for what the standard
// library and others do with one: serve it by http.FileServerFS, parse templates of it,
// walk it, copy it.
//
//	files := iofs.New(ctx, views.View(caller, "john@client1.com"))
//	err := fs.WalkDir(files, ".", walk)
//
// It reads, and shows what the [filestore.FS] shows: of a View that is what its caller
// may see. Names are those of that interface, which takes fewer than io/fs: one with a
// backslash or a control byte is fs.ErrInvalid.
package iofs

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"

	"github.com/cgpkit/cgpkit/filestore"
)

// FS shows a storage. Besides [fs.FS] it implements [fs.StatFS]; [fs.ReadDir] and the
// others of that package need no more. It is safe for concurrent use.
//
// What Open returns for a file is a [filestore.File], which is an io.Seeker as well. A
// directory is read as far as is asked for, in byte order of names, and each ReadDir goes
// on where the last one ended. An entry that cannot be read is among the others, and its
// Info returns the error.
type FS struct {
	ctx   context.Context
	files filestore.FS
}

// New returns the files as a file system. Its operations fail when ctx ends, and reading
// of open files may.
func New(ctx context.Context, files filestore.FS) *FS { return &FS{ctx, files} }

var _ fs.StatFS = (*FS)(nil)

// Stat implements [fs.StatFS].
func (f *FS) Stat(name string) (fs.FileInfo, error) {
	info, err := f.files.Stat(f.ctx, name)
	if err != nil {
		return nil, err // not a nil FileInfo of another type
	}
	return info, nil
}

// Open implements [fs.FS].
func (f *FS) Open(name string) (fs.File, error) {
	file, err := f.files.Open(f.ctx, name)
	if err == nil {
		return file, nil
	}
	if !errors.Is(err, filestore.ErrIsDirectory) {
		return nil, err
	}
	info, err := f.files.Stat(f.ctx, name)
	if err != nil {
		return nil, err
	}
	return newDirectory(info, name, f.files.List(f.ctx, name, "")), nil
}

// directory is an open directory.
type directory struct {
	info fs.FileInfo
	name string
	next func() (filestore.FileInfo, error, bool)
	stop func()
}

func newDirectory(info fs.FileInfo, name string, entries iter.Seq2[filestore.FileInfo, error]) *directory {
	d := &directory{info: info, name: name}
	d.next, d.stop = iter.Pull2(entries)
	return d
}

func (d *directory) Stat() (fs.FileInfo, error) { return d.info, nil }

func (d *directory) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: filestore.ErrIsDirectory}
}

func (d *directory) Close() error {
	if d.next == nil {
		return &fs.PathError{Op: "close", Path: d.name, Err: fs.ErrClosed}
	}
	d.stop()
	d.next = nil
	return nil
}

// ReadDir implements [fs.ReadDirFile].
func (d *directory) ReadDir(n int) (entries []fs.DirEntry, err error) {
	if d.next == nil {
		return nil, &fs.PathError{Op: "readdir", Path: d.name, Err: fs.ErrClosed}
	}
	for n <= 0 || len(entries) < n {
		info, err, ok := d.next()
		var about *fs.PathError
		switch {
		case !ok && n > 0 && len(entries) == 0:
			return nil, io.EOF
		case !ok:
			return entries, nil
		case err == nil:
			entries = append(entries, fs.FileInfoToDirEntry(info))
		case errors.As(err, &about) && about.Path != d.name && filestore.Within(about.Path, d.name):
			entries = append(entries, unreadable{about.Path, err})
		default:
			return entries, err
		}
	}
	return entries, nil
}

// unreadable is an entry that the storage knows no more of than its name.
type unreadable struct {
	path string
	err  error
}

func (u unreadable) Name() string {
	_, last := filestore.Split(u.path)
	return last
}

func (u unreadable) String() string             { return fs.FormatDirEntry(u) }
func (u unreadable) IsDir() bool                { return false }
func (u unreadable) Type() fs.FileMode          { return fs.ModeIrregular }
func (u unreadable) Info() (fs.FileInfo, error) { return nil, u.err }
