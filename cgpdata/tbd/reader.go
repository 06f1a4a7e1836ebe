package tbd

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"
)

// Options say how to read a table. A nil *Options is the zero value.
type Options struct {
	// Lenient ignores what a record has more than line 1 names.
	Lenient bool
	// MaxLine is the limit of a line in bytes, with its end. 0 means 1 MiB.
	MaxLine int
	// MaxBytes is the limit of the file of a [Table], which is kept in memory. 0
	// means 256 MiB. A [Reader] has no such limit.
	MaxBytes int64
	// Warn is told what is odd in line 1, each time that it is read: names that are
	// empty or there twice, whose fields [Record.Get] and [Record.Value] do not
	// find. nil: nobody is told.
	Warn func(*SyntaxError)
}

const (
	defaultMaxLine  = 1 << 20
	defaultMaxBytes = 256 << 20
)

// orDefaults returns the options with the limits that apply.
func (o *Options) orDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.MaxLine <= 0 {
		c.MaxLine = defaultMaxLine
	}
	if c.MaxBytes <= 0 {
		c.MaxBytes = defaultMaxBytes
	}
	return c
}

// SyntaxError tells what is wrong with one line. A wrong line says nothing
// about the others.
type SyntaxError struct {
	Line int // counted from 1
	Err  error
}

// Error returns one line of text that does not repeat content of the record.
func (e *SyntaxError) Error() string { return fmt.Sprintf("tbd: line %d: %v", e.Line, e.Err) }

// Unwrap returns Err.
func (e *SyntaxError) Unwrap() error { return e.Err }

// Reader reads a table. It buffers one line. It is not safe for concurrent use.
type Reader struct {
	src   *bufio.Reader
	o     Options
	names []string
	line  int             // number of the line read last
	start int             // where it starts
	next  int             // where the one after it starts
	buf   []byte          // its bytes, if src does not hold them all
	piece strings.Builder // of short lines: one allocation is for many
	free  []string        // for the fields of records: one allocation is for many
}

// NewReader returns a Reader of the table r, after it has read line 1. A table
// without names is a *SyntaxError that wraps io.ErrUnexpectedEOF if there is
// nothing at all; an error of r is returned as it is.
func NewReader(r io.Reader, o *Options) (*Reader, error) {
	t := &Reader{src: bufio.NewReaderSize(r, 32<<10), o: o.orDefaults()}
	header, err := t.readLine()
	switch {
	case err == errLineTooLong:
		return nil, &SyntaxError{Line: t.line, Err: err}
	case err == io.EOF && header == "":
		return nil, &SyntaxError{Line: t.line, Err: fmt.Errorf("no field names: %w", io.ErrUnexpectedEOF)}
	case err != nil && err != io.EOF:
		return nil, err
	}
	if err := checkEncoding(t.buf); err != nil {
		return nil, &SyntaxError{Line: t.line, Err: err}
	}
	header = strings.TrimPrefix(header, byteOrderMark)
	if header == "" {
		return nil, &SyntaxError{Line: t.line, Err: errors.New("no field names")}
	}
	t.names = strings.Split(header, "\t")
	if t.o.Warn != nil {
		t.warn()
	}
	return t, nil
}

// checkEncoding refuses line 1 of a table in UTF-16 or UTF-32, which Excel calls
// Unicode Text and would be read as garbage; our choice.
func checkEncoding(line []byte) error {
	marked := bytes.HasPrefix(line, []byte("\xFF\xFE")) || bytes.HasPrefix(line, []byte("\xFE\xFF"))
	if marked || bytes.IndexByte(line, 0) >= 0 {
		return errors.New("table is in UTF-16 or of another encoding, not in UTF-8")
	}
	if bytes.ContainsFunc(bytes.TrimRight(line, "\r\n"), isForbidden) {
		return errors.New("control character in a field name")
	}
	return nil
}

// isForbidden reports whether a name of a field cannot have a character.
func isForbidden(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }

// warn tells what is odd about the names.
func (t *Reader) warn() {
	for i, name := range t.names {
		var err error
		switch first := column(t.names, name); {
		case name == "":
			err = fmt.Errorf("field name %d is empty", i+1)
		case first < i:
			err = fmt.Errorf("field name %d is the same as %d", i+1, first+1)
		default:
			continue
		}
		t.o.Warn(&SyntaxError{Line: t.line, Err: err})
	}
}

// byteOrderMark is skipped at the start of a table.
const byteOrderMark = "\uFEFF"

// Fields returns the names of the fields in their order, as line 1 has them.
func (t *Reader) Fields() []string { return slices.Clone(t.names) }

