package filestore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// Observer hears of what has been done for clients, for access logs and metrics. Views
// tell the one in [ViewsOptions], and servers the one in their own options. It may be the
// same; nil is nobody. What a program is not interested in it tells by the Kind of an
// event.
//
// Observe is called when something has ended, by the goroutine that did it, so by many
// at a time. It must not wait long. The context may have ended.
type Observer interface {
	Observe(ctx context.Context, e Event)
}

// EventKind is what an [Event] is about.
type EventKind uint8

// The kinds of events.
const (
	// EventRequest is a request, a command or a transfer of a protocol: what the
	// client has asked for. One may be several operations.
	EventRequest EventKind = iota
	// EventOperation is an operation of a [View]: a call of one of its methods. Open
	// lasts until the file is closed, Create until Commit or Abort, and a listing until
	// the loop over it ends. WithTokens, DefaultPage and SameAccount are none.
	EventOperation
	// EventLogin is a login, whether it succeeded or not. HTTP has one for each
	// request whose credentials were looked at, TFTP has none.
	EventLogin
	// EventSession is the end of a session of FTP or the CLI, whether or not anybody
	// logged in. HTTP and TFTP have no sessions.
	EventSession
)

// String returns "request", "operation", "login" or "session".
func (k EventKind) String() string {
	switch k {
	case EventRequest:
		return "request"
	case EventOperation:
		return "operation"
	case EventLogin:
		return "login"
	case EventSession:
		return "session"
	}
	return fmt.Sprintf("EventKind(%d)", uint8(k))
}

// Event is something that has ended. Use field names: fields may be added. Share keys
// are * in all fields but Err, and there are no passwords in any.
type Event struct {
	Kind EventKind
	// Service is the protocol: "HTTP", "FTP", "TFTP", "CLI". Views do not know it.
	Service string
	// Remote is the address of the client.
	Remote netip.Addr
	// Account is the address of whoever has logged in, of a session the last who did;
	// empty: nobody. A login that succeeded without one is anonymous.
	Account string
	// Op is the command of a request, in the words of the protocol, or the method of the
	// View: "Stat", "SetAttributes". Logins and sessions have none.
	Op string
	// Storage is the address of the account whose storage is meant, as far as it
	// is known, and as the client spelled it. Logins and sessions have none.
	Storage string
	// Name is the name in that storage. Of a login it is the name that the client
	// gave, which can be anything. It is cut after a few hundred bytes.
	Name string
	// To is the new name, of the operations Rename and Copy.
	To string
	// Code is the last reply of a request, as a number of the protocol. TFTP has none
	// for success: that is 200, and its error N is 500 + N.
	Code int
	// Bytes are those of files and listings that went either way. Open has what was
	// read of the file, whoever it was read for, Create what was written, and a session
	// the sum of its requests. Other operations have none.
	Bytes int64
	// Duration is the time that it took.
	Duration time.Duration
	// Err is why it was refused or failed; nil: it did not. A refused login has
	// [ErrLogin], an upload that was given up [ErrAborted], sessions nothing. It may hold
	// a share key: [LogError].
	Err error
}

// ErrAborted is told to an [Observer] of an upload that was aborted, and did not fail
// before.
var ErrAborted = errors.New("upload was aborted")

// errPanic is told of an operation whose store or directory has panicked.
var errPanic = errors.New("panic")

// ObserveLogin tells o, unless it is nil, of a login that began at a time: of the
// credentials, but not of the password, of who that is, and of why it failed. It is for
// whoever writes a server.
func ObserveLogin(ctx context.Context, o Observer, c Credentials, caller Caller, began time.Time, err error) {
	if o != nil {
		o.Observe(ctx, Event{
			Kind: EventLogin, Service: c.Service, Remote: c.Remote, Account: caller.Account, Name: Redact(c.Login),
			Duration: time.Since(began), Err: err,
		})
	}
}

// operation is an operation of a View under way; nil: nobody wants to hear of it.
type operation struct {
	ctx      context.Context
	observer Observer
	began    time.Time

	lasts bool // it does not end when the method returns
	ended bool

	mu    sync.Mutex // guards the event, as ReadAt may be called by many
	event Event
}

