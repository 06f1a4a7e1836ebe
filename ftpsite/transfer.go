package ftpsite

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// errIncomplete: not all of a file has come.
var errIncomplete = errors.New("upload is not complete")

// endGrace is how long the end of the control connection may come after the end
// of the data: a system that kills a client closes both at about the same time,
// in any order.
const endGrace = 5 * time.Millisecond

// transfer is one command with a data connection. While it runs a goroutine
// hears what the client says: an ABOR, or the end of the control connection, ends
// ctx, which cuts the data connection.
type transfer struct {
	s       *session
	ctx     context.Context
	cancel  context.CancelCauseFunc
	uncut   func() bool // keeps the end of ctx from calling cut
	soon    *time.Timer // begins to hear
	hearing sync.WaitGroup
	moved   atomic.Int64 // bytes, for STAT

	mu     sync.Mutex // guards what follows
	source dataSource
	data   *data
	heard  bool // somebody hears, or nobody has to any more
}

// job is what a transfer is to do.
type job struct {
	announce reply
	brief    bool // run waits for nobody: the announcement may come with the last reply
	run      func(d *data) error
	close    func() // in any case, at last
}

// transfer opens a data connection and moves what open returns. What open refuses
// is refused before the client is waited for.
func (s *session) transfer(open func(t *transfer) (job, error)) reply {
	source := s.data
	s.data = dataSource{}
	defer source.close()
	defer func() { s.rest, s.reserve = 0, 0 }()
	switch {
	case s.server.RequireTLS && !s.private:
		return reply{522, "Use PROT P first."}
	case s.control.heard("ABOR"):
		return replyCut // by what was sent ahead
	case source.none():
		return replyNoData
	}
	t := s.beginTransfer(source)
	defer t.end()
	j, err := open(t)
	if err != nil {
		return t.replyTo(err)
	}
	defer j.close()
	if err := t.connect(); err != nil {
		s.log.Debug("no data connection", "err", err)
		return t.replyTo(errNoData)
	}
	if j.brief && !s.private {
		s.control.hold(j.announce.wire())
	} else {
		s.say(j.announce)
	}
	if s.private {
		err = t.data.secure(t.ctx, s.dataTLS)
	}
	if err == nil {
		err = j.run(t.data)
	}
	if err != nil {
		return t.replyTo(err)
	}
	s.leave(t.release())
	return replyTransferred
}

// beginTransfer prepares for a transfer. The client is heard if it lasts.
func (s *session) beginTransfer(source dataSource) *transfer {
	t := &transfer{s: s, source: source}
	t.ctx, t.cancel = context.WithCancelCause(s.ctx)
	t.uncut = context.AfterFunc(t.ctx, t.cut)
	t.soon = time.AfterFunc(hearAfter, t.lasts)
	return t
}

// hearAfter is how long a transfer runs before anybody hears what the client says
// meanwhile. Most are over by then.
const hearAfter = 10 * time.Millisecond

// lasts is called when the client has to be heard, and told what is held.
func (t *transfer) lasts() {
	t.s.send("")
	t.beginHearing()
}

// beginHearing hears the client from now on, unless the transfer is over.
func (t *transfer) beginHearing() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.heard {
		return
	}
	t.heard = true
	t.s.control.raw.SetReadDeadline(time.Time{})
	t.hearing.Go(t.hear)
}

// endHearing waits until nobody hears any more: at that time at the latest.
func (t *transfer) endHearing(by time.Time) {
	t.mu.Lock()
	began := t.heard
	t.heard = true
	t.mu.Unlock()
	if began {
		t.s.control.raw.SetReadDeadline(by)
		t.hearing.Wait()
	}
}

// end leaves nothing of a transfer. A data connection that is still open was not
// ended in good order.
func (t *transfer) end() {
	t.s.done.Bytes = t.moved.Load()
	t.uncut()
	t.cancel(nil)
	t.cut()
	t.soon.Stop()
	t.endHearing(longAgo)
}

// hear takes what the client says, until the transfer is over.
func (t *transfer) hear() {
	c := t.s.control
	for {
		line, err := c.readLine()
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			return
		default:
			// Who has said goodbye may go while the last bytes are stored.
			if !c.heard("QUIT") {
				t.cancel(errGone)
			}
			return
		}
		switch verb, arg := splitLine(line); {
		case verb == "ABOR":
			t.cancel(errAborted)
		case verb == "STAT" && arg == "":
			t.s.say(reply{211, fmt.Sprintf("Transfer is running, %d bytes so far.", t.moved.Load())})
			continue
		}
		if err := c.keep(line); err != nil {
			t.cancel(fmt.Errorf("%w: %w", errGone, err))
			return
		}
	}
}

// hearOut waits for what the client may have said at the end of the data.
func (t *transfer) hearOut() error {
	t.beginHearing()
	t.endHearing(time.Now().Add(endGrace))
	return context.Cause(t.ctx)
}

