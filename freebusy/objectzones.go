package freebusy

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// objectZones finds the time zones that the values of one object are in.
type objectZones struct {
	calendar *Calendar
	defined  map[string]*zone // by VTIMEZONE
	host     *zone            // of the server; nil: the owner's
	faults   *faults

	floating map[int]string // X-WR-TIMEZONE, the zone of times that name none, by VCALENDAR
	told     bool           // that one is not known
}

// objectZones reads the time zones that an object defines.
func (c *Calendar) objectZones(o *object) *objectZones {
	c.names = 0
	zones := &objectZones{calendar: c, faults: &o.faults, floating: o.zone}
	if c.Host != nil {
		zones.host = &zone{location: c.Host}
	}
	if len(o.zones) == 0 {
		return zones
	}
	zones.defined = map[string]*zone{}
	folded := map[string]*zone{}
	for i := range o.zones {
		name := ""
		for _, p := range o.zones[i].properties {
			if p.name == "TZID" {
				name = zoneName(p.value)
			}
		}
		if name == "" {
			o.faults.add(o.zones[i].line, errors.New("time zone has no TZID"))
			continue
		}
		d := c.timezone(&o.zones[i], name)
		for _, err := range d.faults {
			o.faults.add(o.zones[i].line, err)
		}
		if d.zone == nil {
			continue
		}
		zones.defined[name] = d.zone
		folded[strings.ToLower(name)] = d.zone
	}
	for name, z := range folded {
		if zones.defined[name] == nil {
			zones.defined[name] = z
		}
	}
	return zones
}

// zoneName is a name of a time zone without escapes, quotes and blanks around it,
// which stand in a property or in a parameter, and need not in both.
func zoneName(text string) string { return strings.Trim(unescape(text), " \t\"") }

// named finds a time zone by its name. Without one the owner's is meant, if the
// name is known.
func (o *objectZones) named(name string) (z *zone, known bool) {
	if z := o.defined[name]; z != nil {
		return z, true
	}
	plain := zoneName(name)
	if z := o.defined[plain]; z != nil {
		return z, true
	}
	if z := o.defined[strings.ToLower(plain)]; z != nil {
		return z, true
	}
	if strings.EqualFold(plain, HostZone) {
		return o.host, true
	}
	z = o.calendar.zone(name)
	return z, z != nil
}

// unnamed returns the time zone of times in a VCALENDAR that name none, nil for the
// owner's. That it is not known is told once, at the line where it is asked for.
func (o *objectZones) unnamed(line, calendar int) *zone {
	name := o.floating[calendar]
	if name == "" {
		return nil
	}
	z, known := o.named(name)
	taken := ""
	switch {
	case !known:
		taken = "the owner's"
	case z != nil && z.guessed:
		taken = "its offset"
	}
	if taken != "" && !o.told {
		o.told = true
		o.faults.add(line, fmt.Errorf("time zone of the calendar is not known, %s is taken: %.100q", taken, name))
	}
	return z
}

// definition is what a VTIMEZONE defines.
type definition struct {
	zone   *zone // nil: it is no good
	faults []error
}

// timezone returns what a VTIMEZONE of this name defines. Most messages of a mailbox
// bring the same ones, so they are recognized by their text.
func (c *Calendar) timezone(from *component, name string) definition {
	text := append(make([]byte, 0, 512), name...)
	for _, part := range from.parts {
		text = append(text, '\n')
		for _, p := range part.properties {
			text = append(append(append(append(text, p.name...), ':'), p.value...), '\n')
		}
	}
	d, known := c.defined[string(text)]
	switch {
	case known:
		return d
	case len(text) > maxZoneBytes || len(c.defined) == maxZones:
		return definition{faults: []error{fmt.Errorf("time zone has more than %d bytes, or is more than number %d", maxZoneBytes, maxZones)}}
	}
	same := c.zone(name)
	if same != nil && same.guessed {
		same = nil
	}
	steps := min(onsetSteps, allOnsetSteps-c.onsetSteps)
	c.onsetSteps += steps
	d.zone, d.faults = parseTimezone(from, same, &steps)
	c.onsetSteps -= steps // what is left
	if c.defined == nil {
		c.defined = map[string]definition{}
	}
	c.defined[string(text)] = d
	return d
}

// alwaysUTC reports whether clocks show UTC there, now and ever.
func alwaysUTC(l *time.Location) bool {
	at := time.Unix(0, 0).In(l)
	_, offset := at.Zone()
	start, end := at.ZoneBounds()
	return offset == 0 && start.IsZero() && end.IsZero()
}

// zone finds a time zone that the object does not define.
func (c *Calendar) zone(name string) *zone {
	z, known := c.named[name]
	if known || len(name) > maxTZID || len(c.named) >= maxNames || c.names == maxObjectNames {
		return z
	}
	if c.named == nil {
		c.named = map[string]*zone{}
	}
	c.names++
	if z = loadZone(name); z != nil && !z.guessed { // one for all of its names
		own := z.location.String()
		if alwaysUTC(z.location) {
			z = utcZone // however it is said
		}
		if same := c.named[own]; same != nil {
			z = same
		}
		c.named[own] = z
	}
	c.named[strings.Clone(name)] = z
	return z
}
