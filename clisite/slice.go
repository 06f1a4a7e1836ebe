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
	first []byte // what a file that cannot be read shows before the answer begins
	rest  *io.SectionReader
}

// sliceBuffer is read at a time.
const sliceBuffer = 12 << 10

// begin reads the first piece of size bytes from offset on. What the file does not
// have is left out.
func (s *slice) begin(offset, size int64) error {
	s.rest = io.NewSectionReader(s.file, offset, size)
	s.first = make([]byte, sliceBuffer)
	n, err := io.ReadFull(s.rest, s.first)
	s.first = s.first[:n]
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return err
}

// encode writes the slice in base64.
func (s *slice) encode(w io.Writer) error {
	e := base64.NewEncoder(base64.StdEncoding, w)
	if _, err := e.Write(s.first); err != nil {
		return err
	}
	if _, err := io.CopyBuffer(e, s.rest, s.first[:sliceBuffer]); err != nil {
		return err
	}
	return e.Close()
}

func (s *slice) close() {
	if s != nil {
		s.file.Close()
	}
}
