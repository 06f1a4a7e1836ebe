package edit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/internal/grammar"
)

// ErrFileChanged is the error of [ReplaceFile] and [UpdateFile] when the file is no longer
// what was read. Nothing has been written; one may try again.
var ErrFileChanged = errors.New("file changed since it was read")

// errNotRegular is the error of a name that is no file, or one only by a link.
var errNotRegular = errors.New("not a regular file")

// UpdateFile lets change edit the text of a settings file, which is read with the
// Options o, and puts the file in its place as [ReplaceFile] does. A file in which
// change has changed nothing is not written.
func UpdateFile(name string, o *cgpdata.Options, change func(*Document) error) error {
	limit := int64(grammar.DefaultBytes)
	if o != nil {
		limit = grammar.OrDefault(o.MaxBytes, grammar.DefaultBytes, grammar.CeilingBytes)
	}
	return replaceFile(name, limit, func(old []byte) ([]byte, error) {
		d, err := ParseDocument(old, o)
		if err != nil {
			return nil, err
		}
		if err := change(d); err != nil {
			return nil, err
		}
		return d.Bytes(), nil
	})
}

// ReplaceFile replaces the text of the file name, which must be there, by what change
// makes of it. Whoever reads the file meanwhile, and whatever ends the program or the
// machine, finds all of the old text or all of the new one: that is written to a
// temporary file in the same directory (.name.*.tmp, of a long name its beginning), synced and renamed. An error
// leaves the old file, and no temporary one (a killed program may); only if the
// directory cannot be synced, the new file is there already. The error of change is
// returned as it is.
//
// The new file has the mode of the old one and, on Linux, macOS and the BSDs, its owner
// and group, or it is not made. It is another file: hard links stay with the old one, and
// extended attributes are lost. The name must be that of a regular file and not of a
// symbolic link; links in the directories before it are followed.
//
// ErrFileChanged is returned if text, mode, owner or file have changed since they were
// read. On the same systems this is certain between users of this function,
// who lock the directory (flock) for the moment of the renaming; a program
// that writes the file without it can be overlooked in that moment. Who else locks the
// directory is waited for ten seconds.
//
// A text above 2 GiB is refused with [cgpdata.ErrSize].
func ReplaceFile(name string, change func(old []byte) ([]byte, error)) error {
	return replaceFile(name, grammar.CeilingBytes, change)
}

func replaceFile(name string, limit int64, change func(old []byte) ([]byte, error)) error {
	old, err := readRegular(name, limit)
	if err != nil {
		return err
	}
	text, err := change(bytes.Clone(old.text))
	if err != nil || bytes.Equal(text, old.text) {
		return err
	}
	temp, err := stage(name, text, old.info)
	if err != nil {
		return err
	}
	unchanged := func() error {
		now, err := readRegular(name, limit)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrFileChanged, err)
		}
		if !now.same(old) {
			return &fs.PathError{Op: "replace", Path: name, Err: ErrFileChanged}
		}
		return nil
	}
	if err := renameIf(unchanged, temp, name); err != nil {
		_ = os.Remove(temp) // gone if it was renamed
		return err
	}
	return nil
}

// A contents is what a file was when it was read.
type contents struct {
	text []byte
	info fs.FileInfo
}

// same reports whether nothing has changed that a replaced file would lose.
func (c contents) same(d contents) bool {
	return os.SameFile(c.info, d.info) && c.info.Mode() == d.info.Mode() && sameOwner(c.info, d.info) &&
		bytes.Equal(c.text, d.text)
}

// readRegular reads a regular file of up to limit bytes.
func readRegular(name string, limit int64) (c contents, err error) {
	named, err := os.Lstat(name)
	if err != nil {
		return c, err
	}
	if !named.Mode().IsRegular() {
		return c, &fs.PathError{Op: "read", Path: name, Err: errNotRegular}
	}
	f, err := os.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return c, err
	}
	defer f.Close()
	if c.info, err = f.Stat(); err != nil {
		return c, err
	}
	if !os.SameFile(named, c.info) {
		return c, &fs.PathError{Op: "read", Path: name, Err: ErrFileChanged}
	}
	if c.text, err = io.ReadAll(io.LimitReader(f, limit+1)); err != nil {
		return c, err
	}
	if int64(len(c.text)) > limit {
		return c, &fs.PathError{Op: "read", Path: name, Err: cgpdata.ErrSize}
	}
	return c, nil
}

// stage writes text to a temporary file beside name, with the mode and owner of info.
func stage(name string, text []byte, info fs.FileInfo) (temp string, err error) {
	const maxBase = 200 // of the name, which is cut to leave room for the rest
	base := filepath.Base(name)
	f, err := os.CreateTemp(filepath.Dir(name), "."+base[:min(len(base), maxBase)]+".*.tmp")
	if err != nil {
		return "", err
	}
	_, err = f.Write(text)
	if err == nil {
		err = keepOwner(f, info) // before the mode: it may clear bits of that
	}
	if err == nil {
		err = f.Chmod(info.Mode())
	}
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return f.Name(), err
}
