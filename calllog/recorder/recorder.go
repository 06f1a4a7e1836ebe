package recorder

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/calllog"
	"github.com/cgpkit/cgpkit/filestore"
)

// Settings is what a Recorder must know of accounts. Base of package directory
// implements it.
type Settings interface {
	// CallLogs reports whether the calls of an account are logged (setting
	// CallLogs). After an error none is.
	CallLogs(ctx context.Context, account string) (bool, error)
}

// Recorder records calls of accounts. Any number of Recorders may record calls of
// one account at the same time, as long as they share its store. That a storage in
// a local directory belongs to one process at a time (see package dirstore) is true
// of its logs too: other programs hand their calls to that process.
//
// A Recorder is safe for concurrent use as long as its fields are not changed, and
// must not be copied. Use field names.
type Recorder struct {
	// Views make the storages that the logs are in.
	Views *filestore.Views
	// Settings tell whose calls are logged.
	Settings Settings
	// Location is the time zone of the server, in which end times are written.
	// Nil means time.Local.
	Location *time.Location

	mu   sync.Mutex // guards logs, and what is in them
	logs map[place]*log
}

// place is one log of one account.
type place struct {
	account string // real address
	name    string // in the storage
}

// log is a log that lines are on their way to.
type log struct {
	writing chan struct{} // holds a token while somebody writes
	waiting []*line
	users   int // calls of Record; the last one removes the log
}

// line is one record on its way.
type line struct {
	text []byte
	done chan error // gets one answer
}

// errAgain is the answer to a line that was not written because the context of
// another one has ended.
var errAgain = errors.New("write again")

// Record appends a call to the log of the month in which it ended, in the storage
// of the account at that address; the directories above it are made when they are
// missing. If the account's calls are not logged it does nothing, and returns nil.
//
// When it returns nil the record is in the storage, as safe as an upload of the store.
// After an error it is not, and the log is as it was, unless the store could not tell,
// as after a sync that failed. The errors are [filestore.ErrLimit] for one that does
// not fit, fs.ErrNotExist for an account that does not exist or has no storage, that of
// the context, what [calllog.Record.Validate] refuses, and those of the storage and of
// Settings. A context that ends while another Record is writing this record is too
// late.
func (r *Recorder) Record(ctx context.Context, account string, call calllog.Record) error {
	if err := call.Validate(); err != nil {
		return err
	}
	if on, err := r.Settings.CallLogs(ctx, account); err != nil || !on {
		return err
	}
	found, err := r.Views.Directory().Account(ctx, account)
	if err != nil {
		return err
	}
	location := r.Location
	if location == nil {
		location = time.Local
	}
	call.End = call.End.In(location)
	at := place{found.Address, filestore.Join(calllog.Directory, calllog.FileName(call.End))}
	l := r.enter(at)
	defer r.leave(at, l)
	for text := calllog.AppendRecord(nil, call); ; {
		if err := r.submit(ctx, at, l, text); err != errAgain {
			return err
		}
	}
}

func (r *Recorder) enter(at place) *log {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.logs[at]
	if l == nil {
		l = &log{writing: make(chan struct{}, 1)}
		if r.logs == nil {
			r.logs = map[place]*log{}
		}
		r.logs[at] = l
	}
	l.users++
	return l
}

func (r *Recorder) leave(at place, l *log) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(r.logs, at)
	}
}

// submit hands over a line and returns the answer to it. Whoever gets the token
// first writes all lines that wait.
func (r *Recorder) submit(ctx context.Context, at place, l *log, text []byte) error {
	own := &line{text: text, done: make(chan error, 1)}
	r.mu.Lock()
	l.waiting = append(l.waiting, own)
	r.mu.Unlock()
	select {
	case err := <-own.done:
		return err
	case <-ctx.Done():
		if r.withdraw(l, own) {
			return ctx.Err()
		}
	case l.writing <- struct{}{}:
		defer func() { <-l.writing }()
		if lines := r.take(l); len(lines) > 0 { // else somebody before us was faster
			r.write(ctx, at, lines, own)
		}
	}
	err := <-own.done // it was taken, by us or by somebody before us
	if err == errAgain && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// take returns the lines that wait, which then do so no more.
func (r *Recorder) take(l *log) []*line {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := l.waiting
	l.waiting = nil
	return lines
}

// withdraw takes one line back; it is false if somebody has taken it.
func (r *Recorder) withdraw(l *log, own *line) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.Index(l.waiting, own)
	if i < 0 {
		return false
	}
	l.waiting = slices.Delete(l.waiting, i, i+1)
	return true
}

// write appends lines to their log, and answers each of them. Lines that do not
// fit together may fit alone.
func (r *Recorder) write(ctx context.Context, at place, lines []*line, own *line) {
	answered := 0
	answer := func(w *line, err error) {
		if err != nil && ctx.Err() != nil && w != own {
			err = errAgain // it has a context of its own
		}
		answered++
		w.done <- err
	}
	defer func() { // a store has panicked: each line meets that for itself
		for _, w := range lines[answered:] {
			w.done <- errAgain
		}
	}()
	view := r.Views.View(filestore.Caller{Account: at.account}, at.account)
	var all []byte
	for _, w := range lines {
		all = append(all, w.text...)
	}
	err := appendTo(ctx, view, at.name, all)
	for _, w := range lines {
		alone := err
		if len(lines) > 1 && errors.Is(err, filestore.ErrLimit) {
			alone = appendTo(ctx, view, at.name, w.text)
		}
		answer(w, alone)
	}
}
