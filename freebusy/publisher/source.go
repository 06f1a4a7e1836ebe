package publisher

import (
	"context"
	"errors"
	"time"
)

// Source is where the calendars of accounts are. It must be safe for concurrent
// use; there is one call at a time for each account.
type Source interface {
	// Calendar returns the calendar of the account with this real address that
	// is to be published, without reading it. An error is logged, and means that
	// it cannot be read now. Where it is known that nothing is to be published, or
	// that there is no calendar, that is better told than an error.
	Calendar(ctx context.Context, account string) (Calendar, error)
}

// Calendar is a calendar as it is at this moment. Use field names. The zero
// Calendar is that of an account that has none.
type Calendar struct {
	// State is any comparable value, which is another one after every change: a
	// version, an entity tag, what files look like. nil: there is no calendar.
	State any
	// Changed is when it was changed last; zero: not known. A file that another
	// program stored before that is not what the calendar says, even if nobody
	// was there to see the change.
	Changed time.Time
	// Days is how many days are published, from the present one on, in UTC, up to
	// 3,660; 0: none.
	Days int64
	// Zone is the time zone of the owner, for times without a zone and for whole
	// days; nil: UTC.
	Zone *time.Location
	// Host is the time zone of the server that keeps the calendar, as the package
	// freebusy has it; nil: the owner's.
	Host *time.Location
	// Read calls item for each iCalendar object of the calendar, the oldest first,
	// or with an error for one that cannot be read. The object may be changed
	// after item has returned. Read ends with ErrCalendarChanged if what it gave belongs
	// to no one state of the calendar.
	Read func(ctx context.Context, item func(object []byte, err error)) error
}

// ErrCalendarChanged says that a calendar was changed while it was read. It is then asked
// for again.
var ErrCalendarChanged = errors.New("publisher: calendar has changed while it was read")
