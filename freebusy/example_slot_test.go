package freebusy_test

import (
	"fmt"
	"time"

	"github.com/cgpkit/cgpkit/freebusy"
)

// friday is a day in Berlin, in winter: the clocks show UTC+01:00.
func friday(hour, minute int) time.Time {
	return time.Date(2009, time.March, 6, hour, minute, 0, 0, time.FixedZone("Europe/Berlin", 3600))
}

var (
	anna = freebusy.Schedule{Start: friday(0, 0), End: friday(24, 0), Periods: []freebusy.Period{
		{Start: friday(9, 0), End: friday(10, 30)},
		{Start: friday(13, 0), End: friday(14, 0), Type: freebusy.BusyTentative},
	}}
	bert = freebusy.Schedule{Start: friday(8, 0), End: friday(18, 0), Periods: []freebusy.Period{
		{Start: friday(10, 0), End: friday(11, 15)},
		{Start: friday(13, 30), End: friday(15, 0), Type: freebusy.BusyUnavailable},
	}}
)

func show(periods ...freebusy.Period) {
	for _, p := range periods {
		fmt.Println(p.Start.Format("15:04"), p.End.Format("15:04"), p.Type)
	}
}

func ExampleUnion() {
	show(freebusy.Union(anna.Periods, bert.Periods)...) // in UTC
	// Output:
	// 08:00 10:15 BUSY
	// 12:00 12:30 BUSY-TENTATIVE
	// 12:30 14:00 BUSY-UNAVAILABLE
}

func ExampleIntersection() {
	show(freebusy.Intersection(anna.Periods, bert.Periods)...)
	// Output:
	// 09:00 09:30 BUSY
	// 12:30 13:00 BUSY-TENTATIVE
}

func ExampleCombine() {
	both := freebusy.Combine(freebusy.Union, anna, bert)
	fmt.Println("known from", both.Start.Format("15:04"), "to", both.End.Format("15:04"))
	show(both.Periods...)
	// Output:
	// known from 07:00 to 17:00
	// 08:00 10:15 BUSY
	// 12:00 12:30 BUSY-TENTATIVE
	// 12:30 14:00 BUSY-UNAVAILABLE
}

// When can Anna and Bert meet for 45 minutes, between 9 and 17 without lunch?
func ExampleSlots() {
	slots, err := freebusy.Slots(freebusy.Combine(freebusy.Union, anna, bert), freebusy.Search{
		Length: 45 * time.Minute,
		Zone:   friday(0, 0).Location(),
		Hours: []freebusy.Hours{
			{From: 9 * time.Hour, To: 12 * time.Hour},
			{From: 13 * time.Hour, To: 17 * time.Hour},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for slot := range slots {
		show(slot) // in UTC
	}
	// Output:
	// 10:15 11:00 FREE
	// 14:00 16:00 FREE
}

func ExampleFirstFree() {
	search := freebusy.Search{Length: 90 * time.Minute, After: friday(8, 0), Before: friday(16, 0)}
	slot, err := freebusy.FirstFree(freebusy.Combine(freebusy.Union, anna, bert), search)
	if err != nil {
		fmt.Println(err)
		return
	}
	show(slot)

	search.Length = 5 * time.Hour
	_, err = freebusy.FirstFree(anna, search)
	fmt.Println(err)
	// Output:
	// 10:15 11:45 FREE
	// freebusy: no free time of this length
}
