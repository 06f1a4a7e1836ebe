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
