package freebusy

import (
	"iter"
	"time"
)

// stretch is time in which the clocks of a zone run on: from start up to end
// they show UTC plus offset.
type stretch struct {
	start, end time.Time
	offset     time.Duration
}

// stretches cuts the time between from and to where the clocks of a zone are
// changed. The parts come in order, in UTC.
func stretches(from, to time.Time, zone *time.Location) iter.Seq[stretch] {
	return func(yield func(stretch) bool) {
		for from.Before(to) {
			local := from.In(zone)
			_, offset := local.Zone()
			_, end := local.ZoneBounds()
			if !end.After(from) || end.After(to) { // the first: the zero time, the clocks are never changed again
				end = to
			}
			if !yield(stretch{from.UTC(), end.UTC(), time.Duration(offset) * time.Second}) {
				return
			}
			from = end
		}
	}
}

// wall returns what the clocks show at t, written as a time in UTC.
func (s stretch) wall(t time.Time) time.Time { return t.UTC().Add(s.offset) }

// when returns the time at which the clocks show wall.
func (s stretch) when(wall time.Time) time.Time { return wall.Add(-s.offset) }

// name returns the offset as people write it: UTC+02:00.
func (s stretch) name() string {
	return s.start.In(time.FixedZone("", int(s.offset.Seconds()))).Format("UTC-07:00")
}

// midnight returns the first second of the date of t in its zone, as clocks
// show it, written as a time in UTC.
func midnight(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
