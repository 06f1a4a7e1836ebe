package clisite

import (
	"fmt"
	"sync/atomic"

	"github.com/cgpkit/cgpkit/filestore"
)

// errBusy: the sessions together hold as much as they may.
var errBusy = fmt.Errorf("memory of all sessions: %w", filestore.ErrExhausted)

// memory is what long commands and answers of all sessions take together, in
// bytes.
type memory struct{ held atomic.Int64 }

// share is what one command has of it. Commands and answers of up to a chunk are
// not counted: MaxSessions bounds them.
type share struct {
	of          *memory
	limit, held int64
}

// grow takes n bytes more, if they are there.
func (s *share) grow(n int) error {
	if n <= chunk {
		return nil
	}
	if s.of.held.Add(int64(n)) > s.limit {
		s.of.held.Add(-int64(n))
		return errBusy
	}
	s.held += int64(n)
	return nil
}

// keep gives everything back but n bytes.
func (s *share) keep(n int64) {
	s.of.held.Add(n - s.held)
	s.held = n
}

// release gives everything back.
func (s *share) release() { s.keep(0) }
