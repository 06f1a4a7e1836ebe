package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"strings"

	"github.com/cgpkit/cgpkit/internal/hostfile"
)

// ErrMailboxChanged says that a mailbox was changed while it was read, so that what came
// belongs to no one state of it.
var ErrMailboxChanged = errors.New("mailbox has changed while it was read")

// MessageError is about a message that is broken. The messages behind it are read.
type MessageError struct {
	Mailbox string // its name
	Number  int    // of the message, from 1
	Offset  int64  // of the message in the file, in bytes; 0 in a .mdir
	File    string // of the message in a .mdir; "" in a .mbox
	Err     error  // io.ErrUnexpectedEOF for what is cut off
}

// Error returns one line of text.
func (e *MessageError) Error() string {
	if e.File != "" {
		return fmt.Sprintf("mailbox %q: message %d, file %q: %s", e.Mailbox, e.Number, e.File, clip(e.Err.Error()))
	}
	return fmt.Sprintf("mailbox %q: message %d, at byte %d: %s", e.Mailbox, e.Number, e.Offset, clip(e.Err.Error()))
}

// Unwrap returns Err.
func (e *MessageError) Unwrap() error { return e.Err }

// clip makes a text fit for one line of a log: it may quote the message.
func clip(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return ' '
		}
		return r
	}, text)
	return strings.ToValidUTF8(text[:min(len(text), 200)], "")
}

// pathError names the mailbox and not its place on the host.
func pathError(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: name, Err: hostfile.WithoutPath(err)}
}

// Mailbox is a mailbox in the state that it had when it was opened. It holds
// nothing open, and is safe for concurrent use.
type Mailbox struct {
	account, name string
	state         State
}

// Open finds a mailbox, "Calendar" or "Work/Team", in the directory of an account,
// john.macnt. The letter case is that of the disk. Errors are *fs.PathError with the
// name of the mailbox: fs.ErrNotExist if there is none; fs.ErrInvalid if a mailbox
// of an account cannot have that name; ErrSliced; fs.ErrPermission; or that a link or
// a special file is in its place.
func Open(account, name string) (*Mailbox, error) {
	state, err := StateOf(account, name)
	if err != nil {
		return nil, err
	}
	if !state.Exists() {
		return nil, pathError("find mailbox", name, fs.ErrNotExist)
	}
	return &Mailbox{account, name, state}, nil
}

// State returns the state that the mailbox had when it was opened. What Items
// yields belongs to it, unless that ends in ErrMailboxChanged.
func (m *Mailbox) State() State { return m.state }

// Items yields the calendar items as iCalendar objects in UTF-8, those of the
// oldest message first. A slice is the caller's. Several may have the same UID; the
// last one counts.
//
// A message that is broken yields a *MessageError, after the items that are whole
// in it, and the next one follows. Any other error is the last: of the disk, of ctx,
// or ErrMailboxChanged if the mailbox is not what it was when it was opened. A caller then
// drops what has come, opens the mailbox again, and gives up after some times. A
// message that is appended meanwhile does not come, nor does a half of one.
func (m *Mailbox) Items(ctx context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if err := m.read(ctx, yield); err != nil && err != errStopped {
			yield(nil, err)
		}
	}
}

var errStopped = errors.New("the caller wants no more")

// read yields all but the last error, which it returns.
func (m *Mailbox) read(ctx context.Context, yield func([]byte, error) bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	at, err := locate(m.account, m.name)
	if err != nil {
		return pathError("find mailbox", m.name, err)
	}
	if at.name == "" {
		return ErrMailboxChanged
	}
	defer at.dir.Close()
	switch {
	case !strings.HasSuffix(at.name, m.state.form):
		return ErrMailboxChanged
	case m.state.form == mdirSuffix:
		err = m.readMdir(ctx, at, yield)
	default:
		err = m.readMbox(ctx, at, yield)
	}
	if errors.Is(err, fs.ErrNotExist) { // it was there
		return ErrMailboxChanged
	}
	if err == nil || err == errStopped || errors.Is(err, ErrMailboxChanged) || ctx.Err() != nil {
		return err
	}
	return pathError("read mailbox", m.name, err)
}

