package publisher_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing/fstest"
	"time"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/cgpkit/cgpkit/freebusy/publisher"
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
	base, remove, err := openBase()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer remove()
	now := func() time.Time { return time.Date(2009, time.March, 5, 10, 15, 0, 0, time.UTC) }
	server := struct {
		filestore.Directory
		*publisher.Publisher
	}{
		base, // who has which files
		publisher.New(calendars, &publisher.Options{Now: now}),
	}

	stranger := filestore.NewViews(server, base.Stores(), nil).View(filestore.Caller{}, "john@client1.com")
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

// openBase makes a base directory with two accounts, and opens it. A mail server
// opens the one that it has.
func openBase() (base *directory.Base, remove func(), err error) {
	dir, err := os.MkdirTemp("", "cgpkit-example-")
	if err != nil {
		return nil, nil, err
	}
	err = os.CopyFS(dir, fstest.MapFS{
		"Settings/Main.settings":               {Data: []byte("{DomainName = client1.com;}\n")},
		"Accounts/john.macnt/account.settings": {Data: []byte("{Password = john-pw;}\n")},
		"Accounts/mary.macnt/account.settings": {Data: []byte("{Password = mary-pw;}\n")},
	})
	if err == nil {
		base, err = directory.Open(dir, nil)
	}
	if err != nil {
		os.RemoveAll(dir)
		return nil, nil, err
	}
	return base, func() { base.Close(); os.RemoveAll(dir) }, nil
}
