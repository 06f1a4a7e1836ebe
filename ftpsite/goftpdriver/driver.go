package goftpdriver

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"

	"goftp.io/server/v2"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/ftpsite/internal/users"
)

// Driver is the storages of a directory, and the login to them, for one server. Use
// field names; Views must be set, and no field changed while the server runs.
//
// It is safe for concurrent use.
type Driver struct {
	// Views make the storages of the accounts; their directory knows who may log in.
	Views *filestore.Views
	// Anonymous lets strangers log in as "anonymous" or "ftp", with any password. An
	// account that has such a name logs in as itself.
	Anonymous bool
	// Logger takes the errors of storages, of which clients are told nothing. Nil:
	// nothing is logged.
	Logger *slog.Logger
}

var (
	_ server.Driver = (*Driver)(nil)
	_ server.Auth   = (*Driver)(nil)
)

// Where a session keeps its user, and one command what it is about.
const (
	userKey    = "github.com/cgpkit/cgpkit/ftpsite/goftpdriver"
	commandKey = userKey + " command"
)

// CheckPasswd implements server.Auth. It reports false for everything that is wrong
// with the name, the password, the account or its services, and gives an error
// where the directory fails.
func (d *Driver) CheckPasswd(c *server.Context, name, password string) (bool, error) {
	user, err := users.LogIn(c, d.Views.Directory(), users.Login{
		Name: name, Password: password, Remote: remote(c), Anonymous: d.Anonymous,
	})
	switch {
	case errors.Is(err, filestore.ErrLogin):
		return false, nil
	case err != nil:
		return false, d.tell(c, err)
	}
	c.Sess.Data[userKey] = user
	return true, nil
}

