package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"

	"github.com/cgpkit/cgpkit/clisite/client"
	"github.com/cgpkit/cgpkit/filestore"
)

// local is a directory of this machine. Links in it are not followed.
type local struct{ root *os.Root }

func (l *local) keepsTimes() bool { return true }

var errSpecial = errors.New("neither a file nor a directory")

func (l *local) list(ctx context.Context, dir string) iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		d, err := l.root.Open(dir)
		if err != nil {
			yield(entry{}, err)
			return
		}
		defer d.Close()
		for {
			some, err := d.ReadDir(1000)
			if ctx.Err() != nil {
				err = ctx.Err()
			}
			for _, each := range some {
				e, err := l.entry(dir, each)
				if err != nil {
					err = &listError{e.name, err}
				}
				if !yield(e, err) {
					return
				}
			}
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(entry{}, err)
				return
			}
		}
	}
}

func (l *local) entry(dir string, d fs.DirEntry) (entry, error) {
	e := entry{name: filestore.Join(dir, d.Name()), dir: d.IsDir()}
	if !d.IsDir() && !d.Type().IsRegular() {
		return e, errSpecial
	}
	if err := filestore.CheckName(e.name); err != nil {
		return e, err
	}
	i, err := d.Info()
	if err != nil {
		return e, err
	}
	e.time = i.ModTime()
	if !e.dir {
		e.size = i.Size()
	}
	return e, nil
}

func (l *local) open(_ context.Context, e entry, offset int64) (io.ReadCloser, error) {
	i, err := l.root.Lstat(e.name)
	if err == nil && !i.Mode().IsRegular() {
		err = errSpecial
	}
	if err != nil {
		return nil, err
	}
	f, err := l.root.Open(e.name)
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		f.Close()
		return nil, err
	}
	return &localFile{f, e}, nil
}

// localFile tells at its end whether the file is still the one that was listed.
type localFile struct {
	*os.File
	e entry
}

func (f *localFile) Close() error {
	i, err := f.Stat()
	if err == nil && (i.Size() != f.e.size || !i.ModTime().Equal(f.e.time)) {
		err = filestore.ErrChanged
	}
	return errors.Join(err, f.File.Close())
}

func (l *local) create(_ context.Context, e entry) (upload, error) {
	dir, _ := filestore.Split(e.name)
	u := &localUpload{root: l.root, e: e, aside: filestore.Join(dir, client.AsidePrefix+keyOf(e))}
	if i, err := l.root.Lstat(u.aside); err == nil && i.Mode().IsRegular() && i.Size() <= e.size {
		u.begun = i.Size()
	} else if err == nil {
		if err := l.root.Remove(u.aside); err != nil {
			return nil, err
		}
	}
	f, err := l.root.OpenFile(u.aside, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o640)
	if err != nil {
		return nil, err
	}
	u.File = f
	return u, nil
}

// localUpload is a file aside, which an interrupted run leaves for the next one.
type localUpload struct {
	*os.File
	root  *os.Root
	e     entry
	aside string
	begun int64
}

func (u *localUpload) there() int64 { return u.begun }
func (u *localUpload) abort()       { u.File.Close() }

func (u *localUpload) commit() (entry, error) {
	err := errors.Join(u.Sync(), u.File.Close())
	if err == nil && !u.e.time.IsZero() {
		err = u.root.Chtimes(u.aside, u.e.time, u.e.time)
	}
	if err == nil {
		err = u.root.Rename(u.aside, u.e.name)
	}
	return u.e, err
}

func (l *local) mkdir(_ context.Context, name string) error { return l.root.Mkdir(name, 0o750) }

func (l *local) remove(_ context.Context, name string) error { return l.root.Remove(name) }

// empty is a directory that a dry run does not make.
type empty struct{ side }

func (empty) list(context.Context, string) iter.Seq2[entry, error] {
	return func(func(entry, error) bool) {}
}

func (empty) keepsTimes() bool { return true }
