package publisher_test

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/cgpkit/cgpkit/freebusy/publisher"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// database holds calendars in a form of its own.
type database map[string][]string

func (d database) Calendar(_ context.Context, account string) (publisher.Calendar, error) {
	items := d[account]
	if items == nil {
		return publisher.Calendar{}, nil // never busy
	}
	return publisher.Calendar{
		State: len(items), // a database has a better version
		Days:  60,
		Read: func(_ context.Context, item func([]byte, error)) error {
			for _, text := range items {
				item([]byte(text), nil)
			}
			return nil
		},
	}, nil
}

// A mail server gives its users a freebusy.vfb.
func Example() {
	calendars := database{"john@client1.com": {`BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
DTSTART;TZID=Europe/Berlin:20090306T090000
DTEND;TZID=Europe/Berlin:20090306T103000
RRULE:FREQ=WEEKLY;COUNT=2
END:VEVENT
END:VCALENDAR
`}}
	now := func() time.Time { return time.Date(2009, time.March, 5, 10, 15, 0, 0, time.UTC) }
	server := struct {
		filestore.Directory
		*publisher.Publisher
	}{
		fixture.New(func() filestore.Store { return memstore.New() }), // who has which files
		publisher.New(calendars, &publisher.Options{Now: now}),
	}

	stranger := filestore.NewView(server, filestore.Caller{}, "john@client1.com")
	f, err := stranger.Open(context.Background(), "freebusy.vfb")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	text, _ := io.ReadAll(f)
	schedule, _ := freebusy.Parse(text)
	for _, p := range schedule.Periods {
		fmt.Println(p.Start.Format(time.DateTime), p.End.Sub(p.Start), p.Type)
	}
	// Output:
	// 2009-03-06 08:00:00 1h30m0s BUSY
	// 2009-03-13 08:00:00 1h30m0s BUSY
}
