package httpsite

import (
	"io"
	"net/http"
	"time"
)

// A transfer may take any time as long as it moves: deadlines are set for each
// piece of it, never for the whole.

// stallBody gives every read of a request body its own deadline, and counts what
// comes. The first deadline runs from the start, for the server reads what a handler
// leaves.
type stallBody struct {
	io.ReadCloser
	control *http.ResponseController
	timeout time.Duration
	read    int64
}

// watchBody puts a stallBody before the body of a request; nil: it has none.
func watchBody(w http.ResponseWriter, r *http.Request, timeout time.Duration) *stallBody {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	b := &stallBody{ReadCloser: r.Body, control: http.NewResponseController(w), timeout: timeout}
	b.extend()
	r.Body = b
	return b
}

func (b *stallBody) Read(p []byte) (int, error) {
	b.extend()
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if err == io.EOF {
		// From now on the server reads, to hear of a client that goes away.
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// extend moves the deadline. A connection that knows none works without.
func (b *stallBody) extend() { _ = b.control.SetReadDeadline(time.Now().Add(b.timeout)) }

// stallWriter gives every piece of an answer its own deadline, counts what is sent,
// and remembers whether the answer has begun.
type stallWriter struct {
	http.ResponseWriter
	timeout  time.Duration
	extended time.Time // when the deadline was moved last
	started  bool
	code     int
	sent     int64 // of the body
}

// stallPiece is how much may be sent under one deadline: at one minute for
// each, a client that takes less than 17 KiB a second is cut.
const stallPiece = 1 << 20

// Unwrap lets http.ResponseController reach the connection.
func (w *stallWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *stallWriter) WriteHeader(code int) {
	w.begin(code)
	w.ResponseWriter.WriteHeader(code)
}

func (w *stallWriter) Write(p []byte) (int, error) {
	w.begin(http.StatusOK)
	n, err := w.ResponseWriter.Write(p)
	w.sent += int64(n)
	return n, err
}

// begin notes the first code that is not informational (RFC 9110 §15.2).
func (w *stallWriter) begin(code int) {
	w.started = true
	if w.code < 200 {
		w.code = code
	}
	w.extend()
}

// ReadFrom passes pieces on as the kind of reader that http.ServeContent uses,
// so that the kernel can still send a file by itself.
func (w *stallWriter) ReadFrom(src io.Reader) (n int64, err error) {
	w.begin(http.StatusOK)
	limited, ok := src.(*io.LimitedReader)
	if !ok {
		limited = &io.LimitedReader{R: src, N: 1<<63 - 1}
	}
	for limited.N > 0 && err == nil {
		w.extend()
		piece := &io.LimitedReader{R: limited.R, N: min(limited.N, stallPiece)}
		var sent int64
		sent, err = io.Copy(w.ResponseWriter, piece)
		n += sent
		w.sent += sent
		limited.N -= sent
		if piece.N > 0 {
			break // src has ended
		}
	}
	return n, err
}

// extend moves the deadline, unless that was done just now. It stands at least
// until the answer is flushed, after the handler has returned; the next request
// moves it again.
func (w *stallWriter) extend() {
	now := time.Now()
	if now.Sub(w.extended) < w.timeout/16 {
		return
	}
	w.extended = now
	_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(now.Add(w.timeout))
}
