package freebusy

import (
	"fmt"
	"strings"
	"time"
)

// Dates and local times are counted in seconds from 1970-01-01T00:00:00 to what
// calendar and clock show, whatever the time zone, and called wall times here.
const (
	daySeconds = 86400
	firstWall  = -62135596800 // 0001-01-01T00:00:00
	lastWall   = 253402300799 // 9999-12-31T23:59:59
)

// moment is a DATE or DATE-TIME value (RFC 5545 §3.3.4, §3.3.5).
type moment struct {
	wall int64
	zone *zone // nil: floating, wherever the owner of the calendar is
	date bool  // a date without a time, which is floating as well
}

// instant returns the Unix time of m for an owner in the zone home. A date
// stands for its first second.
func (m moment) instant(home *zone) int64 {
	return m.in(home).instant(m.wall)
}

// in returns the zone of m for an owner in the zone home.
func (m moment) in(home *zone) *zone {
	if m.zone == nil {
		return home
	}
	return m.zone
}

// day returns the date that m stands for beside dates. A time in UTC is then the
// midnight of some place, as calendar programs write whole days; or, if it is in
// the last minute of a quarter of an hour, the end of a day there. Midnight in UTC
// and the last minute of a day mean that date, wherever the owner is. Places are
// taken to be from 13 hours east of UTC to less than 11 hours west.
func (m moment) day() moment {
	wall := m.wall
	if !m.date && m.zone == utcZone {
		const east = 13 * 3600
		const quarter = 900
		if next := (floorDiv(wall, quarter) + 1) * quarter; next-wall <= 60 {
			wall = next - daySeconds
		}
		wall += east
	}
	return moment{wall: floorDiv(wall, daySeconds) * daySeconds, date: true}
}

// orIn returns m in a zone, if it is a floating time: one that stands in an event of
// that zone.
func (m moment) orIn(zone *zone) moment {
	if m.zone == nil && !m.date {
		m.zone = zone
	}
	return m
}

// parseMoment reads a date or a date-time. A Z at its end makes it UTC, and
// counts more than zone (RFC 5545 §3.2.19: TZID must not stand beside it).
func parseMoment(text string, zone *zone) (moment, error) {
	day, clock, hasClock := strings.Cut(strings.ToUpper(text), "T") // RFC 5545 §2
	wall, ok := parseDay(day)
	if !ok {
		return moment{}, fmt.Errorf("date is not yyyymmdd in the years 1 to 9999: %.20q", text)
	}
	if !hasClock {
		return moment{wall: wall, date: true}, nil
	}
	digits, utc := strings.CutSuffix(clock, "Z")
	seconds, ok := parseClock(digits)
	if digits == "240000" { // the end of the day, as ISO 8601 has it and RFC 5545 §3.3.12 has not
		seconds, ok = daySeconds, true
	}
	if !ok || wall+seconds > lastWall {
		return moment{}, fmt.Errorf("time is not hhmmss: %.20q", text)
	}
	if utc {
		zone = utcZone
	}
	return moment{wall: wall + seconds, zone: zone}, nil
}

// parseDay returns the wall time at which the day yyyymmdd begins.
func parseDay(text string) (wall int64, ok bool) {
	n, ok := parseDigits(text, 8)
	year, month, day := n/10000, time.Month(n/100%100), n%100
	if !ok || year < 1 || month < time.January || month > time.December || day < 1 {
		return 0, false
	}
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	return t.Unix(), t.Day() == day // 30 February would be in March
}

// parseClock returns the seconds from midnight to hhmmss. The leap second :60
// counts as :59 (RFC 5545 §3.3.12: where leap seconds are not known).
func parseClock(text string) (seconds int64, ok bool) {
	n, ok := parseDigits(text, 6)
	hour, minute, second := n/10000, n/100%100, n%100
	if !ok || hour > 23 || minute > 59 || second > 60 {
		return 0, false
	}
	return int64(hour*3600 + minute*60 + min(second, 59)), true
}

// parseDigits reads a number of exactly so many digits.
func parseDigits(text string, digits int) (n int, ok bool) {
	if len(text) != digits {
		return 0, false
	}
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}

// span is a length of time. Days are nominal: they end at the same time of day
// when the clock changes in between; seconds are exact (RFC 5545 §3.3.6).
type span struct{ days, seconds int64 }
