package freebusy

import (
	"sort"
	"time"
)

// zone tells which wall time stands for which instant. It is one of the IANA
// database, or what a VTIMEZONE says.
type zone struct {
	location *time.Location // nil: as changes say
	guessed  bool           // no more than the offset of location is known

	changes []offsetChange // in order, at least one
	known   *zone          // of the same name, for times that changes do not tell of; may be nil
}

// offsetChange is an onset of standard or daylight saving time.
type offsetChange struct {
	at       int64 // wall time of the old offset
	from, to int64 // seconds east of UTC
	open     bool  // the VTIMEZONE does not tell how long this holds
}

var utcZone = &zone{location: time.UTC}

// instant returns the Unix time of a wall time. One that occurs twice means the
// first; one that the clock leaps over is read with the offset before the leap
// (RFC 5545 §3.3.5).
func (z *zone) instant(wall int64) int64 {
	if z.location == time.UTC {
		return wall
	}
	if z.location == nil {
		return z.tableInstant(wall)
	}
	// Offsets are less than 16 hours. From an instant that is surely earlier,
	// step over the changes.
	const early = 16 * 3600
	t := time.Unix(wall-early, 0).In(z.location)
	_, offset := t.Zone()
	instant := wall - int64(offset)
	for range 8 {
		_, end := t.ZoneBounds()
		if end.IsZero() || instant < end.Unix() {
			return instant
		}
		t = end
		_, next := t.Zone()
		if wall-int64(next) < end.Unix() { // leapt over
			return instant
		}
		instant = wall - int64(next)
	}
	return instant
}

func (z *zone) tableInstant(wall int64) int64 {
	c, told := z.change(func(c offsetChange) bool { return c.at > wall })
	switch {
	case !told && z.known != nil:
		return z.known.instant(wall)
	case wall < c.at, wall < c.at+c.to-c.from: // before all onsets, or leapt over
		return wall - c.from
	}
	return wall - c.to
}

// wall returns the wall time at an instant.
func (z *zone) wall(instant int64) int64 {
	if z.location != nil {
		_, offset := time.Unix(instant, 0).In(z.location).Zone()
		return instant + int64(offset)
	}
	c, told := z.change(func(c offsetChange) bool { return c.at-c.from > instant })
	switch {
	case !told && z.known != nil:
		return z.known.wall(instant)
	case instant < c.at-c.from:
		return instant + c.from
	}
	return instant + c.to
}

// change returns the last change that is not later, or the first one, and whether
// the VTIMEZONE tells what holds then.
func (z *zone) change(later func(offsetChange) bool) (c offsetChange, told bool) {
	i := sort.Search(len(z.changes), func(i int) bool { return later(z.changes[i]) })
	c = z.changes[max(0, i-1)]
	return c, i > 0 && !c.open
}
