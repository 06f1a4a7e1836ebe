package freebusy

import (
	_ "embed"
	"sort"
	"strings"
	"time"
)

// zone tells which wall time stands for which instant. It is one of the IANA
// database, or what a VTIMEZONE says.
type zone struct {
	location *time.Location // nil: as changes say
	changes  []offsetChange // in order, at least one
}

// offsetChange is an onset of standard or daylight saving time.
type offsetChange struct {
	at       int64 // wall time of the old offset
	from, to int64 // seconds east of UTC
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
	c := z.change(func(c offsetChange) bool { return c.at > wall })
	if wall < c.at || wall < c.at+c.to-c.from { // before all onsets, or leapt over
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
	c := z.change(func(c offsetChange) bool { return c.at-c.from > instant })
	if instant < c.at-c.from {
		return instant + c.from
	}
	return instant + c.to
}

// change returns the last change that is not later, or the first one.
func (z *zone) change(later func(offsetChange) bool) offsetChange {
	i := sort.Search(len(z.changes), func(i int) bool { return later(z.changes[i]) })
	return z.changes[max(0, i-1)]
}

// maxTZID is longer than the names of time zones are.
const maxTZID = 100

//go:embed windowszones.txt
var windowsZones string

// loadZone finds a time zone by the name that a TZID parameter gives it: a name
// of the IANA database; a name of Windows; or a path with an IANA name at its
// end, as in /freeassociation.sourceforge.net/Tzfile/Europe/Berlin. It returns
// nil if there is none.
func loadZone(name string) *zone {
	if len(name) > maxTZID {
		return nil
	}
	if _, behind, ok := strings.Cut(windowsZones, "\n"+name+"="); ok {
		name, _, _ = strings.Cut(behind, "\n")
	}
	parts := strings.Split(name, "/")
	for len(parts) > 3 { // America/Argentina/Ushuaia
		parts = parts[1:]
	}
	for ; len(parts) > 0; parts = parts[1:] {
		name := strings.Join(parts, "/")
		if name == "" || name == "Local" {
			continue // Go would take them for UTC and for the zone of this machine
		}
		if location, err := time.LoadLocation(name); err == nil {
			return &zone{location: location}
		}
	}
	return nil
}
