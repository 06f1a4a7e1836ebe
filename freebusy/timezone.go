package freebusy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Limits of what is computed from a VTIMEZONE; our choice.
const (
	maxOnsets     = 2000
	onsetSteps    = 100_000
	allOnsetSteps = 5_000_000   // of all that a Calendar reads
	firstOnset    = -2208988800 // 1900-01-01T00:00:00
	lastOnset     = 4102444800  // 2100-01-01T00:00:00
)

// parseTimezone reads a VTIMEZONE (RFC 5545 §3.6.5), as much of it as can be read:
// z is nil if nothing can. Onsets are known from 1900 to 2100.
//
// known is the time zone of the same name, nil if there is none. If it is the same
// one, which has the same offset behind the first or the last onset, it holds before
// the first, and where onsets do not tell how long one holds; otherwise the clock
// does not change there. An offset that is missing is that of the onset beside, and
// where one cannot be read, known is surer.
func parseTimezone(c *component, known *zone, steps *int64) (z *zone, faults []error) {
	z = &zone{}
	endless := false // onsets go on behind the last one
	var missing []missingOffset
	for i := range c.parts {
		p := timezonePart{}
		if err := p.read(&c.parts[i], steps); err != nil {
			return nil, append(faults, err)
		}
		faults = append(faults, p.faults...)
		if p.unsure && known != nil {
			continue
		}
		endless = endless || p.endless
		for _, at := range p.onsets {
			z.changes = append(z.changes, offsetChange{at: at, from: p.from, to: p.to})
			missing = append(missing, missingOffset{at, !p.hasFrom, !p.hasTo})
		}
		if len(z.changes) > maxOnsets {
			return nil, append(faults, fmt.Errorf("time zone changes more than %d times", maxOnsets))
		}
	}
	slices.SortStableFunc(z.changes, func(a, b offsetChange) int { return cmp.Compare(a.at, b.at) })
	slices.SortStableFunc(missing, func(a, b missingOffset) int { return cmp.Compare(a.at, b.at) })
	z.complete(missing)
	if len(z.changes) == 0 {
		return nil, append(faults, errors.New("time zone has neither STANDARD nor DAYLIGHT"))
	}
	z.setOpen(endless)
	if known != nil && (known.agrees(z.changes[0]) || known.agrees(z.changes[len(z.changes)-1])) {
		z.known = known
	}
	return z, faults
}

// missingOffset tells which offset of an onset could not be read.
type missingOffset struct {
	at       int64
	from, to bool
}

// complete takes offsets that are missing from the onsets beside. One that lacks both
// still does not count.
func (z *zone) complete(missing []missingOffset) {
	var whole []offsetChange
	for i := range missing {
		c, m := &z.changes[i], &missing[i]
		if m.to && i+1 < len(missing) && !missing[i+1].from {
			c.to, m.to = z.changes[i+1].from, false
		}
		if m.from && i > 0 && !missing[i-1].to {
			c.from, m.from = z.changes[i-1].to, false
		}
		switch {
		case m.from && m.to:
			continue
		case m.from:
			c.from, m.from = c.to, false
		case m.to:
			c.to, m.to = c.from, false
		}
		whole = append(whole, *c)
	}
	z.changes = whole
}

// setOpen marks the onsets of which nothing tells how long they hold: the next one
// changes from another offset, so that one between them is missing; or there is
// none, although the clock is changed and the rules do not go on.
func (z *zone) setOpen(endless bool) {
	last := len(z.changes) - 1
	changed := false
	for i := range z.changes {
		c := &z.changes[i]
		changed = changed || c.from != c.to || c.to != z.changes[0].to
		c.open = i < last && c.to != z.changes[i+1].from
	}
	z.changes[last].open = changed && !endless
}

// agrees reports whether the clocks of z show what they do behind an onset.
func (z *zone) agrees(c offsetChange) bool {
	_, offset := time.Unix(c.at-c.from, 0).In(z.location).Zone()
	return int64(offset) == c.to
}

// timezonePart is a STANDARD or DAYLIGHT part.
type timezonePart struct {
	from, to       int64
	hasFrom, hasTo bool
	unsure         bool // an offset is there, but cannot be read
	onsets         []int64
	endless        bool // has a rule without an end
	faults         []error
}

// read reads a part. What cannot be read is among the faults and counts as not
// there. An error says that there was too
// much to do.
func (z *timezonePart) read(c *component, steps *int64) error {
	var start moment
	var rules []*rule
	var hasStart bool
	for _, p := range c.properties {
		var err error
		switch p.name {
		case "DTSTART":
			start, err = parseMoment(p.value, nil)
			hasStart = err == nil
		case "TZOFFSETFROM":
			z.from, err = parseOffset(p.value)
			z.hasFrom, z.unsure = err == nil, z.unsure || err != nil
		case "TZOFFSETTO":
			z.to, err = parseOffset(p.value)
			z.hasTo, z.unsure = err == nil, z.unsure || err != nil
		case "RDATE":
			for value := range strings.SplitSeq(p.value, ",") {
				value, _, _ = strings.Cut(strings.TrimSpace(value), "/") // of a period, where it starts
				if value == "" {
					continue
				}
				if at, err := parseMoment(value, nil); err == nil {
					z.onsets = append(z.onsets, at.wall)
				} else {
					z.faults = append(z.faults, err)
				}
			}
		case "RRULE":
			var r *rule
			if r, err = parseRule(p.value, nil); err == nil {
				rules = append(rules, r)
			}
		}
		if err != nil {
			z.faults = append(z.faults, err)
		}
	}
	if len(z.faults) == 0 && (!hasStart || !z.hasFrom || !z.hasTo) {
		z.faults = append(z.faults, errors.New("time zone lacks DTSTART, TZOFFSETFROM or TZOFFSETTO"))
	}
	if !hasStart {
		return nil
	}
	z.onsets = append(z.onsets, start.wall)
	for _, r := range rules {
		if err := z.expand(r, start.wall, steps); err != nil {
			return err
		}
	}
	return nil
}

// expand adds the onsets of a rule.
func (z *timezonePart) expand(r *rule, start int64, steps *int64) error {
	r.complete(start)
	z.endless = z.endless || !r.bounded && !r.limited
	to := int64(lastOnset)
	switch {
	case r.until.zone == utcZone && z.hasFrom:
		r.until.wall += z.from
	case r.until.zone == utcZone:
		r.until.wall += z.to
	case r.until.date: // the end of that day, as in an event
		r.until.wall += daySeconds - 1
	}
	if r.bounded {
		to = min(to, r.until.wall)
	}
	if !r.instances(start, firstOnset, to, &budget{shared: steps}, func(wall int64) bool {
		z.onsets = append(z.onsets, wall)
		return len(z.onsets) <= maxOnsets
	}) {
		return errors.New("rule of the time zone takes too many steps")
	}
	return nil
}

// parseOffset reads a UTC offset, as in -0500 or +013430 (RFC 5545 §3.3.14).
func parseOffset(text string) (int64, error) {
	sign := int64(1)
	digits, signed := strings.CutPrefix(text, "+")
	if !signed {
		sign = -1
		digits, signed = strings.CutPrefix(text, "-")
	}
	if len(digits) == 4 {
		digits += "00"
	}
	seconds, ok := parseClock(digits)
	if !ok || !signed {
		return 0, errors.New("UTC offset is not +hhmm or -hhmm")
	}
	return sign * seconds, nil
}
