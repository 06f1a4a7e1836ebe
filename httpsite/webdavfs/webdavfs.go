// Package webdavfs shows a storage as the file system of golang.org/x/net/webdav, for
// programs that run the handler of that package already:
//
//	handler := &webdav.Handler{
//		FileSystem: webdavfs.New(func(ctx context.Context) filestore.FS {
//			return views.View(callerOf(ctx), "john@client1.com") // as a middleware found it
//		}),
//		LockSystem: webdav.NewMemLS(),
//	}
//
// What may be done is decided by the storage. A file appears when all of it has
// arrived: an upload that is cut leaves the old one. Dead properties (RFC 4918 §4) are
// kept with the file, where package dav, FTP and the CLI find them. The entity tags are
// those of the store, and no file is opened to tell its type.
//
// # What that handler lacks
//
// A program that is free to choose takes package dav. This handler, as of v0.62.0,
//
//   - keeps locks in memory, where other ways in do not see them; what these have locked
//     is kept from changes, with the status 404 or 405;
//   - knows no shared locks (501), refuses to MOVE what is locked (412), and takes no
//     entity tag in an If header;
//   - replaces the target of MOVE and COPY in several steps, the first of which removes
//     it, and copies file by file through the process;
//   - answers what is forbidden and what has no room by 403, 404, 405 or 500;
//   - bounds neither the bodies of PROPFIND and PROPPATCH nor Depth: infinity;
//   - has no quota properties, no extended MKCOL, and no default pages.
package webdavfs

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"strings"

	"golang.org/x/net/webdav"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/iofs"
)

// New returns a file system that asks for the files with every operation: the context is
// that of the request, which tells who asks. The names are what the handler leaves of
// the path of a URL; they are not cleaned, and one with "..", or an empty segment, is
// fs.ErrInvalid. It is safe for concurrent use.
func New(files func(context.Context) filestore.FS) webdav.FileSystem { return fileSystem{files} }

type fileSystem struct {
	files func(context.Context) filestore.FS
}

// clean returns the name in the storage.
func clean(name string) (string, error) {
	rest := strings.TrimPrefix(name, "/")
	clean, _, err := filestore.CleanName(rest)
	if rest == "/" { // an empty segment
		err = fs.ErrInvalid
	}
	if err != nil {
		return "", &fs.PathError{Op: "clean", Path: name, Err: err}
	}
	return clean, nil
}

// Mkdir implements [webdav.FileSystem].
func (s fileSystem) Mkdir(ctx context.Context, name string, _ os.FileMode) error {
	name, err := clean(name)
	if err != nil {
		return err
	}
	return plain(s.files(ctx).Mkdir(ctx, name))
}

// RemoveAll implements [webdav.FileSystem].
func (s fileSystem) RemoveAll(ctx context.Context, name string) error {
	name, err := clean(name)
	if err != nil {
		return err
	}
	err = s.files(ctx).Remove(ctx, name, filestore.RemoveOptions{Recursive: true})
	if errors.Is(err, fs.ErrNotExist) {
		return nil // as os.RemoveAll
	}
	return plain(err)
}

// Rename implements [webdav.FileSystem].
func (s fileSystem) Rename(ctx context.Context, from, to string) error {
	from, err := clean(from)
	if err != nil {
		return err
	}
	if to, err = clean(to); err != nil {
		return err
	}
	return plain(s.files(ctx).Rename(ctx, from, to, filestore.RenameOptions{ReplaceFile: true}))
}

// Stat implements [webdav.FileSystem].
func (s fileSystem) Stat(ctx context.Context, name string) (os.FileInfo, error) {
	name, err := clean(name)
	if err != nil {
		return nil, err
	}
	i, err := s.files(ctx).Stat(ctx, name)
	if err != nil {
		return nil, plain(err)
	}
	return info{i}, nil
}

// OpenFile implements [webdav.FileSystem]. It writes new content only: with
// os.O_TRUNC, or os.O_CREATE where nothing is.
func (s fileSystem) OpenFile(ctx context.Context, name string, flag int, _ os.FileMode) (webdav.File, error) {
	name, err := clean(name)
	if err != nil {
		return nil, err
	}
	p := properties{ctx, s.files(ctx), name}
	if flag&os.O_TRUNC != 0 || flag&os.O_CREATE != 0 {
		var o filestore.CreateOptions
		o.If.Absent = flag&os.O_TRUNC == 0 || flag&os.O_EXCL != 0
		upload, err := p.files.Create(ctx, name, o)
		switch {
		case err == nil:
			return &writing{properties: p, upload: upload}, nil
		case !errors.Is(err, fs.ErrExist) || flag&os.O_EXCL != 0:
			return nil, plain(err)
		}
	}
	f, err := iofs.New(ctx, p.files).Open(name)
	if err != nil {
		return nil, plain(err)
	}
	return &reading{p, f}, nil
}

