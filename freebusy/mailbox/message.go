package mailbox

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/emersion/go-message/textproto"
)

// MaxBytes is the size limit of one calendar part in UTF-8; it is that of an object
// in the package freebusy.
const MaxBytes = 16 << 20

const (
	maxHeader = 256 << 10
	maxParts  = 1000
	maxDepth  = 8
)

var (
	errHeader = fmt.Errorf("header of more than %d bytes", maxHeader)
	errBytes  = fmt.Errorf("calendar part of more than %d bytes", MaxBytes)
	errParts  = fmt.Errorf("more than %d parts", maxParts)
	errDepth  = fmt.Errorf("more than %d multiparts in one another", maxDepth)
)

// reader reads the items of messages, one message after the other.
type reader struct {
	raw    *bufio.Reader // reads the message
	mender headerMender  // reads raw
	limit  meter         // reads mender
	in     *bufio.Reader // reads limit
	stream bytes.Buffer  // the part that is read
	parts  int           // of the message so far
	yield  func([]byte, error) bool
	failed bool // whether an error of the message was yielded
}

func newReader() *reader {
	return &reader{raw: bufio.NewReader(nil), in: bufio.NewReader(nil)}
}

// message yields the items of a message, and an error if something is wrong with
// it, at most one. It reports whether to go on with another message.
func (rd *reader) message(r io.Reader, yield func([]byte, error) bool) bool {
	rd.raw.Reset(r)
	rd.mender.reset(rd.raw, "")
	rd.limit = meter{r: &rd.mender, left: maxHeader}
	rd.in.Reset(&rd.limit)
	rd.parts, rd.yield, rd.failed = 0, yield, false

	if _, err := rd.in.Peek(1); err != nil {
		return rd.fail(err)
	}
	header, err := textproto.ReadHeader(rd.in)
	if err != nil {
		return rd.fail(rd.limit.told(err))
	}
	rd.limit.left = math.MaxInt64
	return deleted(header) || rd.entity(header, rd.in, 0)
}

// fail yields an error, if it is the first of the message.
func (rd *reader) fail(err error) bool {
	if rd.failed {
		return true
	}
	rd.failed = true
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return rd.yield(nil, err)
}

// deleted reports whether a message carries the mark of a deleted one: see the
// documentation of the package.
func deleted(header textproto.Header) bool {
	for _, field := range []string{"Status", "X-Status"} {
		for _, flags := range header.Values(field) {
			if strings.Contains(flags, "D") && strings.Trim(flags, "ADFNORTU") == "" {
				return true
			}
		}
	}
	return false
}

// entity yields the items of a message or of a part of one.
func (rd *reader) entity(header textproto.Header, body io.Reader, depth int) bool {
	mediaType, params := contentType(header.Get("Content-Type"))
	switch {
	case strings.HasPrefix(mediaType, "multipart/"):
		if depth == maxDepth {
			return rd.fail(errDepth)
		}
		return rd.multipart(body, params["boundary"], depth+1)
	case mediaType == "text/calendar" || mediaType == "application/ics":
		return rd.calendar(header.Get("Content-Transfer-Encoding"), params["charset"], body)
	case depth == 0 && mediaType == "text/plain":
		return rd.plain(header.Get("Content-Transfer-Encoding"), params["charset"], body)
	}
	return true
}

// multipart yields the items of parts. The library that reads them has no limit
// for their headers.
func (rd *reader) multipart(body io.Reader, boundary string, depth int) bool {
	if boundary != "" { // else the library says so
		body = newHeaderMender(bufio.NewReader(body), boundary)
	}
	limit := &meter{r: body}
	parts := textproto.NewMultipartReader(limit, boundary)
	for {
		limit.left = maxHeader
		part, err := parts.NextPart()
		if err == io.EOF {
			return true
		}
		if err != nil {
			return rd.fail(limit.told(err))
		}
		limit.left = math.MaxInt64
		if rd.parts++; rd.parts > maxParts {
			return rd.fail(errParts)
		}
		if !rd.entity(part.Header, part, depth) {
			return false
		}
		if _, err := io.Copy(io.Discard, part); err != nil {
			return rd.fail(err)
		}
	}
}

// plain yields the items of the body of a message, if it begins with one.
func (rd *reader) plain(encoding, charset string, body io.Reader) bool {
	start := bufio.NewReaderSize(decodeTransfer(encoding, body), 128)
	head, _ := start.Peek(128)
	return !beginsObject(head) || rd.objects(start, charset)
}

// calendar yields the items of a calendar part.
func (rd *reader) calendar(encoding, charset string, body io.Reader) bool {
	return rd.objects(decodeTransfer(encoding, body), charset)
}

// objects yields the items of an iCalendar stream in a charset. Those that are
// whole are yielded even if the stream is broken behind them.
func (rd *reader) objects(r io.Reader, charset string) bool {
	stream, broken := readText(&rd.stream, r, charset)
	if broken == errBytes {
		return rd.fail(errBytes)
	}
	for object, err := range objects(stream) {
		switch {
		case err == nil:
			if !rd.yield(bytes.Clone(object), nil) {
				return false
			}
		case broken == nil:
			if !rd.fail(err) {
				return false
			}
		}
	}
	return broken == nil || rd.fail(broken)
}

// meter passes on a number of bytes.
type meter struct {
	r    io.Reader
	left int64
}

// told returns what an error of the library says, which wraps nothing.
func (m *meter) told(err error) error {
	switch {
	case m.left <= 0:
		return errHeader
	case strings.HasSuffix(err.Error(), "EOF"):
		return io.ErrUnexpectedEOF
	}
	return err
}

// Read implements io.Reader.
func (m *meter) Read(p []byte) (int, error) {
	if m.left <= 0 {
		return 0, errHeader
	}
	n, err := m.r.Read(p[:min(int64(len(p)), m.left)])
	m.left -= int64(n)
	return n, err
}