// begin begins an operation. The name it leads to may be left out.
func (v *View) begin(ctx context.Context, op, name, to string) *operation {
	o := v.views.memory.options.Observer
	if o == nil {
		return nil
	}
	return &operation{ctx: ctx, observer: o, began: time.Now(), event: Event{
		Kind: EventOperation, Remote: v.caller.Remote, Account: v.caller.Account,
		Op: op, Storage: v.address, Name: Redact(name), To: Redact(to),
	}}
}

// end is to be deferred by what ends the operation, unless that lasts. It must be the
// deferred function itself, as it looks for a panic, which goes on.
func (o *operation) end(err *error) {
	if o == nil {
		return
	}
	p := recover()
	if p != nil {
		o.add(0, errPanic)
		defer panic(p)
	}
	o.add(0, *err)
	if o.lasts || o.ended {
		return
	}
	o.ended = true
	o.event.Duration = time.Since(o.began)
	o.observer.Observe(o.ctx, o.event)
}

// add counts bytes, and keeps the first error.
func (o *operation) add(bytes int64, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.event.Bytes += bytes
	if o.event.Err == nil && err != io.EOF {
		o.event.Err = err
	}
}

// observed makes of a walk an operation, which begins with each loop over it.
func observed[T any](ctx context.Context, v *View, op, dir string, walk iter.Seq2[T, error]) iter.Seq2[T, error] {
	if v.views.memory.options.Observer == nil {
		return walk
	}
	return func(yield func(T, error) bool) {
		o, failed := v.begin(ctx, op, dir, ""), error(nil)
		defer o.end(&failed)
		for entry, err := range walk {
			o.add(0, err)
			if !yield(entry, err) {
				return
			}
		}
	}
}

// file returns a file that ends the operation when it is closed.
func (o *operation) file(f File) File {
	if o == nil {
		return f
	}
	o.lasts = true
	observed := &observedFile{File: f, o: o}
	if conn, ok := f.(syscall.Conn); ok { // the kernel can send it
		return struct {
			*observedFile
			syscall.Conn
		}{observed, conn}
	}
	return observed
}

// observedFile counts what is read in sequence by the place where the file stands, as
// the kernel may read it by itself.
type observedFile struct {
	File
	o    *operation
	from int64 // the place from which on nothing is counted yet
}

func (f *observedFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	f.o.add(0, err)
	return n, err
}

func (f *observedFile) ReadAt(p []byte, offset int64) (int, error) {
	n, err := f.File.ReadAt(p, offset)
	f.o.add(int64(n), err)
	return n, err
}

func (f *observedFile) Seek(offset int64, whence int) (int64, error) {
	f.count()
	at, err := f.File.Seek(offset, whence)
	if err == nil {
		f.from = at
	}
	return at, err
}

func (f *observedFile) count() {
	if at, err := f.File.Seek(0, io.SeekCurrent); err == nil {
		f.o.add(at-f.from, nil)
		f.from = at
	}
}

func (f *observedFile) Close() (err error) {
	f.count()
	f.o.lasts = false
	defer f.o.end(&err)
	return f.File.Close()
}

// upload returns an upload that ends the operation when it ends.
func (o *operation) upload(u Upload) Upload {
	if o == nil {
		return u
	}
	o.lasts = true
	observed := &observedUpload{u, o}
	if from, ok := u.(io.ReaderFrom); ok {
		return fastUpload{observed, func(r io.Reader) (int64, error) {
			n, err := from.ReadFrom(r)
			o.add(n, err)
			return n, err
		}}
	}
	return observed
}

type observedUpload struct {
	Upload
	o *operation
}

func (u *observedUpload) Write(p []byte) (int, error) {
	n, err := u.Upload.Write(p)
	u.o.add(int64(n), err)
	return n, err
}

func (u *observedUpload) Commit() (_ FileInfo, err error) {
	u.o.lasts = false
	defer u.o.end(&err)
	return u.Upload.Commit()
}

func (u *observedUpload) Abort() error {
	u.o.lasts = false
	aborted := ErrAborted
	defer u.o.end(&aborted)
	return u.Upload.Abort()
}
