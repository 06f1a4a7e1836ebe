package goical_test

import (
	"fmt"
	"time"

	"github.com/emersion/go-ical"

	"github.com/cgpkit/cgpkit/freebusy"
	"github.com/cgpkit/cgpkit/freebusy/goical"
)

func Example() {
	berlin, err := freebusy.LoadLocation("Europe/Berlin")
	if err != nil {
		fmt.Println(err)
		return
	}
	event := ical.NewEvent() // as a CalDAV server keeps it
	event.Props.SetText(ical.PropUID, "1")
	event.Props.SetDateTime(ical.PropDateTimeStart, time.Date(2009, time.March, 27, 9, 0, 0, 0, berlin))
	event.Props.SetDateTime(ical.PropDateTimeEnd, time.Date(2009, time.March, 27, 10, 0, 0, 0, berlin))
	rule := ical.NewProp(ical.PropRecurrenceRule)
	rule.Value = "FREQ=DAILY;COUNT=3"
	event.Props.Set(rule)
	object := ical.NewCalendar()
	object.Children = append(object.Children, event.Component)

	var calendar freebusy.Calendar
	if err := goical.Add(&calendar, object); err != nil {
		fmt.Println(err) // what could be read counts
	}
	start := time.Date(2009, time.March, 1, 0, 0, 0, 0, time.UTC)
	periods, err := calendar.Busy(start, start.AddDate(0, 0, 60), berlin)
	if err != nil {
		fmt.Println(err)
	}
	for _, p := range periods {
		fmt.Println(p.Start.Format(time.RFC3339), p.End.Format(time.RFC3339), p.Type)
	}
	// Output:
	// 2009-03-27T08:00:00Z 2009-03-27T09:00:00Z BUSY
	// 2009-03-28T08:00:00Z 2009-03-28T09:00:00Z BUSY
	// 2009-03-29T07:00:00Z 2009-03-29T08:00:00Z BUSY
}
