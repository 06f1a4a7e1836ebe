package httpsite

import (
	"io"
	"net/http"
	"time"

	"github.com/cgpkit/cgpkit/internal/stall"
)

// stallBody gives every read of a request body its own deadline, and counts what
// comes. The first deadline runs from the start, for the server reads what a handler
// leaves. A client with a slow line may send as slowly as it likes: what has come
// waits on a disk, not in memory.
type stallBody struct {
	io.ReadCloser
	control  *http.ResponseController
	deadline stall.Deadline
	read     int64
}

// watchBody puts a stallBody before the body of a request.
func watchBody(w http.ResponseWriter, r *http.Request, timeout time.Duration) *stallBody {
	control := http.NewResponseController(w)
	b := &stallBody{ReadCloser: r.Body, control: control, deadline: stall.New(control.SetReadDeadline, timeout)}
	b.deadline.Renew()
	r.Body = b
	return b
}

func (b *stallBody) Read(p []byte) (int, error) {
	b.deadline.Renew()
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if err == io.EOF {
		// From now on the server reads, to hear of a client that goes away.
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// stallWriter gives every piece of an answer its own deadline, counts what is sent,
// and remembers whether the answer has begun. The last deadline stands at least until
// the answer is flushed, after the handler has returned; the next request moves it
// again.
type stallWriter struct {
	http.ResponseWriter
	deadline stall.Deadline
	piece    int64 // of a file
	started  bool
	code     int
	sent     int64 // of the body
}

func newStallWriter(w http.ResponseWriter, r *http.Request, timeout time.Duration) *stallWriter {
	s := &stallWriter{ResponseWriter: w, deadline: stall.New(http.NewResponseController(w).SetWriteDeadline, timeout), piece: stall.KernelPiece}
	if inTLS(r) { // the kernel sends no file
		s.piece = stall.Piece
	}
	return s
}

// Unwrap lets http.ResponseController reach the connection.
func (w *stallWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *stallWriter) WriteHeader(code int) {
	w.begin(code)
	if code < 200 {
		w.deadline.Renew() // it is sent at once
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *stallWriter) Write(p []byte) (int, error) {
	w.begin(http.StatusOK)
	w.deadline.Renew()
	n, err := w.deadline.Write(w.ResponseWriter, p)
	w.sent += int64(n)
	return n, err
}

// begin notes the first code that is not informational (RFC 9110 §15.2).
func (w *stallWriter) begin(code int) {
	w.started = true
	if w.code < 200 {
		w.code = code
	}
}

// ReadFrom passes src on as a reader of which the kernel can send a file by itself.
func (w *stallWriter) ReadFrom(src io.Reader) (int64, error) {
	w.begin(http.StatusOK)
	w.deadline.Renew()
	n, err := w.deadline.Copy(w.ResponseWriter, src, w.piece)
	w.sent += n
	return n, err
}
