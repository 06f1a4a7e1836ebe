package ledger

import (
	"io"
	"io/fs"
	"math"

	"github.com/cgpkit/cgpkit/filestore"
)

// Draft does the sums of one upload. It holds nothing itself: its store does, with
// what Delta returns.
//
//	draft, err := ledger.NewDraft(o, limits, old)
//	...
//	delta, err := draft.Delta(old)
//	if err == nil {
//		err = s.ledger.Hold(&u.held, delta, limits)
//	}
//
// It is for one goroutine at a time.
type Draft struct {
	o       filestore.CreateOptions
	limits  filestore.Limits
	old     int64 // the size of the file at Create; -1: there is none
	start   int64
	written int64
}

// None as an old size says that there is no file.
const None int64 = -1

// NewDraft begins the sums of an upload to a file of old bytes, or to None. The
// errors are those of the options: fs.ErrInvalid and fs.ErrNotExist.
func NewDraft(o filestore.CreateOptions, limits filestore.Limits, old int64) (*Draft, error) {
	if err := CheckOptions(o); err != nil {
		return nil, err
	}
	d := &Draft{o: o, limits: limits, old: old, start: o.Offset}
	if old == None {
		if o.Offset > 0 || o.KeepTail {
			return nil, fs.ErrNotExist
		}
		d.start = 0
	} else if o.Offset == filestore.End {
		d.start = old
	}
	if d.start > max(0, old) || o.Size > math.MaxInt64-d.start {
		return nil, fs.ErrInvalid
	}
	if o.Size > 0 {
		d.o.Reserve = 0
	}
	d.o.Reserve = min(d.o.Reserve, math.MaxInt64-d.start)
	return d, nil
}

// CheckOptions returns fs.ErrInvalid for options that no file allows. NewDraft does
// so as well: this is for a store that looks for the file in between.
func CheckOptions(o filestore.CreateOptions) error {
	if o.Size < 0 || o.Reserve < 0 || o.Offset < filestore.End {
		return fs.ErrInvalid
	}
	return nil
}

// Start is where the new bytes begin: so many old ones stay before them.
func (d *Draft) Start() int64 { return d.start }

// Written is the number of new bytes so far.
func (d *Draft) Written() int64 { return d.written }

// Size is the size of the file as far as it is written, with the tail that it keeps.
func (d *Draft) Size() int64 { return d.size(d.written) }

func (d *Draft) size(written int64) int64 {
	if d.o.KeepTail {
		return max(d.start+written, d.old)
	}
	return d.start + written
}

// Keeps reports whether old bytes stay: then the file must be the same at Commit.
func (d *Draft) Keeps() bool { return d.o.Offset != 0 || d.o.KeepTail }

// Write counts n new bytes; fs.ErrInvalid: more than were declared. What is held has
// to be changed afterwards, unless the size was declared: see Declared.
func (d *Draft) Write(n int) error {
	d.written += int64(n)
	if d.o.Size > 0 && d.written > d.o.Size {
		return fs.ErrInvalid
	}
	return nil
}

// Declared reports whether the size was declared, so that all is held already.
func (d *Draft) Declared() bool { return d.o.Size > 0 }

// Delta returns what has to be held for the upload, where a file of old bytes, or
// None, makes way for it: for as much as was written, declared or reserved. The error is
// a *[filestore.LimitError]: the file is too large.
func (d *Draft) Delta(old int64) (filestore.Usage, error) {
	return d.delta(old, d.size(max(d.written, d.o.Size, d.o.Reserve)))
}

// Complete returns io.ErrUnexpectedEOF if fewer bytes came than were declared. It is
// the first that Commit asks.
func (d *Draft) Complete() error {
	if d.written < d.o.Size {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// Made returns what the upload makes of what is stored if it is committed now, in
// the place of old bytes or None. It has to be held before that. The error is a
// *[filestore.LimitError].
func (d *Draft) Made(old int64) (filestore.Usage, error) { return d.delta(old, d.Size()) }

func (d *Draft) delta(old, size int64) (filestore.Usage, error) {
	u := filestore.Usage{Files: 1, Bytes: size}
	if old != None {
		u = filestore.Usage{Bytes: size - old}
	}
	return u, CheckFile(old, size, d.limits)
}
