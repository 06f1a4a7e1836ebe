package dirstore

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/othername"
)

// info shows a stat as [filestore.FileInfo]. That of an orphan is a sidecar alone.
type info struct {
	path    string
	stat    stat
	sidecar *filestore.Sidecar
}

// newInfo shows what was found under a name, where something is.
func newInfo(name string, f found) info {
	i := info{path: name, stat: f.entry}
	if f.sidecar.kind == kindFile {
		i.sidecar = newSidecar(f.sidecar, nil)
	}
	return i
}

// newSidecar shows a stat as a sidecar with content.
func newSidecar(st stat, content []byte) *filestore.Sidecar {
	return &filestore.Sidecar{Content: content, Size: st.size, ModTime: st.modTime, ETag: st.etag()}
}

func (i info) Path() string       { return i.path }
func (i info) ModTime() time.Time { return i.stat.modTime }
func (i info) IsDir() bool        { return i.stat.kind == kindDir }
func (i info) Sys() any           { return nil }

func (i info) Sidecar() *filestore.Sidecar { return i.sidecar }

func (i info) Name() string {
	_, last := filestore.Split(i.path)
	return last
}

func (i info) Size() int64 {
	if i.IsDir() {
		return 0
	}
	return i.stat.size
}

func (i info) Mode() fs.FileMode {
	switch i.stat.kind {
	case kindDir:
		return fs.ModeDir | dirPerm
	case kindNone:
		return fs.ModeIrregular
	}
	return filePerm
}

func (i info) ETag() string {
	return i.stat.etag()
}

// etag returns the entity tag of a file, "" of anything else.
func (st stat) etag() string {
	if st.kind != kindFile {
		return ""
	}
	tag := append(make([]byte, 0, 4*16+5), '"') // four numbers of 64 bits at most
	for i, number := range [...]uint64{st.inode, uint64(st.size), uint64(st.modTime.UnixNano()), uint64(st.changed)} {
		if i > 0 {
			tag = append(tag, '-')
		}
		tag = strconv.AppendUint(tag, number, 16)
	}
	return string(append(tag, '"'))
}

// openFile is a file open for reading.
type openFile struct {
	content
	info info
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }

func (f *openFile) Read(p []byte) (int, error) {
	n, err := f.content.Read(p)
	return n, f.fail("read", err)
}

func (f *openFile) ReadAt(p []byte, offset int64) (int, error) {
	n, err := f.content.ReadAt(p, offset)
	return n, f.fail("read", err)
}

func (f *openFile) Seek(offset int64, whence int) (int64, error) {
	n, err := f.content.Seek(offset, whence)
	return n, f.fail("seek", err)
}

func (f *openFile) fail(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return fail(op, f.info.path, err)
}

// fail makes an error that shows the name as the caller knows it, and nothing
// of the host.
func fail(op, name string, err error) error {
	name, err = othername.Take(name, err)
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	switch {
	case errors.As(err, &pathErr):
		err = pathErr.Err
	case errors.As(err, &linkErr):
		err = linkErr.Err
	}
	switch {
	case errors.Is(err, syscall.ENOTEMPTY):
		err = filestore.ErrNotEmpty
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ELOOP):
		err = fs.ErrNotExist
	case errors.Is(err, syscall.ENAMETOOLONG): // this file system has shorter names
		err = fs.ErrInvalid
	default:
		if host := filestore.HostError(err); filestore.HostKind(host) != nil {
			err = host
		}
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}
