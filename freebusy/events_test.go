package freebusy

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// odd is an object and the libraries that read it as RFC 5545 has it.
type odd struct {
	kind, object string
	by           []string
}

// oddities makes objects with what few programs write, and others read differently.
type oddities struct{ *rand.Rand }

var oddZones = []string{"Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC"}

// at writes an instant as the value of a property, in a zone.
func (o oddities) at(t time.Time, zone string) (param, value string) {
	if zone == "UTC" {
		return "", t.UTC().Format(utcLayout)
	}
	return ";TZID=" + zone, t.In(loadZone(zone).location).Format(wallLayout)
}

func (o oddities) zone() string { return oddZones[o.IntN(len(oddZones))] }

func (o oddities) line(name string, t time.Time, zone string) string {
	param, value := o.at(t, zone)
	return name + param + ":" + value + "\n"
}

// event makes the lines of an event of an hour, whose instances are those of the
// rule. Local times are those of working hours, which no clock leaps over.
func (o oddities) event() (lines string, instances []time.Time) {
	zone, days := o.zone(), 1+6*o.IntN(2)
	location := loadZone(zone).location
	start := time.Date(2009, time.March, 2+o.IntN(30), 9+o.IntN(8), 0, 0, 0, location)
	count := 2 + o.IntN(9)
	for i := range count {
		instances = append(instances, start.AddDate(0, 0, i*days))
	}
	rule := map[int]string{1: "DAILY", 7: "WEEKLY"}[days]
	return o.line("DTSTART", start, zone) + o.line("DTEND", start.Add(time.Hour), zone) + fmt.Sprintf("RRULE:FREQ=%s;COUNT=%d\n", rule, count), instances
}

func (o oddities) of(t []time.Time) time.Time { return t[o.IntN(len(t))] }

func wrap(before, events string) string {
	return "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n" + before + events + "END:VCALENDAR\n"
}

func wrapEvent(lines string) string {
	return "BEGIN:VEVENT\nUID:1\nDTSTAMP:20090101T000000Z\n" + lines + "END:VEVENT\n"
}

// exdate excludes instances in zones of their own (§3.8.5.1: the same instant).
func (o oddities) exdate() odd {
	lines, instances := o.event()
	for range 1 + o.IntN(3) {
		lines += o.line("EXDATE", o.of(instances), o.zone())
	}
	lines += o.line("EXDATE", instances[0].Add(time.Minute), o.zone()) // not an instance
	return odd{"EXDATE", wrap("", wrapEvent(lines)), []string{"dateutil", "libical", "recurring_ical_events"}}
}

// rdate adds instances in zones of their own. libical 3.0 takes them for UTC, against
// §3.2.19: the TZID is that of the value.
func (o oddities) rdate() odd {
	lines, instances := o.event()
	for range 1 + o.IntN(3) {
		lines += o.line("RDATE", o.of(instances).Add(time.Duration(o.IntN(300))*time.Hour), o.zone())
	}
	return odd{"RDATE", wrap("", wrapEvent(lines)), []string{"dateutil", "recurring_ical_events"}}
}

// period adds instances with a length of their own (§3.8.5.2). libical 3.0 leaves them
// out, and recurring_ical_events 2.0 gives up.
func (o oddities) period() odd {
	lines, instances := o.event()
	for i := range 1 + o.IntN(3) {
		start, zone := instances[0].Add(time.Duration(200*i+24+o.IntN(100))*time.Hour+time.Minute), o.zone()
		length := time.Duration(1+o.IntN(300)) * time.Minute
		param, value := o.at(start, zone)
		_, end := o.at(start.Add(length), zone)
		if o.IntN(2) == 0 {
			end = fmt.Sprintf("PT%dM", int(length.Minutes()))
		}
		lines += "RDATE;VALUE=PERIOD" + param + ":" + value + "/" + end + "\n"
	}
	return odd{"RDATE PERIOD", wrap("", wrapEvent(lines)), []string{"dateutil"}}
}

