package tbd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/edit"
)

// Table is a file with a table that many may read and change at once. Open makes
// one; it is safe for concurrent use.
//
// A change replaces the whole file in one step, and changes take turns, also
// with those of other processes that use this package: no change is lost, and
// whoever reads, in whichever way, gets one version of the table with nothing
// but whole records. After a crash the file is the old or the new one, and what
// a method has reported as done is on the disk; a temporary file of [edit.ReplaceFile]
// may stay beside it. The processes find each other by
// flock on the file, which needs a local file system or one that passes flock
// on, and a Unix; elsewhere only one process may change a table. A program that
// writes into the file itself takes no part in this, but what it has written is
// found, and a change that it would be lost by fails with [edit.ErrFileChanged].
//
// A change touches the line of its record only. All other bytes stay as they
// are: lines that make no record, empty ones, ends of lines, fields that the
// record does not name. The file keeps its mode and its owner.
//
// A record is a dictionary with the names of the fields. Its key is the first
// field, a string that is not empty; upper and lower case differ (our choice).
// Of several records with one key the first counts. The records are kept in
// memory.
type Table struct {
	path string
	o    Options
	turn chan struct{} // has an element while nobody changes the table

	mu      sync.Mutex // guards what follows
	closed  bool
	content *content
	info    fs.FileInfo
	file    *os.File // open, so that no other file gets the identity of this one
}

// Open returns the table in a file. A nil o is the zero Options. The file must be
// there and be a regular file, on Unix not reached by a symbolic link. A file that
// is no table gives a [*SyntaxError].
func Open(path string, o *Options) (*Table, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("tbd: %w", err)
	}
	t := &Table{path: path, o: o.orDefaults(), turn: make(chan struct{}, 1)}
	t.turn <- struct{}{}
	if _, err := t.read(); err != nil {
		return nil, err
	}
	return t, nil
}

// Fields returns the names of the fields in their order. If line 1 cannot be read
// they are those that it had before.
func (t *Table) Fields() []string {
	c, err := t.read()
	if err != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		c = t.content
	}
	return slices.Clone(c.names)
}

// Get returns the record of a key. The error is fs.ErrNotExist if there is none,
// and a [*SyntaxError] if its line makes no record.
func (t *Table) Get(ctx context.Context, key string) (cgpdata.Value, error) {
	if err := ctx.Err(); err != nil {
		return cgpdata.Value{}, err
	}
	c, err := t.read()
	if err != nil {
		return cgpdata.Value{}, err
	}
	record, err := c.get(key)
	if err != nil {
		return cgpdata.Value{}, err
	}
	return record.Value(), nil
}

// All yields the records of the present version in their order; changes made
// meanwhile do not show. A line that makes no record yields a [*SyntaxError], and
// the next ones still come.
func (t *Table) All(ctx context.Context) iter.Seq2[cgpdata.Value, error] {
	return func(yield func(cgpdata.Value, error) bool) {
		c, err := t.read()
		if err != nil {
			yield(cgpdata.Value{}, err)
			return
		}
		for record, err := range c.records() {
			if err := ctx.Err(); err != nil {
				yield(cgpdata.Value{}, err)
				return
			}
			if err != nil {
				if !yield(cgpdata.Value{}, err) {
					return
				}
			} else if !yield(record.Value(), nil) {
				return
			}
		}
	}
}

// Put sets the fields that record has in the record of its key, or adds one. What
// it does not name stays, or is empty in a new record. A record without a key, or
// with a name that the table does not have, gives fs.ErrInvalid; for values that
// cannot be written see [AppendRecord]. If the line of the key makes no record,
// nothing is changed and the error is its [*SyntaxError].
func (t *Table) Put(ctx context.Context, record cgpdata.Value) error {
	return t.change(ctx, func(c *content) (string, error) { return c.put(record) })
}

