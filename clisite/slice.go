package clisite

import (
	"encoding/base64"
	"errors"
	"io"

	"github.com/cgpkit/cgpkit/filestore"
)

// emptyData is a datablock of no bytes.
const emptyData = "[]"

// slice is a part of a file on its way into an answer, of which memory holds some
// pieces at a time. The file is closed by close.
type slice struct {
	file  filestore.File
	piece []byte // the first one is read before the answer begins: that file can be read
	rest  *io.SectionReader
}

// sliceBuffer is read at a time, which base64 leaves without a rest.
const sliceBuffer = 24 << 10

// begin reads the first piece of size bytes from offset on. What the file does not
// have is left out.
func (s *slice) begin(offset, size int64) error {
	s.rest = io.NewSectionReader(s.file, offset, size)
	s.piece = make([]byte, min(size, sliceBuffer))
	return s.read()
}

// read reads the next piece; without one it is empty.
func (s *slice) read() error {
	n, err := io.ReadFull(s.rest, s.piece[:cap(s.piece)])
	s.piece = s.piece[:n]
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return err
}

// encode writes the slice in base64.
func (s *slice) encode(w io.Writer) error {
	var text []byte
	for {
		text = base64.StdEncoding.AppendEncode(text[:0], s.piece)
		if _, err := w.Write(text); err != nil || len(s.piece) < sliceBuffer {
			return err
		}
		if err := s.read(); err != nil {
			return err
		}
	}
}

func (s *slice) close() {
	if s != nil {
		s.file.Close()
	}
}
