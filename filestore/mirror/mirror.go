package mirror

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// Source is what is read: any [filestore.Store], or [Dir].
type Source interface {
	Open(ctx context.Context, name string) (filestore.File, error)
	List(ctx context.Context, dir string, o filestore.ListOptions) iter.Seq2[filestore.FileInfo, error]
	Sidecar(ctx context.Context, name, known string) (filestore.Sidecar, error)
}

// Options say how Run works. Use field names.
type Options struct {
	// Delete removes what the source does not have. Without it that stays, and what is a file on
	// one side and a directory on the other fails with fs.ErrExist.
	Delete bool
	// Verify reads all files again, and not only those that this run has copied.
	Verify bool
	// Notes are the names of notes that are moved, if both are a [filestore.Notebook]. No store
	// lists them.
	Notes []string
	// Copied is called for each file that was copied. nil: nothing is.
	Copied func(name string, bytes int64)
	// Failed is called for what could not be moved, and is for another run. nil: nothing is.
	Failed func(name string, err error)
}

// Result counts what a source holds, and what was done to make the target the same.
type Result struct {
	Files, Bytes             int64 // files, directories and sidecars of the source; the sum of their sizes
	Copied, Same             int64 // files
	Sidecars, Made, Removed  int64 // sidecars set, directories made, entries removed
	Verified, Failed, Differ int64 // files read again; entries that failed, and those of them whose contents differ
}

// Add adds the numbers of another result.
func (r *Result) Add(o Result) {
	r.Files, r.Bytes = r.Files+o.Files, r.Bytes+o.Bytes
	r.Copied, r.Same = r.Copied+o.Copied, r.Same+o.Same
	r.Sidecars, r.Made, r.Removed = r.Sidecars+o.Sidecars, r.Made+o.Made, r.Removed+o.Removed
	r.Verified, r.Failed, r.Differ = r.Verified+o.Verified, r.Failed+o.Failed, r.Differ+o.Differ
}

// errDiffers: a file that was copied is not what was read.
var errDiffers = errors.New("content differs")

// boundless: a limit is no reason to lose what was stored before it.
var boundless = filestore.Limits{Files: filestore.Unlimited, Bytes: filestore.Unlimited, FileSize: filestore.Unlimited}

// run is one run.
type run struct {
	ctx  context.Context
	from Source
	to   filestore.Store
	o    Options
	Result
}

// Run makes to the same as from. What fails is told and left out; the error is that of the
// context, or tells that the top of the source cannot be listed. Options may be nil.
func Run(ctx context.Context, from Source, to filestore.Store, o *Options) (Result, error) {
	r := &run{ctx: ctx, from: from, to: to}
	if o != nil {
		r.o = *o
	}
	err := r.directory(filestore.Root)
	if err == nil {
		r.notes()
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return r.Result, err
}

// notes moves the notes that are different.
func (r *run) notes() {
	from, ok := r.from.(filestore.Notebook)
	to, alike := r.to.(filestore.Notebook)
	if !ok || !alike {
		return
	}
	for _, name := range r.o.Notes {
		text, err := from.Note(r.ctx, name)
		var have []byte
		if err == nil {
			have, err = to.Note(r.ctx, name)
		}
		if err == nil && string(text) != string(have) && (len(text) > 0 || r.o.Delete) {
			err = to.SetNote(r.ctx, name, text)
		}
		r.fail(filestore.Root, err)
	}
}

func (r *run) fail(name string, err error) {
	if err == nil || r.ctx.Err() != nil {
		return
	}
	r.Failed++
	if errors.Is(err, errDiffers) {
		r.Differ++
	}
	if r.o.Failed != nil {
		r.o.Failed(name, err)
	}
}

// directory mirrors what is in a directory. Both listings are in the same order.
func (r *run) directory(dir string) error {
	next, stop := iter.Pull2(r.to.List(r.ctx, dir, filestore.ListOptions{}))
	defer stop()
	there, err, more := next()
	advance := func() { there, err, more = next() }
	for e, listErr := range r.from.List(r.ctx, dir, filestore.ListOptions{}) {
		name := ""
		if listErr == nil {
			name = e.Name()
		} else if name = entryOf(dir, listErr); name == "" {
			return listErr
		}
		for more && err == nil && there.Name() < name {
			r.surplus(there)
			advance()
		}
		if more && err != nil {
			return err
		}
		old := filestore.FileInfo(nil)
		if more && there.Name() == name {
			old = there
			advance()
		}
		if listErr != nil {
			r.fail(filestore.Join(dir, name), listErr)
			continue
		}
		r.entry(e, old)
		if r.ctx.Err() != nil {
			return r.ctx.Err()
		}
	}
	for ; more; advance() {
		if err != nil {
			return err
		}
		r.surplus(there)
	}
	return nil
}

// entryOf returns the name of the entry of a directory that an error of its listing is about; "":
// it is about no entry, and the listing is not whole.
func entryOf(dir string, err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		if in, name := filestore.Split(pathErr.Path); in == dir && pathErr.Path != dir {
			return name
		}
	}
	return ""
}

