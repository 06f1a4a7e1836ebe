package calllog

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"strings"
)

// DefaultMaxLine is the limit of a line in bytes, without its end, unless
// Options say otherwise. Our choice.
const DefaultMaxLine = 1 << 16

// maxBlock is how many bytes of whole lines become one string at most.
const maxBlock = 16 << 10

// errLineTooLong is what a line above Options.MaxLine is answered with.
var errLineTooLong = errors.New("line is too long")

// Read returns the records of a log one by one, in their order. Lines end in LF
// or CRLF, the last one may lack its end; empty lines are skipped. A line that
// is no record yields a *SyntaxError with its number, and reading goes on. A byte
// order mark at the start of a line, as editors write it, does not count. An
// error of r is yielded as it is, and ends the reading.
//
// It buffers one line. Records that stand near each other share one string of at
// most 16 KiB, or of one line that is longer: to keep one of many records,
// clone its strings. The sequence can be used once.
func Read(r io.Reader, o *Options) iter.Seq2[Record, error] {
	parser := newParser(o)
	lines := newLineReader(r, parser.MaxLine)
	return func(yield func(Record, error) bool) {
		for n := 1; ; n++ {
			line, end := lines.next()
			line = withoutMark(line)
			if line != "" {
				if record, err := parser.parse(line); err == nil {
					if !yield(record, nil) {
						return
					}
				} else if !yield(Record{}, &SyntaxError{Line: n, Err: err}) {
					return
				}
			}
			switch {
			case end == io.EOF:
				return
			case end == errLineTooLong:
				if !yield(Record{}, &SyntaxError{Line: n, Err: end}) {
					return
				}
			case end != nil:
				yield(Record{}, end)
				return
			}
		}
	}
}

// withoutMark returns a line without a byte order mark at its start. It may stand in
// any line, and several times: logs are joined.
func withoutMark(line string) string {
	if line != "" && line[0] == byteOrderMark[0] {
		return strings.TrimLeft(line, byteOrderMark)
	}
	return line
}

const byteOrderMark = "\uFEFF"

// lineReader cuts what it reads into lines.
type lineReader struct {
	r     *bufio.Reader
	size  int    // the limit of a line
	block string // whole lines that were read already, with their ends
	at    int    // where the next of them begins
}

func newLineReader(r io.Reader, size int) *lineReader {
	if size <= 0 {
		size = DefaultMaxLine
	}
	// Room for a whole line and its end. The struct hides a bufio.Reader, which
	// otherwise would be taken as it is.
	return &lineReader{r: bufio.NewReaderSize(struct{ io.Reader }{r}, size+len("\r\n")), size: size}
}

// next returns the next line without its end. One of more than size bytes is
// skipped to its end and answered with errLineTooLong. With io.EOF comes what
// stands after the last end of line, if anything.
func (l *lineReader) next() (string, error) {
	if l.at == len(l.block) && !l.refill() {
		return l.readLine()
	}
	line := l.block[l.at:]
	line = line[:strings.IndexByte(line, '\n')]
	l.at += len(line) + 1
	return l.trim(line)
}

// refill takes the next block of whole lines, if some are buffered.
func (l *lineReader) refill() bool {
	buffered, _ := l.r.Peek(min(l.r.Buffered(), maxBlock))
	end := bytes.LastIndexByte(buffered, '\n') + 1
	l.block, l.at = string(buffered[:end]), 0
	_, _ = l.r.Discard(end) // they are there
	return end > 0
}

// readLine reads one line, where no whole one is buffered or it is longer than a
// block.
func (l *lineReader) readLine() (string, error) {
	line, err := l.r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		for err == bufio.ErrBufferFull {
			_, err = l.r.ReadSlice('\n')
		}
		if err == nil || err == io.EOF { // at the end the next call says so
			err = errLineTooLong
		}
		return "", err
	}
	if err != nil && err != io.EOF {
		return "", err
	}
	text, long := l.trim(strings.TrimSuffix(string(line), "\n"))
	if long != nil {
		return "", long // at the end the next call says so
	}
	return text, err
}

// trim takes the rest of CRLF from the end of a line.
func (l *lineReader) trim(line string) (string, error) {
	line = strings.TrimSuffix(line, "\r")
	if len(line) > l.size {
		return "", errLineTooLong
	}
	return line, nil
}
