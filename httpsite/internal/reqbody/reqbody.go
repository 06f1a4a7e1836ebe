// Package reqbody tells errors of the body of a request, which are the client's, from those
// of whoever takes it.
package reqbody

import "io"

// Error is an error of the body of a request.
type Error struct{ error }

// Unwrap returns what the body said.
func (e Error) Unwrap() error { return e.error }

// Failed makes an Error of an error.
func Failed(err error) error { return Error{err} }

// Reader marks the errors of a body, but for its end.
func Reader(body io.Reader) io.Reader { return reader{body} }

type reader struct{ io.Reader }

func (r reader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = Error{err}
	}
	return n, err
}
