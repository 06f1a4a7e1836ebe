package freebusy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Limits of what is computed from a VTIMEZONE; our choice.
const (
	maxOnsets     = 2000
	onsetSteps    = 100_000
	allOnsetSteps = 5_000_000   // of all that a Calendar reads
	firstOnset    = -2208988800 // 1900-01-01T00:00:00
	lastOnset     = 4102444800  // 2100-01-01T00:00:00
)

// parseTimezone reads a VTIMEZONE (RFC 5545 §3.6.5). Onsets are known from 1900
// to 2100; before and behind the clock does not change.
func parseTimezone(c *component, steps *int64) (*zone, error) {
	z := &zone{}
	for i := range c.parts {
		onsets, change, err := parseOnsets(&c.parts[i], steps)
		if err != nil {
			return nil, err
		}
		for _, change.at = range onsets {
			z.changes = append(z.changes, change)
		}
		if len(z.changes) > maxOnsets {
			return nil, fmt.Errorf("time zone changes more than %d times", maxOnsets)
		}
	}
	if len(z.changes) == 0 {
		return nil, errors.New("time zone has neither STANDARD nor DAYLIGHT")
	}
	slices.SortFunc(z.changes, func(a, b offsetChange) int { return cmp.Compare(a.at, b.at) })
	return z, nil
}

// parseOnsets reads a STANDARD or DAYLIGHT part.
func parseOnsets(c *component, steps *int64) (onsets []int64, change offsetChange, err error) {
	var start moment
	var rules []*rule
	var hasStart, hasFrom, hasTo bool
	for _, p := range c.properties {
		switch p.name {
		case "DTSTART":
			start, err = parseMoment(p.value, nil)
			hasStart = true
		case "TZOFFSETFROM":
			change.from, err = parseOffset(p.value)
			hasFrom = true
		case "TZOFFSETTO":
			change.to, err = parseOffset(p.value)
			hasTo = true
		case "RDATE":
			for value := range strings.SplitSeq(p.value, ",") {
				var at moment
				at, err = parseMoment(value, nil)
				onsets = append(onsets, at.wall)
			}
		case "RRULE":
			var r *rule
			if r, err = parseRule(p.value, nil); err == nil {
				rules = append(rules, r)
			}
		}
		if err != nil {
			return nil, change, err
		}
	}
	if !hasStart || !hasFrom || !hasTo {
		return nil, change, errors.New("time zone lacks DTSTART, TZOFFSETFROM or TZOFFSETTO")
	}
	onsets = append(onsets, start.wall)
	for _, r := range rules {
		r.complete(start.wall)
		to := int64(lastOnset)
		switch {
		case r.until.zone == utcZone:
			r.until.wall += change.from
		case r.until.date: // the end of that day, as in an event
			r.until.wall += daySeconds - 1
		}
		if r.bounded {
			to = min(to, r.until.wall)
		}
		if !r.instances(start.wall, firstOnset, to, &budget{shared: steps}, func(wall int64) bool {
			onsets = append(onsets, wall)
			return len(onsets) <= maxOnsets
		}) {
			return nil, change, errors.New("rule of the time zone takes too many steps")
		}
	}
	return onsets, change, nil
}

// parseOffset reads a UTC offset, as in -0500 or +013430 (RFC 5545 §3.3.14).
func parseOffset(text string) (int64, error) {
	sign := int64(1)
	digits := strings.TrimPrefix(text, "+")
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		sign, digits = -1, rest
	}
	if len(digits) == 4 {
		digits += "00"
	}
	seconds, ok := parseClock(digits)
	if !ok || len(digits) == len(text) {
		return 0, errors.New("UTC offset is not +hhmm or -hhmm")
	}
	return sign * seconds, nil
}
