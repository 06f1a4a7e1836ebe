// Package clock tells what the clocks of a time zone show, and when they are
// changed.
package clock

import (
	"iter"
	"time"
)

// Stretch is time in which the clocks of a zone run on: from Start up to End
// they show UTC plus Offset.
type Stretch struct {
	Start, End time.Time
	Offset     time.Duration
}

// Stretches cuts the time between from and to where the clocks of a zone are
// changed. The parts come in order, in UTC.
func Stretches(from, to time.Time, zone *time.Location) iter.Seq[Stretch] {
	return func(yield func(Stretch) bool) {
		for from.Before(to) {
			local := from.In(zone)
			_, offset := local.Zone()
			_, end := local.ZoneBounds()
			if !end.After(from) || end.After(to) { // the first: the zero time, the clocks are never changed again
				end = to
			}
			if !yield(Stretch{from.UTC(), end.UTC(), time.Duration(offset) * time.Second}) {
				return
			}
			from = end
		}
	}
}

// Wall returns what the clocks show at t, written as a time in UTC.
func (s Stretch) Wall(t time.Time) time.Time { return t.UTC().Add(s.Offset) }

// When returns the time at which the clocks show wall.
func (s Stretch) When(wall time.Time) time.Time { return wall.Add(-s.Offset) }

// Name returns the offset as people write it: UTC+02:00.
func (s Stretch) Name() string {
	return s.Start.In(time.FixedZone("", int(s.Offset.Seconds()))).Format("UTC-07:00")
}

// Midnight returns the first second of the date of t in its zone, as clocks
// show it, written as a time in UTC.
func Midnight(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// Earlier returns the earlier one of two times.
func Earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// Later returns the later one of two times.
func Later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