// Update puts what change makes of the record of a key; without a record change
// gets an empty dictionary. Nobody else changes the table meanwhile, so that a
// counter can be counted up. What change leaves out stays. An error of change
// is returned as it is, and nothing is changed. Change must not use the table.
func (t *Table) Update(ctx context.Context, key string, change func(record cgpdata.Value) (cgpdata.Value, error)) error {
	return t.change(ctx, func(c *content) (string, error) {
		old := cgpdata.Dictionary()
		switch record, err := c.get(key); {
		case err == nil:
			old = record.Value()
		case !errors.Is(err, fs.ErrNotExist):
			return "", err
		}
		record, err := change(old)
		if err != nil {
			return "", err
		}
		if got, _ := record.Get(c.names[0]); got.Text() != key {
			return "", fmt.Errorf("tbd: the key was changed: %w", fs.ErrInvalid)
		}
		return c.put(record)
	})
}

// Delete removes all records of a key. The error is fs.ErrNotExist if there is
// none, and a [*SyntaxError] if its only lines make no record: they stay.
func (t *Table) Delete(ctx context.Context, key string) error {
	return t.change(ctx, func(c *content) (string, error) { return c.delete(key) })
}

// AddField adds a name to line 1; the field is empty in all records. A name that
// is there gives fs.ErrExist, one that cannot be written fs.ErrInvalid. If a line
// has more fields than there are names, nothing is changed and the error is a
// [*SyntaxError]: what is too much would get the name.
func (t *Table) AddField(ctx context.Context, name string) error {
	return t.change(ctx, func(c *content) (string, error) { return c.addField(name) })
}

// Close ends the use of the table: later calls give fs.ErrClosed. A change that has
// begun is finished, and iterators go on.
func (t *Table) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	t.file.Close() // nothing was written by it
	return nil
}

func (t *Table) isClosed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closed
}

// errGone is not fs.ErrNotExist, which would be taken for a record's.
var errGone = errors.New("tbd: the file of the table is gone")

// read returns the present version.
func (t *Table) read() (*content, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, fs.ErrClosed
	}
	if t.content != nil {
		switch info, err := os.Lstat(t.path); {
		case errors.Is(err, fs.ErrNotExist):
			return nil, errGone
		case err != nil:
			return nil, fmt.Errorf("tbd: %w", err)
		case os.SameFile(info, t.info) && info.Size() == t.info.Size() && info.ModTime().Equal(t.info.ModTime()):
			return t.content, nil
		}
	}
	f, err := openFile(t.path, os.O_RDONLY)
	if err != nil {
		return nil, fmt.Errorf("tbd: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("tbd: %w", err)
	}
	c, err := t.contentOf(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	t.file.Close()
	t.content, t.info, t.file = c, info, f
	if !keepsOpen {
		f.Close()
	}
	return c, nil
}

// contentOf reads a table.
func (t *Table) contentOf(r io.Reader) (*content, error) {
	text, err := io.ReadAll(io.LimitReader(r, t.o.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("tbd: %w", err)
	}
	if int64(len(text)) > t.o.MaxBytes {
		return nil, fmt.Errorf("tbd: %w", errTooLarge)
	}
	return parse(string(text), t.o)
}

var errTooLarge = errors.New("the table has more bytes than Options.MaxBytes")

// change replaces the file by what next makes of it.
func (t *Table) change(ctx context.Context, next func(*content) (string, error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-t.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { t.turn <- struct{}{} }()
	if t.isClosed() {
		return fs.ErrClosed
	}
	unlock, err := lock(ctx, t.path)
	if err != nil {
		return fmt.Errorf("tbd: lock: %w", err)
	}
	defer unlock()
	if info, err := os.Lstat(t.path); err == nil && info.Size() > t.o.MaxBytes { // before all of it is read
		return fmt.Errorf("tbd: %w", errTooLarge)
	}
	return edit.ReplaceFile(t.path, func(old []byte) ([]byte, error) {
		c, err := t.contentOf(bytes.NewReader(old))
		if err != nil {
			return nil, err
		}
		text, err := next(c)
		if err == nil {
			err = ctx.Err()
		}
		if err == nil && int64(len(text)) > t.o.MaxBytes {
			err = fmt.Errorf("tbd: %w", errTooLarge)
		}
		return []byte(text), err
	})
}
