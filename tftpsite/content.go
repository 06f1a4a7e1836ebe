package tftpsite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"

	"github.com/cgpkit/cgpkit/filestore"
)

// serviceAccount is the account of the Main Domain in whose name all requests
// are made, if it exists (CommuniGate Pro Guide, TFTP).
const serviceAccount = "tftpuser"

// caller returns in whose name requests are made, and the Main Domain.
func (s *Server) caller(ctx context.Context) (filestore.Caller, string, error) {
	site, err := s.Views.Directory().Site(ctx, "", netip.Addr{})
	if err != nil {
		return filestore.Caller{}, "", fmt.Errorf("find the main domain: %w", err)
	}
	account, err := s.Views.Directory().Account(ctx, serviceAccount+"@"+site.Domain)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return filestore.Caller{}, site.Domain, nil
	case err != nil:
		return filestore.Caller{}, "", fmt.Errorf("find %s: %w", serviceAccount, err)
	}
	return filestore.Caller{Account: account.Address, Limited: true}, site.Domain, nil
}

// content is what one transfer reads or writes.
type content struct {
	ctx    context.Context
	where  place
	size   int64 // of a file that is read, in bytes
	bytes  int64 // so far
	file   filestore.File
	upload filestore.Upload
	behind *bufio.Writer // what goes into it
	text   *textWriter   // an upload in mode netascii goes through it first
}

// open finds what a request is about. The content has to be closed, after an
// error too.
func (c *content) open(s *Server, r request) error {
	if r.refused != nil {
		return r.refused
	}
	if r.write && !s.AllowWrite {
		return filestore.ErrReserved
	}
	caller, domain, err := s.caller(c.ctx)
	if err != nil {
		return err
	}
	if c.where, err = locate(r.name, s.Storage, domain); err != nil {
		return err
	}
	name, directory, err := filestore.CleanName(c.where.path)
	if err != nil {
		return err
	}
	caller.Remote, caller.RemoteUnverified = r.from.Addr(), true
	view := s.Views.View(caller, c.where.address)
	switch {
	case r.write && directory:
		return filestore.ErrIsDirectory
	case r.write:
		return c.create(view, name, r)
	case directory:
		if _, err := view.Stat(c.ctx, name); err != nil {
			return err
		}
		return filestore.ErrIsDirectory
	}
	return c.load(view, name)
}

func (c *content) load(view *filestore.View, name string) error {
	file, err := view.Open(c.ctx, name)
	if err != nil {
		return err
	}
	c.file = file
	info, err := file.Stat()
	if err != nil {
		return err
	}
	c.size = info.Size()
	return nil
}

// create begins an upload. The announced size holds room and promises nothing:
// clients that read from a pipe announce 0.
func (c *content) create(view *filestore.View, name string, r request) error {
	o := filestore.CreateOptions{Reserve: max(r.size, 0)}
	if r.netascii {
		o.Reserve = 0 // what was announced is not the size of the file
	}
	upload, err := view.Create(c.ctx, name, o)
	if err != nil {
		return err
	}
	c.upload = upload
	c.behind = bufio.NewWriterSize(uploadWriter{c}, writeBehind)
	if r.netascii {
		c.text = newTextWriter(c.behind)
	}
	return nil
}

// How much is read from a file at once, and written.
const (
	readAhead   = 64 << 10
	writeBehind = 16 << 10
)

// source returns what goes over the wire.
func (c *content) source(text bool) io.Reader {
	r := bufio.NewReaderSize(c, int(min(readAhead, max(c.size, 16))))
	if text {
		return &textReader{r: r}
	}
	return r
}

// Read reads the file.
func (c *content) Read(p []byte) (int, error) {
	n, err := c.file.Read(p)
	c.bytes += int64(n)
	return n, err
}

// Write takes what the client sends.
func (c *content) Write(p []byte) (int, error) {
	if c.text != nil {
		return c.text.Write(p)
	}
	return c.behind.Write(p)
}

// commit makes an upload that has ended visible.
func (c *content) commit() error {
	if c.upload == nil {
		return nil
	}
	if c.text != nil {
		if err := c.text.Close(); err != nil {
			return err
		}
	}
	if err := c.behind.Flush(); err != nil {
		return err
	}
	_, err := c.upload.Commit()
	return err
}

// close gives up what was not committed.
func (c *content) close() {
	if c.file != nil {
		c.file.Close()
	}
	if c.upload != nil {
		c.upload.Abort()
	}
}

// uploadWriter counts what goes into an upload.
type uploadWriter struct{ *content }

func (w uploadWriter) Write(p []byte) (int, error) {
	n, err := w.upload.Write(p)
	w.bytes += int64(n)
	return n, err
}
