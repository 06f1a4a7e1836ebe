package freebusy

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Limits of a Calendar; our choice.
const (
	// MaxObjectBytes is the size limit of an object that Calendar.Add reads.
	MaxObjectBytes = 16 << 20
	// MaxItems is how many events, rules and single dates a Calendar keeps.
	MaxItems = 1_000_000
	// maxZones is how many time zones a Calendar knows of those that objects
	// define. maxNames is how many names of others it looks up, and
	// maxObjectNames how many of them for one object, so that none uses up
	// what the next ones need.
	maxZones       = 1000
	maxNames       = 10_000
	maxObjectNames = 500
	// maxZoneBytes is the size limit of a VTIMEZONE without what is ignored.
	maxZoneBytes = 64 << 10
)

// Calendar collects calendar items and tells when their owner is busy. The zero
// value is an empty one. Of each event it keeps the times and nothing else.
//
// Busy may be called at the same time by several goroutines, Add may not.
type Calendar struct {
	series []series
	byUID  map[string]int // index in series
	items  int

	named   map[string]*zone // by TZID; nil: there is none
	names   int              // that were looked up for the present object
	defined map[string]*zone // by the text of the VTIMEZONE; nil: it is no good

	onsetSteps int64 // that VTIMEZONEs have taken up to now
}

// series is an event with the changed instances of it.
type series struct {
	master    *event // nil: not known
	overrides []override
	index     map[overrideKey]int // in overrides
}

// override is an instance that was changed.
type override struct {
	id    instanceID
	event event
}

// overrideKey is the same for the same RECURRENCE-ID in any time zone.
type overrideKey struct {
	instant int64
	date    bool
}

// Add takes the events of one iCalendar object, text as a message carries it;
// what else is in it is ignored. Lines may end in LF.
//
// A broken object is an error and changes nothing. What is wrong in an event is
// an error too, but everything else counts, and as much of that event as can be
// read: without its rule, it happens once. Such errors are *SyntaxError, several
// ones joined.
//
// The newest of what is said about a UID counts, and the newest is what is added
// last. A message of a mailbox is the whole item, with all its changed
// instances, so an event replaces the event of the same UID and the changed
// instances of that. An object that has only changed instances of a UID
// (RECURRENCE-ID) was sent to amend it and replaces just these; those of an
// event that is not known stand for themselves. SEQUENCE and DTSTAMP are not
// looked at: RFC 5546 §2.1.5 has them for messages that overtake each other on
// their way, and what is in a mailbox has arrived; a client that restores an old
// state stores it with an old SEQUENCE.
//
// Objects with METHOD:CANCEL take their events or instances away, those with
// METHOD:ADD add an instance (RFC 5546 §3.2.4, §3.2.5). REPLY, COUNTER,
// DECLINECOUNTER and REFRESH are letters about an event and change nothing.
func (c *Calendar) Add(object []byte) error {
	o, err := readObject(object)
	if err != nil {
		return err
	}
	defined := c.timezones(o)
	c.names = 0
	zone := func(name string) *zone {
		if z := defined[name]; z != nil {
			return z
		}
		return c.zone(name)
	}
	var readers []*eventReader
	items := 0
	for i := range o.events {
		component := &o.events[i]
		switch component.method {
		case "REPLY", "COUNTER", "DECLINECOUNTER", "REFRESH":
			continue
		}
		r := &eventReader{faults: &o.faults, zone: zone}
		r.read(component)
		switch {
		case component.method == "CANCEL":
			r.event = event{kind: Free}
			if r.id != nil {
				r.event.start = r.id.moment
			}
		case !r.placed:
			continue
		case component.method == "ADD":
			r.id = &instanceID{moment: r.event.start}
		}
		readers = append(readers, r)
		items += r.event.size()
	}
	if c.items+items > MaxItems {
		return &SyntaxError{Err: fmt.Errorf("calendar would have more than %d items", MaxItems)}
	}
	for _, r := range readers { // before the instances, which may stand in front
		if r.id == nil {
			c.replace(r.uid, r.event)
		}
	}
	for _, r := range readers {
		if r.id != nil {
			c.amend(r.uid, override{*r.id, r.event})
		}
	}
	return o.faults.err()
}

