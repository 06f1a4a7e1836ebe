package mailbox

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"strings"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/textproto"
	"golang.org/x/text/encoding/htmlindex"
)

// MaxBytes is the size limit of one calendar part, before and after it is decoded;
// it is that of the package freebusy.
const MaxBytes = 1 << 20

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

var byteOrderMark = []byte("\uFEFF")

// reader reads the items of messages, one message after the other.
type reader struct {
	source meter
	in     *bufio.Reader // reads source
	stream bytes.Buffer  // the part that is read
	parts  int           // of the message so far
	yield  func([]byte, error) bool
	failed bool // whether an error of the message was yielded
}

func newReader() *reader {
	rd := &reader{}
	rd.in = bufio.NewReader(&rd.source)
	return rd
}

// message yields the items of a message, and an error if something is wrong with
// it, at most one. It reports whether to go on with another message.
func (rd *reader) message(r io.Reader, yield func([]byte, error) bool) bool {
	rd.source = meter{r: r, left: maxHeader}
	rd.in.Reset(&rd.source)
	rd.parts, rd.yield, rd.failed = 0, yield, false

	if _, err := rd.in.Peek(1); err != nil {
		return rd.fail(err)
	}
	header, err := textproto.ReadHeader(rd.in)
	if err != nil {
		return rd.fail(err)
	}
	rd.source.left = math.MaxInt64
	return deleted(header) || rd.entity(header, rd.in, 0)
}

// fail yields an error, if it is the first of the message.
func (rd *reader) fail(err error) bool {
	if rd.failed {
		return true
	}
	rd.failed = true
	switch {
	case rd.source.left <= 0:
		err = errHeader
	case err == io.EOF:
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
		return rd.multipart(textproto.NewMultipartReader(body, params["boundary"]), depth+1)
	case mediaType == "text/calendar" || mediaType == "application/ics":
		return rd.calendar(header.Get("Content-Transfer-Encoding"), params["charset"], body)
	case depth == 0 && mediaType == "text/plain":
		return rd.plain(header.Get("Content-Transfer-Encoding"), params["charset"], body)
	}
	return true
}

// contentType reads a field Content-Type (RFC 2045 §5.1). One that is broken, or
// has a comment, has no parameters.
func contentType(field string) (mediaType string, params map[string]string) {
	if field == "" {
		return "text/plain", nil
	}
	mediaType, params, err := mime.ParseMediaType(field)
	if err != nil {
		field = strings.TrimSpace(field)
		if i := strings.IndexAny(field, "; \t("); i >= 0 {
			field = field[:i]
		}
		return strings.ToLower(field), nil
	}
	return mediaType, params
}

// multipart yields the items of parts. The library that reads them has no limit
// for their headers.
func (rd *reader) multipart(parts *textproto.MultipartReader, depth int) bool {
	for {
		rd.source.left = maxHeader
		part, err := parts.NextPart()
		if err == io.EOF {
			rd.source.left = math.MaxInt64
			return true
		}
		if err != nil {
			if strings.HasSuffix(err.Error(), "EOF") { // the library wraps nothing
				err = io.ErrUnexpectedEOF
			}
			return rd.fail(err)
		}
		rd.source.left = math.MaxInt64
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
	decoded, err := decodeTransfer(encoding, body)
	if err != nil {
		return true // a mail in an encoding that is not known is a mail
	}
	start := bufio.NewReaderSize(decoded, 128)
	head, _ := start.Peek(128)
	return !beginsObject(head) || rd.objects(start, charset)
}

// calendar yields the items of a calendar part.
func (rd *reader) calendar(encoding, charset string, body io.Reader) bool {
	decoded, err := decodeTransfer(encoding, body)
	if err != nil {
		return rd.fail(err)
	}
	return rd.objects(decoded, charset)
}

// decodeTransfer decodes a transfer encoding (RFC 2045 §6).
func decodeTransfer(encoding string, body io.Reader) (io.Reader, error) {
	switch strings.ToLower(encoding) {
	case "", "7bit", "8bit", "binary":
		return body, nil
	}
	var header message.Header // of no type, so that the charset is left as it is
	header.Set("Content-Transfer-Encoding", encoding)
	e, err := message.New(header, filled{body})
	if err != nil {
		return nil, err
	}
	return e.Body, nil
}

// filled reads as much as it is asked for, unless an end or an error comes before:
// what a decoder makes of broken base64 depends on the pieces that it gets.
type filled struct{ io.Reader }

// Read implements io.Reader.
func (f filled) Read(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var more int
		more, err = f.Reader.Read(p[n:])
		n += more
	}
	return n, err
}

// objects yields the items of an iCalendar stream in a charset. Those that are
// whole are yielded even if the stream is broken behind them.
func (rd *reader) objects(r io.Reader, charset string) bool {
	rd.stream.Reset()
	_, broken := rd.stream.ReadFrom(io.LimitReader(r, MaxBytes+1))
	if rd.stream.Len() > MaxBytes {
		return rd.fail(errBytes)
	}
	stream, err := decodeCharset(rd.stream.Bytes(), charset)
	if err != nil {
		return rd.fail(err)
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

// decodeCharset makes a text UTF-8, without a byte order mark. A charset has the
// names that browsers know (WHATWG Encoding Standard §4.2), and a byte order mark
// counts more than it (§6: "UTF-16" alone does not tell the order); none is UTF-8
// (RFC 5545 §3.1.4).
func decodeCharset(text []byte, charset string) ([]byte, error) {
	switch {
	case charset == "":
	case bytes.HasPrefix(text, byteOrderMark):
		charset = "utf-8"
	case bytes.HasPrefix(text, []byte("\xFE\xFF")):
		charset = "utf-16be"
	case bytes.HasPrefix(text, []byte("\xFF\xFE")):
		charset = "utf-16le"
	}
	switch strings.ToLower(charset) {
	case "", "utf-8", "us-ascii":
	default:
		encoding, err := htmlindex.Get(charset)
		if err != nil {
			return nil, errors.New("charset is not known")
		}
		if text, err = encoding.NewDecoder().Bytes(text); err != nil {
			return nil, fmt.Errorf("decode charset: %w", err)
		}
		if len(text) > MaxBytes {
			return nil, errBytes
		}
	}
	return bytes.TrimPrefix(text, byteOrderMark), nil
}

// meter passes on a number of bytes.
type meter struct {
	r    io.Reader
	left int64
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
