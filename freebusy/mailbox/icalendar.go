package mailbox

import (
	"bytes"
	"errors"
	"io"
	"iter"
)

var (
	errNoObject = errors.New("calendar part without a VCALENDAR")
	errNUL      = errors.New("NUL byte in a VCALENDAR")
)

var (
	beginObject = []byte("BEGIN:VCALENDAR")
	endObject   = []byte("END:VCALENDAR")
)

// objects yields the VCALENDAR objects of an iCalendar stream (RFC 5545 §3.4),
// each from its BEGIN to its END, and an error for each that has no END. Lines
// between objects are passed over.
func objects(stream []byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		start, none := -1, true // start of the object that is open
		for at := 0; at < len(stream); {
			line := stream[at:]
			if i := bytes.IndexByte(line, '\n'); i >= 0 {
				line = line[:i+1]
			}
			end := at + len(line)
			switch tag := bytes.TrimRight(line, " \t\r\n"); {
			case bytes.EqualFold(tag, beginObject):
				if start >= 0 && !yield(nil, io.ErrUnexpectedEOF) {
					return
				}
				start, none = at, false
			case start >= 0 && bytes.EqualFold(tag, endObject):
				if !yield(checked(stream[start:end])) {
					return
				}
				start = -1
			}
			at = end
		}
		switch {
		case start >= 0:
			yield(nil, io.ErrUnexpectedEOF)
		case none:
			yield(nil, errNoObject)
		}
	}
}

// checked returns an object that is text.
func checked(object []byte) ([]byte, error) {
	if bytes.IndexByte(object, 0) >= 0 {
		return nil, errNUL
	}
	return object, nil
}

// beginsObject reports whether a text begins with an object, after a byte order
// mark and white space.
func beginsObject(text []byte) bool {
	text = bytes.TrimLeft(bytes.TrimPrefix(text, byteOrderMark), " \t\r\n")
	return len(text) >= len(beginObject) && bytes.EqualFold(text[:len(beginObject)], beginObject)
}
