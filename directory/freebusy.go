package directory

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/cgpkit/cgpkit/freebusy/publisher"
)

var _ filestore.FreeBusyBuilder = (*Base)(nil)

// BuildFreeBusy implements [filestore.FreeBusyBuilder], by a [publisher.Publisher]: the file
// freebusy.vfb tells when the Main Calendar of an account says that its owner is
// busy. That is the mailbox which the preference CalendarBox names, for as many
// days as PublishFreeBusy says; see [Base.Preference]. A single-mailbox account
// has none. Times without a zone and whole days are those of the preference TimeZone,
// or else of Options.TimeZone, which HostOS means everywhere.
//
// Without [Options.Calendars] nothing is made, and what is stored is the file.
//
// Source: CommuniGate Pro Guide, File Storage, "Special Files and Folders".
func (b *Base) BuildFreeBusy(ctx context.Context, account string, stored *filestore.StoredFreeBusy) (*filestore.FreeBusyFile, error) {
	if b.publisher == nil {
		return nil, nil
	}
	return b.publisher.BuildFreeBusy(ctx, account, stored)
}

// calendars are the calendars of the accounts.
type calendars struct {
	base *Base
	zone *time.Location // of the server
	find func(dir, name string) (publisher.Calendar, error)
}

// calendarState is what a calendar looks like.
type calendarState struct {
	name    string
	mailbox any    // its own state
	zone    string // of the owner
}

// Calendar implements [publisher.Source].
func (c calendars) Calendar(ctx context.Context, account string) (publisher.Calendar, error) {
	e, now, err := c.base.find(ctx, account)
	if err != nil {
		return publisher.Calendar{}, err
	}
	preferences := c.base.preferences(e, now)
	days, _, err := preferences.get(publishFreeBusy)
	if err != nil {
		return publisher.Calendar{}, err
	}
	zone, _, err := preferences.get(timeZone)
	if err != nil {
		return publisher.Calendar{}, err
	}
	calendar := publisher.Calendar{Host: c.zone}
	calendar.Zone, _ = parseTimeZone(zone, c.zone) // what cannot be read is not among the values
	calendar.Days, _ = ParseCount(days)            // "" is not a count, and publishes nothing
	if e.place.mailboxes == "" || calendar.Days == 0 {
		return calendar, nil
	}
	box, _, err := preferences.get(calendarBox)
	if err != nil {
		return publisher.Calendar{}, err
	}
	name, _ := text(box) // what cannot be read is not among the values
	found, err := c.find(e.place.mailboxes, name)
	if err != nil { // an error of Read: the days count all the same, also those to come
		calendar.State, calendar.Changed = calendarState{name: name, zone: calendar.Zone.String()}, now
		calendar.Read = func(context.Context, func([]byte, error)) error { return fmt.Errorf("find calendar: %w", err) }
		return calendar, nil
	}
	if found.State != nil {
		calendar.State = calendarState{name, found.State, calendar.Zone.String()}
		calendar.Changed, calendar.Read = found.Changed, found.Read
	}
	return calendar, nil
}

// parseTimeZone reads the value of a preference TimeZone: any name of a time zone,
// as calendar items have it. One that is missing or empty, or HostOS, is that of the
// server.
func parseTimeZone(v cgpdata.Value, host *time.Location) (*time.Location, error) {
	name := ""
	if v.Kind() != cgpdata.KindNull {
		var err error
		if name, err = text(v); err != nil {
			return nil, err
		}
	}
	if name == "" || strings.EqualFold(name, freebusy.HostZone) {
		return host, nil
	}
	return freebusy.LoadLocation(name)
}
