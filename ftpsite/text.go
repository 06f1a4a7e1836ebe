package ftpsite

import (
	"bytes"
	"io"
)

// In TYPE A lines end with CR LF on the way (RFC 959 §3.1.1.1), and with LF in
// the storage. What has CR LF there already is sent as it is.

// textReader turns what a storage holds into text for the client.
type textReader struct {
	r    io.Reader
	last byte // that was read
}

// WriteTo sends everything.
func (t *textReader) WriteTo(w io.Writer) (total int64, err error) {
	in, room := pieces.Get().(*[]byte), pieces.Get().(*[]byte)
	defer pieces.Put(in)
	defer pieces.Put(room)
	for {
		n, err := t.r.Read((*in)[:pieceSize/2]) // every byte may be a line
		out := t.convert((*room)[:0], (*in)[:n])
		if len(out) > 0 {
			m, err := w.Write(out)
			total += int64(m)
			if err != nil {
				return total, err
			}
		}
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

func (t *textReader) convert(out, in []byte) []byte {
	for len(in) > 0 {
		i := bytes.IndexByte(in, '\n')
		if i < 0 {
			t.last = in[len(in)-1]
			return append(out, in...)
		}
		if i > 0 {
			t.last = in[i-1]
		}
		out = append(out, in[:i]...)
		if t.last != '\r' {
			out = append(out, '\r')
		}
		out = append(out, '\n')
		t.last = '\n'
		in = in[i+1:]
	}
	return out
}

// textWriter stores what the client sends as text.
type textWriter struct {
	w   io.Writer
	cr  bool // one came last, and is not yet written
	out []byte
}

func (t *textWriter) Write(p []byte) (int, error) {
	in, out := p, t.out[:0]
	if t.cr && len(in) > 0 {
		if in[0] != '\n' {
			out = append(out, '\r')
		}
		t.cr = false
	}
	for {
		i := bytes.IndexByte(in, '\r')
		if i < 0 {
			out = append(out, in...)
			break
		}
		out = append(out, in[:i]...)
		if i+1 == len(in) {
			t.cr = true
			break
		}
		if in[i+1] != '\n' {
			out = append(out, '\r')
		}
		in = in[i+1:]
	}
	t.out = out
	if len(out) == 0 {
		return len(p), nil
	}
	if _, err := t.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// flush writes a CR that ended the text.
func (t *textWriter) flush() error {
	if !t.cr {
		return nil
	}
	t.cr = false
	_, err := t.w.Write([]byte{'\r'})
	return err
}