// surplus removes what the source does not have.
func (r *run) surplus(there filestore.FileInfo) {
	if !r.o.Delete {
		return
	}
	var err error
	if isOrphan(there) {
		err = r.unset(there.Path())
	} else {
		err = r.to.Remove(r.ctx, there.Path(), filestore.RemoveOptions{Recursive: true})
	}
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		r.Removed++
	}
	r.fail(there.Path(), err)
}

func isOrphan(i filestore.FileInfo) bool { return i.Mode()&fs.ModeIrregular != 0 }

// entry mirrors one entry; old is what has its name in the target.
func (r *run) entry(e, old filestore.FileInfo) {
	name := e.Path()
	inTheWay := old != nil && !isOrphan(old) && old.IsDir() != e.IsDir() // of another kind
	if isOrphan(e) {
		inTheWay = r.o.Delete && old != nil && !isOrphan(old) // what the source does not have
	}
	if inTheWay {
		err := error(&fs.PathError{Op: "replace", Path: name, Err: fs.ErrExist})
		if r.o.Delete {
			err = r.to.Remove(r.ctx, name, filestore.RemoveOptions{Recursive: true})
		}
		if err != nil {
			r.fail(name, err)
			return
		}
		r.Removed++
		old = nil
	}
	var err error
	switch {
	case isOrphan(e):
	case e.IsDir():
		err = r.makeDir(e, old)
	default:
		err = r.file(e, old)
	}
	if err == nil {
		err = r.sidecar(e, old)
	}
	if err == nil && e.IsDir() {
		err = r.directory(name)
	}
	r.fail(name, err)
}

func (r *run) makeDir(e, old filestore.FileInfo) error {
	r.Files++
	if old != nil && old.IsDir() {
		return nil
	}
	r.Made++
	return r.to.Mkdir(r.ctx, e.Path(), filestore.MkdirOptions{}, boundless)
}

// file copies a file, unless it is there already.
func (r *run) file(e, old filestore.FileInfo) error {
	r.Files, r.Bytes = r.Files+1, r.Bytes+e.Size()
	if old != nil && !isOrphan(old) && old.Size() == e.Size() && sameTime(old.ModTime(), e.ModTime()) {
		r.Same++
		if !r.o.Verify {
			return nil
		}
		sum, err := r.sum(r.from, e.Path())
		if err != nil {
			return err
		}
		if err := r.verify(e.Path(), sum); !errors.Is(err, errDiffers) {
			return err
		}
	}
	sum, err := r.copy(e)
	if err != nil {
		return err
	}
	if err := r.verify(e.Path(), sum); err != nil {
		return errors.Join(err, r.distrust(e))
	}
	r.Copied++
	if r.o.Copied != nil {
		r.o.Copied(e.Path(), e.Size())
	}
	return nil
}