// readMbox reads a .mbox, up to the size that it had when it was opened.
func (m *Mailbox) readMbox(ctx context.Context, at found, yield func([]byte, error) bool) error {
	f, info, err := openFile(at.dir, at.name)
	if err != nil {
		return err
	}
	defer f.Close()
	if fileState(info) != m.state {
		return ErrMailboxChanged
	}
	if err := m.splitMbox(ctx, io.LimitReader(f, m.state.size), yield); err != nil {
		return err
	}
	if info, err = f.Stat(); err != nil {
		return err
	}
	if fileState(info) != m.state {
		return ErrMailboxChanged
	}
	return nil
}

// splitMbox yields what is in the bytes of a .mbox.
func (m *Mailbox) splitMbox(ctx context.Context, r io.Reader, yield func([]byte, error) bool) error {
	source := &source{ctx: ctx, r: r}
	messages := newSplitter(source)
	items := newReader()
	for number := 1; ; number++ {
		offset, from, err := messages.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		place := MessageError{Mailbox: m.name, Number: number, Offset: offset}
		if source.err != nil {
			return source.err
		}
		if !from {
			place.Err = errNoFrom
			if !yield(nil, &place) {
				return errStopped
			}
			continue
		}
		if err := items.at(place, messages, source, yield); err != nil {
			return err
		}
	}
}

var errNoFrom = errors.New(`text without a "From " line in front`)

// readMdir reads a .mdir.
func (m *Mailbox) readMdir(ctx context.Context, at found, yield func([]byte, error) bool) error {
	dir, err := openDirectory(at.dir, at.name)
	if err != nil {
		return err
	}
	defer dir.Close()
	entries, state, err := readDirectory(dir)
	if err != nil {
		return err
	}
	if state != m.state {
		return ErrMailboxChanged
	}
	items := newReader()
	for i, entry := range entries {
		if trashed(entry.Name()) {
			continue
		}
		place := MessageError{Mailbox: m.name, Number: i + 1, File: entry.Name()}
		if err := m.readFile(ctx, dir, place, items, yield); err != nil {
			return err
		}
	}
	if _, state, err = readDirectory(dir); err != nil {
		return err
	}
	if state != m.state {
		return ErrMailboxChanged
	}
	return nil
}

// readFile reads a message of a .mdir. One that cannot be opened is broken.
func (m *Mailbox) readFile(ctx context.Context, dir *os.Root, place MessageError, items *reader, yield func([]byte, error) bool) error {
	f, _, err := openFile(dir, place.File)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrMailboxChanged) {
		return err
	}
	if err != nil {
		place.Err = hostfile.WithoutPath(err)
		if !yield(nil, &place) {
			return errStopped
		}
		return nil
	}
	defer f.Close()
	source := &source{ctx: ctx, r: f}
	return items.at(place, source, source, yield)
}

// at yields what is in the message at a place, errors with that place. It returns
// an error of the source below the message.
func (rd *reader) at(place MessageError, message io.Reader, source *source, yield func([]byte, error) bool) error {
	more := rd.message(message, func(item []byte, err error) bool {
		switch {
		case source.err != nil: // the message is not to blame, or there is half of it
			return false
		case err != nil:
			broken := place
			broken.Err = err
			return yield(nil, &broken)
		}
		return yield(item, nil)
	})
	if source.err != nil {
		return source.err
	}
	if !more {
		return errStopped
	}
	return nil
}

// trashed reports whether the name of a file has the flag of a deleted message
// (Maildir specification, "info").
func trashed(name string) bool {
	i := strings.LastIndexAny(name, ":;!")
	if i < 0 {
		return false
	}
	flags, ok := strings.CutPrefix(name[i+1:], "2,")
	return ok && strings.Contains(flags, "T")
}

// source reads a file and remembers the error that ended it; io.EOF is none. It
// lives no longer than the loop that ctx was given for.
type source struct {
	ctx context.Context
	r   io.Reader
	err error
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	if s.err == nil {
		s.err = s.ctx.Err()
	}
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}
