package calllog

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
)

const defaultMaxLine = 1 << 16

// errLineTooLong is what a line above Options.MaxLine is answered with.
var errLineTooLong = errors.New("line is too long")

// Read returns the records of a log one by one, in their order. Lines end in LF
// or CRLF, the last one may lack its end; empty lines are skipped. A line that
// is no record yields a *SyntaxError with its number, and reading goes on. An
// error of r is yielded as it is, and ends the reading.
//
// It buffers one line, and allocates one string for each record as long as real
// names have no escapes. The sequence can be used once.
func Read(r io.Reader, o Options) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		size := o.MaxLine
		if size <= 0 {
			size = defaultMaxLine
		}
		// Room for a whole line and its end. The struct hides a bufio.Reader,
		// which otherwise would be taken as it is.
		lines := bufio.NewReaderSize(struct{ io.Reader }{r}, size+len("\r\n"))
		for n := 1; ; n++ {
			line, end := readLine(lines, size)
			if end != nil && end != io.EOF && end != errLineTooLong {
				yield(Record{}, end)
				return
			}
			if len(line) > 0 || end == errLineTooLong {
				record, err := Record{}, end
				if end != errLineTooLong {
					record, err = parseRecord(string(line), o)
				}
				if err != nil {
					record, err = Record{}, &SyntaxError{Line: n, Err: err}
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

// readLine returns the next line without its end, valid until the next call.
// One of more than size bytes is skipped to its end and answered with
// errLineTooLong. With io.EOF comes what stands after the last end of line, if
// anything.
func readLine(r *bufio.Reader, size int) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		for err == bufio.ErrBufferFull {
			_, err = r.ReadSlice('\n')
		}
		if err == nil || err == io.EOF { // at the end the next call says so
			err = errLineTooLong
		}
		return nil, err
	}
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	if len(line) > size && (err == nil || err == io.EOF) {
		return nil, errLineTooLong // at the end the next call says so
	}
	return line, err
}