func (t *transfer) connect() error {
	conn, err := t.source.connect(t.ctx, t.s)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data = newData(conn, t.s.timeouts.DataStall, &t.moved)
	if t.ctx.Err() != nil {
		t.data.cut()
	}
	return t.ctx.Err()
}

// release returns the data connection, which the transfer does not cut any more.
func (t *transfer) release() *data {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := t.data
	t.data = nil
	return d
}

// cut closes what the transfer has open. It is called when ctx ends, and after
// every transfer.
func (t *transfer) cut() {
	if l := t.source.listener; l != nil {
		l.Close()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.data != nil {
		t.data.cut()
	}
}

// replyTo is the reply to a transfer that failed: by what ended it, if that was
// the client.
func (t *transfer) replyTo(err error) reply {
	switch {
	case context.Cause(t.ctx) != nil:
		err = context.Cause(t.ctx)
	case t.data != nil && t.data.broken() && !errors.Is(err, errNoReuse):
		t.s.log.Debug("data connection failed", "err", t.data.err)
		return replyCut
	}
	return t.s.replyTo(err)
}

// abort answers an ABOR. What it ends has ended when it was heard.
func (s *session) abort(string) reply {
	s.rest, s.reserve = 0, 0
	s.data.close()
	return reply{226, "Aborted."}
}

// briefFile is the size of a file that the buffers of every new connection hold.
const briefFile = 8 << 10

func (s *session) retrieve(arg string) reply {
	return s.transfer(func(t *transfer) (job, error) {
		p, err := s.locateFile(arg)
		if err != nil {
			return job{}, err
		}
		file, err := p.View.Open(t.ctx, p.Name)
		if err != nil {
			return job{}, err
		}
		info, err := file.Stat()
		if err == nil {
			err = skip(file, info.Size(), s.rest)
		}
		if err != nil {
			file.Close()
			return job{}, err
		}
		brief := info.Size() <= briefFile
		return job{announce: replyOpening, brief: brief, close: func() { file.Close() }, run: func(d *data) error {
			if s.ascii {
				_, err := (&textReader{r: file}).WriteTo(d)
				return err
			}
			_, err := d.ReadFrom(file)
			return err
		}}, nil
	})
}

// errRestart: REST named a place that the file does not have.
var errRestart = errors.New("restart beyond the end of the file")

func skip(file filestore.File, size, n int64) error {
	switch {
	case n == 0:
		return nil
	case n > size:
		return errRestart
	}
	_, err := file.Seek(n, io.SeekStart)
	return err
}

func (s *session) store(arg string) reply {
	return s.upload(arg, replyOpening, filestore.CreateOptions{Offset: s.rest})
}

func (s *session) appendTo(arg string) reply {
	return s.upload(arg, replyOpening, filestore.CreateOptions{Offset: filestore.End})
}

// storeUnique finds a new name, by itself or beside the one that it is given
// (RFC 959 §4.1.3), and tells it in the form of RFC 1123 §4.1.2.9, and at the end in
// the one of older servers, which is what some clients look for.
func (s *session) storeUnique(arg string) reply {
	name := strings.Trim(arg, " ")
	if name == "" {
		name = "file"
	}
	var random [8]byte
	rand.Read(random[:]) // never fails
	name += "." + hex.EncodeToString(random[:])
	r := s.upload(name, reply{150, "FILE: " + name}, filestore.CreateOptions{If: filestore.Precondition{Absent: true}})
	if r == replyTransferred {
		r.text = "Transfer complete (unique file name:" + name + ")."
	}
	return r
}

func (s *session) upload(arg string, announce reply, o filestore.CreateOptions) reply {
	o.Reserve = s.reserve
	return s.transfer(func(t *transfer) (job, error) {
		p, err := s.locateFile(arg)
		if err != nil {
			return job{}, err
		}
		to, err := p.View.Create(t.ctx, p.Name, o)
		if err != nil {
			if o.Offset > 0 && errors.Is(err, fs.ErrInvalid) {
				err = errRestart
			}
			return job{}, err
		}
		return job{announce: announce, close: func() { to.Abort() }, run: func(d *data) error {
			if err := t.receive(to, d); err != nil {
				return err
			}
			if err := t.hearOut(); err != nil {
				return err
			}
			_, err := to.Commit()
			return err
		}}, nil
	})
}

// receive stores what the client sends, up to an end in good order.
func (t *transfer) receive(to io.Writer, d *data) error {
	var text *textWriter
	if t.s.ascii {
		text = &textWriter{w: to}
		to = text
	}
	pool := pieces
	buffer := pool.Get().(*[]byte)
	defer func() { pool.Put(buffer) }()
	for {
		n, err := d.Read(*buffer)
		if n > 0 {
			if _, err := to.Write((*buffer)[:n]); err != nil {
				return err
			}
		}
		if n == pieceSize && pool == pieces {
			pool.Put(buffer)
			pool = largePieces
			buffer = pool.Get().(*[]byte)
		}
		switch {
		case err == io.EOF && text != nil:
			return text.flush()
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("%w: %w", errIncomplete, err)
		}
	}
}