// override moves instances, which are named in one zone and take place in another
// (§3.8.4.4: the instant counts). The others look at one event alone, and
// recurring_ical_events 2.0 does not find an instance that has another date in the zone
// that names it.
func (o oddities) override() odd {
	lines, instances := o.event()
	events := wrapEvent(lines)
	i := o.IntN(len(instances))
	start, zone := instances[i].Add(time.Duration(1+o.IntN(200))*time.Minute), o.zone()
	named := o.zone()
	for instances[i].In(loadZone(named).location).YearDay() != instances[i].YearDay() {
		named = o.zone()
	}
	moved := wrapEvent(o.line("RECURRENCE-ID", instances[i], named) + o.line("DTSTART", start, zone) + o.line("DTEND", start.Add(30*time.Minute), zone))
	if o.IntN(2) == 0 {
		events, moved = moved, events
	}
	return odd{"override", wrap("", events+moved), []string{"recurring_ical_events"}}
}

// timezone has a VTIMEZONE with a fault, and what is left of it is the same as Berlin.
// An onset that has no rule any more is missing, and libical 3.0 says what we do;
// recurring_ical_events 2.0 reads BYMONTH=13 as another month (§3.3.10: 1 to 12).
func (o oddities) timezone() odd {
	text := vtimezones["Europe/Berlin"]
	by := []string{"libical", "recurring_ical_events"}
	switch o.IntN(4) {
	case 0:
		text = strings.Replace(text, "TZOFFSETFROM:+0100\n", "", 1)
	case 1:
		text = strings.Replace(text, "TZOFFSETFROM:+0200\n", "", 1)
	case 2:
		text = strings.Replace(text, ":+0", ":0", 1+o.IntN(2)) // without a sign (§3.3.14: REQUIRED)
	case 3:
		text = strings.Replace(text, "BYMONTH=3", "BYMONTH=13", 1)
		by = by[:1]
	}
	text = strings.Replace(text, "TZID:Client's own", "TZID:Somewhere", 1)
	start := time.Date(2009, time.March, 20+o.IntN(12), 9+o.IntN(8), 0, 0, 0, time.UTC)
	lines := "DTSTART;TZID=Somewhere:" + start.Format(wallLayout) + "\nDTEND;TZID=Somewhere:" + start.Add(time.Hour).Format(wallLayout) + "\nRRULE:FREQ=DAILY;COUNT=12\n"
	return odd{"VTIMEZONE", wrap(text, wrapEvent(lines)), by}
}

// TestOdditiesAgainstOthers compares the busy time of objects with what dateutil,
// libical and recurring_ical_events find. Where one of them is not asked, the object's
// maker says which rule it breaks.
func TestOdditiesAgainstOthers(t *testing.T) {
	t.Parallel()
	o := oddities{rand.New(rand.NewPCG(5, 45))}
	var all []odd
	var texts []string
	for range 60 {
		for _, next := range []func() odd{o.exdate, o.rdate, o.period, o.override, o.timezone} {
			all = append(all, next())
			texts = append(texts, strings.ReplaceAll(all[len(all)-1].object, "\n", "\r\n"))
		}
	}
	start := time.Date(2009, time.March, 1, 0, 0, 0, 0, time.UTC)
	answers := strings.Split(strings.TrimSpace(python(t, "events.py", strings.Join(texts, "--\r\n"))), "\n")
	require.Len(t, answers, len(all))
	compared := map[string]int{}
	for i, answer := range answers {
		var found map[string][]string
		require.NoError(t, json.Unmarshal([]byte(answer), &found))
		var calendar Calendar
		err := calendar.Add([]byte(all[i].object))
		require.Equal(t, all[i].kind == "VTIMEZONE", err != nil, "%v\n%s", err, all[i].object) // whose faults are told
		periods, err := calendar.Busy(start, start.AddDate(0, 3, 0), nil)
		require.NoError(t, err)
		for _, by := range all[i].by {
			if found[by] == nil {
				continue // it gives up at some VTIMEZONEs
			}
			compared[all[i].kind+" by "+by]++
			var want []Period
			for _, text := range found[by] {
				p, err := parsePeriod(text)
				require.NoError(t, err)
				want = append(want, p)
			}
			require.Equal(t, Merge(want), periods, "%s, by %s\n%s", all[i].kind, by, all[i].object)
		}
	}
	require.Len(t, compared, 9)
	for what, n := range compared {
		require.GreaterOrEqual(t, n, 20, what)
	}
}
