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
	organizer  string    // if it is ours
	start, end time.Time // of its window, if it is ours
	since      time.Time // a change of the calendar before that is in it
	sum        [sha256.Size]byte
	before     any // the state that the file which it has replaced was right for; nil: not known

	looked  time.Time // when it was found right
	dated   bool      // whether state is known
	state   any       // of the calendar that the file is right for; nil: there is none
	settled bool      // whether the next change will change the state
}

// read reads a file, unless it is known already. One that cannot be parsed is
// somebody else's.
func (s *stored) read(ctx context.Context, file *filestore.StoredFreeBusy) error {
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
	var before any
	if s.dated && s.settled {
		before = s.state
	}
	*s = stored{tag: file.ETag(), sum: sha256.Sum256(text), since: file.ModTime(), before: before}
	if schedule, err := freebusy.Parse(text); err == nil && schedule.Product == freebusy.ProductID {
		s.ours, s.organizer, s.start, s.end = true, schedule.Organizer, schedule.Start, schedule.End
		if schedule.Stamp.Before(s.since) { // it may have been stored again much later
			s.since = schedule.Stamp
		}
	}
	return nil
}

// right reports whether the stored file is what it is to be.
func (a *account) right(address string, c Calendar, now time.Time) bool {
	s := &a.stored
	if !s.dated {
		s.date(address, c, a.made, now)
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
// since it was made, or stored by another program. The times tell that; or, since
// the clock may have been set back, what was known of the file that was there
// before. One that was made for an account of another name is right for none.
func (s *stored) date(address string, c Calendar, m *made, now time.Time) {
	switch {
	case m != nil && m.sum == s.sum:
		s.dated, s.state, s.settled = true, m.state, m.settled
	case s.ours && s.organizer != organizer(address):
	case c.Changed.Before(s.since), !s.ours && s.before != nil && s.before == c.State:
		s.dated, s.state, s.settled = true, c.State, !within(c.Changed, now, settle)
	}
}
