// Package freebusy makes, reads and writes published free/busy information: the
// file freebusy.vfb of an account, an iCalendar object with one VFREEBUSY
// component that says when somebody is busy, and not why. A [Calendar] makes it
// out of calendar items.
//
//	var calendar freebusy.Calendar
//	for _, object := range objects { // one of each message in a calendar mailbox
//		if err := calendar.Add(object); err != nil {
//			log.Print(err) // what could be read counts
//		}
//	}
//	periods, err := calendar.Busy(today, today.AddDate(0, 0, 60), zone)
//	if err != nil {
//		log.Print(err) // periods is as much as could be found
//	}
//	text := freebusy.Append(nil, freebusy.Schedule{
//		Organizer: "mailto:user@domain.dom",
//		Stamp:     time.Now(),
//		Start:     today,
//		End:       today.AddDate(0, 0, 60),
//		Periods:   periods, // none: the empty dataset
//	})
//	schedule, err := freebusy.Parse(text)
//	if err != nil && !errors.As(err, new(*freebusy.PartError)) {
//		return err // otherwise what could be read counts
//	}
//	for _, p := range freebusy.Merge(schedule.Periods) {
//		fmt.Println(p.Start, p.End, p.Type)
//	}
//
// [Union], [Intersection], [Combine] and [Slots] answer when several people are
// busy, and free. Package weekpage, in this directory, draws a week of it as a web
// page.
//
// All times are UTC in whole seconds, in the years 1 to 9999. What is written
// is folded at 75 octets and the same for the same schedule. What [Parse] reads
// is limited to [MaxBytes], what a Calendar takes to [MaxObjectBytes] and
// [MaxItems].
//
// Time zones are those of the objects first, then of the names that calendar programs
// use: see [LoadLocation]. The IANA database is that of the system; a program that may
// run without one imports time/tzdata.
//
// Sources: CommuniGate Pro Guide, File Storage, "Special Files and Folders", for the
// file; RFC 5545 §3.6.4 (VFREEBUSY), §3.1 (lines), §3.3.9 (periods) and §3.2.9 (busy
// types) and RFC 5546 §3.3.1 (publishing) for its content; RFC 5545 §3.6.1 (VEVENT),
// §3.3.10 and §3.8.5 (recurrence), §3.6.5 (VTIMEZONE), RFC 5546 §3.2 (methods), Unicode
// CLDR windowsZones and [MS-OXCICAL] 2.1.3.1.1.20 for calendar items. What programs
// write against these rules is read where it can mean only one thing, and the rest of
// the item in any case. testdata/busy.txt has a case for each rule.
package freebusy
