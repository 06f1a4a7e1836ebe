package freebusy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// dstYears are years in which the clock changes in all the ways that it does:
// in both halves of the world, at midnight, by half an hour, by two hours, by a
// whole day, and back in summer.
var dstYears = []struct {
	zone string
	year int
}{
	{"Europe/Berlin", 2009}, {"America/New_York", 2009}, {"Australia/Lord_Howe", 2009}, {"Europe/Dublin", 2009},
	{"America/Sao_Paulo", 2009}, {"America/Havana", 2009}, {"America/St_Johns", 2009}, {"Pacific/Apia", 2011},
	{"Antarctica/Troll", 2015}, {"Africa/Casablanca", 2017}, {"Asia/Amman", 2009},
}

// vtimezones are what a client writes for two of these years.
var vtimezones = map[string]string{
	"Europe/Berlin": timezoneText("19810329T020000", "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "+0100", "+0200",
		"19961027T030000", "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"),
	"America/New_York": timezoneText("20070311T020000", "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU", "-0500", "-0400",
		"20071104T020000", "FREQ=YEARLY;BYMONTH=11;BYDAY=1SU"),
}

func timezoneText(daylight, daylightRule, standardOffset, daylightOffset, standard, standardRule string) string {
	part := func(name, start, rule, from, to string) string {
		return fmt.Sprintf("BEGIN:%s\nDTSTART:%s\nRRULE:%s\nTZOFFSETFROM:%s\nTZOFFSETTO:%s\nEND:%[1]s\n", name, start, rule, from, to)
	}
	return "BEGIN:VTIMEZONE\nTZID:Client's own\n" + part("DAYLIGHT", daylight, daylightRule, standardOffset, daylightOffset) +
		part("STANDARD", standard, standardRule, daylightOffset, standardOffset) + "END:VTIMEZONE\n"
}

// TestLocalTimesAgainstZoneinfo compares the starts of events and of rules with
// zoneinfo: times around each change of the clock, and every day of the year.
func TestLocalTimesAgainstZoneinfo(t *testing.T) {
	t.Parallel()
	type question struct {
		name   string
		object string
		locals []string
	}
	var questions []question
	var input strings.Builder
	ask := func(zone, tzid, before, start, rule string, locals ...string) {
		object := fmt.Sprintf("BEGIN:VCALENDAR\n%sBEGIN:VEVENT\nUID:1\nDTSTART;TZID=%s:%s\nDURATION:PT1S\n%sEND:VEVENT\nEND:VCALENDAR\n", before, tzid, start, rule)
		questions = append(questions, question{zone + " " + start + " " + rule, object, locals})
		for _, local := range locals {
			fmt.Fprintf(&input, "%s\t%s\n", zone, local)
		}
	}
	changes := 0
	for _, y := range dstYears {
		location, err := time.LoadLocation(y.zone)
		require.NoError(t, err)
		tzids := map[string]string{y.zone: ""}
		if text, ok := vtimezones[y.zone]; ok {
			tzids["Client's own"] = text
		}
		for tzid, before := range tzids {
			first := time.Date(y.year, time.January, 1, 0, 0, 0, 0, time.UTC)
			for _, change := first.In(location).ZoneBounds(); change.UTC().Year() == y.year; _, change = change.ZoneBounds() {
				changes++
				_, offset := change.Zone()
				wall := change.Add(time.Duration(offset) * time.Second).UTC()
				for minutes := -27 * 60; minutes <= 27*60; minutes += 15 {
					for _, second := range []int{0, -1} {
						local := wall.Add(time.Duration(minutes)*time.Minute + time.Duration(second)*time.Second).Format(wallLayout)
						ask(y.zone, tzid, before, local, "", local)
					}
				}
			}
			for _, clock := range []time.Duration{0, 30 * time.Minute, 90 * time.Minute, 150 * time.Minute, 9 * time.Hour} {
				for _, days := range []int{1, 7} {
					var locals []string
					for at := first.Add(clock); at.Year() == y.year; at = at.AddDate(0, 0, days) {
						locals = append(locals, at.Format(wallLayout))
					}
					rule := map[int]string{1: "RRULE:FREQ=DAILY\n", 7: "RRULE:FREQ=WEEKLY\n"}[days]
					ask(y.zone, tzid, before, locals[0], rule, locals...)
				}
			}
		}
	}
	require.Greater(t, changes, 25)

	answers := strings.Fields(python(t, "localtimes.py", input.String()))
	for _, q := range questions {
		want := slices.Clone(answers[:len(q.locals)])
		answers = answers[len(q.locals):]
		slices.Sort(want)
		want = slices.Compact(want) // the clock may make one of two

		var calendar Calendar
		require.NoError(t, calendar.Add([]byte(q.object)))
		first, err := time.Parse(utcLayout, want[0])
		require.NoError(t, err)
		last, err := time.Parse(utcLayout, want[len(want)-1])
		require.NoError(t, err)
		periods, err := calendar.Busy(first, last.Add(time.Second), nil)
		require.NoError(t, err)
		var got []string
		for _, p := range periods {
			got = append(got, p.Start.Format(utcLayout))
		}
		require.Equal(t, want, got, q.name)
	}
	require.Empty(t, answers)
}

// TestWall turns instants into local times, as the time package does, and back.
func TestWall(t *testing.T) {
	t.Parallel()
	for _, y := range dstYears {
		zones := []*zone{loadZone(y.zone)}
		if text, ok := vtimezones[y.zone]; ok {
			o, err := readObject([]byte("BEGIN:VCALENDAR\n" + text + "END:VCALENDAR\n"))
			require.NoError(t, err)
			steps := int64(onsetSteps)
			z, faults := parseTimezone(&o.zones[0], nil, &steps)
			require.Empty(t, faults)
			zones = append(zones, z)
		}
		start := time.Date(y.year, time.January, 1, 0, 0, 0, 0, time.UTC)
		for at := start; at.Year() == y.year; at = at.Add(15 * time.Minute) {
			local := at.In(zones[0].location)
			_, offset := local.Zone()
			_, before := at.Add(-2 * time.Hour).In(zones[0].location).Zone()
			for _, z := range zones {
				wall := z.wall(at.Unix())
				require.Equal(t, at.Unix()+int64(offset), wall, "%s %s", y.zone, at)
				if before <= offset { // else it may be the second of two times
					require.Equal(t, at.Unix(), z.instant(wall), "%s %s", y.zone, at)
				}
			}
		}
	}
}
