// Package freebusy reads and writes published free/busy information: the file
// freebusy.vfb of an account, an iCalendar object with one VFREEBUSY component
// that says when somebody is busy, and not why.
//
//	text := freebusy.Append(nil, freebusy.Schedule{
//		Organizer: "mailto:user@domain.dom",
//		Stamp:     time.Now(),
//		Start:     today,
//		End:       today.AddDate(0, 0, 60),
//		Periods:   periods, // none: the empty dataset
//	})
//	schedule, err := freebusy.Parse(text)
//	if err != nil {
//		return err
//	}
//	for _, p := range freebusy.Merge(schedule.Periods) {
//		fmt.Println(p.Start, p.End, p.Type)
//	}
//
// All times are UTC in whole seconds, in the years 1 to 9999. What is written
// is folded at 75 octets and the same for the same schedule. What is read is
// limited to [MaxBytes].
//
// Sources: CommuniGate Pro Guide, File Storage, "Special Files and Folders", for
// the file; RFC 5545 §3.6.4 (VFREEBUSY), §3.1 (lines), §3.3.9 (periods) and
// §3.2.9 (busy types) and RFC 5546 §3.3.1 (publishing) for its content.
package freebusy
