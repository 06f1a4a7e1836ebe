package publisher

import (
	"context"
	"crypto/sha256"
	"io"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/freebusy"
)

// stored is what is known of the file that an account has. The zero value is
// that of an account that has none.
type stored struct {
	tag        string
	ours       bool
	start, end time.Time // of its window, if it is ours
	sum        [sha256.Size]byte

	looked  time.Time // when it was found right
	dated   bool      // whether state is known
	state   any       // of the calendar that the file is right for; nil: there is none
	settled bool      // whether the next change will change the state
}

// read reads a file, unless it is known already. One that cannot be parsed is
// somebody else's.
func (s *stored) read(ctx context.Context, file *filestore.Stored) error {
	if s.tag == file.ETag() {
		return nil
	}
	f, err := file.Open(ctx)
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, freebusy.MaxBytes+1))
	if err != nil {
		return err
	}
	*s = stored{tag: file.ETag(), sum: sha256.Sum256(text)}
	if schedule, err := freebusy.Parse(text); err == nil && schedule.Product == freebusy.ProductID {
		s.ours, s.start, s.end = true, schedule.Start, schedule.End
	}
	return nil
}

// right reports whether the stored file is what it is to be.
func (a *account) right(file *filestore.Stored, c Calendar, now time.Time) bool {
	s := &a.stored
	if !s.dated {
		s.date(file, c, a.made, now)
	}
	if !s.dated || s.state != c.State {
		return false
	}
	if !s.ours {
		return true
	}
	start, end := window(now, c.Days)
	length := end.Sub(start)
	return c.State != nil && c.Days > 0 && s.settled && s.end.Sub(s.start) == length && now.Sub(s.start) <= maxAge && !s.start.After(now)
}

// date finds out which state of the calendar a file is right for. If it is not
// what was made here it is right as long as the calendar has not been changed
// since it was stored.
func (s *stored) date(file *filestore.Stored, c Calendar, m *made, now time.Time) {
	switch {
	case m != nil && m.sum == s.sum:
		s.dated, s.state, s.settled = true, m.state, m.settled
	case c.Changed.Before(file.ModTime()):
		s.dated, s.state, s.settled = true, c.State, !within(c.Changed, now, settle)
	}
}
