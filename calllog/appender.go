package calllog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/cgpkit/cgpkit/internal/flock"
)

// Appender appends records to the logs in a directory of the local file system.
// Any number of goroutines, processes and Appenders may do so at once.
//
// It holds nothing open: every call finds the file of its month, and one that was
// renamed away meanwhile is begun anew. While it writes it holds the lock of the
// file (flock, on Linux, macOS and the BSDs; elsewhere there is none, and only one
// call at a time may write to a file). A program that writes without that lock is
// safe as long as it appends whole lines; one that reads may see a part of the last
// batch for a moment.
//
// The logs in the File Storage of an account are not for it: what others write
// there passes by the limits. Package recorder is for those.
//
// An Appender is safe for concurrent use as long as its fields are not changed.
// Use field names.
type Appender struct {
	// Dir is the directory, which must exist. Files are made in it with mode
	// 0600, less the umask.
	Dir string
	// Location is the time zone of the server, in which end times are written.
	// Nil means time.Local.
	Location *time.Location
}

// maxRenames is how often a file may be renamed away before it is locked.
const maxRenames = 100

// Append appends records to the logs of the months in which they end, in their
// order. It returns how many of them, the first ones, are in the files; all of
// them if the error is nil. Records that [Record.Validate] refuses are found
// before anything is written.
//
// Records of one month that follow each other are one batch: they are written at
// once, behind an end of line if the last line lacks it, as that of a writer that
// was killed may: the reader then reports that line, unless it was cut inside its
// last field. A batch that cannot be written whole, on a full disk, is taken back.
// What was written outlives the process, and as soon as the system has put it on
// the disk also the loss of power. Waiting for the lock ends with ctx.
//
// Errors of the file system are *fs.PathError values. A log that is a symbolic
// link or no regular file is an error.
func (a *Appender) Append(ctx context.Context, records ...Record) (int, error) {
	for i, r := range records {
		if err := r.Validate(); err != nil {
			return 0, fmt.Errorf("record %d: %w", i, err)
		}
	}
	location := a.Location
	if location == nil {
		location = time.Local
	}
	for done := 0; done < len(records); {
		var batch []byte
		var name string
		n := done
		for ; n < len(records); n++ {
			r := records[n]
			r.End = r.End.In(location)
			if name == "" {
				name = FileName(r.End)
			} else if FileName(r.End) != name {
				break
			}
			batch = AppendRecord(batch, r)
		}
		if err := write(ctx, filepath.Join(a.Dir, name), batch); err != nil {
			return done, err
		}
		done = n
	}
	return len(records), nil
}

// write appends whole lines to the file at path.
func write(ctx context.Context, path string, lines []byte) error {
	f, err := openLocked(ctx, path)
	if err != nil {
		return err
	}
	err = appendLines(f, lines)
	if closed := f.Close(); err == nil { // ends the lock
		err = closed
	}
	return err
}

// openLocked opens the file at path for appending, makes it if need be, and locks
// it. The file has that name when it is locked.
func openLocked(ctx context.Context, path string) (*os.File, error) {
	for range maxRenames {
		if err := ctx.Err(); err != nil {
			return nil, &fs.PathError{Op: "append", Path: path, Err: err}
		}
		f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|openFlags, 0o600)
		if err != nil {
			return nil, err
		}
		locked, err := lockNamed(ctx, f)
		if locked {
			return f, nil
		}
		f.Close()
		if err != nil {
			return nil, &fs.PathError{Op: "append", Path: path, Err: err}
		}
	}
	return nil, &fs.PathError{Op: "append", Path: path, Err: errors.New("renamed away again and again")}
}

// lockNamed locks f; it is false if f has lost its name meanwhile.
func lockNamed(ctx context.Context, f *os.File) (bool, error) {
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, fs.ErrInvalid
	}
	if err := flock.Lock(ctx, f); err != nil {
		return false, err
	}
	named, err := os.Lstat(f.Name())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(info, named), err
}

// appendLines writes lines, which end in a line feed, behind what f has, all of
// them or none.
func appendLines(f *os.File, lines []byte) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	if size > 0 {
		var last [1]byte
		if _, err := f.ReadAt(last[:], size-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			lines = append([]byte("\n"), lines...)
		}
	}
	n, err := f.Write(lines)
	if err != nil && n > 0 {
		err = errors.Join(err, takeBack(f, size, int64(n)))
	}
	return err
}

// takeBack makes f as long as it was before n bytes were written to it, unless
// somebody without the lock has written behind them: then the next batch ends the
// line.
func takeBack(f *os.File, size, n int64) error {
	info, err := f.Stat()
	if err != nil || info.Size() != size+n {
		return err
	}
	return f.Truncate(size)
}
