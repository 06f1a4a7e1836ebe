package httpsite

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/httpsite/internal/fields"
)

// content is what is sent: a file, or what stands for one in memory. It stands at its
// beginning.
type content interface {
	io.ReadSeeker
	io.ReaderAt
}

// send sends content, or the ranges of it that GET asks for (RFC 9110 §14).
func (req *request) send(content content, size int64, modified time.Time) error {
	header, code, part := req.w.Header(), http.StatusOK, byteRange{0, size - 1}
	if field := req.r.Header.Values("Range"); len(field) == 1 && req.r.Method == http.MethodGet && req.isRangeCurrent(modified) {
		ranges, ok := parseRanges(field[0], size)
		switch {
		case !ok:
			header.Set("Content-Range", fmt.Sprintf("bytes */%d", size))
			return errNoSuchRange
		case len(ranges) == 1:
			code, part = http.StatusPartialContent, ranges[0]
			header.Set("Content-Range", fmt.Sprintf("bytes %v/%d", part, size))
		case len(ranges) > 1: // everything else was heeded by us
			clean := &http.Request{Method: req.r.Method, Header: http.Header{"Range": {"bytes=" + joinRanges(ranges)}}}
			http.ServeContent(req.w, clean, "", time.Time{}, content)
			return nil
		}
	}
	header["Accept-Ranges"] = bytesOnly
	header.Set("Content-Length", strconv.FormatInt(part.length(), 10))
	req.w.WriteHeader(code)
	if req.r.Method == http.MethodHead {
		return nil
	}
	return req.sendRange(content, part)
}

// atOnce is up to what size content is read and written in one piece with the head of
// the answer: package net/http has a buffer of 4 KiB for both. The kernel sends what is
// larger, where the store and the connection let it.
const atOnce = 3 << 10

// sendRange sends the body of an answer. When that ends too early, net/http ends the
// connection, by which the client sees that something is missing.
func (req *request) sendRange(content content, part byteRange) error {
	if part.length() > atOnce {
		if _, err := content.Seek(part.from, io.SeekStart); part.from > 0 && err != nil {
			return err
		}
		_, _ = req.w.ReadFrom(&io.LimitedReader{R: content, N: part.length()})
		return nil
	}
	buffer := pieces.Get().(*[16 << 10]byte)
	defer pieces.Put(buffer)
	n, _ := content.ReadAt(buffer[:part.length()], part.from)
	_, _ = req.w.Write(buffer[:n])
	return nil
}

// isRangeCurrent evaluates If-Range (RFC 9110 §13.1.5): whether the client has a
// part of what the answer's header describes. A date counts if it is the right
// one and a second or more ago, for within that the file may have changed twice.
func (req *request) isRangeCurrent(modified time.Time) bool {
	condition := req.r.Header.Values("If-Range")
	if len(condition) == 0 {
		return true
	}
	if tag := req.w.Header().Get("ETag"); len(condition) == 1 && tag != "" && condition[0] == tag {
		return true
	}
	t, ok := fields.Date(req.r.Header, "If-Range")
	return ok && t.Unix() == modified.Unix() && t.Unix() < req.now().Unix()
}

// A request for more ranges than this gets everything.
const maxRanges = 100

// byteRange is a part of a file that is not empty, by the places of its first and its
// last byte, or all of an empty one.
type byteRange struct{ from, to int64 }

func (r byteRange) length() int64  { return r.to - r.from + 1 }
func (r byteRange) String() string { return fmt.Sprintf("%d-%d", r.from, r.to) }

func joinRanges(ranges []byteRange) string {
	texts := make([]string, len(ranges))
	for i, r := range ranges {
		texts[i] = r.String()
	}
	return strings.Join(texts, ",")
}

// parseRanges takes a Range field apart, and returns what can be satisfied of it.
// That is nothing for what is to be ignored: units other than bytes, too many ranges,
// the end of an empty file. ok is false if the field asks for nothing that there is.
func parseRanges(field string, size int64) (ranges []byteRange, ok bool) {
	unit, set, _ := strings.Cut(field, "=")
	if !strings.EqualFold(strings.TrimSpace(unit), "bytes") {
		return nil, true
	}
	count := 0
	for spec := range strings.SplitSeq(set, ",") {
		if spec = strings.Trim(spec, " \t"); spec == "" {
			continue // RFC 9110 §5.6.1.2
		}
		if count++; count > maxRanges {
			return nil, true
		}
		first, last, isRange := strings.Cut(spec, "-")
		from, hasFrom := position(first)
		to, hasTo := position(last)
		switch {
		case !isRange || !hasFrom && first != "" || !hasTo && last != "" || !hasFrom && !hasTo || hasFrom && hasTo && from > to:
			return nil, false
		case !hasFrom && to > 0 && size == 0:
			return nil, true
		case !hasFrom:
			from, to = max(size-to, 0), size-1
		case !hasTo:
			to = size - 1
		}
		if to = min(to, size-1); from <= to {
			ranges = append(ranges, byteRange{from, to})
		}
	}
	return ranges, len(ranges) > 0
}

// position reads a number of bytes. One that is too large for us is larger than
// any file.
func position(digits string) (n int64, ok bool) {
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil && digits != "" {
		n = 1<<63 - 1
	}
	return n, digits != ""
}
