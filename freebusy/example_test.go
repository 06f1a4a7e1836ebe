package freebusy_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/freebusy"
)

func ExampleAppend() {
	day := time.Date(2009, time.March, 6, 0, 0, 0, 0, time.UTC)
	text := freebusy.Append(nil, freebusy.Schedule{
		Organizer: "mailto:user@domain.dom",
		Stamp:     day,
		Start:     day,
		End:       day.AddDate(0, 0, 60),
		Periods: []freebusy.Period{
			{Start: day.Add(10 * time.Hour), End: day.Add(12 * time.Hour), Type: freebusy.BusyTentative},
			{Start: day.Add(9 * time.Hour), End: day.Add(11 * time.Hour)},
		},
	})
	fmt.Print(strings.ReplaceAll(string(text), "\r\n", "\n"))
	// Output:
	// BEGIN:VCALENDAR
	// VERSION:2.0
	// PRODID:-//cgpkit//freebusy//EN
	// METHOD:PUBLISH
	// BEGIN:VFREEBUSY
	// UID:freebusy/mailto:user@domain.dom
	// ORGANIZER:mailto:user@domain.dom
	// DTSTAMP:20090306T000000Z
	// DTSTART:20090306T000000Z
	// DTEND:20090505T000000Z
	// FREEBUSY;FBTYPE=BUSY:20090306T090000Z/20090306T110000Z
	// FREEBUSY;FBTYPE=BUSY-TENTATIVE:20090306T110000Z/20090306T120000Z
	// END:VFREEBUSY
	// END:VCALENDAR
}

func ExampleParse() {
	schedule, err := freebusy.Parse([]byte(`BEGIN:VCALENDAR
BEGIN:VFREEBUSY
ORGANIZER;CN=User Name:mailto:user@domain.dom
FREEBUSY:20090306T090000Z/PT1H30M,20090306T
 100000Z/20090306T110000Z
END:VFREEBUSY
END:VCALENDAR
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range freebusy.Merge(schedule.Periods) {
		fmt.Println(p.Start.Format(time.DateTime), p.End.Sub(p.Start), p.Type)
	}
	// Output: 2009-03-06 09:00:00 2h0m0s BUSY
}

func ExampleCalendar() {
	var calendar freebusy.Calendar
	err := calendar.Add([]byte(`BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
DTSTART;TZID=Europe/Berlin:20090302T090000
DTEND;TZID=Europe/Berlin:20090302T103000
RRULE:FREQ=WEEKLY
EXDATE;TZID=Europe/Berlin:20090316T090000
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20090324
STATUS:TENTATIVE
END:VEVENT
END:VCALENDAR
`))
	if err != nil {
		fmt.Println(err) // what could be read counts
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		fmt.Println(err)
		return
	}
	start := time.Date(2009, time.March, 15, 0, 0, 0, 0, time.UTC)
	periods, err := calendar.Busy(start, start.AddDate(0, 0, 16), berlin)
	if err != nil {
		fmt.Println(err)
	}
	for _, p := range periods {
		fmt.Println(p.Start.Format(time.DateTime), p.End.Sub(p.Start), p.Type)
	}
	// Output:
	// 2009-03-23 08:00:00 1h30m0s BUSY
	// 2009-03-23 23:00:00 24h0m0s BUSY-TENTATIVE
	// 2009-03-30 07:00:00 1h30m0s BUSY
}

func ExampleCalendar_Add() {
	object := func(lines string) []byte {
		return []byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n" + lines + "END:VEVENT\nEND:VCALENDAR\n")
	}
	var calendar freebusy.Calendar
	for _, message := range [][]byte{
		object("DTSTART:20090302T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2\n"),
		object("RECURRENCE-ID:20090303T090000Z\nDTSTART:20090303T140000Z\nDURATION:PT1H\n"), // amends it
		object("DTSTART:tomorrow\n"), // changes nothing
	} {
		if err := calendar.Add(message); err != nil {
			fmt.Println(err)
		}
	}
	start := time.Date(2009, time.March, 1, 0, 0, 0, 0, time.UTC)
	periods, err := calendar.Busy(start, start.AddDate(0, 0, 60), nil)
	if err != nil {
		fmt.Println(err)
	}
	for _, p := range periods {
		fmt.Println(p.Start.Format(time.DateTime))
	}
	// Output:
	// freebusy: line 4: date is not yyyymmdd in the years 1 to 9999: "tomorrow"
	// 2009-03-02 09:00:00
	// 2009-03-03 14:00:00
}
