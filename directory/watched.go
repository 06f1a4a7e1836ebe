package directory

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"syscall"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/internal/fresh"
	"github.com/cgpkit/cgpkit/internal/hostfile"
)

// watched is a file or directory in the form that read gives it, read again
// whenever it has changed. One that does not exist is the zero T.
type watched[T any] struct {
	path  string
	log   *slog.Logger
	read  func(path string, log *slog.Logger) (T, error)
	state fresh.Value[version[T]]
}

type version[T any] struct {
	value   T
	err     error
	info    fs.FileInfo // nil if there is no file
	settled bool
}

// get returns the content. The error is that of a file which is there and cannot
// be read; it has been logged.
func (w *watched[T]) get(now time.Time) (T, error) {
	v, ok := w.state.Load(now)
	if !ok {
		v = w.state.Renew(now, w.next)
	}
	return v.value, v.err
}

func (w *watched[T]) next(old version[T]) version[T] {
	var v version[T]
	info, err := os.Stat(w.path) // before reading: a change in between is seen next time
	if err == nil {
		log := w.log
		same := old.info != nil && hostfile.Unchanged(old.info, info)
		if same && old.settled {
			return old
		}
		if same { // what it holds has been logged
			log = slog.New(slog.DiscardHandler)
		}
		// The times of files come from the real clock.
		v.info, v.settled = info, hostfile.Settled(info)
		v.value, err = w.read(w.path, log)
		var system syscall.Errno
		v.settled = v.settled && !errors.As(err, &system) // which may let it be read later
	}
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(w.path); err != nil {
			return version[T]{}
		}
		err = errDangling
	}
	if v.err = hostfile.WithoutPath(err); v.err != nil && (old.err == nil || v.err.Error() != old.err.Error()) {
		w.log.Warn("file cannot be read", "err", withoutKeys(v.err))
	}
	return v
}

var errDangling = errors.New("a link to what does not exist")

// withoutKeys leaves out of a syntax error where in the value it is: where the
// syntax is broken, a piece of a password may pass for a key.
func withoutKeys(err error) error {
	if e, ok := errors.AsType[*cgpdata.SyntaxError](err); ok {
		return fmt.Errorf("line %d, column %d: %w", e.Line, e.Column, e.Err)
	}
	return err
}

// fileError names the file, relative to the base directory, and the place in it
// where its syntax is broken.
func fileError(file string, err error) error {
	if e, ok := errors.AsType[*cgpdata.SyntaxError](err); ok {
		return fmt.Errorf("%s:%d:%d: %w", file, e.Line, e.Column, e.Err)
	}
	return fmt.Errorf("%s: %w", file, hostfile.WithoutPath(err))
}

// maxFile bounds a settings file, in bytes. Our choice.
const maxFile = 16 << 20

// readValue reads a file that holds one value. The text is read leniently, since
// the server that wrote it did not refuse it either; what had to be repaired is
// logged. An empty file is an error all the same: it is what a full disk leaves,
// and must not open what its settings had closed.
func readValue(path string, log *slog.Logger) (cgpdata.Value, error) {
	info, err := os.Stat(path)
	if err != nil {
		return cgpdata.Value{}, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for its other end
		return cgpdata.Value{}, errors.New("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return cgpdata.Value{}, err
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return cgpdata.Value{}, err
	}
	faults := 0
	return cgpdata.Parse(src, &cgpdata.Options{
		Allow:    cgpdata.Lenient &^ cgpdata.EmptyText,
		MaxBytes: maxFile,
		Warn: func(e *cgpdata.SyntaxError) {
			if faults++; faults <= maxFaults {
				log.Warn("fault in file", "line", e.Line, "column", e.Column, "err", e.Err)
			}
		},
	})
}

// maxFaults bounds how many faults of one file are logged.
const maxFaults = 10

// readDictionary is readValue for a file that holds a dictionary.
func readDictionary(path string, log *slog.Logger) (cgpdata.Value, error) {
	v, err := readValue(path, log)
	if err == nil && v.Kind() != cgpdata.KindDictionary {
		return cgpdata.Value{}, fmt.Errorf("holds a %v, not a Dictionary", v.Kind())
	}
	return v, err
}