func remote(c *server.Context) netip.Addr {
	ap, err := netip.ParseAddrPort(c.Sess.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}

// Errors that clients see, by what branches on them. Their texts are constant: the
// server sends them.
var (
	errNotFound = &fs.PathError{Op: "open", Path: "path", Err: fs.ErrNotExist}
	errFailed   = errors.New("not possible")
)

// tell logs an error and returns what the client may know of it.
func (d *Driver) tell(c *server.Context, err error) error {
	if err == nil {
		return nil
	}
	if d.Logger != nil {
		d.Logger.Debug("command refused", "op", c.Cmd, "remote", remote(c), filestore.LogError(err))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return errNotFound
	}
	for _, known := range []error{
		fs.ErrPermission, fs.ErrExist, fs.ErrInvalid, filestore.ErrIsDirectory, filestore.ErrNotDirectory,
		filestore.ErrNotEmpty, filestore.ErrConflict, filestore.ErrLimit, filestore.ErrChanged,
	} {
		if errors.Is(err, known) {
			return known
		}
	}
	return errFailed
}

// locate finds what a path stands for. The server has folded it.
func (d *Driver) locate(c *server.Context, path string) (users.Place, error) {
	user, ok := c.Sess.Data[userKey].(users.User)
	if !ok {
		return users.Place{}, fs.ErrPermission
	}
	command, ok := c.Data[commandKey].(*users.Command)
	if !ok {
		command = &users.Command{User: user, Views: d.Views}
		c.Data[commandKey] = command
	}
	return command.Locate(path)
}

// Stat implements server.Driver.
func (d *Driver) Stat(c *server.Context, path string) (os.FileInfo, error) {
	p, err := d.locate(c, path)
	if err != nil {
		return nil, d.tell(c, err)
	}
	if p.Empty() || c.Cmd == "CWD" && filestore.IsShare(p.Name) { // whatever its key is
		return emptyDirectory{}, nil
	}
	look := p.View.Stat
	if c.Cmd == "RNFR" {
		look = p.View.Target // whoever may rename needs no right to read
	}
	found, err := look(c, p.Name)
	if err == nil && found == nil {
		err = fs.ErrNotExist
	}
	switch {
	case err == nil:
		return found, nil
	case c.Cmd == "CWD" && p.LeadsOn(c, err), p.BeforeKey() && isListing(c.Cmd):
		return emptyDirectory{}, nil // clients go step by step
	}
	return nil, d.tell(c, err)
}

func isListing(command string) bool {
	return command == "LIST" || command == "NLST" || command == "MLSD"
}

// ListDir implements server.Driver. Entries that cannot be read are left out.
func (d *Driver) ListDir(c *server.Context, path string, show func(os.FileInfo) error) error {
	p, err := d.locate(c, path)
	if err != nil || p.Empty() {
		return d.tell(c, err)
	}
	shown := false
	var failure error
	for found, err := range p.View.List(c, p.Name, "") {
		switch {
		case err != nil:
			failure = err
			continue
		case filestore.CheckName(found.Name()) != nil:
			continue // it would break a line
		}
		if err := show(found); err != nil {
			return err
		}
		shown = true
	}
	if shown || p.BeforeKey() {
		return nil
	}
	return d.tell(c, failure)
}

// DeleteDir implements server.Driver. Only empty directories go.
func (d *Driver) DeleteDir(c *server.Context, path string) error { return d.remove(c, path, true) }

// DeleteFile implements server.Driver.
func (d *Driver) DeleteFile(c *server.Context, path string) error { return d.remove(c, path, false) }

func (d *Driver) remove(c *server.Context, path string, directory bool) error {
	p, err := d.locate(c, path)
	if err == nil {
		err = p.Remove(c, directory)
	}
	return d.tell(c, err)
}

// Rename implements server.Driver. A file takes the place of a file, in one step; a
// directory is never replaced.
func (d *Driver) Rename(c *server.Context, from, to string) error {
	source, err := d.locate(c, from)
	if err != nil {
		return d.tell(c, err)
	}
	target, err := d.locate(c, to)
	if err == nil {
		err = source.Rename(c, target)
	}
	return d.tell(c, err)
}

// MakeDir implements server.Driver.
func (d *Driver) MakeDir(c *server.Context, path string) error {
	p, err := d.locate(c, path)
	if err == nil {
		err = p.View.Mkdir(c, p.Name)
	}
	return d.tell(c, err)
}

// GetFile implements server.Driver. The size is that of what is left from offset on.
func (d *Driver) GetFile(c *server.Context, path string, offset int64) (int64, io.ReadCloser, error) {
	p, err := d.locate(c, path)
	if err != nil {
		return 0, nil, d.tell(c, err)
	}
	file, err := p.View.Open(c, p.Name)
	if err != nil {
		return 0, nil, d.tell(c, err)
	}
	size, err := skip(file, offset)
	if err != nil {
		file.Close()
		return 0, nil, d.tell(c, err)
	}
	return size, file, nil
}

func skip(file filestore.File, offset int64) (left int64, err error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	if offset < 0 || offset > info.Size() {
		return 0, fs.ErrInvalid
	}
	_, err = file.Seek(offset, io.SeekStart)
	return info.Size() - offset, err
}

// PutFile implements server.Driver. An offset of -1 replaces the file, any other
// changes what is stored from there on; APPE appends. The file changes when data has
// ended without an error, and otherwise not at all.
func (d *Driver) PutFile(c *server.Context, path string, data io.Reader, offset int64) (int64, error) {
	p, err := d.locate(c, path)
	if err != nil {
		return 0, d.tell(c, err)
	}
	if data == nil {
		return 0, errors.New("no data connection")
	}
	o := filestore.CreateOptions{Offset: max(offset, 0)}
	if c.Cmd == "APPE" {
		o.Offset = filestore.End
	}
	ctx, cancel := context.WithCancel(c)
	defer cancel()
	upload, err := p.View.Create(ctx, p.Name, o)
	if err != nil {
		return 0, d.tell(c, err)
	}
	defer upload.Abort()
	n, err := io.Copy(upload, data)
	if err == nil {
		_, err = upload.Commit()
	}
	if err != nil {
		return n, d.tell(c, err)
	}
	return n, nil
}
