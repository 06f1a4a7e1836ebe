package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/clisite/client"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/meta"
)

// entry is a file or a directory of a side.
type entry struct {
	name string // a storage path
	dir  bool
	size int64
	time time.Time
}

// side is one of the two ends of a mirror: a tree of files under storage paths.
type side interface {
	// list yields the entries of a directory. An error with the name of an entry
	// leaves that out; one without is the end of a listing that is not whole.
	list(ctx context.Context, dir string) iter.Seq2[entry, error]
	// open opens a file for reading, from an offset on. If it changes meanwhile that is
	// an error, at Close at the latest.
	open(ctx context.Context, e entry, offset int64) (io.ReadCloser, error)
	// create begins to write the file that is to become like e, or goes on with that.
	create(ctx context.Context, e entry) (upload, error)
	mkdir(ctx context.Context, name string) error
	// remove removes a file or an empty directory.
	remove(ctx context.Context, name string) error
	// keepsTimes tells whether what is created has the time that it is to have.
	keepsTimes() bool
}

// upload is a file on its way.
type upload interface {
	io.Writer
	there() int64                       // bytes from an earlier run
	commit() (written entry, err error) // as the side has it now
	abort()
}

// listError is an error about one entry of a listing.
type listError struct {
	name string
	err  error
}

func (e *listError) Error() string { return fmt.Sprintf("%s: %v", e.name, e.err) }
func (e *listError) Unwrap() error { return e.err }

// keyOf stands for the content that e has.
func keyOf(e entry) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%d", e.name, e.size, e.time.UnixNano()))
	return hex.EncodeToString(sum[:16])
}

// isLeftover reports whether a name is one of an upload that has not ended.
func isLeftover(name string) bool {
	_, last := filestore.Split(name)
	key, ok := strings.CutPrefix(last, client.AsidePrefix)
	_, err := hex.DecodeString(key)
	return ok && err == nil && len(key) == 32
}

// files is a storage: that of a local base, or one far away.
type files struct {
	storage func() filestore.FS // for one step
	far     *client.Storage     // nil: it is near
}

func (f *files) keepsTimes() bool { return f.far == nil }

func (f *files) list(ctx context.Context, dir string) iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		var all []filestore.FileInfo
		shown := map[string]bool{}
		for i, err := range f.storage().List(ctx, dir, "") {
			var p *fs.PathError
			if errors.As(err, &p) && p.Path != dir {
				err = &listError{p.Path, p.Err}
			}
			if err != nil {
				if !yield(entry{}, err) {
					return
				}
				continue
			}
			all = append(all, i)
			shown[i.Path()] = true
		}
		for _, i := range all {
			if !yield(entryOf(i), nil) {
				return
			}
			sidecar, ok := filestore.SidecarName(i.Path())
			about, far := i.Sys().(client.Entry)
			if !ok || !far || about.MetaModified.IsZero() || shown[sidecar] {
				continue
			}
			// A server that does not list sidecars tells what is in them.
			content, err := f.sidecar(ctx, i.Path())
			if err != nil {
				err = &listError{sidecar, err}
			}
			if !yield(entry{name: sidecar, size: int64(len(content)), time: about.MetaModified}, err) {
				return
			}
		}
	}
}

func entryOf(i filestore.FileInfo) entry {
	return entry{name: i.Path(), dir: i.IsDir(), size: i.Size(), time: i.ModTime()}
}

// sidecar makes the sidecar of a file out of its attributes.
func (f *files) sidecar(ctx context.Context, name string) ([]byte, error) {
	all, err := f.storage().Attributes(ctx, name)
	if err != nil {
		return nil, err
	}
	space := ""
	for _, a := range all {
		if a.Protected() || space == "" {
			space = a.Name().Space
		}
	}
	document, err := meta.New(space)
	for _, a := range all {
		if err == nil {
			document, err = document.Apply(meta.Set(a))
		}
	}
	if err != nil {
		return nil, err
	}
	return document.Bytes(), nil
}

func (f *files) open(ctx context.Context, e entry, offset int64) (io.ReadCloser, error) {
	var file filestore.File
	var err error
	if f.far != nil {
		file, err = f.far.OpenAt(ctx, e.name, offset)
	} else {
		file, err = f.storage().Open(ctx, e.name)
	}
	of, isSidecar := filestore.SidecarOf(e.name)
	if f.far != nil && isSidecar && errors.Is(err, fs.ErrNotExist) {
		content, err := f.sidecar(ctx, of)
		if err != nil || offset > int64(len(content)) {
			return nil, errors.Join(err, fs.ErrNotExist)
		}
		return io.NopCloser(strings.NewReader(string(content[offset:]))), nil
	}
	if err != nil {
		return nil, err
	}
	i, err := file.Stat()
	if err == nil && (i.Size() != e.size || !e.time.IsZero() && !sameTime(i.ModTime(), e.time)) {
		err = filestore.ErrChanged
	}
	if err == nil && f.far == nil {
		_, err = file.Seek(offset, io.SeekStart)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

func (f *files) create(ctx context.Context, e entry) (upload, error) {
	if f.far == nil {
		u, err := f.storage().Create(ctx, e.name, filestore.CreateOptions{Size: e.size, ModTime: e.time})
		return &fileUpload{u, 0}, err
	}
	if e.size == 0 {
		u, err := f.storage().Create(ctx, e.name, filestore.CreateOptions{})
		return &fileUpload{u, 0}, err
	}
	u, there, err := f.far.Resume(ctx, e.name, keyOf(e), filestore.CreateOptions{Size: e.size})
	return &fileUpload{u, there}, err
}

type fileUpload struct {
	filestore.Upload
	begun int64
}

func (u *fileUpload) there() int64 { return u.begun }
func (u *fileUpload) abort()       { u.Abort() }

func (u *fileUpload) commit() (entry, error) {
	i, err := u.Commit()
	if err != nil {
		return entry{}, err
	}
	return entryOf(i), nil
}

func (f *files) mkdir(ctx context.Context, name string) error { return f.storage().Mkdir(ctx, name) }

func (f *files) remove(ctx context.Context, name string) error {
	return f.storage().Remove(ctx, name, filestore.RemoveOptions{})
}

// sameTime compares times that one side may have in whole microseconds or seconds only.
func sameTime(a, b time.Time) bool {
	for _, unit := range []time.Duration{time.Microsecond, time.Second} {
		isWhole := a.Nanosecond()%int(unit) == 0 || b.Nanosecond()%int(unit) == 0
		if isWhole && a.Truncate(unit).Equal(b.Truncate(unit)) {
			return true
		}
	}
	return a.Equal(b)
}

// sorted reads a whole listing, in byte order.
func sorted(ctx context.Context, s side, dir string, left func(error)) (all []entry, whole bool) {
	whole = true
	for e, err := range s.list(ctx, dir) {
		if err != nil {
			var one *listError
			if !errors.As(err, &one) {
				err = &listError{dir, err}
			}
			left(err)
			whole = false
			continue
		}
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	return all, whole
}
