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

// uncounted is how long commands and answers may be that are not counted, in bytes:
// MaxSessions bounds them.
const uncounted = 64 << 10

// share is what one command has of it.
type share struct {
	of          *memory
	limit, held int64
}

// grow takes n bytes more, if they are there.
func (s *share) grow(n int64) error {
	if n <= uncounted {
		return nil
	}
	if n > s.limit {
		return errBusy
	}
	if s.of.held.Add(n) > s.limit {
		s.of.held.Add(-n)
		return errBusy
	}
	s.held += n
	return nil
}

// keep gives everything back but n bytes.
func (s *share) keep(n int64) {
	s.of.held.Add(n - s.held)
	s.held = n
}

// release gives everything back.
func (s *share) release() { s.keep(0) }
