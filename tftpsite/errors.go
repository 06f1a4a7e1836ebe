package tftpsite

import (
	"encoding/binary"
	"errors"
	"io/fs"

	"github.com/cgpkit/cgpkit/filestore"
)

// ErrServerClosed is what Serve returns after Shutdown or Close.
var ErrServerClosed = errors.New("tftpsite: server closed")

// errOversize: a packet holds more than a block.
var errOversize = errors.New("data is longer than a block")

// reply is the content of an ERROR packet (RFC 1350 §5).
type reply struct {
	code uint16
	text string
}

var (
	replyOther      = reply{0, "Internal error"}
	replyClosing    = reply{0, "Server is shutting down"}
	replyNotFound   = reply{1, "File not found"}
	replyDenied     = reply{2, "Access violation"}
	replyFull       = reply{3, "Disk full or allocation exceeded"}
	replyIllegal    = reply{4, "Illegal TFTP operation"}
	replyUnknownTID = reply{5, "Unknown transfer ID"}
	replyExists     = reply{6, "File already exists"}
	replyBusy       = reply{0, "Server is busy, try again later"}
	replyChanged    = reply{0, "File has changed"}
	replyLocked     = reply{0, "File is locked"}
	replyNetascii   = reply{0, "Not netascii"}
)

// replyTo translates an error: the only place where that is done.
func replyTo(err error, write bool) reply {
	switch {
	case errors.Is(err, ErrServerClosed):
		return replyClosing
	case errors.Is(err, errMode), errors.Is(err, errOversize):
		return replyIllegal
	case errors.Is(err, fs.ErrNotExist):
		return replyNotFound
	case errors.Is(err, filestore.ErrIsDirectory), errors.Is(err, filestore.ErrNotDirectory):
		if write {
			return replyDenied
		}
		return replyNotFound
	case errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrInvalid), errors.Is(err, filestore.ErrHostDenied):
		return replyDenied
	case errors.Is(err, filestore.ErrLimit), errors.Is(err, filestore.ErrDiskFull):
		return replyFull
	case errors.Is(err, filestore.ErrExhausted):
		return replyBusy
	case errors.Is(err, fs.ErrExist):
		return replyExists
	case errors.Is(err, filestore.ErrLocked):
		return replyLocked
	case errors.Is(err, filestore.ErrChanged):
		return replyChanged
	case errors.Is(err, errNetascii):
		return replyNetascii
	}
	return replyOther
}

// packet returns the ERROR packet.
func (r reply) packet() []byte {
	p := binary.BigEndian.AppendUint16([]byte{0, opError}, r.code)
	return append(append(p, r.text...), 0)
}
