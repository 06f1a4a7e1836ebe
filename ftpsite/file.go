package ftpsite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	ftp "github.com/fclairamb/ftpserverlib"

	"github.com/cgpkit/cgpkit/filestore"
)

// GetHandle is RETR, STOR and APPE. The place to begin at is the session's:
// the engine would forget it, or keep it, at the wrong times.
func (d driver) GetHandle(path string, flags int, _ int64) (_ ftp.FileTransfer, err error) {
	defer d.s.settle(&err)
	if d.s.namesDirectory() {
		return nil, filestore.ErrIsDirectory
	}
	p, err := d.s.locate(path)
	if err != nil {
		return nil, err
	}
	if flags&os.O_WRONLY == 0 {
		return d.s.openDownload(p)
	}
	return d.s.openUpload(p, flags&os.O_APPEND != 0)
}

// download is a file that is being sent.
type download struct {
	s    *session
	file filestore.File
	over bool
}

func (s *session) openDownload(p place) (ftp.FileTransfer, error) {
	file, err := p.view.Open(s.transfer.ctx, p.name)
	if err != nil {
		return nil, err
	}
	d := &download{s: s, file: file}
	s.transfer.file = d
	if err := d.skip(s.rest); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *download) skip(n int64) error {
	if n == 0 {
		return nil
	}
	info, err := d.file.Stat()
	if err != nil {
		return err
	}
	if n > info.Size() {
		return fmt.Errorf("begin at %d: %w", n, fs.ErrInvalid)
	}
	_, err = d.file.Seek(n, io.SeekStart)
	return err
}

// Read is used for TYPE A, and WriteTo otherwise.
func (d *download) Read(p []byte) (n int, err error) {
	defer d.s.settle(&err)
	return d.file.Read(p)
}

func (d *download) WriteTo(w io.Writer) (n int64, err error) {
	defer d.s.settle(&err)
	return io.Copy(w, d.file)
}

func (d *download) Write([]byte) (int, error)      { return 0, errRefused }
func (d *download) Seek(int64, int) (int64, error) { return 0, errRefused }

// TransferError implements ftp.FileTransferError.
func (d *download) TransferError(error) {
	if conn := d.s.transfer.data; conn != nil {
		conn.failed = true
	}
}

func (d *download) Close() (err error) {
	defer d.s.settle(&err)
	if d.over {
		return nil
	}
	d.over = true
	return d.file.Close()
}

// upload is a file that is being received. The engine cannot tell a cut upload
// in every case, so Close decides.
type upload struct {
	s       *session
	to      filestore.Upload
	written int64
	err     error // why there will be no file
	over    bool
}

var errIncomplete = errors.New("upload is not complete")

func (s *session) openUpload(p place, appending bool) (ftp.FileTransfer, error) {
	o := filestore.CreateOptions{Offset: s.rest}
	if appending {
		o.Offset = filestore.End
	}
	if !s.ascii {
		o.Size = s.declared
	}
	to, err := p.view.Create(s.transfer.ctx, p.name, o)
	if err != nil {
		return nil, err
	}
	u := &upload{s: s, to: to}
	s.transfer.file = u
	return u, nil
}

func (u *upload) Write(p []byte) (n int, err error) {
	defer u.s.settle(&err)
	if len(p) == 0 {
		return 0, nil // what the engine writes to an empty file
	}
	u.written += int64(len(p))
	if declared := u.s.declared; !u.s.ascii && declared > 0 && u.written > declared {
		return 0, errIncomplete
	}
	return u.to.Write(p)
}

func (u *upload) Read([]byte) (int, error)       { return 0, errRefused }
func (u *upload) Seek(int64, int) (int64, error) { return 0, errRefused }

// TransferError implements ftp.FileTransferError.
func (u *upload) TransferError(err error) { u.err = err }

// Close commits the upload if all of it has come, or gives it up.
func (u *upload) Close() (err error) {
	defer u.s.settle(&err)
	if u.over {
		return nil
	}
	u.over = true
	defer u.to.Abort()
	if err := u.complete(); err != nil {
		return err
	}
	_, err = u.to.Commit()
	return err
}

// complete returns nil if everything says that the whole file has come.
func (u *upload) complete() error {
	t := u.s.transfer
	// Hearing the client out may end the context.
	ended := context.Cause(t.ctx) == nil && u.s.ear.ended()
	switch declared := u.s.declared; {
	case context.Cause(t.ctx) != nil:
		return context.Cause(t.ctx)
	case ended:
		return errGone
	case u.err != nil:
		return fmt.Errorf("%w: %w", errIncomplete, u.err)
	case t.data == nil || t.data.err != io.EOF:
		return errIncomplete
	case declared > 0 && declared != u.written && !(u.s.ascii && declared == t.data.received):
		return fmt.Errorf("%w: %d bytes of %d", errIncomplete, u.written, declared)
	}
	return nil
}