// of returns the series of a UID. Events without one are each on their own.
func (c *Calendar) of(uid string) *series {
	if i, ok := c.byUID[uid]; ok {
		return &c.series[i]
	}
	if c.byUID == nil {
		c.byUID = map[string]int{}
	}
	if uid != "" {
		c.byUID[strings.Clone(uid)] = len(c.series)
	}
	c.series = append(c.series, series{})
	return &c.series[len(c.series)-1]
}

// replace sets the event of a UID, without changed instances.
func (c *Calendar) replace(uid string, e event) {
	s := c.of(uid)
	if s.master != nil {
		c.items -= s.master.size()
	}
	c.items += e.size() - len(s.overrides)
	*s = series{master: &e}
}

// amend sets a changed instance of a UID.
func (c *Calendar) amend(uid string, o override) {
	s := c.of(uid)
	o.event.recurrence = nil // an instance is one
	key := overrideKey{o.id.instant(utcZone), o.id.date}
	if i, ok := s.index[key]; ok {
		s.overrides[i] = o
		return
	}
	if s.index == nil {
		s.index = map[overrideKey]int{}
	}
	s.index[key] = len(s.overrides)
	s.overrides = append(s.overrides, o)
	c.items++
}

// timezones returns the time zones that the object defines, by TZID.
func (c *Calendar) timezones(o *object) map[string]*zone {
	if len(o.zones) == 0 {
		return nil
	}
	zones := map[string]*zone{}
	for i := range o.zones {
		z, err := c.timezone(&o.zones[i])
		o.faults.add(o.zones[i].line, err)
		for _, p := range o.zones[i].properties {
			if p.name == "TZID" {
				zones[unescape(p.value)] = z
			}
		}
	}
	return zones
}

// timezone returns what a VTIMEZONE defines. Most messages of a mailbox bring
// the same ones, so they are recognized by their text.
func (c *Calendar) timezone(from *component) (*zone, error) {
	text := make([]byte, 0, 512)
	for _, part := range from.parts {
		for _, p := range part.properties {
			text = append(append(append(append(text, p.name...), ':'), p.value...), '\n')
		}
		text = append(text, '\n')
	}
	z, known := c.defined[string(text)]
	switch {
	case known && z == nil:
		return nil, errors.New("time zone is the same as one that was no good")
	case known:
		return z, nil
	case len(text) > maxZoneBytes || len(c.defined) == maxZones:
		return nil, fmt.Errorf("time zone has more than %d bytes, or is more than number %d", maxZoneBytes, maxZones)
	}
	steps := min(onsetSteps, allOnsetSteps-c.onsetSteps)
	c.onsetSteps += steps
	z, err := parseTimezone(from, &steps)
	c.onsetSteps -= steps // what is left
	if c.defined == nil {
		c.defined = map[string]*zone{}
	}
	c.defined[string(text)] = z
	return z, err
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
	if z = loadZone(name); z != nil { // one for all of its names
		own := z.location.String()
		if same := c.named[own]; same != nil {
			z = same
		}
		c.named[own] = z
	}
	c.named[strings.Clone(name)] = z
	return z
}

// Busy returns when the owner is busy from start up to but not including end:
// sorted periods in UTC that do not overlap, with the strongest type where
// events do, as [Merge] makes them. Floating times and dates are in the zone of
// the owner, nil for UTC.
//
// The work is limited. An event may take 5,000 steps, or where more than 1,000
// events recur an equal part of five million, and those that need more share
// another million. A day or shorter interval that a rule is tried on is a
// step, an instance in the window is ten. What lies outside of the window takes
// none, except that a rule with a COUNT is counted from its start. What lies
// behind the last step is left out, and so are periods beyond 200,000. That is an
// error, but what was found is returned with it.
func (c *Calendar) Busy(start, end time.Time, zone *time.Location) ([]Period, error) {
	if !end.After(start) {
		return nil, errors.New("freebusy: window does not end after its start")
	}
	w := newWindow(start, end, zone)
	recurring := 0
	for i := range c.series {
		if m := c.series[i].master; m != nil && m.recurrence != nil {
			recurring++
		}
	}
	w.share(recurring)
	for i := range c.series {
		w.add(&c.series[i])
	}
	return w.result()
}
