package filestore

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"slices"
)

// create begins an upload to the name of a, which may be that of a sidecar.
func (a access) create(ctx context.Context, o CreateOptions) (Upload, error) {
	of, ok := a.asSidecar()
	if !ok {
		return a.Store.Create(ctx, a.name, o, a.Limits)
	}
	u := &sidecarUpload{ctx: ctx, a: a, of: of, o: o}
	if err := u.begin(); err != nil {
		return nil, a.aboutSidecar("create", err)
	}
	return u, nil
}

// sidecarUpload is an upload to the name of a sidecar. Memory holds it, and Commit
// stores it in one step.
type sidecarUpload struct {
	ctx     context.Context
	a       access
	of      string
	o       CreateOptions
	old     Sidecar // as it was at Create; without an ETag: there was none
	content []byte
	written int64
	err     error // why it cannot be committed any more
}

func (u *sidecarUpload) begin() error {
	if u.o.Size < 0 || u.o.Reserve < 0 || u.o.Offset < End {
		return fs.ErrInvalid
	}
	if max(u.o.Size, u.o.Reserve) > MaxSidecarBytes {
		return &LimitError{LimitFileSize, min(MaxSidecarBytes, u.a.Limits.FileSize)}
	}
	var err error
	u.old, err = u.a.Store.Sidecar(u.ctx, u.of, "")
	there := err == nil
	if !there {
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := u.place(); err != nil {
			return err
		}
	}
	if err := u.o.If.Check(there, u.old.ETag); err != nil {
		return err
	}
	if err := u.a.unlocked(u.ctx, u.a.name, u.o.If); err != nil {
		return err
	}
	offset := u.o.Offset
	if offset == End {
		offset = u.old.Size
	}
	switch {
	case !there && (u.o.Offset > 0 || u.o.KeepTail):
		return fs.ErrNotExist
	case offset > u.old.Size, u.o.Size > math.MaxInt64-offset:
		return fs.ErrInvalid
	case u.keeps() && int64(len(u.old.Content)) < u.old.Size:
		return conflictIfBroken(brokenError{errSidecarSize})
	}
	u.content = slices.Clone(u.old.Content[:offset])
	return nil
}