// plain takes from an error what hides its kind from [os.IsNotExist] and the like, by
// which the handler tells errors apart.
func plain(err error) error {
	for _, kind := range []error{fs.ErrNotExist, fs.ErrExist, fs.ErrPermission} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	return err
}

// info tells the handler what it would open a file for otherwise.
type info struct{ filestore.FileInfo }

// ETag implements [webdav.ETager].
func (i info) ETag(context.Context) (string, error) {
	if tag := i.FileInfo.ETag(); tag != "" {
		return tag, nil
	}
	return "", webdav.ErrNotImplemented
}

// ContentType implements [webdav.ContentTyper].
func (i info) ContentType(context.Context) (string, error) {
	if t := mime.TypeByExtension(path.Ext(i.Name())); t != "" {
		return t, nil
	}
	return "application/octet-stream", nil
}

// reading is a file or a directory open for reading.
type reading struct {
	properties
	fs.File
}

var _ http.File = (*reading)(nil)

func (r *reading) Stat() (os.FileInfo, error) {
	i, err := r.File.Stat()
	if known, ok := i.(filestore.FileInfo); ok && err == nil {
		return info{known}, nil
	}
	return i, err
}

func (r *reading) Seek(offset int64, whence int) (int64, error) {
	if file, ok := r.File.(io.Seeker); ok {
		return file.Seek(offset, whence)
	}
	return 0, &fs.PathError{Op: "seek", Path: r.name, Err: filestore.ErrIsDirectory}
}

func (r *reading) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: r.name, Err: errors.ErrUnsupported}
}

// Readdir leaves out what cannot be read.
func (r *reading) Readdir(count int) ([]os.FileInfo, error) {
	dir, ok := r.File.(fs.ReadDirFile)
	if !ok {
		return nil, &fs.PathError{Op: "readdir", Path: r.name, Err: filestore.ErrNotDirectory}
	}
	entries, err := dir.ReadDir(count)
	infos := make([]os.FileInfo, 0, len(entries))
	for _, e := range entries {
		if i, err := e.Info(); err == nil {
			infos = append(infos, info{i.(filestore.FileInfo)})
		}
	}
	return infos, err
}

// writing is an upload. The handler closes it whatever has happened, and asks for its
// Stat, its properties or its end when all has come: the first of these commits it,
// unless something was missing.
type writing struct {
	properties
	upload filestore.Upload
	failed error
	stored filestore.FileInfo // nil: not yet
}

func (w *writing) Write(p []byte) (int, error) {
	n, err := w.upload.Write(p)
	w.fail(err)
	return n, err
}

// ReadFrom is how io.Copy writes: by it the error of a body that is cut comes here as well.
func (w *writing) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.Copy(w.upload, r)
	w.fail(err)
	return n, err
}

func (w *writing) fail(err error) {
	if w.failed == nil {
		w.failed = err
	}
}

func (w *writing) commit() error {
	if w.stored == nil && w.failed == nil {
		w.stored, w.failed = w.upload.Commit()
	}
	return plain(w.failed)
}

func (w *writing) Stat() (os.FileInfo, error) {
	if err := w.commit(); err != nil {
		return nil, err
	}
	return info{w.stored}, nil
}

func (w *writing) Close() error {
	return errors.Join(w.commit(), w.upload.Abort())
}

// Patch implements [webdav.DeadPropsHolder].
func (w *writing) Patch(patches []webdav.Proppatch) ([]webdav.Propstat, error) {
	if err := w.commit(); err != nil {
		return nil, err
	}
	return w.properties.Patch(patches)
}

func (w *writing) Read([]byte) (int, error)           { return 0, w.unsupported("read") }
func (w *writing) Seek(int64, int) (int64, error)     { return 0, w.unsupported("seek") }
func (w *writing) Readdir(int) ([]os.FileInfo, error) { return nil, w.unsupported("readdir") }

func (w *writing) unsupported(op string) error {
	return &fs.PathError{Op: op, Path: w.name, Err: errors.ErrUnsupported}
}
