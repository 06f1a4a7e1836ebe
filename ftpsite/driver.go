package ftpsite

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	ftp "github.com/fclairamb/ftpserverlib"
	"github.com/spf13/afero"

	"github.com/cgpkit/cgpkit/filestore"
)

// driver is the file system that the engine works on. The engine gets one
// constant error; what it was is kept for the reply.
type driver struct {
	s *session
}

var (
	_ ftp.ClientDriver                      = driver{}
	_ ftp.ClientDriverExtensionFileList     = driver{}
	_ ftp.ClientDriverExtentionFileTransfer = driver{}
	_ ftp.ClientDriverExtensionRemoveDir    = driver{}
)

var errRefused = errors.New("refused")

// settle is deferred by every method that the engine calls. It catches panics
// and keeps the error.
func (s *session) settle(err *error) {
	if v := recover(); v != nil {
		*err = s.panicked(v)
	}
	if *err == nil || *err == io.EOF {
		return
	}
	if s.command.failure == nil {
		s.command.failure = *err
	}
	*err = errRefused
}

// Stat is the first step of CWD, CDUP, RNFR, SIZE, MDTM, MLST, LIST, NLST and
// MLSD.
func (d driver) Stat(path string) (_ os.FileInfo, err error) {
	defer d.s.settle(&err)
	p, err := d.s.locate(path)
	if err != nil {
		return nil, err
	}
	found, err := d.s.stat(p)
	if err != nil {
		return nil, err
	}
	switch verb := d.s.command.verb; {
	case !found.IsDir() && needsDirectory(verb):
		return nil, filestore.ErrNotDirectory
	case found.IsDir() && verb == "SIZE", !found.IsDir() && d.s.namesDirectory():
		return nil, filestore.ErrIsDirectory
	case verb == "MLST":
		found.name = path // RFC 3659 §7: a name that works in other commands
	}
	return found, nil
}

func needsDirectory(verb string) bool {
	return verb == "CWD" || verb == "XCWD" || verb == "CDUP" || verb == "XCUP" || verb == "MLSD"
}

// namesDirectory reports whether the client wrote a final slash, of which the
// engine tells nothing.
func (s *session) namesDirectory() bool { return strings.HasSuffix(s.command.arg, "/") }

// Mkdir is MKD.
func (d driver) Mkdir(path string, _ os.FileMode) (err error) {
	defer d.s.settle(&err)
	p, err := d.s.locate(path)
	if err != nil {
		return err
	}
	return p.view.Mkdir(d.s.ctx, p.name)
}

// Remove is DELE.
func (d driver) Remove(path string) (err error) {
	defer d.s.settle(&err)
	return d.s.remove(path, false)
}

// RemoveDir is RMD.
func (d driver) RemoveDir(path string) (err error) {
	defer d.s.settle(&err)
	return d.s.remove(path, true)
}

func (s *session) remove(path string, directory bool) error {
	p, err := s.locate(path)
	if err != nil {
		return err
	}
	info, err := p.view.Target(s.ctx, p.name)
	switch {
	case err != nil:
		return err
	case info == nil: // Remove tells
	case directory && !info.IsDir():
		return filestore.ErrNotDirectory
	case !directory && (info.IsDir() || s.namesDirectory()):
		return filestore.ErrIsDirectory
	}
	return p.view.Remove(s.ctx, p.name, filestore.RemoveOptions{})
}

// Rename is RNTO. An existing target is refused.
func (d driver) Rename(from, to string) (err error) {
	defer d.s.settle(&err)
	source, err := d.s.locate(from)
	if err != nil {
		return err
	}
	target, err := d.s.locate(to)
	if err != nil {
		return err
	}
	same, err := filestore.SameAccount(d.s.ctx, d.s.server.Directory, source.account, target.account)
	if err == nil && !same {
		err = fs.ErrPermission // each storage is a world of its own
	}
	if err != nil {
		return err
	}
	return source.view.Rename(d.s.ctx, source.name, target.name, filestore.RenameOptions{})
}

// The rest of afero.Fs is for commands that no client can give.

func (driver) Name() string                                          { return "ftpsite" }
func (driver) Create(string) (afero.File, error)                     { return nil, errRefused }
func (driver) Open(string) (afero.File, error)                       { return nil, errRefused }
func (driver) OpenFile(string, int, os.FileMode) (afero.File, error) { return nil, errRefused }
func (driver) MkdirAll(string, os.FileMode) error                    { return errRefused }
func (driver) RemoveAll(string) error                                { return errRefused }
func (driver) Chmod(string, os.FileMode) error                       { return errRefused }
func (driver) Chown(string, int, int) error                          { return errRefused }
func (driver) Chtimes(string, time.Time, time.Time) error            { return errRefused }