// place demands that the directory is there, and that nothing else has the name of
// the sidecar.
func (u *sidecarUpload) place() error {
	dir, _ := Split(u.a.name)
	switch info, err := u.a.Store.Stat(u.ctx, dir); {
	case err != nil:
		return err
	case !info.IsDir():
		return ErrNotDirectory
	}
	switch _, err := u.a.Store.Stat(u.ctx, u.a.name); {
	case err == nil:
		return ErrIsDirectory
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return nil
}

// keeps reports whether old bytes stay.
func (u *sidecarUpload) keeps() bool { return u.o.Offset != 0 || u.o.KeepTail }

func (u *sidecarUpload) Write(p []byte) (int, error) {
	if u.err == nil {
		u.err = u.check(len(p))
	}
	if u.err != nil {
		return 0, pathError("write", u.a.name, u.err)
	}
	u.content = append(u.content, p...)
	u.written += int64(len(p))
	return len(p), nil
}

// check checks that more bytes may come.
func (u *sidecarUpload) check(more int) error {
	switch {
	case u.ctx.Err() != nil:
		return u.ctx.Err()
	case u.o.Size > 0 && u.written+int64(more) > u.o.Size:
		return fs.ErrInvalid
	case len(u.content)+more > MaxSidecarBytes:
		return &LimitError{LimitFileSize, min(MaxSidecarBytes, u.a.Limits.FileSize)}
	}
	return nil
}

func (u *sidecarUpload) Commit() (FileInfo, error) {
	info, err := u.commit()
	_ = u.Abort()
	if err != nil {
		return nil, u.a.aboutSidecar("commit", err)
	}
	return info, nil
}

func (u *sidecarUpload) commit() (FileInfo, error) {
	if u.err != nil {
		return nil, u.err
	}
	if u.written < u.o.Size {
		return nil, io.ErrUnexpectedEOF
	}
	if u.o.KeepTail && len(u.content) < len(u.old.Content) {
		u.content = append(u.content, u.old.Content[len(u.content):]...)
	}
	o := SidecarOptions{If: u.o.If, ModTime: u.o.ModTime}
	if u.keeps() {
		o.If.ETag, o.If.Absent = u.old.ETag, u.old.ETag == ""
	}
	content := append([]byte{}, u.content...) // never nil
	s, err := u.a.Store.SetSidecar(u.ctx, u.of, content, o, u.a.Limits)
	if u.keeps() && errors.Is(err, fs.ErrExist) && !u.o.If.Absent {
		err = ErrChanged
	}
	if err != nil {
		return nil, err
	}
	return s.entry(u.a.name).Info(), nil
}

// Abort lets go of the content.
func (u *sidecarUpload) Abort() error {
	u.content, u.old, u.err = nil, Sidecar{}, fs.ErrClosed
	return nil
}

// carry renames or copies something from or to the name of a sidecar. It reads the
// source, stores the target, and removes the source if that is still the same: what
// breaks off between leaves both. That locks keep the source is seen before.
func (a access) carry(ctx context.Context, t *transfer, from, to Precondition) error {
	source := a
	source.name = t.source
	if of, ok := a.asSidecar(); ok && t.move && of == t.source {
		return pathError(t.op, a.name, ErrConflict) // it would go with its source
	}
	content, info, err := source.carried(ctx, t)
	if err == nil {
		err = from.Check(true, info.ETag())
	}
	if err != nil {
		return pathError(t.op, t.source, withoutPath(err))
	}
	if !t.replace {
		to.Absent = true
	}
	o := CreateOptions{Size: int64(len(content)), ModTime: info.ModTime(), If: to}
	upload, err := a.create(ctx, o)
	if err == nil {
		defer upload.Abort()
		if t.move {
			if err := source.removable(ctx, from); err != nil {
				return err
			}
		}
		err = fill(upload, content)
	}
	if errors.Is(err, ErrIsDirectory) {
		err = fs.ErrExist // no file takes the place of a directory in this way
	}
	if err != nil {
		return pathError(t.op, a.name, withoutPath(err))
	}
	if !t.move {
		return nil
	}
	from.ETag = info.ETag()
	return source.remove(ctx, RemoveOptions{If: from})
}

// carried reads what is to be renamed or copied from or to the name of a sidecar.
func (a access) carried(ctx context.Context, t *transfer) ([]byte, FileInfo, error) {
	info, err := a.stat(ctx)
	if err != nil {
		return nil, nil, err
	}
	_, isSidecar := a.asSidecar()
	switch {
	case info.IsDir():
		return nil, nil, ErrReserved // another program gave it the name of a sidecar
	case info.Size() > MaxSidecarBytes:
		return nil, nil, &LimitError{LimitFileSize, MaxSidecarBytes}
	case !isSidecar && info.Sidecar() != nil:
		return nil, nil, ErrConflict // which would have one itself
	}
	f, err := a.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	opened, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if tagged, ok := opened.(FileInfo); ok {
		info = tagged // the one that is read
	}
	var content bytes.Buffer
	if _, err := content.ReadFrom(io.LimitReader(f, MaxSidecarBytes+1)); err != nil {
		return nil, nil, err
	}
	if content.Len() > MaxSidecarBytes {
		return nil, nil, &LimitError{LimitFileSize, MaxSidecarBytes}
	}
	return content.Bytes(), info, nil
}

// put stores content under the name of a.
func (a access) put(ctx context.Context, content []byte, o CreateOptions) error {
	upload, err := a.create(ctx, o)
	if err != nil {
		return err
	}
	defer upload.Abort()
	return fill(upload, content)
}

// fill ends an upload with its whole content.
func fill(upload Upload, content []byte) error {
	if _, err := upload.Write(content); err != nil {
		return err
	}
	_, err := upload.Commit()
	return err
}