// Records returns the records that are still to come, in their order. Lines end
// in LF, CRLF or CR, the last one may lack its end; empty lines are skipped. A
// record may have fewer fields than there are names, the others are empty: so
// they are after a name was added to line 1. A bad line yields a *SyntaxError,
// and reading goes on. An error of the underlying reader is yielded as it is,
// and ends the reading. Records share memory: one that is kept keeps some KiB of others.
func (t *Reader) Records() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for {
			line, end := t.readLine()
			if end != nil && end != io.EOF && end != errLineTooLong {
				yield(Record{}, end)
				return
			}
			if line != "" || end == errLineTooLong {
				record, err := Record{}, end
				if end != errLineTooLong {
					record, err = t.split(line)
				}
				if err != nil {
					err = &SyntaxError{Line: t.line, Err: err}
				}
				if !yield(record, err) {
					return
				}
			}
			if end == io.EOF {
				return
			}
		}
	}
}

// split makes a record out of a line, in memory that many records share.
func (t *Reader) split(line string) (Record, error) {
	const many = 64
	names := len(t.names)
	if len(t.free) < names {
		t.free = make([]string, max(names, min(many, 8*names)))
	}
	fields := t.free[:0:names]
	for rest := line; ; {
		if len(fields) == names {
			return split(line, t.names, t.o.Lenient) // there are too many
		}
		end := strings.IndexByte(rest, '\t')
		if end < 0 {
			fields = append(fields, rest)
			break
		}
		fields, rest = append(fields, rest[:end]), rest[end+1:]
	}
	t.free = t.free[len(fields):]
	return Record{names: t.names, fields: fields[:len(fields):len(fields)]}, nil
}

// split makes a record out of a line.
func split(line string, names []string, lenient bool) (Record, error) {
	count := strings.Count(line, "\t") + 1
	if count > len(names) && !lenient {
		return Record{}, fmt.Errorf("%d fields, but %d names", count, len(names))
	}
	fields := strings.SplitN(line, "\t", len(names)+1) // the last one is what is too much
	return Record{names: names, fields: fields[:min(count, len(names))]}, nil
}

// text returns a line as a string. Short ones share memory, which a Builder never writes
// again where it has written.
func (t *Reader) text(line []byte) string {
	const size = 4 << 10
	if len(line) > size/8 {
		return string(line)
	}
	start := t.piece.Len()
	if start+len(line) > t.piece.Cap() {
		t.piece.Reset()
		t.piece.Grow(size)
		start = 0
	}
	t.piece.Write(line)
	return t.piece.String()[start:]
}

// errLineTooLong is what a line above Options.MaxLine is answered with.
var errLineTooLong = errors.New("line is too long")

// readLine returns the next line without its end, in UTF-8. A line that is too
// long is skipped to its end and answered with errLineTooLong. With io.EOF
// comes what stands after the last end of line, if anything.
func (t *Reader) readLine() (string, error) {
	t.line++
	t.start = t.next
	t.buf = t.buf[:0]
	size := 0
	for {
		part, ended, err := t.peekPart()
		t.next += len(part)
		if size += len(part); size <= t.o.MaxLine {
			t.buf = append(t.buf, part...)
		}
		_, _ = t.src.Discard(len(part)) // it is there
		if !ended && err == nil {
			continue
		}
		if size > t.o.MaxLine && (err == nil || err == io.EOF) { // at the end the next call says so
			return "", errLineTooLong
		}
		return toUTF8(withoutEnd(t.text(t.buf))), err
	}
}

// peekPart returns what is buffered of a line, with its end if that is there, without
// going on. With an error comes nothing.
func (t *Reader) peekPart() (part []byte, ended bool, err error) {
	if _, err := t.src.Peek(1); err != nil {
		return nil, false, err
	}
	part, _ = t.src.Peek(t.src.Buffered())
	if i := bytes.IndexByte(part, '\n'); i >= 0 {
		part, ended = part[:i+1], true
	}
	switch i := bytes.IndexByte(part, '\r'); {
	case i < 0, ended && i == len(part)-2:
		return part, ended, nil
	case i < len(part)-1:
		return part[:i+1], true, nil
	case i > 0: // what is behind CR is not known
		return part[:i], false, nil
	}
	part, err = t.src.Peek(len("\r\n"))
	if err == nil && part[1] == '\n' {
		return part, true, nil
	}
	return part[:1], true, nil
}

// withoutEnd returns a line without the LF, CRLF or CR at its end.
func withoutEnd(line string) string { return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r") }

// toUTF8 returns a line that is UTF-8 as it is, and takes each byte of another
// for a character of Latin-1.
func toUTF8(line string) string {
	if utf8.ValidString(line) {
		return line
	}
	utf := make([]byte, 0, 2*len(line))
	for i := range len(line) {
		utf = utf8.AppendRune(utf, rune(line[i]))
	}
	return string(utf)
}
