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
	// maxZones is how many time zones a Calendar keeps of those that objects
	// define. maxNames is how many names of others it looks up, and
	// maxObjectNames how many of them for one object, so that none uses up
	// what the next ones need.
	maxZones       = 1000
	maxNames       = 10_000
	maxObjectNames = 500
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
	defined map[string]*zone // by the text of the VTIMEZONE

	onsetSteps int64 // that reading VTIMEZONEs has taken up to now
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
func (c *Calendar) Add(src []byte) error {
	o, err := readObject(src)
	if err != nil {
		return err
	}
	defined := c.timezones(o)
	c.names = 0
	var readers []*eventReader
	items := 0
	for i := range o.events {
		component := &o.events[i]
		switch component.method {
		case "REPLY", "COUNTER", "DECLINECOUNTER", "REFRESH":
			continue
		}
		r := &eventReader{faults: &o.faults, zone: func(name string) *zone {
			if z := defined[name]; z != nil {
				return z
			}
			return c.zone(name)
		}}
		r.read(component)
		switch {
		case component.method == "CANCEL":
			r.cancelled, r.event.kind, r.event.recurrence = true, Free, nil
		case !r.placed:
			o.faults.add(component.line, errors.New("event has no DTSTART that can be read"))
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
			c.replace(r.uid, &r.event)
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
	i, ok := c.byUID[uid]
	if ok && uid != "" {
		return &c.series[i]
	}
	if c.byUID == nil {
		c.byUID = map[string]int{}
	}
	c.byUID[strings.Clone(uid)] = len(c.series)
	c.series = append(c.series, series{})
	return &c.series[len(c.series)-1]
}

// replace sets the event of a UID, without changed instances.
func (c *Calendar) replace(uid string, e *event) {
	s := c.of(uid)
	if s.master != nil {
		c.items -= s.master.size()
	}
	c.items += e.size() - len(s.overrides)
	*s = series{master: e}
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
		name, text := "", []byte(nil)
		for _, p := range o.zones[i].properties {
			if p.name == "TZID" {
				name = p.value
			}
		}
		for _, part := range o.zones[i].parts {
			for _, p := range part.properties {
				text = append(append(append(append(text, p.name...), ':'), p.value...), '\n')
			}
			text = append(text, '\n')
		}
		z, known := c.defined[string(text)]
		if !known {
			var err error
			steps := min(onsetSteps, allOnsetSteps-c.onsetSteps)
			c.onsetSteps += steps
			z, err = parseTimezone(&o.zones[i], &steps)
			c.onsetSteps -= steps
			if err != nil {
				o.faults.add(o.zones[i].line, err)
				continue
			}
			if len(c.defined) < maxZones {
				if c.defined == nil {
					c.defined = map[string]*zone{}
				}
				c.defined[string(text)] = z
			}
		}
		zones[name] = z
	}
	return zones
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
// An event may take 10,000 steps, or where more than 500 events recur an equal
// part of five million, and those that need more share another million; a step is a
// day or a shorter interval of a rule, or an instance. What lies behind is left
// out, and so is what is beyond 100,000 periods. That is an error, but the periods
// are returned with it: all that was found.
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