// sameTime compares times in the coarser of two resolutions, of which no store has one below a
// microsecond.
func sameTime(a, b time.Time) bool {
	return a.Truncate(time.Microsecond).Equal(b.Truncate(time.Microsecond))
}

// copy copies a file, and returns the sum of what was read.
func (r *run) copy(e filestore.FileInfo) (sum [sha256.Size]byte, err error) {
	f, err := r.from.Open(r.ctx, e.Path())
	if err != nil {
		return sum, err
	}
	defer f.Close()
	u, err := r.to.Create(r.ctx, e.Path(), filestore.CreateOptions{Size: e.Size(), ModTime: e.ModTime()}, boundless)
	if err != nil {
		return sum, err
	}
	defer u.Abort()
	hash := sha256.New()
	n, err := io.Copy(u, io.TeeReader(f, hash))
	if err == nil && n != e.Size() {
		err = fmt.Errorf("read %d bytes of %d: %w", n, e.Size(), filestore.ErrChanged)
	}
	if err == nil {
		_, err = u.Commit()
	}
	return [sha256.Size]byte(hash.Sum(nil)), err
}

// distrust gives a file of the target that was copied and not verified another time than the
// source's, so that the next run does not take it for the same. What cannot be kept so goes. It
// does so even where the run is cut.
func (r *run) distrust(e filestore.FileInfo) error {
	ctx := context.WithoutCancel(r.ctx)
	u, err := r.to.Create(ctx, e.Path(), filestore.CreateOptions{KeepTail: true, ModTime: e.ModTime().Add(-time.Second)}, boundless)
	if err == nil {
		defer u.Abort()
		_, err = u.Commit()
	}
	if err != nil {
		err = r.to.Remove(ctx, e.Path(), filestore.RemoveOptions{})
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// verify reads a file of the target again.
func (r *run) verify(name string, sum [sha256.Size]byte) error {
	got, err := r.sum(r.to, name)
	if err == nil && got != sum {
		err = &fs.PathError{Op: "verify", Path: name, Err: errDiffers}
	}
	if err == nil {
		r.Verified++
	}
	return err
}

func (r *run) sum(s Source, name string) (sum [sha256.Size]byte, err error) {
	f, err := s.Open(r.ctx, name)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	hash := sha256.New()
	_, err = io.Copy(hash, f)
	return [sha256.Size]byte(hash.Sum(nil)), err
}

// sidecar makes the sidecar of an entry the same.
func (r *run) sidecar(e, old filestore.FileInfo) error {
	var have *filestore.Sidecar
	if old != nil {
		have = old.Sidecar()
	}
	side := e.Sidecar()
	if side == nil {
		if have == nil || !r.o.Delete {
			return nil
		}
		return r.unset(e.Path())
	}
	r.Files, r.Bytes = r.Files+1, r.Bytes+side.Size
	if have != nil && have.Size == side.Size && sameTime(have.ModTime, side.ModTime) && !r.o.Verify {
		return nil
	}
	content, err := r.from.Sidecar(r.ctx, e.Path(), "")
	if err != nil {
		return err
	}
	if content.Content == nil {
		return fmt.Errorf("sidecar of %d bytes: %w", content.Size, filestore.ErrLimit)
	}
	if have != nil && have.Size == content.Size && sameTime(have.ModTime, content.ModTime) {
		if now, err := r.to.Sidecar(r.ctx, e.Path(), ""); err == nil && string(now.Content) == string(content.Content) {
			return nil
		}
	}
	r.Sidecars++
	_, err = r.to.SetSidecar(r.ctx, e.Path(), content.Content, filestore.SidecarOptions{ModTime: content.ModTime}, boundless)
	return err
}

func (r *run) unset(name string) error {
	_, err := r.to.SetSidecar(r.ctx, name, nil, filestore.SidecarOptions{}, boundless)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
